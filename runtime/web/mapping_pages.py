"""The page of a company mapping: which clients of the work system are which customers of the books, decided by people.

Called by `routes`. Whoever may see the books and use their tools sees it and decides. A form says which version it was
made from: what somebody else has decided meanwhile is never lost.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from runtime.errors import Forbidden, InvalidRequest, LedgerportError, NotFound
from runtime.exchange.tool_answer import Answer
from runtime.identity.oauth_scopes import READ, list_possible_scopes
from runtime.insights.name_matching import make_name_key
from runtime.model import Account, Grant, ServerConfig
from runtime.operations.company_mapping.changes import Decisions
from runtime.operations.company_mapping.links import CompanyMapping
from runtime.operations.company_mapping.mappings import Asker, CompanyMappings
from runtime.operations.company_mapping.pairs import Chosen, Pair
from runtime.operations.company_mapping.readings import PAGE_BYTES
from runtime.operations.company_mapping.suggesting import Suggestions
from runtime.operations.company_mapping.views import make_sheet
from runtime.operations.exports.csv_file import CSV_TYPE, write_csv
from runtime.operations.exports.sheet import Sheet
from runtime.operations.exports.xlsx_file import XLSX_TYPE, write_xlsx
from runtime.operations.finished_calls import Source, describe_ending
from runtime.web.company_pages import PAGE_CALLER, PAGE_CLIENT, CompanyServices
from runtime.web.mapping_view import describe_mapping
from runtime.web.people_pages import PageRoute
from runtime.web.person_pages import PageParts
from runtime.web.run_files import send_download
from runtime.web.tenant_pages import TENANT_PATH, TenantPages, TenantPlace, lead_to, require_tenant

PATH = "/company-mapping"
DECIDE, MAP = "decide mapping", "map companies"
"""The names of the forms of the page."""
DONE = {"mapped": "What is certain is linked.", "decided": "The mapping is changed."}
LARGEST_START = 100_000
"""Where the last part of the links may begin: behind every mapping there is."""
_READING = ServerConfig(methods=("read",), max_answer_bytes=PAGE_BYTES)


class MappingPages(TenantPages):
    """Shows and changes company mappings."""

    def __init__(self, parts: PageParts, services: CompanyServices) -> None:
        super().__init__(parts)
        self._services, self._mappings = services, CompanyMappings(parts.deployment)

    def make_routes(self) -> list[BaseRoute]:
        """Return the routes of this page."""
        return [
            PageRoute(TENANT_PATH + PATH, self.look, methods=["GET"]),
            Route(TENANT_PATH + PATH + "/export.csv", self.export_csv, methods=["GET"]),
            Route(TENANT_PATH + PATH + "/export.xlsx", self.export_xlsx, methods=["GET"]),
            Route(TENANT_PATH + PATH + "/map", self.map, methods=["POST"]),
            Route(TENANT_PATH + PATH + "/decide", self.decide, methods=["POST"]),
        ]

    @require_tenant("see_journal")
    async def look(self, request: Request, place: TenantPlace) -> Response:
        """Show what is mapped, what is likely, and what is not mapped."""
        accounts = await asyncio.to_thread(self._list_accounts, place)
        chosen = Chosen(
            request.query_params.get("work_account", ""), request.query_params.get("books_account", "")
        )
        try:
            pair = await self._mappings.choose(place.tenant_id, chosen)
        except (NotFound, InvalidRequest) as problem:
            return await self._show(request, place, accounts=accounts, pair=None, problem=problem)
        asker = await self._make_asker(place, pair)
        found = await self._mappings.suggest(pair, asker, is_fresh="fresh" in request.query_params)
        start = _read_start(request.query_params.get("from", ""))
        return await self._show(
            request, place, accounts=accounts, pair=pair, problem=None, **describe_mapping(found, start)
        )

    @require_tenant("see_journal")
    async def export_csv(self, request: Request, place: TenantPlace) -> Response:
        """Send the mapping as CSV."""
        sheet = await self._make_sheet(request, place)
        return send_download(write_csv(sheet), f"{sheet.title}.csv", CSV_TYPE)

    @require_tenant("see_journal")
    async def export_xlsx(self, request: Request, place: TenantPlace) -> Response:
        """Send the mapping as XLSX."""
        sheet = await self._make_sheet(request, place)
        return send_download(write_xlsx(sheet), f"{sheet.title}.xlsx", XLSX_TYPE)

    async def _make_sheet(self, request: Request, place: TenantPlace) -> Sheet:
        """Return the mapping that is asked for; an empty table where there is nothing to map yet."""
        query = request.query_params
        chosen = Chosen(query.get("work_account", ""), query.get("books_account", ""))
        if chosen == Chosen() and not all((await asyncio.to_thread(self._list_accounts, place)).values()):
            return make_sheet(None, CompanyMapping())
        pair = await self._mappings.choose(place.tenant_id, chosen)
        await self._make_asker(place, pair)
        return make_sheet(pair, await self._mappings.read(pair))

    @require_tenant("see_journal")
    async def map(self, request: Request, place: TenantPlace) -> Response:
        """Link what is certain."""
        values = (await self.check_choices(request, place, MAP)).values
        pair, asker = await self._open(place, values)
        _, _, incomplete = await self._mappings.map_automatically(pair, _read_version(values), asker)
        self._log("companies_mapped", tenant=place.tenant_id, by=asker.actor)
        return _lead_back(place, pair, "" if incomplete else "mapped")

    @require_tenant("see_journal")
    async def decide(self, request: Request, place: TenantPlace) -> Response:
        """Carry out what somebody decided of one client, or of all suggestions above a score."""
        values = (await self.check_choices(request, place, DECIDE)).values
        pair, asker = await self._open(place, values)
        decisions = await self._read_decisions(pair, asker, values)
        await self._mappings.decide(pair, _read_version(values), decisions, asker)
        self._log("company_mapping_decided", tenant=place.tenant_id, by=asker.actor)
        return _lead_back(place, pair, "decided")

    async def _open(self, place: TenantPlace, values: dict[str, str]) -> tuple[Pair, Asker]:
        chosen = Chosen(values.get("work_account", ""), values.get("books_account", ""))
        pair = await self._mappings.choose(place.tenant_id, chosen)
        return pair, await self._make_asker(place, pair)

    async def _read_decisions(self, pair: Pair, asker: Asker, values: dict[str, str]) -> Decisions:
        """Return what a form decides. Raises InvalidRequest."""
        action, client = values.get("action", ""), values.get("client", "")
        pairs = ((client, values.get("customer", "")),)
        if action == "link":
            found = await self._mappings.suggest(pair, asker)
            pairs = ((client, _find_customer(found, values.get("name", ""))),)
        made = {
            "confirm": Decisions(confirm=pairs),
            "link": Decisions(confirm=pairs),
            "refuse": Decisions(refuse=pairs),
            "not_a_client": Decisions(not_clients=(client,)),
            "unlink": Decisions(unlink=(client,)),
        }
        if action == "above":
            return Decisions(above=_read_score(values.get("score", "")))
        if action not in made:
            raise InvalidRequest("This form does not say what to do.", advice="Open the page again.")
        return made[action]

    async def _make_asker(self, place: TenantPlace, pair: Pair) -> Asker:
        """Return who asks, with how tools are called for the viewer. Raises Forbidden for who may use no such tools."""
        stores = self._deployment.stores
        tenant = await stores.read(lambda: stores.records.find_tenant(place.tenant_id))
        least: Any = tenant.tools_role if tenant is not None else None
        catalog, person = self._deployment.catalog(), place.who.person
        for account in (pair.work, pair.books):
            handles_money = catalog.integrations[account.integration].handles_money
            if READ not in list_possible_scopes(place.role, least, handles_money=handles_money):
                raise Forbidden(
                    f"Your role, {place.role}, does not let you see the clients and customers of this organization.",
                    advice="An owner or an admin can change your role, or the least role for tools.",
                )

        async def call(account: Account, name: str, arguments: dict[str, Any]) -> Answer:
            grant = Grant(account, _READING, client=PAGE_CLIENT, person_id=person.id)
            tools = {each.name: each for each in catalog.list_tools(account.integration) if each.is_read_only}
            began = time.perf_counter()
            answer = await self._services.calls.call(grant, tools, name, arguments)
            source = Source("page", person.id, account, account.integration)
            self._services.finished.note(source, name, began, describe_ending(answer), PAGE_CALLER)
            return answer

        return Asker(person.id, call)

    def _list_accounts(self, place: TenantPlace) -> dict[str, list[Account]]:
        sides: tuple[Any, ...] = ("work", "books")
        return {side: self._mappings.pairs.list_accounts(place.tenant_id, side) for side in sides}

    async def _show(
        self, request: Request, place: TenantPlace, *, problem: LedgerportError | None, **values: Any
    ) -> Response:
        done = DONE.get(request.query_params.get("done", ""), "")
        return await self.show_tenant(
            request, place, "company_mapping", "mapping", problem=problem, done=done, path_of=PATH, **values
        )


def _find_customer(found: Suggestions, name: str) -> str:
    """Return the id of the one customer with a name. Raises InvalidRequest."""
    key = make_name_key(name)
    exact = [each.id for each in found.names.books.values() if each.name == name]
    ids = exact or [each.id for each in found.names.books.values() if key and make_name_key(each.name) == key]
    if len(ids) != 1:
        raise InvalidRequest(
            f'{len(ids)} customers are called "{name[:80]}".'
            if ids
            else "There is no customer with this name.",
            advice="Choose one of the names that the field offers.",
        )
    return ids[0]


def _read_version(values: dict[str, str]) -> int:
    return _read_number(values.get("version", ""), 2**31 - 1)


def _read_score(text: str) -> int:
    return _read_number(text, 100)


def _read_number(text: str, most: int) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 10 or int(text) > most:
        raise InvalidRequest(f"A whole number up to {most} is missing.", advice="Open the page again.")
    return int(text)


def _read_start(text: str) -> int:
    is_number = text.isascii() and text.isdecimal() and len(text) < 7
    return min(int(text), LARGEST_START) if is_number else 0


def _lead_back(place: TenantPlace, pair: Pair, done: str) -> Response:
    accounts = {"work_account": pair.work.id, "books_account": pair.books.id}
    return lead_to(place, PATH, **accounts, **({"done": done} if done else {}))
