"""What `estimate: true` answers: how many requests an analysis would take, of which systems. Called by `answering`.

The books are counted before they are read, so their requests are known. How a list of a work system goes on is said
page by page: of each, one request is counted, and the answer says that more may follow.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

MORE = (
    "at least: one for each list, or month of a list, with up to {} records; each further page takes one more"
)


class WorkEstimate(NamedTuple):
    """The least requests to a work system, and the records in a page of it."""

    title: str
    requests: int
    page: int


def write_estimate(
    title: str, requests: int, counts: Mapping[str, int], calls_used: int, work: WorkEstimate | None
) -> str:
    """Return the answer: the requests of all systems, and of each; `counts` are the records of the books."""
    systems: list[dict[str, Any]] = [{"integration": title, "requests": requests}]
    if work is not None:
        note = MORE.format(f"{work.page:,}")
        systems.append({"integration": work.title, "requests": work.requests, "note": note})
    whole = {
        "estimate": sum(each["requests"] for each in systems),
        "records": sum(counts.values()),
        "calls_used": calls_used,
        "integrations": systems,
    }
    return orjson.dumps(whole).decode()
