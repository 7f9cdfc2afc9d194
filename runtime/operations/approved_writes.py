"""Who approved a write that had waited, and by which rules it waited, as the journal stores it, encrypted.

Called by `journal`, `journal_views` and `mcp_server.changes`. A write that did not wait has nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from runtime.operations.caller_names import PERSON, CallerName, make_key, read_names
from runtime.stores.records import Records


@dataclass(frozen=True, slots=True)
class ApprovedWrite:
    """The pending change that a write carried out, the person who approved it, and the rules that it waited by."""

    change_id: str
    person_id: str
    who: CallerName
    rules: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it as endpoints answer it."""
        return {
            "pending_change": self.change_id,
            "approved_by": {"id": self.person_id, "name": self.who.name},
            "rules": list(self.rules),
        }


def read_approvals(
    records: Records, intents: Mapping[str, Mapping[str, Any]], known: Iterable[CallerName] = ()
) -> dict[str, ApprovedWrite]:
    """Return who approved each of some writes, under the id of its entry; nothing for one that did not wait.

    `known` are people whose names have been read.
    """
    found = {id_: said for id_, intent in intents.items() if (said := intent.get("approval"))}
    if not found:
        return {}
    names = read_names(records, {_make_key(each) for each in found.values()}, known)
    return {
        id_: ApprovedWrite(
            str(said["pending_change"]),
            str(said["approved_by"]),
            names[_make_key(said)],
            tuple(said["rules"]),
        )
        for id_, said in found.items()
    }


def _make_key(said: Mapping[str, Any]) -> str:
    return make_key(PERSON, str(said["approved_by"]))
