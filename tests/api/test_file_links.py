"""The address of a file: who opens it, until when, and what it gives away."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from generator.catalog import Catalog
from runtime.api import file_links as endpoint
from runtime.errors import RateLimited
from runtime.exchange.tool_answer import Answer, File
from runtime.model import Grant, ServerConfig
from runtime.operations.budget import Budget
from runtime.operations.file_links import LIFETIME_SECONDS, PATH, PREFIX, FileLinks
from runtime.operations.mcp_servers import McpServers
from runtime.safety.guesses import Guesses
from tests import made_up
from tests.api.harness import ApiHarness, Calls
from tests.deployment import CATALOG, TOOLS, Deployment, HandClock, deploy

PDF = replace(made_up.PDF, integration="desk", method="pdf", method_class="custom")
WITH_PDF = Catalog("2", CATALOG.integrations, (*(replace(each, integration="desk") for each in TOOLS), PDF))
CONTENT = b"%PDF-1.4 the invoice"
FILE = File("invoice-7.pdf", "application/pdf", CONTENT, PDF, {"id": "7", "embed": False})
CLOSED = "This link opens no file"


class Links:
    """A deployment with an account, an MCP server, and links to a file of it."""

    def __init__(self, data: Path) -> None:
        self.clock = HandClock()
        self.calls = Calls(answer=lambda: Answer(file=FILE))
        self.harness = ApiHarness(data, self.clock, catalog=WITH_PDF, calls=self.calls)
        self.here: Deployment = self.harness.here
        self.account = self.here.add_desk()["id"]
        self.server = self.made()

    def made(self, account: str = "", **more: Any) -> dict[str, Any]:
        return self.servers.create(account or self.account, "A", **more)

    @property
    def servers(self) -> Any:
        return McpServers(self.here.parts(WITH_PDF))

    @property
    def links(self) -> FileLinks:
        return FileLinks(self.here.parts(WITH_PDF))

    def grant(self, server: dict[str, Any] | None = None) -> Grant:
        wanted = self.here.stores.look_up.find_server((server or self.server)["id"], self.clock())
        with pytest.raises(StopIteration) as done:  # a file answers at once, also within a loop
            wanted.send(None)
        found = done.value.value
        assert found is not None
        return found

    def link(self, server: dict[str, Any] | None = None) -> str:
        return self.links.make(self.grant(server), FILE)

    def open(self, link: str, method: str = "GET", **headers: str) -> Any:
        """What a browser gets, which has no API token."""
        path = PATH + link.rpartition("/")[2]
        return self.harness.ask(method, path, headers={"Authorization": "", **headers})

    def refused(self, link: str) -> dict[str, Any]:
        answer = self.open(link)
        assert answer.status_code == 404
        assert self.calls.seen == []
        return answer.json()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Links]:
    made = Links(tmp_path)
    yield made
    made.here.stores.close()


def test_a_link_opens_the_file_and_says_how_to_treat_it(place: Links) -> None:
    answer = place.open(place.link())
    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert {name: answer.headers[name] for name in (
        "content-type", "content-disposition", "content-length", "cache-control", "x-content-type-options",
        "content-security-policy", "referrer-policy", "cross-origin-resource-policy",
    )} == {
        "content-type": "application/pdf",
        "content-disposition": 'attachment; filename="invoice-7.pdf"',
        "content-length": str(len(CONTENT)),
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "content-security-policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
        "referrer-policy": "no-referrer",
        "cross-origin-resource-policy": "same-origin",
    }  # fmt: skip
    assert place.calls.seen == [(PDF.name, {"id": "7"}, "")]
    assert place.calls.grants[0].server_id == place.server["id"]


def test_a_link_is_not_used_up_since_hosts_fetch_it_before_a_person_does(place: Links) -> None:
    link = place.link()
    assert [place.open(link).status_code for _ in range(3)] == [200] * 3


def test_a_link_is_a_short_address_of_its_own_each_time_that_names_nothing(place: Links) -> None:
    first, second = place.link(), place.link()
    assert first != second
    assert first.startswith(place.here.settings.public_url + PATH + PREFIX)
    assert len(first.removeprefix(place.here.settings.public_url)) <= 110
    inside = base64.urlsafe_b64decode(first.rpartition(PREFIX)[2] + "==")
    assert b'"id"' not in inside
    assert PDF.name.encode() not in inside


def test_head_says_what_there_is_and_asks_the_vendor_nothing(place: Links) -> None:
    answer = place.open(place.link(), "HEAD")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == 'attachment; filename="invoice-7.pdf"'
    assert answer.headers["cache-control"] == "no-store"
    assert "content-length" not in answer.headers
    assert place.calls.seen == []


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_no_other_method_is_taken(place: Links, method: str) -> None:
    answer = place.open(place.link(), method)
    assert answer.status_code == 405
    assert place.calls.seen == []


def test_a_link_ends_after_its_minutes(place: Links) -> None:
    link = place.link()
    place.clock.pass_(LIFETIME_SECONDS - 1)
    assert place.open(link, "HEAD").status_code == 200
    place.clock.pass_(1)
    assert CLOSED in place.refused(link)["message"]
    assert "Call the tool again" in place.refused(link)["advice"]


def test_a_link_of_a_clock_that_was_set_back_since_does_not_live_longer(place: Links) -> None:
    link = place.link()
    place.clock.pass_(-3_600)
    place.refused(link)


def test_every_link_that_opens_nothing_is_answered_alike(place: Links) -> None:
    expired = place.link()
    place.clock.pass_(LIFETIME_SECONDS)
    gone = place.made()
    revoked = place.link(gone)
    place.servers.delete(place.account, gone["id"])
    answers = [
        place.open(each) for each in (expired, revoked, PREFIX + "x" * 90, "x", PREFIX, place.server["token"])
    ]
    assert {each.status_code for each in answers} == {404}
    assert len({each.content for each in answers}) == 1
    headers = [{**each.headers, "request-id": ""} for each in answers]
    assert headers == [headers[0]] * len(answers)


def test_a_link_opens_from_the_networks_of_its_mcp_server_only(place: Links) -> None:
    outside = place.made(config={"networks": ["203.0.113.0/24"]})
    place.refused(place.link(outside))
    inside = place.made(config={"networks": ["127.0.0.0/8"]})
    assert place.open(place.link(inside)).content == CONTENT


def test_a_link_closes_with_its_mcp_server(place: Links) -> None:
    link = place.link()
    place.servers.delete(place.account, place.server["id"])
    place.refused(link)


def test_a_link_closes_when_its_mcp_server_expires(place: Links) -> None:
    server = place.made(expires_at="2027-01-15T08:02:00Z")
    link = place.link(server)
    assert place.open(link, "HEAD").status_code == 200
    place.clock.pass_(120)
    place.refused(link)


@pytest.mark.parametrize("config", [{"methods": ["read"]}, {"tags": ["crm"]}])
def test_a_link_closes_when_the_filter_no_longer_lets_its_tool_through(place: Links, config: Any) -> None:
    link = place.link()
    place.servers.change(place.account, place.server["id"], config=config)
    place.refused(link)


def test_a_link_closes_with_its_account(place: Links) -> None:
    link = place.link()
    asyncio.run(place.here.accounts.delete(place.account))
    with pytest.raises(endpoint.LedgerportError, match=CLOSED):
        asyncio.run(place.links.open(link))


def test_a_link_opens_after_a_restart_and_in_another_process(place: Links) -> None:
    link = place.link()
    other = deploy(place.here.settings.data, place.clock, LEDGERPORT_PUBLIC_URL="https://elsewhere.example")
    opened = asyncio.run(FileLinks(other.parts(WITH_PDF)).open(link))
    other.stores.close()
    assert (opened.tool.name, opened.arguments) == (PDF.name, {"id": "7"})


def test_a_link_of_another_deployment_opens_nothing(place: Links, tmp_path: Path) -> None:
    other = Links(tmp_path / "other")
    link = other.link()
    other.here.stores.close()
    place.refused(link)


def test_a_link_that_was_changed_in_any_character_opens_nothing(place: Links) -> None:
    link = place.link()
    start = len(link) - len(link.rpartition(PREFIX)[2])
    for at in range(start, len(link)):
        other = "A" if link[at] != "A" else "B"
        place.refused(link[:at] + other + link[at + 1 :])
    for changed in (link[:-1], link + "A", link + "=", link + "%3D", link + "%0A", link.upper()):
        place.refused(changed)


def test_the_last_bits_of_a_link_are_read_strictly(place: Links) -> None:
    file = replace(FILE, arguments={"id": "77"})
    link = place.links.make(place.grant(), file)
    for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_":
        if last != link[-1]:
            place.refused(link[:-1] + last)


def test_a_tool_that_does_more_than_read_gets_no_link(place: Links) -> None:
    writing = replace(PDF, risk="create")
    assert place.links.make(place.grant(), replace(FILE, tool=writing)) == ""


def test_a_call_at_the_management_api_gets_no_link_since_there_is_no_mcp_server(place: Links) -> None:
    assert place.links.make(Grant(place.grant().account, ServerConfig(), api_token_id=None), FILE) == ""


def test_arguments_that_make_no_address_get_no_link(place: Links) -> None:
    assert place.links.make(place.grant(), replace(FILE, arguments={"id": "7" * 2_000})) == ""


def test_where_the_mcp_server_demands_an_api_token_so_do_its_links(place: Links) -> None:
    link = place.link(place.made(config={"require_api_token_auth": True}))
    other = place.here.add_desk("Another")["id"]
    scoped = place.here.api_tokens.create("b", ["tools:call"], place.account)["token"]
    foreign = place.here.api_tokens.create("c", ["tools:call"], other)["token"]
    for sent in ("", "Basic eA==", "Bearer", "Bearer wrong", f"Bearer {foreign}"):
        answer = place.open(link, Authorization=sent)
        assert (answer.status_code, answer.headers["www-authenticate"][:6]) == (401, "Bearer")
    assert place.calls.seen == []
    assert place.open(link, Authorization=f"Bearer {scoped}").content == CONTENT


def test_wrong_api_tokens_at_a_link_are_counted(place: Links) -> None:
    link = place.link(place.made(config={"require_api_token_auth": True}))
    statuses = [place.open(link, Authorization=f"Bearer w{at}").status_code for at in range(21)]
    assert statuses == [401] * 20 + [429]


def test_an_error_of_the_vendor_has_its_status_and_the_wait(place: Links) -> None:
    place.calls.answer = lambda: Answer(status=429, error=RateLimited("Too often.", retry_after=7))
    answer = place.open(place.link())
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    assert answer.json()["code"] == "rate_limited"
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_the_log_names_the_server_and_the_tool_and_never_the_link(place: Links) -> None:
    link = place.link()
    place.open(link)
    place.open(link[:-1])
    lines = [line for line in place.harness.lines if line.startswith("file_link")]
    assert len(lines) == 2
    assert place.server["id"] in lines[0]
    assert PDF.name in lines[0]
    assert "'not_found'" in lines[1]
    assert not [line for line in place.harness.lines if link.rpartition("/")[2][:20] in line]


class Held(Calls):
    """Calls that wait until they may go on."""

    def __init__(self) -> None:
        super().__init__(answer=lambda: Answer(file=FILE))
        self.release = asyncio.Event()

    async def call(self, *given: Any, **more: Any) -> Answer:
        await self.release.wait()
        return await super().call(*given, **more)


class Client:
    """A client of the endpoint, which reads when it may."""

    def __init__(self, link: str) -> None:
        self.scope = {
            "type": "http", "method": "GET", "path": link, "headers": [], "query_string": b"",
            "path_params": {"link": link.rpartition("/")[2]},
        }  # fmt: skip
        self.events: list[Any] = []
        self.began, self.may_read = asyncio.Event(), asyncio.Event()

    async def send(self, event: Any) -> None:
        self.events.append(event)
        self.began.set()
        if event["type"] == "http.response.body":
            await self.may_read.wait()

    async def receive(self) -> Any:
        return {"type": "http.request"}


def in_a_loop(test: Callable[[Links], Coroutine[Any, Any, None]]) -> Callable[[Links], None]:
    """The test, run in an event loop of its own."""

    def run(place: Links) -> None:
        asyncio.run(test(place))

    return run


async def fetched(link: str, calls: Any, place: Links, budget: Budget, client: Client) -> int:
    def log(event: str, **fields: object) -> None:
        place.harness.lines.append(event)

    async def is_api_token(_secret: str, _grant: Grant) -> bool:
        return False

    one = endpoint.FileLinkEndpoint(place.links, calls, is_api_token, Guesses(), log, budget)
    await one(client.scope, client.receive, client.send)
    return int(client.events[0]["status"])


@in_a_loop
async def test_of_seventeen_files_at_once_one_is_to_be_opened_again(place: Links) -> None:
    link, calls, budget = place.link(), Held(), Budget(endpoint.MOST_BYTES, endpoint.MOST_FILES)
    clients = [Client(link) for _ in range(endpoint.MOST_FILES + 1)]
    for client in clients:
        client.may_read.set()
    running = [asyncio.create_task(fetched(link, calls, place, budget, each)) for each in clients]
    done, _ = await asyncio.wait(running, timeout=30, return_when=asyncio.FIRST_COMPLETED)
    assert [each.result() for each in done] == [503]
    calls.release.set()
    statuses = [await each for each in running]
    assert sorted(statuses) == [200] * endpoint.MOST_FILES + [503]
    refused = next(each for each in clients if each.events[0]["status"] == 503)
    assert (b"retry-after", b"5") in refused.events[0]["headers"]
    assert b"open the link again" in refused.events[1]["body"]
    assert (budget.bytes, budget.count) == (0, 0)


@in_a_loop
async def test_a_file_counts_until_a_slow_client_has_it(place: Links) -> None:
    link, budget = place.link(), Budget(len(CONTENT) + 10, endpoint.MOST_FILES)
    calls, slow = Calls(answer=lambda: Answer(file=FILE)), Client(link)
    first = asyncio.create_task(fetched(link, calls, place, budget, slow))
    await slow.began.wait()
    second = Client(link)
    second.may_read.set()
    assert await fetched(link, calls, place, budget, second) == 503
    slow.may_read.set()
    assert await first == 200
    again = Client(link)
    again.may_read.set()
    assert await fetched(link, calls, place, budget, again) == 200


@in_a_loop
async def test_a_large_file_is_handed_over_in_pieces(place: Links) -> None:
    content = bytes(range(256)) * 4_097
    calls = Calls(answer=lambda: Answer(file=replace(FILE, content=content)))
    client = Client(place.link())
    client.may_read.set()
    budget = Budget(endpoint.MOST_BYTES, 1)
    assert await fetched(place.link(), calls, place, budget, client) == 200
    bodies = [each["body"] for each in client.events[1:]]
    assert b"".join(bodies) == content
    assert max(map(len, bodies)) <= endpoint.PIECE
