"""Findings that somebody said are right as they are: they are not found again.

Called by `answering` for the tool of it, by the API and by the pages. What was said and why are sealed, and who
dismissed a finding stands in the audit log.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Any

from runtime.deployment import Deployment
from runtime.errors import InvalidArguments, NotFound
from runtime.insight_values import Dismissal, name_dismissal, name_dismissal_owner
from runtime.model import AccountId, AuditEntry
from runtime.operations.answers import format_time

LONGEST_REASON = 500
"""Characters: three sentences."""
_FINDING = re.compile(r"[a-z_]{2,30}-[0-9a-f]{8,32}")
"""The id of a finding: its kind, or a short form of it, and a hash of its records."""


@dataclass(frozen=True, slots=True)
class Dismisser:
    """Who dismisses: as the journal stores a caller, such as `person:…` or `mcp_server:…`."""

    key: str

    @property
    def actor(self) -> str:
        """As the audit log stores it: of a person the id alone."""
        return self.key.removeprefix("person:")


class Dismissals:
    """Stores what is dismissed. One for the process."""

    def __init__(self, deployment: Deployment) -> None:
        self._stores, self._keys, self._clock = deployment.stores, deployment.keys, deployment.clock

    async def list_ids(self, account_id: AccountId) -> frozenset[str]:
        """Return the findings of a company that were dismissed."""
        found = await asyncio.to_thread(self._stores.records.list_dismissed, account_id)
        return frozenset(each.finding for each in found)

    async def list_all(self, account_id: AccountId) -> list[dict[str, Any]]:
        """Return what was dismissed of a company, the latest first, each with its reason and who did it."""
        return [
            self._show(each)
            for each in await asyncio.to_thread(self._stores.records.list_dismissed, account_id)
        ]

    async def dismiss(
        self, account_id: AccountId, finding: str, reason: str, who: Dismisser, says: str = ""
    ) -> None:
        """Have a finding not be found again. Raises InvalidArguments and NotFound."""
        from runtime.operations.caller_names import (
            read_names,
        )  # begins with the stores, which are opened late

        finding, reason = check_finding(finding), reason.strip()
        if not reason or len(reason) > LONGEST_REASON:
            raise InvalidArguments(
                f"A reason has 1 to {LONGEST_REASON} characters.", advice="Say in a sentence why it is right."
            )
        id_, now = name_dismissal(account_id, finding), self._clock()
        owner, records = name_dismissal_owner(id_), self._stores.records
        names = await asyncio.to_thread(read_names, records, [who.key])
        dismissal = Dismissal(
            account_id,
            finding,
            finding.rpartition("-")[0],
            self._keys.seal(reason.encode(), owner),
            self._keys.seal(says.encode(), owner),
            who.key,
            names[who.key].name if who.key in names else who.key,
            now,
        )
        audit = AuditEntry(now, who.actor, "finding.dismissed", account_id, {"finding": finding})
        if not await self._stores.write(lambda: records.dismiss(dismissal, audit)):
            raise NotFound("There is no such integrated account.")

    async def undo(self, account_id: AccountId, finding: str, who: Dismisser) -> None:
        """Have a finding be found again. Raises InvalidArguments and NotFound."""
        finding, records = check_finding(finding), self._stores.records
        audit = AuditEntry(self._clock(), who.actor, "finding.restored", account_id, {"finding": finding})
        if not await self._stores.write(lambda: records.undo_dismissal(account_id, finding, audit)):
            raise NotFound(
                "This finding is not dismissed.", advice="Look at the findings that are dismissed."
            )

    def _show(self, dismissal: Dismissal) -> dict[str, Any]:
        owner = name_dismissal_owner(name_dismissal(dismissal.account_id, dismissal.finding))
        return {
            "finding": dismissal.finding,
            "kind": dismissal.kind,
            "reason": self._keys.open(dismissal.reason, owner).decode(),
            "says": self._keys.open(dismissal.says, owner).decode(),
            "by": dismissal.by_name,
            "at": format_time(dismissal.at),
        }


def check_finding(finding: str) -> str:
    """Return the id of a finding. Raises InvalidArguments for what is none."""
    if not _FINDING.fullmatch(finding):
        raise InvalidArguments("This is no id of a finding.", advice="Pass on the id of one of the findings.")
    return finding
