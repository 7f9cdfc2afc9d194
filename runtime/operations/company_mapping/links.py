"""The mapping of a pair as a value: its links, the pairs that were refused, and how they are stored.

Called by `changes`, `mappings` and `clients`. It is stored sealed, because names of customers are in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import orjson

Status = Literal["linked", "not_a_client"]


@dataclass(frozen=True, slots=True)
class Link:
    """What is decided of one client: the customer that it is, or that it is none.

    `how` is exact, normalised, domain, phone or address where it was linked by itself, else confirmed or manual. `by`
    is who decided, as the audit log has it, `at` when, in seconds since the epoch.
    """

    work_id: str
    work_name: str
    customer_id: str | None
    customer_name: str
    status: Status
    how: str
    score: int
    reason: str
    by: str
    at: float


@dataclass(frozen=True, slots=True)
class CompanyMapping:
    """The links by the id of the client, and pairs of a client and a customer that somebody refused."""

    version: int = 0
    links: Mapping[str, Link] = field(default_factory=dict)
    refused: frozenset[tuple[str, str]] = frozenset()
    created_at: float = 0.0
    updated_at: float = 0.0

    @property
    def customers(self) -> frozenset[str]:
        """The customers that have a client."""
        return frozenset(each.customer_id for each in self.links.values() if each.customer_id is not None)


def write_mapping(mapping: CompanyMapping) -> bytes:
    """Return the links and what was refused as they are sealed."""
    value = {"links": [asdict(each) for each in mapping.links.values()], "refused": sorted(mapping.refused)}
    return orjson.dumps(value)


def read_mapping(content: bytes, version: int, created_at: float, updated_at: float) -> CompanyMapping:
    """Return a mapping from what was sealed."""
    value: dict[str, Any] = orjson.loads(content)
    links = {each["work_id"]: Link(**each) for each in value["links"]}
    refused = frozenset((work_id, customer_id) for work_id, customer_id in value["refused"])
    return CompanyMapping(version, links, refused, created_at, updated_at)
