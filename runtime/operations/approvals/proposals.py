"""What is stored of a change that waits: what was asked, what it would do, and what became of it, sealed.

Called by `staging`, `deciding` and `committing`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import msgspec
import orjson

from runtime.approval import PendingChange, name_pending_owner
from runtime.keys.crypto import Keys
from runtime.operations.approvals.rules import Approvers

_WRITER = msgspec.json.Encoder(decimal_format="number")
"""Figures come back as the numbers that they were."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that would change, in names, as texts. Empty where there is nothing on that side."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change does to one figure of the books: computed, not yet posted. All are texts for people.

    `kind` is `balance`, `stock` or `period`; `change` has its sign. Where `is_exact` is false, `note` says what is not
    known, and a figure that is not known is empty.
    """

    kind: str
    label: str
    now: str = ""
    change: str = ""
    after: str = ""
    currency: str = ""
    note: str = ""
    is_exact: bool = True
    resource: str = ""
    record_id: str = ""
    is_readable: bool = True
    """Whether who proposed it may read that record; an agent that may not is not shown it."""


@dataclass(frozen=True, slots=True)
class Similar:
    """A record that is there already and looks like the new one, or an equal change that waits: `is_pending`.

    `day` is as YYYY-MM-DD, for pages to write.
    """

    resource: str
    id: str
    number: str
    party: str
    day: str
    amount: str
    currency: str
    why: str
    is_pending: bool = False
    is_readable: bool = True


@dataclass(frozen=True, slots=True)
class Note:
    """Something that happened to a waiting change: when, by whom (the id of a person, or empty), and what."""

    at: float
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """The content of a pending change.

    `called` is the tool that carries it out, with `arguments` as it takes them; `before` is the record as it is stored
    at the vendor, None for a new one, and `after` as it would stand. `fields` are those that it changes, None for the
    whole record. Texts of people's books are hostile; `why` is the agent's own, unchecked.
    """

    called: str
    arguments: dict[str, Any]
    says: str
    action: str
    kind: str
    number: str
    party: str
    amount: str
    currency: str
    changed: tuple[FieldChange, ...]
    why: str
    rules: tuple[str, ...]
    approvers: Approvers
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] = field(default_factory=dict)
    fields: tuple[str, ...] | None = None
    warnings: tuple[str, ...] = ()
    asked: str = ""
    """A hash of the call as its caller made it, by which a repeat under its key is recognized."""
    resolved: tuple[Mapping[str, str], ...] = ()
    """What names in the place of Ids became: `{argument, name, id}`."""
    acknowledged: str = ""
    """All that is said to an agent that may not read such records; empty where it may."""
    effects: tuple[Effect, ...] = ()
    similar: tuple[Similar, ...] = ()
    notes: tuple[Note, ...] = ()
    """What happened to it since: it came back because the record changed, or a person has edited it."""
    refusal: str = ""
    """Why a person refused it, for the agent to read."""
    error: str = ""
    """Why it could not be carried out."""
    answer: str = ""
    """What the tool answered when it was carried out: JSON."""


def seal_proposal(keys: Keys, change_id: str, proposal: Proposal) -> bytes:
    """Return a proposal encrypted so that it opens only as the content of its change."""
    return keys.seal(_WRITER.encode(proposal), name_pending_owner(change_id))


def open_proposal(keys: Keys, change: PendingChange) -> Proposal:
    """Return the content of a pending change. Raises SealBroken."""
    text = keys.open(change.sealed, name_pending_owner(change.id))
    values = json.loads(text, parse_float=Decimal)
    values["arguments"] = orjson.loads(text)["arguments"]  # as a caller gives them
    approvers = values.pop("approvers")
    rules = tuple((tuple(roles), tuple(people)) for roles, people in approvers[0])
    fields = values.pop("fields")
    return Proposal(
        **values
        | {
            "approvers": Approvers(rules, approvers[1]),
            "changed": tuple(FieldChange(**each) for each in values["changed"]),
            "effects": tuple(Effect(**each) for each in values.get("effects") or ()),
            "similar": tuple(Similar(**each) for each in values.get("similar") or ()),
            "notes": tuple(Note(**each | {"at": float(each["at"])}) for each in values["notes"]),
            "rules": tuple(values["rules"]),
            "warnings": tuple(values["warnings"]),
            "resolved": tuple(values["resolved"]),
            "fields": None if fields is None else tuple(fields),
        }
    )
