"""Approving several changes together: the question that lists them, and what each of them came to.

Called by `company_routes`; the list of `approval_pages` leads here. The result is the answer to the form, because it
says of each change what this request came to; sent again, it finds that all are decided.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from runtime.errors import LedgerportError, NotFound
from runtime.identity.roles import check_permission
from runtime.operations.approvals.deciding import MOST_TOGETHER, Opened
from runtime.operations.approvals.views import PendingRow
from runtime.stores.pending_steps import PendingFilter
from runtime.web.approval_base import (
    APPROVALS_PATH,
    LONGEST_ID,
    SECTION,
    STATUS_WORDS,
    ApprovalBase,
    explain_choices,
    find_address,
    make_decider,
    name_form,
)
from runtime.web.approval_decision_pages import read_version
from runtime.web.company_pages import Place, require_company

TOGETHER = "approve together"
"""The name of the form, which its proof is for with the company."""
FIELD = "change."
"""Before the id of a change in the name of its field, whose value is the version that the person saw."""


class ApprovalTogetherPages(ApprovalBase):
    """Asks whether to approve several changes, and does."""

    def make_routes(self) -> list[BaseRoute]:
        """Return the routes of these pages."""
        return [
            Route(APPROVALS_PATH + "/together", self.ask, methods=["GET"]),
            Route(APPROVALS_PATH + "/together", self.approve, methods=["POST"]),
        ]

    @require_company("see_companies")
    async def ask(self, request: Request, place: Place) -> Response:
        """List the changes that were chosen, or all of a batch, and ask whether to approve them."""
        batch = request.query_params.get("batch", "")[:LONGEST_ID]
        ids = list(dict.fromkeys(request.query_params.getlist("change")))[:MOST_TOGETHER]
        opened = await (self._list_batch(place, batch) if batch else self._find_all(place, ids))
        if not opened:  # who may not see the books is shown nothing, not even that there is nothing
            check_permission(place.who, place.account.tenant_id, "see_journal")
        rows = await asyncio.to_thread(self._views.describe, opened)
        refusals = {each.change.id: explain_choices(place, each.opened)[0] for each in rows}
        return await self.show_company(
            request,
            place,
            "approvals_together",
            SECTION,
            rows=rows,
            refusals=refusals,
            outcomes=None,
            most_together=MOST_TOGETHER,
            left_out=len(ids) - len(rows) if not batch else 0,
            prefix=FIELD,
            form=name_form(TOGETHER, place.account.id),
            base=find_address(place),
            STATUS_WORDS=STATUS_WORDS,
        )

    @require_company("see_companies")
    async def approve(self, request: Request, place: Place) -> Response:
        """Approve the changes of the form, each by itself, and show what each came to."""
        form = await self.check_form(
            request, name_form(TOGETHER, place.account.id), most_fields=MOST_TOGETHER + 2
        )
        chosen = {
            name.removeprefix(FIELD): read_version({"version": form[name]}) for name in form if FIELD in name
        }
        seen = [each.change.id for each in await self._find_all(place, chosen)]
        outcomes = await self._decisions.approve_together(
            place.account, [(each, chosen[each]) for each in seen], make_decider(place)
        )
        after = await self._find_all(place, seen)
        self._log(
            "pending_changes_decided",
            approved=sum(each.error is None for each in outcomes),
            of=len(outcomes),
            by=place.who.person.id,
        )
        errors: dict[str, LedgerportError | None] = {each.id: each.error for each in outcomes}
        rows: Sequence[PendingRow] = await asyncio.to_thread(self._views.describe, after)
        return await self.show_company(
            request,
            place,
            "approvals_together",
            SECTION,
            rows=rows,
            refusals={},
            outcomes=errors,
            most_together=MOST_TOGETHER,
            left_out=0,
            prefix=FIELD,
            form="",
            base=find_address(place),
            STATUS_WORDS=STATUS_WORDS,
        )

    async def _list_batch(self, place: Place, batch: str) -> list[Opened]:
        """Return the changes of a batch that wait and that the viewer may see."""
        wanted = PendingFilter(
            (place.account.id,), statuses=("waiting",), batch=batch, until=self._deployment.clock()
        )
        decider, sees_books = make_decider(place), place.may("see_journal")
        part = await asyncio.to_thread(
            lambda: self._views.list_part(wanted, decider, limit=MOST_TOGETHER, sees_books=sees_books)
        )
        return [each.opened for each in part.rows]

    async def _find_all(self, place: Place, ids: Iterable[str]) -> list[Opened]:
        """Return the changes of these ids that the viewer may see; others are left out."""
        found = []
        for each in ids:
            try:
                found.append(await self.find_one(place, each))
            except NotFound:
                continue
        return found
