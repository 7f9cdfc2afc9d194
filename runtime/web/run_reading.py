"""What the page of a run and its files share: the run itself, its query as a view of it wants it, and the rows.

`run_pages` and `run_files` inherit from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from generator.catalog import Tool
from runtime.errors import InvalidRequest, NotFound
from runtime.exchange.tool_answer import Answer
from runtime.operations.explorer.checks import diagnose, read_statement
from runtime.operations.explorer.history import Run
from runtime.operations.explorer.language import Entity, Queryable
from runtime.operations.explorer.reading import Reading, read_all, read_page
from runtime.operations.explorer.sorting import can_be_ordered, sort_records, write_order
from runtime.upstream.statements import Statement
from runtime.web.company_pages import Place
from runtime.web.explorer_base import ExplorerBase
from runtime.web.run_view import LARGEST_PAGE, View


@dataclass(frozen=True, slots=True)
class Query:
    """A query of a run that is right: what it says, and the text that is sent for a view of it."""

    queryable: Queryable
    text: str
    statement: Statement | None
    entity: Entity | None
    is_ordered: bool
    """Whether the vendor sorts it as the view wants."""

    @property
    def named(self) -> tuple[str, ...]:
        """The fields that it names."""
        return tuple(each.text for each in self.statement.columns) if self.statement else ()

    @property
    def most(self) -> int:
        """The records that it asks for at most itself; 0 for no such number."""
        return (self.statement.limit or 0) if self.statement else 0


class RunReading(ExplorerBase):
    """Reads what a run asks for."""

    async def find_run(self, request: Request, place: Place) -> Run:
        """Return the run of an address. Raises NotFound for one that is not stored, or is somebody else's."""
        found = await self._history.find_run(place.account, place.who.person.id, request.path_params["run"])
        if found is None:
            raise NotFound(
                "What was asked here is not stored any more.", advice="Write the query again in the explorer."
            )
        return found

    def read_query(self, place: Place, run: Run, view: View) -> Query:
        """Return the query of a run. Raises InvalidRequest for one that is not right any more."""
        queryable, known = self.find_queryable(place), self._deployment.catalog().tools
        if queryable is None or diagnose(queryable, known, run.query) is not None:
            raise InvalidRequest(
                "This query cannot be asked any more.", advice="Write it anew in the explorer."
            )
        statement = read_statement(queryable, known, run.query)
        entity = queryable.find(statement.entity.text) if statement else None
        text, is_ordered = run.query, False
        if statement and view.sort and can_be_ordered(entity, statement, view.sort):
            language = queryable.integration.query_language
            text = write_order(language, text, statement, view.sort, is_descending=view.is_descending)
            is_ordered = True
        return Query(queryable, text, statement, entity, is_ordered)

    async def read_rows(self, place: Place, query: Query, view: View, most: int = 0) -> Reading:
        """Return a page of a query, or all rows up to a bound; rows that the vendor does not sort are sorted here."""
        arguments: dict[str, Any] = {"query": query.text}

        async def call(given: dict[str, Any]) -> Answer:
            return await self.call(place, query.queryable.tool.name, given)

        if query.most:
            reading = await read_all(call, arguments, min(query.most, most or view.rows))
            if len(reading.records) >= query.most:
                reading.next_cursor = ""
        elif most:
            reading = await read_all(call, arguments | {"limit": LARGEST_PAGE}, most)
        else:
            more = {"next_cursor": view.cursor} if view.cursor else {"count": True}
            reading = await read_page(call, arguments | {"limit": view.rows} | more)
        if view.sort and not query.is_ordered:
            reading.records = sort_records(reading.records, view.sort, is_descending=view.is_descending)
        return reading

    def find_tool(self, place: Place, run: Run) -> Tool:
        """Return the tool of a run. Raises NotFound where it is not there any more."""
        tool = self.list_tools(place).get(run.tool)
        if tool is None:
            raise NotFound("There is no such tool any more.", advice="Choose another one.")
        return tool
