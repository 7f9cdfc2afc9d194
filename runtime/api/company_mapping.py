"""What the management API takes and answers about company mappings.

Part of `mapping_table`; calls `operations.company_mapping`. Tools are called for the API token that asks: with its
limits and in the call log, as any other call of it.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from runtime.api import reading
from runtime.api.handlers import ApiRequest, Services
from runtime.api.limit_shapes import Body
from runtime.api.replies import reply
from runtime.api.shapes import Time
from runtime.exchange.tool_answer import Answer
from runtime.model import Account, ServerConfig
from runtime.operations.company_mapping.changes import MOST_AT_ONCE, Decisions, Wish
from runtime.operations.company_mapping.mappings import Asker
from runtime.operations.company_mapping.pairs import Chosen, Pair
from runtime.operations.company_mapping.readings import PAGE_BYTES
from runtime.operations.company_mapping.views import show_mapping, show_suggestions
from runtime.operations.finished_calls import Source, describe_ending, read_agent
from runtime.tenancy import TenantId

_READING = ServerConfig(methods=("read",), max_answer_bytes=PAGE_BYTES)
_Id = Annotated[str, Field(min_length=1, max_length=100)]
_Account = Annotated[str, Field(max_length=100, description="Left out where the tenant has only one.")]
_Version = Annotated[
    int, Field(ge=0, le=2**31 - 1, description="The version that was read; 0 where nothing is stored yet.")
]


class MappingQuery(BaseModel):
    """Which two accounts are meant, where a tenant has several."""

    work_account: _Account = ""
    books_account: _Account = ""


class PairShape(Body):
    """A client of the work system and a customer of the books."""

    work_id: _Id
    customer_id: _Id


class WishShape(Body):
    """What a client is: a customer, or none."""

    work_id: _Id
    customer_id: Annotated[_Id | None, Field(description="Null for what is not a client.")] = None
    status: Literal["linked", "not_a_client"] = "linked"


class MappingChange(Body):
    """All links that there are to be; one that is as before stays as it is."""

    version: _Version
    links: Annotated[list[WishShape], Field(max_length=MOST_AT_ONCE)]


class SuggestionDecisions(Body):
    """What is decided of suggestions. A refused pair is not suggested again."""

    version: _Version
    confirm: Annotated[list[PairShape], Field(max_length=MOST_AT_ONCE)] = Field(default_factory=list)
    refuse: Annotated[list[PairShape], Field(max_length=MOST_AT_ONCE)] = Field(default_factory=list)
    not_clients: Annotated[list[_Id], Field(max_length=MOST_AT_ONCE)] = Field(default_factory=list)
    unlink: Annotated[list[_Id], Field(max_length=MOST_AT_ONCE)] = Field(default_factory=list)
    above: Annotated[
        int | None,
        Field(
            ge=0,
            le=100,
            description="Confirms every suggestion with at least this score whose client has no other one.",
        ),
    ] = None


class ToMap(Body):
    """From which version a mapping is made by itself."""

    version: _Version


class MappedAccount(BaseModel):
    """One of the two accounts."""

    id: str
    name: str
    integration: str


class LinkShape(BaseModel):
    """What is decided of one client."""

    work_id: str
    work_name: str
    customer_id: str | None
    customer_name: str
    status: Literal["linked", "not_a_client"]
    how: Annotated[
        str,
        Field(description="exact, normalised, domain, phone or address; confirmed or manual by a person."),
    ]
    score: int
    reason: str
    by: str
    at: Time


class MappingShape(BaseModel):
    """Which clients of the work system are which customers of the books."""

    work_account: MappedAccount
    books_account: MappedAccount
    version: int
    updated_at: Time | None
    links: list[LinkShape]


class MappedShape(MappingShape):
    """The mapping after it was made by itself."""

    linked: Annotated[int, Field(description="Links that are new.")]
    incomplete: Annotated[list[str], Field(description="What could not be read; then nothing is linked.")]


class SuggestionShape(BaseModel):
    """A client and a customer that may be the same, with the reason."""

    work_id: str
    work_name: str
    customer_id: str
    customer_name: str
    score: int
    reason: str


class UnmappedWork(BaseModel):
    """A client without a customer; its hours of the last twelve months, null where they are not known."""

    work_id: str
    work_name: str
    hours: str | None


class UnmappedMoney(BaseModel):
    """A customer without a client; its revenue of the last twelve months, null where it is not known."""

    customer_id: str
    customer_name: str
    revenue: str | None


class SuggestionsShape(BaseModel):
    """What is likely, what is not mapped, and what could not be read."""

    work_account: MappedAccount
    books_account: MappedAccount
    version: int
    suggestions: list[SuggestionShape]
    unmapped_work: list[UnmappedWork]
    unmapped_money: list[UnmappedMoney]
    unmapped_hours: str | None
    unmapped_revenue: str | None
    incomplete: list[str]


async def get_company_mapping(services: Services, asked: ApiRequest) -> Response:
    """Get which clients of the work system are which customers of the books."""
    pair = await _choose(services, asked)
    return reply(show_mapping(pair, await services.mappings.read(pair)))


async def set_company_mapping(services: Services, asked: ApiRequest) -> Response:
    """Replace all links of a company mapping. Both sides are read, and names that are not there refused."""
    pair = await _choose(services, asked)
    body = reading.check_model(await reading.read_json(asked.request), MappingChange)
    wishes = [_wish(each) for each in body.links]
    changed = await services.mappings.set_links(pair, body.version, wishes, _make_asker(services, asked))
    return reply(show_mapping(pair, changed))


async def map_companies(services: Services, asked: ApiRequest) -> Response:
    """Link what is certain: the same name, domain, phone or address, and nobody else that fits."""
    pair = await _choose(services, asked)
    body = reading.check_model(await reading.read_json(asked.request), ToMap)
    found, linked, incomplete = await services.mappings.map_automatically(
        pair, body.version, _make_asker(services, asked)
    )
    return reply(show_mapping(pair, found) | {"linked": linked, "incomplete": incomplete})


async def list_mapping_suggestions(services: Services, asked: ApiRequest) -> Response:
    """List what is likely, each with its score and reason, and what is not mapped, in amounts. Reads both sides."""
    pair = await _choose(services, asked)
    found = await services.mappings.suggest(pair, _make_asker(services, asked), is_fresh=True)
    return reply(show_suggestions(pair, found))


async def decide_mapping_suggestions(services: Services, asked: ApiRequest) -> Response:
    """Confirm or refuse suggestions, one by one or all above a score; say what is not a client; undo links."""
    pair = await _choose(services, asked)
    body = reading.check_model(await reading.read_json(asked.request), SuggestionDecisions)
    decisions = Decisions(
        tuple((each.work_id, each.customer_id) for each in body.confirm),
        tuple((each.work_id, each.customer_id) for each in body.refuse),
        tuple(body.not_clients),
        tuple(body.unlink),
        body.above,
    )
    changed = await services.mappings.decide(pair, body.version, decisions, _make_asker(services, asked))
    return reply(show_mapping(pair, changed))


async def _choose(services: Services, asked: ApiRequest) -> Pair:
    query = reading.read_query(asked.request, MappingQuery)
    chosen = Chosen(query.work_account, query.books_account)
    return await services.mappings.choose(TenantId(asked.read_path_param("tenant_id")), chosen)


def _wish(shape: WishShape) -> Wish:
    return Wish(shape.work_id, shape.customer_id, shape.status)


def _make_asker(services: Services, asked: ApiRequest) -> Asker:
    """Return who asks, with how a tool is called for it and noted."""
    caller = read_agent(_read_program(asked.request))
    token_id = asked.bearer.id if asked.bearer else ""

    async def call(account: Account, name: str, arguments: dict[str, Any]) -> Answer:
        grant = replace(asked.make_grant(account), config=_READING)
        tools = {
            each: tool for each, tool in services.find_tools(account.integration).items() if tool.is_read_only
        }
        began = time.perf_counter()
        answer = await services.calls.call(grant, tools, name, arguments)
        source = Source("api", token_id, account, account.integration)
        services.finished.note(source, name, began, describe_ending(answer), caller)
        return answer

    return Asker(asked.actor, call)


def _read_program(request: Request) -> str:
    return request.headers.get("user-agent", "")
