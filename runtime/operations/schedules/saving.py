"""Saves reports and analyses with their options under a name, for oneself or for everybody who may see the books.

Called by the pages. Only its owner, and whoever manages the company, changes a saved report.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import orjson

from runtime.deployment import Deployment
from runtime.errors import Forbidden, InvalidRequest, LimitReached, NotFound
from runtime.model import Account, AuditEntry
from runtime.operations.report_runs import COMPARISONS, Report
from runtime.operations.schedules.choices import find_chosen, list_arguments
from runtime.people import PersonId
from runtime.schedules import SavedReport

MOST_SAVED = 200
"""Of one company: more of them is no list that anybody looks through."""
LONGEST_NAME = 80
"""Characters; a title with a period has about 40."""
LONGEST_CHOICE = 4_000
"""Characters of the options as JSON; every option of the largest report takes less than 1,000."""


class SavedReports:
    """Manages the saved reports of companies."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment, self._stores = deployment, deployment.stores

    async def list(self, account: Account, person_id: PersonId) -> list[SavedReport]:
        """Return what a person sees: his or her own, and what is shared."""
        return await asyncio.to_thread(self._stores.records.list_saved_reports, account.id, person_id)

    async def find(self, account: Account, person_id: PersonId, saved_id: str) -> SavedReport:
        """Return one that a person sees. Raises NotFound."""
        found = await asyncio.to_thread(self._stores.records.find_saved_report, account.id, saved_id)
        if found is None or not (found.is_shared or found.person_id == person_id):
            raise NotFound(
                "There is no such saved report.", advice="Look for it in the list of saved reports."
            )
        return found

    async def save(
        self, account: Account, person_id: PersonId, name: str, choice: str, *, is_shared: bool
    ) -> SavedReport:
        """Save a report under a name; `choice` is JSON as the form has it. Raises InvalidRequest, LimitReached."""
        records, now = self._stores.records, self._deployment.clock()
        read = self.check_choice(account, choice)
        shown = check_name(name)
        if await asyncio.to_thread(records.count_saved_reports, account.id) >= MOST_SAVED:
            raise LimitReached(
                f"This company has {MOST_SAVED} saved reports, which is the most.",
                advice="Delete some first.",
            )
        saved = SavedReport(f"rep_{uuid4().hex}", account.id, person_id, shown, read, is_shared, now)
        audit = AuditEntry(now, person_id, "report.saved", saved.id, _describe(saved))
        await self._stores.write(lambda: records.add_saved_report(saved, audit))
        return saved

    async def change(
        self, account: Account, person_id: PersonId, saved_id: str, name: str, *, shares: bool, manages: bool
    ) -> None:
        """Give one another name, and share it or not. Raises NotFound, InvalidRequest, and Forbidden for another's."""
        found = await self._find_own(account, person_id, saved_id, manages=manages)
        values = {"name": check_name(name), "is_shared": int(shares)}
        audit = AuditEntry(self._deployment.clock(), person_id, "report.changed", found.id, _describe(found))
        records = self._stores.records
        await self._stores.write(lambda: records.change_saved_report(account.id, found.id, values, audit))

    async def delete(self, account: Account, person_id: PersonId, saved_id: str, *, manages: bool) -> None:
        """Remove one with its schedules and their runs. Raises NotFound, and Forbidden for another's."""
        found = await self._find_own(account, person_id, saved_id, manages=manages)
        audit = AuditEntry(self._deployment.clock(), person_id, "report.deleted", found.id, _describe(found))
        records = self._stores.records
        await self._stores.write(lambda: records.delete_saved_report(account.id, found.id, audit))

    def check_choice(self, account: Account, text: str) -> Mapping[str, Any]:
        """Return the options that a form has as JSON. Raises InvalidRequest for anything that is none of ours."""
        wrong = InvalidRequest(
            "These options cannot be read.", advice="Open the report again, and save it there."
        )
        try:
            found = orjson.loads(text) if len(text) <= LONGEST_CHOICE else None
        except orjson.JSONDecodeError:
            found = None
        if not isinstance(found, dict) or not isinstance(found.get("arguments"), dict):
            raise wrong
        if found.get("compare", "") not in COMPARISONS:
            raise wrong
        catalog = self._deployment.catalog()
        chosen = find_chosen(catalog, account.integration, str(found.get("tool_name", "")))
        if found["arguments"].keys() - list_arguments(chosen):
            raise wrong
        if found.get("compare") and not isinstance(chosen, Report):
            raise wrong
        return {
            "tool_name": chosen.tool.name,
            "arguments": found["arguments"],
            "compare": found.get("compare", ""),
        }

    async def _find_own(
        self, account: Account, person_id: PersonId, saved_id: str, *, manages: bool
    ) -> SavedReport:
        found = await self.find(account, person_id, saved_id)
        if found.person_id != person_id and not manages:
            raise Forbidden(
                "Somebody else has saved this report, and shares it.",
                advice="Save it under a name of your own.",
            )
        return found


def check_name(text: str) -> str:
    """Return a name in one line. Raises InvalidRequest for none and for one that is too long."""
    name = " ".join("".join(each for each in text if each.isprintable() or each.isspace()).split())
    if not name or len(name) > LONGEST_NAME:
        raise InvalidRequest(
            f"A name has from 1 to {LONGEST_NAME} characters.", advice="Give it another name."
        )
    return name


def _describe(saved: SavedReport) -> dict[str, Any]:
    return {"integrated_account_id": saved.account_id, "tool": saved.choice["tool_name"]}
