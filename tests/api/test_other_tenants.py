"""No tenant learns of another: every request with what is another's answers as for what does not exist."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.api.operation import Operation
from runtime.api.table import TABLE
from runtime.exchange.context import NOTHING_ADDED
from runtime.model import AccountId
from runtime.operations.write_journal import WriteJournal
from runtime.safety.guesses import Guesses
from runtime.upstream.client import VendorRequest, VendorResponse
from tests import made_up
from tests.api.harness import ApiHarness
from tests.contexts import context_of
from tests.deployment import BOOKS, TOOLS, HandClock

CANARY = "canary-of-two"
SCOPES = [
    "accounts:read",
    "accounts:write",
    "mcp:read",
    "mcp:write",
    "tools:call",
    "journal:read",
    "log:read",
]
NOBODY = "00000000-0000-4000-8000-000000000000"
OPERATIONS = [each for each in TABLE if each.scope]


class Ids(NamedTuple):
    """What a request may name of somebody: `two` has these, and nobody has the others."""

    account: str
    server: str
    entry: str
    token: str
    tenant: str
    external: str
    link: str
    webhook: str
    cursor: str = ""
    key: str = ""


NONE = Ids(NOBODY, NOBODY, NOBODY, NOBODY, "never-was", "never-was", NOBODY, NOBODY)


@dataclass
class World:
    """Two tenants: `one` asks with its tokens for what `two` has."""

    harness: ApiHarness
    mine: Ids
    theirs: Ids
    tokens: dict[str, str]
    before: str = ""

    def snapshot(self) -> str:
        """All that `two` has, as an administrator sees it."""
        paths = (
            "/integrated-account?tenant_id=two",
            f"/integrated-account/{self.theirs.account}/mcp",
            f"/integrated-account/{self.theirs.account}/journal",
            "/tenant/two",
            "/webhook?tenant_id=two",
        )
        found = [self.harness.ask("GET", path).text for path in paths]
        links = self.harness.ask("GET", "/link-token?limit=200").json()["result"]
        found.append(json.dumps([each for each in links if each["tenant_id"] == "two"]))
        tokens = self.harness.ask("GET", "/api-token?limit=200").json()["result"]
        mine = [{**each, "last_used_at": None} for each in tokens if each["tenant_id"] == "two"]
        return json.dumps([*found, mine])


def make(harness: ApiHarness, path: str, token: str = "", key: str = "", **body: Any) -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    headers |= {"Idempotency-Key": key} if key else {}
    answer = harness.ask("POST", path, json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json()


def write(harness: ApiHarness, account: str, record: str) -> str:
    """One write in the journal of an account, and its entry."""
    journal = WriteJournal(harness.here.keys, harness.here.stores, clock=harness.here.clock)
    tool = replace(made_up.UPDATE, integration="books")

    async def main() -> str:
        call = context_of(tool, BOOKS, {"id": record})
        call.account = replace(call.account, id=AccountId(account))
        sent = VendorRequest("POST", "https://books.example/invoice", {}, b"{}", changes_data=True)
        (entry,) = await journal.begin(call, NOTHING_ADDED, sent)
        journal.end([entry], VendorResponse(200, {}, b'{"Invoice":{"Id":"1"}}'))
        return str(entry.id)

    return asyncio.run(main())


def settle(harness: ApiHarness, tenant: str, name: str) -> Ids:
    """Make what a tenant has: two of each, so that there are cursors, and an answered idempotency key."""
    admin = make(harness, "/api-token", name=name, tenant_id=tenant)
    secret, key = admin["token"], f"key-of-{tenant}"
    first, _ = (
        make(
            harness, "/integrated-account", secret, key=f"{key}-{number}", name=f"{name} {number}",
            integration="books", external_id=f"{name}-{number}", metadata={"plan": name},
        )
        for number in range(2)
    )  # fmt: skip
    servers = [make(harness, f"/integrated-account/{first['id']}/mcp", secret, name=name) for _ in range(2)]
    entry, _ = (write(harness, first["id"], name) for _ in range(2))
    hook = make(harness, "/webhook", secret, url=f"https://hooks.example.com/{name}", tenant_id=tenant)
    link = make(harness, "/link-token", secret, integration="books", name=name)
    headers = {"Authorization": f"Bearer {secret}"}
    listed = harness.ask("GET", "/integrated-account?limit=1", headers=headers).json()
    return Ids(
        first["id"],
        servers[0]["id"],
        entry,
        admin["id"],
        tenant,
        f"{name}-0",
        link["id"],
        hook["id"],
        listed["next_cursor"],
        f"{key}-0",
    )


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    path: Path = tmp_path_factory.mktemp("world")
    harness = ApiHarness(path, HandClock(), counts_spending=True, guesses=Guesses(most_failures=10_000))
    theirs, mine = settle(harness, "two", CANARY), settle(harness, "one", "one")
    of_one = {"name": "x", "tenant_id": "one"}
    ends = "2030-01-31T17:00:00Z"
    tokens = {
        "admin": make(harness, "/api-token", **of_one)["token"],
        "all": make(harness, "/api-token", **of_one, scopes=SCOPES)["token"],
        "reads": make(harness, "/api-token", **of_one, scopes=["accounts:read", "mcp:read"])["token"],
        "account": make(harness, "/api-token", name="x", scopes=SCOPES, integrated_account_id=mine.account)[
            "token"
        ],
        "expiring": make(harness, "/api-token", **of_one, expires_at=ends)["token"],
        "unknown": "lpa_nobody",
    }
    found = World(harness, mine, theirs, tokens)
    found.before = found.snapshot()
    assert CANARY in found.before
    yield found
    harness.here.stores.close()


def write_path(operation: Operation, ids: Ids) -> str:
    return operation.path.format(
        id=ids.account, mcp_id=ids.server, entry_id=ids.entry, token_id=ids.token, tenant_id=ids.tenant,
        tool=TOOLS[1].name, webhook_id=ids.webhook, delivery_id=NOBODY, link_id=ids.link,
    )  # fmt: skip


def write_body(operation: Operation, ids: Ids) -> Any:
    """A body that would do something, and names what the request is about wherever a body can."""
    return {
        "create_account": {"name": "x", "integration": "books", "tenant_id": ids.tenant},
        "change_account": {"name": "changed"},
        "create_mcp_server": {"name": "x"},
        "change_mcp_server": {"name": "changed"},
        "call_tool": {"id": "1"},
        "create_webhook": {"url": "https://hooks.example.com/x", "tenant_id": ids.tenant},
        "change_webhook": {"enabled": False},
        "create_link_token": {"tenant_id": ids.tenant, "account_id": ids.account},
        "change_tenant": {"limits": {"accounts": 1}},
        "create_api_token": {
            "name": "x", "tenant_id": ids.tenant, "scopes": ["tools:call"], "integrated_account_id": ids.account,
        },
    }.get(operation.handler.__name__, {})  # fmt: skip


QUERIES = {
    "list_accounts": [
        "",
        "tenant_id={tenant}",
        "external_id={external}",
        f"metadata.plan={CANARY}",
        "next_cursor={cursor}",
    ],
    "list_mcp_servers": ["", "next_cursor={cursor}"],
    "list_journal": ["", "record_id=" + CANARY, "next_cursor=2"],
    "list_api_tokens": ["", "next_cursor={cursor}"],
    "list_webhooks": ["", "tenant_id={tenant}", "next_cursor={cursor}"],
    "list_link_tokens": ["", "next_cursor={cursor}"],
}  # fmt: skip


def ask(world: World, operation: Operation, token: str, ids: Ids, query: str = "", key: str = "") -> Any:
    headers = {"Authorization": f"Bearer {world.tokens[token]}"} | ({"Idempotency-Key": key} if key else {})
    path = write_path(operation, ids) + (f"?{query}" if query else "")
    more = {"json": write_body(operation, ids)} if operation.method in ("POST", "PATCH") else {}
    return world.harness.ask(operation.method, path, headers=headers, **more)


def is_answered_alike(found: Any, expected: Any) -> bool:
    """Whether two answers differ in nothing but the id of the request, and its count of what was made."""

    def show(answer: Any) -> Any:
        headers = {name: value for name, value in answer.headers.items() if name != "request-id"}
        return answer.status_code, headers, answer.content

    return bool(show(found) == show(expected))


def check(world: World, operation: Operation, token: str, ids: Ids, query: str = "", key: str = "") -> None:
    """A request with what is another's is answered as one with what nobody has, says nothing and changes nothing."""
    none = Ids(*(
        nobody if given == theirs else given
        for given, theirs, nobody in zip(ids, world.theirs, NONE, strict=True)
    ))  # fmt: skip
    named = query.format(**ids._asdict())
    absent = query.format(**none._asdict()) if "{cursor}" not in query else named
    found = ask(world, operation, token, ids, named, key)
    assert CANARY not in found.text
    assert not any(
        each in found.text for each in (world.theirs.account, world.theirs.server, world.theirs.entry)
    )
    if ids != none:
        expected = ask(world, operation, token, none, absent, "a-fresh-key" if key else "")
        assert is_answered_alike(found, expected), (found.status_code, found.text, expected.text)
    assert world.snapshot() == world.before


def list_combinations(world: World) -> list[Ids]:
    """What a request may name of two, alone and beside what one has itself."""
    mine, theirs = world.mine, world.theirs
    return [
        theirs,
        mine._replace(server=theirs.server, entry=theirs.entry, token=theirs.token, tenant=theirs.tenant),
        theirs._replace(server=mine.server, entry=mine.entry, tenant=mine.tenant),
    ]


def reads_or_names_another(operation: Operation, ids: Ids, mine: Ids) -> bool:
    """Whether a request names something of two at all: what it does to its own may change with every request."""
    said = write_path(operation, ids) + json.dumps(write_body(operation, ids))
    own = write_path(operation, mine) + json.dumps(write_body(operation, mine))
    return said != own


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.handler.__name__)
def test_every_operation_answers_for_anothers_as_for_nobodys(world: World, operation: Operation) -> None:
    for token, ids in itertools.product(world.tokens, list_combinations(world)):
        if reads_or_names_another(operation, ids, world.mine):
            check(world, operation, token, ids)


@given(data=st.data())
@settings(
    max_examples=120, deadline=None, database=None, suppress_health_check=list(HealthCheck), derandomize=True
)
def test_no_combination_of_token_names_query_cursor_and_key_reports_on_another_tenant(
    world: World, data: st.DataObject
) -> None:
    operation = data.draw(st.sampled_from(OPERATIONS))
    token = data.draw(st.sampled_from(sorted(world.tokens)))
    parts = [data.draw(st.sampled_from(pair)) for pair in zip(world.mine, world.theirs, strict=True)]
    ids = Ids(*parts)
    query = data.draw(st.sampled_from(QUERIES.get(operation.handler.__name__, [""])))
    keys = ["", world.theirs.key, "a-key-of-one"] if operation.method == "POST" else [""]
    key = data.draw(st.sampled_from(keys))
    if reads_or_names_another(operation, ids, world.mine) or (operation.method == "GET" and query):
        check(world, operation, token, ids, query, key)


def test_an_idempotency_key_of_another_tenant_is_as_good_as_a_new_one(world: World) -> None:
    body = {
        "name": f"{CANARY} 0",
        "integration": "books",
        "external_id": f"{CANARY}-0",
        "metadata": {"plan": CANARY},
    }
    secret = world.tokens["all"]
    made = make(world.harness, "/integrated-account", secret, key=world.theirs.key, **body)
    assert (made["tenant_id"], made["id"] == world.theirs.account) == ("one", False)
    assert make(world.harness, "/integrated-account", secret, key=world.theirs.key, **body) == made
    assert world.snapshot() == world.before
