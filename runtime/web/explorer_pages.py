"""The page of queries: a box with completion, what is wrong before anything is sent, saved queries and the history.

A query that is right is stored as a run and shown by `run_pages`, so that no address has the text of a query in it:
texts have names of customers in them, and addresses are logged on their way.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from runtime.errors import InvalidRequest
from runtime.operations.explorer.checks import diagnose
from runtime.operations.explorer.completion import LONGEST_QUERY, complete
from runtime.web.company_pages import Place, require_company
from runtime.web.explorer_base import (
    DELETE,
    FORGET,
    LONGEST_FORM,
    PATH,
    RUN,
    SAVE,
    SECTION,
    ExplorerBase,
)
from runtime.web.navigation import find_company_address
from runtime.web.person_pages import read_form, reply_json


class ExplorerPages(ExplorerBase):
    """Queries of one company."""

    def make_routes(self) -> list[BaseRoute]:
        """Return the routes of the page of queries, its history and what is saved."""
        return [
            Route(PATH, self.look, methods=["GET"]),
            Route(PATH, self.run, methods=["POST"]),
            Route(PATH + "/complete", self.complete, methods=["POST"]),
            Route(PATH + "/history", self.look_back, methods=["GET"]),
            Route(PATH + "/history/forget", self.forget, methods=["POST"]),
            Route(PATH + "/saved", self.save, methods=["POST"]),
            Route(PATH + "/saved/delete", self.delete, methods=["POST"]),
        ]

    @require_company("see_journal")
    async def look(self, request: Request, place: Place) -> Response:
        """Show the box, with a query that was saved, with one that the address has, or with one to begin with."""
        asked, queryable = request.query_params, self.find_queryable(place)
        query = asked.get("query", "")[:LONGEST_QUERY]
        if saved := asked.get("saved"):
            query = (await self._history.find_query(place.account, place.who.person.id, saved)).query
        elif not query and queryable and (entity := queryable.find(asked.get("entity", ""))):
            query = entity.write_query()
        return await self.show_explorer(request, place, query)

    @require_company("see_journal")
    async def run(self, request: Request, place: Place) -> Response:
        """Check a query, and lead to what it comes to; or show what is wrong with it, with nothing sent."""
        values, queryable = await self.check_own_form(request, place, RUN), self.find_queryable(place)
        text = _read_text(values.get("query", ""))
        if queryable is None:
            raise InvalidRequest(
                "This integration has no language for queries.", advice="Run a tool instead."
            )
        diagnosis = diagnose(queryable, self._deployment.catalog().tools, text)
        if diagnosis is not None:
            return await self.show_explorer(request, place, text, diagnosis, 400)
        if values.get("act") == "save":
            return await self._ask_name(request, place, text)
        person = place.who.person.id
        run = await self._history.add_run(place.account, person, "query", queryable.tool.name, query=text)
        return RedirectResponse(find_company_address(place.account.id, f"/explorer/runs/{run}"), 303)

    @require_company("see_journal")
    async def complete(self, request: Request, place: Place) -> Response:
        """Answer what may be written at a place of a query; nothing is changed, sent or stored."""
        values, queryable = await read_form(request, longest=LONGEST_FORM), self.find_queryable(place)
        at = values.get("at", "")
        if queryable is None or not at.isascii() or not at.isdigit():
            return reply_json({"start": 0, "end": 0, "options": []})
        found = complete(queryable, values.get("query", ""), int(at[:6]))
        options = [{"text": each.text, "about": each.about, "kind": each.kind} for each in found.options]
        return reply_json({"start": found.start, "end": found.end, "options": options})

    @require_company("see_journal")
    async def look_back(self, request: Request, place: Place) -> Response:
        """Show what one has asked, and the queries that are saved."""
        person = place.who.person.id
        return await self.show_company(
            request,
            place,
            "explorer_history",
            SECTION,
            **self.make_values(place),
            runs=await self._history.list_runs(place.account, person),
            saved=await self._history.list_queries(place.account, person),
            titles={name: tool.title for name, tool in self.list_tools(place).items()},
            may_delete=place.may("manage_servers"),
        )

    @require_company("see_journal")
    async def forget(self, request: Request, place: Place) -> Response:
        """Forget what one has asked of this company."""
        await self.check_own_form(request, place, FORGET)
        await self._history.forget_runs(place.account, place.who.person.id)
        return self._lead_to_history(place)

    @require_company("see_journal")
    async def save(self, request: Request, place: Place) -> Response:
        """Save a query under a name."""
        values = await self.check_own_form(request, place, SAVE)
        text, name = _read_text(values.get("query", "")), values.get("name", "")
        if not text.strip() or len(text) > LONGEST_QUERY:
            raise InvalidRequest("There is no query to save.", advice="Write one first.")
        is_shared = values.get("shared") == "yes"
        try:
            await self._history.save_query(
                place.account, place.who.person.id, name, text, is_shared=is_shared
            )
        except InvalidRequest as error:
            return await self._ask_name(request, place, text, name, error.message, 400)
        return self._lead_to_history(place)

    @require_company("see_journal")
    async def delete(self, request: Request, place: Place) -> Response:
        """Delete a saved query: one's own, or a shared one where the role allows it."""
        values = await self.check_own_form(request, place, DELETE)
        await self._history.delete_query(
            place.account, place.who.person.id, values.get("saved", ""), is_any=place.may("manage_servers")
        )
        return self._lead_to_history(place)

    async def _ask_name(
        self, request: Request, place: Place, text: str, name: str = "", error: str = "", status: int = 200
    ) -> Response:
        return await self.show_explorer(
            request, place, text, status=status, naming={"name": name, "error": error}
        )

    def _lead_to_history(self, place: Place) -> Response:
        return RedirectResponse(find_company_address(place.account.id, "/explorer/history"), 303)


def _read_text(text: str) -> str:
    """Return a query as it is stored: with the line ends that it is shown with."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
