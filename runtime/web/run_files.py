"""What was asked in the explorer as files: all rows as CSV or XLSX, an answer as JSON, the file that a tool answers.

Every page of a list is read, up to a bound, which the file says.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from runtime.errors import InvalidRequest, NotFound
from runtime.exchange.tool_answer import Answer
from runtime.operations.explorer.history import Run
from runtime.operations.explorer.language import Entity
from runtime.operations.explorer.reading import MOST_EXPORTED, Reading, read_all
from runtime.operations.explorer.results import choose_paths, list_paths, make_columns, make_sheet
from runtime.operations.exports.csv_file import CSV_TYPE, write_csv
from runtime.operations.exports.sheet import Sheet
from runtime.operations.exports.xlsx_file import XLSX_TYPE, write_xlsx
from runtime.operations.report_table import parse_report
from runtime.web.company_pages import Place, require_company
from runtime.web.explorer_base import PATH
from runtime.web.run_reading import RunReading
from runtime.web.run_view import LARGEST_PAGE, View, read_view

LONGEST_FILE_NAME = 40
"""Characters of the name of a file before its ending: as much as file dialogs show."""
_EXPORTS = {"csv": CSV_TYPE, "xlsx": XLSX_TYPE}


class RunFilePages(RunReading):
    """Sends what was asked as files."""

    def make_routes(self) -> list[BaseRoute]:
        """Return the routes of the files of a run."""
        return [
            Route(PATH + "/runs/{run}/file", self.send_file, methods=["GET"]),
            Route(PATH + "/runs/{run}/export.{kind}", self.export, methods=["GET"]),
        ]

    @require_company("see_journal")
    async def export(self, request: Request, place: Place) -> Response:
        """Send all rows of a run as a file, up to a bound, which the file says."""
        run, kind = await self.find_run(request, place), request.path_params["kind"]
        if kind == "json":
            return await self._send_json(place, run, read_view(request.query_params))
        if kind not in _EXPORTS or run.kind == "write":
            raise NotFound("There is no such file.", advice="Choose CSV or XLSX.")
        sheet = await self._make_sheet(place, run, read_view(request.query_params))
        content = write_csv(sheet) if kind == "csv" else write_xlsx(sheet)
        return send_download(content, f"{sheet.title}.{kind}", _EXPORTS[kind])

    @require_company("see_journal")
    async def send_file(self, request: Request, place: Place) -> Response:
        """Send the file that a tool answers; an answer that is none as the text that it is."""
        run = await self.find_run(request, place)
        if run.kind != "tool":
            raise NotFound("There is no such file.")
        answer = await self.call(place, run.tool, dict(run.arguments))
        if answer.error is not None:
            raise answer.error
        if answer.file is None:
            return send_download(answer.text.encode(), f"{run.tool}.json", "application/json")
        return send_download(bytes(answer.file.content), answer.file.name, "application/octet-stream")

    async def _make_sheet(self, place: Place, run: Run, view: View) -> Sheet:
        if run.kind == "tool":
            return await self._make_tool_sheet(place, run)
        query = self.read_query(place, run, view)
        reading = await self.read_rows(place, query, view, MOST_EXPORTED)
        name = query.statement.entity.text if query.statement else "Query"
        notes = (place.account.name, " ".join(run.query.split()))
        return self._fill_sheet(name, query.entity, query.named, reading, notes)

    def _fill_sheet(
        self,
        name: str,
        entity: Entity | None,
        named: tuple[str, ...],
        reading: Reading,
        notes: tuple[str, ...],
    ) -> Sheet:
        paths = choose_paths(entity, named, reading.records, shows_all=True)[0] if named else None
        columns = make_columns(entity, paths or list_paths(reading.records), reading.records)
        if reading.is_bounded:
            notes += (f"The first {len(reading.records):,} rows: there are more.",)
        elif reading.is_count:
            notes += (f"Records that match: {reading.total}",)
        return make_sheet(name, columns, reading.records, notes)

    async def _make_tool_sheet(self, place: Place, run: Run) -> Sheet:
        tool, arguments = self.find_tool(place, run), dict(run.arguments)

        async def call(given: dict[str, Any]) -> Answer:
            return await self.call(place, run.tool, given)

        notes = (place.account.name, tool.title)
        if tool.listing is not None:
            reading = await read_all(call, {**arguments, "limit": LARGEST_PAGE}, MOST_EXPORTED)
            named = tuple(arguments.get("fields") or ())
            return self._fill_sheet(
                tool.title,
                self.find_entity_of(place, tool.resource),
                named if "*" not in named else (),
                reading,
                notes,
            )
        value = await self.read(place, run.tool, arguments)
        if not isinstance(value, dict) or not {"columns", "rows"} <= value.keys():
            raise InvalidRequest("This answer is no table.", advice="Copy it from the raw answer.")
        return parse_report(value).make_sheet(tool.title, notes)

    async def _send_json(self, place: Place, run: Run, view: View) -> Response:
        """Send the answer as text: of a query the page that is looked at."""
        if run.kind == "write":
            return send_download(run.outcome.encode(), f"{run.tool}.json", "application/json")
        arguments = dict(run.arguments)
        if run.kind == "query":
            query = self.read_query(place, run, view)
            arguments = {"query": query.text} | ({} if query.most else {"limit": view.rows})
            arguments |= {"next_cursor": view.cursor} if view.cursor else {}
        answer = await self.call(place, run.tool, arguments)
        if answer.error is not None:
            raise answer.error
        return send_download(answer.text.encode(), f"{run.tool}.json", "application/json")


def send_download(content: bytes, name: str, media_type: str) -> Response:
    """Return a file that a browser stores and never shows by itself."""
    stem, dot, ending = name.rpartition(".")
    shown = f"{stem[:LONGEST_FILE_NAME]}{dot}{ending[:10]}"
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(shown, safe='')}",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return Response(content, headers=headers, media_type=media_type)
