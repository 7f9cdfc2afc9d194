"""The list of changes that wait for a person, with those that were decided, and the page of one of them.

Called by `company_routes`. The forms that decide lead to `approval_decision_pages` and `approval_together_pages`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from runtime.approval import PendingStatus
from runtime.identity.roles import check_permission
from runtime.operations.approvals.deciding import MOST_TOGETHER, Opened
from runtime.operations.approvals.views import PendingPart
from runtime.stores.pending_steps import PendingFilter
from runtime.stores.record_base import Position
from runtime.web.approval_base import (
    APPROVALS_PATH,
    CHANGE_PATH,
    LONGEST_ID,
    SECTION,
    STATUS_WORDS,
    ApprovalBase,
    find_address,
    make_decider,
    write_rule,
)
from runtime.web.company_pages import Place, require_company
from runtime.web.journal_pages import wants_part
from runtime.web.navigation import find_company_address

STATES: Mapping[str, tuple[str, tuple[PendingStatus, ...]]] = {
    "": ("Waiting", ("waiting",)),
    "committed": ("Approved", ("approved", "committed")),
    "refused": ("Refused", ("refused",)),
    "expired": ("Expired", ("expired",)),
    "failed": ("Failed", ("failed", "unclear")),
}
"""What the tabs of the list show, by what an address says of each."""
DONE = ("approved", "edited", "refused")
"""What an address may say was just done."""


class ApprovalPages(ApprovalBase):
    """Shows what waits to people who may see it."""

    def make_routes(self) -> list[BaseRoute]:
        """Return the routes of these pages."""
        return [
            Route(APPROVALS_PATH, self.look, methods=["GET"]),
            Route(CHANGE_PATH, self.look_at_change, methods=["GET"]),
        ]

    @require_company("see_companies")
    async def look(self, request: Request, place: Place) -> Response:
        """List the changes that are asked for."""
        asked = request.query_params
        state = asked.get("state", "") if asked.get("state", "") in STATES else ""
        batch = asked.get("batch", "")[:LONGEST_ID]
        part = await self._list(place, state, batch, read_position(asked.get("after", "")))
        await self._check_seen(place, part)
        formats = await self.make_formats(request, place)
        return await self.show_company(
            request,
            place,
            "approvals",
            SECTION,
            state=state,
            batch=batch,
            tabs=[(key, title) for key, (title, _) in STATES.items()],
            part=part,
            groups=group_by_batch(part),
            next=write_position(part.after),
            is_first="after" not in asked,
            may_choose=not state and bool(part.rows),
            most_together=MOST_TOGETHER,
            STATUS_WORDS=STATUS_WORDS,
            base=find_address(place),
            servers=find_company_address(place.account.id, "/servers"),
            may_manage=place.may("manage_servers"),
            now=formats.now,
            write_rule=write_rule,
        )

    async def _list(self, place: Place, state: str, batch: str, after: Position | None) -> PendingPart:
        wanted = PendingFilter(
            (place.account.id,),
            statuses=STATES[state][1],
            batch=batch,
            until=0.0 if state else self._deployment.clock(),
        )
        decider, sees_books = make_decider(place), place.may("see_journal")
        return await asyncio.to_thread(
            lambda: self._views.list_part(wanted, decider, after, sees_books=sees_books)
        )

    async def _check_seen(self, place: Place, part: PendingPart) -> None:
        """Raise Forbidden for a viewer who may not see the books, and whom nothing names that waits or was decided."""
        if place.may("see_journal") or part.rows:
            return
        every = PendingFilter((place.account.id,))
        decider = make_decider(place)
        found = await asyncio.to_thread(
            lambda: self._views.list_part(every, decider, limit=1, sees_books=False)
        )
        if not found.rows:
            check_permission(place.who, place.account.tenant_id, "see_journal")

    @require_company("see_companies")
    async def look_at_change(self, request: Request, place: Place) -> Response:
        """Show one change, or how it stands alone where htmx asks."""
        opened = await self.find_change(request, place)
        if wants_part(request):
            return await self._show_standing(request, place, opened)
        done = request.query_params.get("done", "")
        return await self.show_change(request, place, opened, done=done if done in DONE else "")

    async def _show_standing(self, request: Request, place: Place, opened: Opened) -> Response:
        return await self.show_company(
            request, place, "approval_standing", SECTION, **self.describe_standing(place, opened)
        )


def group_by_batch(part: PendingPart) -> list[tuple[str, list[Any]]]:
    """Return the rows of a part, those of one batch that follow each other together."""
    groups: list[tuple[str, list[Any]]] = []
    for row in part.rows:
        if groups and groups[-1][0] == row.change.batch:
            groups[-1][1].append(row)
        else:
            groups.append((row.change.batch, [row]))
    return groups


def write_position(position: Position | None) -> str:
    """Return a position as an address has it; empty for none."""
    return f"{position[0]!r}_{position[1]}" if position is not None else ""


def read_position(text: str) -> Position | None:
    """Return the position that an address has; None where it has none that we wrote."""
    at, mark, change_id = text.partition("_")
    if not mark or len(text) > LONGEST_ID:
        return None
    try:
        return float(at), change_id
    except ValueError:
        return None
