"""A vendor without a person's consent: tokens are fetched with the client of each account, and again when they end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from generator.catalog import Catalog
from runtime.errors import Conflict, InvalidRequest, VendorUnavailable
from runtime.model import Account, AccountId
from tests import deployment
from tests.deployment import Deployment, deploy, deployed
from tests.portability.calling import CATALOG, call_as, changed_definitions
from tests.vendor_server import Vendor, http, vendor

FIELDS = {"site": "north", "client_id": "cove-client", "client_secret": "cove-client-secret"}
LIST, GET = "list_all_cove_anchors", "get_single_cove_anchor_by_id"
CREATE = "create_a_cove_anchor"
ANCHORS = [{"id": str(number), "owner": "Ann"} for number in (1, 2, 3)]


@dataclass
class Cove:
    """The vendor: what it was asked for tokens, which of them it takes, and how long they live."""

    forms: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    ended: set[str] = field(default_factory=set)
    expires_in: int = 3600
    refusal: bytes = b""

    async def answer(self, line: str, headers: dict[str, str], body: bytes) -> bytes:
        if "/token" not in line:
            return self.records(line, headers, body)
        await asyncio.sleep(0)
        self.forms.append((line, {name: each[0] for name, each in parse_qs(body.decode()).items()}))
        if self.refusal:
            return self.refusal
        value = {
            "token_type": "Bearer",
            "access_token": f"access-{len(self.forms)}",
            "expires_in": self.expires_in,
        }
        return http(200, json.dumps(value).encode())

    def records(self, line: str, headers: dict[str, str], body: bytes) -> bytes:
        if headers["authorization"].removeprefix("Bearer ") in self.ended or headers["cove-site"] != "north":
            return http(401, b'{"error": {"type": "ended", "title": "The token has ended"}}')
        if line.startswith("POST"):
            return http(200, json.dumps({"id": "4", **json.loads(body)}).encode())
        if "?" not in line:
            return http(200, json.dumps(ANCHORS[0]).encode())
        start = 2 * (int(parse_qs(line.partition("?")[2].split(" ")[0])["page"][0]) - 1)
        return http(200, json.dumps({"items": ANCHORS[start : start + 2]}).encode())


@asynccontextmanager
async def cove(data: Path, **more: str) -> AsyncIterator[tuple[Cove, Vendor, Deployment]]:
    """The vendor, its server, and a deployment that speaks to it."""
    made = Cove()
    async with (
        vendor(made.answer) as server,
        deployed(data, LEDGERPORT_COVE_ORIGIN=server.url, **more) as here,
    ):
        yield made, server, here


def connect(here: Deployment) -> Account:
    begun = here.accounts.create("North", "cove", FIELDS)
    assert (begun["status"], "authorize_url" in begun) == ("active", False)
    return here.accounts.find(begun["id"])


def as_stored(here: Deployment, account: Account) -> Account:
    found = here.stores.read_account(AccountId(account.id))
    assert found is not None
    return found


@pytest.fixture(autouse=True)
def catalog(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deployment, "CATALOG", CATALOG)


def test_an_account_is_connected_by_its_client_and_reads_and_writes(tmp_path: Path) -> None:
    async def story() -> None:
        async with cove(tmp_path) as (vendor_, server, here):
            account = connect(here)
            listed = await call_as(here, account, LIST, {"owner": "Ann"})
            cursor = json.loads(listed.text)["next_cursor"]
            rest = await call_as(here, account, LIST, {"owner": "Ann", "next_cursor": cursor})
            read = await call_as(here, account, GET, {"id": "1"})
            made = await call_as(here, account, CREATE, {"owner": "Bob"})

            pages = [[each["id"] for each in json.loads(page.text)["records"]] for page in (listed, rest)]
            assert pages == [["1", "2"], ["3"]]
            assert json.loads(read.text) == ANCHORS[0]
            assert json.loads(made.text) == {"id": "4", "owner": "Bob", "company": made.company}
            asked = {
                "grant_type": "client_credentials",
                "scope": "anchors.read anchors.write",
                "client_id": "cove-client",
                "client_secret": "cove-client-secret",
            }
            assert vendor_.forms == [("POST /north/token HTTP/1.1", asked)]
            assert server.requests[-1][1]["authorization"] == "Bearer access-1"
            assert len(server.requests[-1][1]["cove-once"]) == 20
            repeated = [
                await call_as(here, account, CREATE, {"owner": "Bob"}, idempotency_key="mine")
                for _ in range(2)
            ]
            keys = [headers["cove-once"] for _, headers, _ in server.requests[-2:]]
            assert repeated[0].text == repeated[1].text
            assert (len(set(keys)), len(keys[0])) == (1, 20)

    asyncio.run(story())


def test_a_hundred_calls_at_once_fetch_one_token_and_it_is_fetched_again_before_it_ends(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        async with cove(tmp_path) as (vendor_, _, here):
            account = connect(here)
            found = await asyncio.gather(*(here.tokens.get_fresh(account) for _ in range(100)))
            assert {each.access_token for each in found} == {"access-1"}
            here.clock.pass_(3600 - 299)
            account = as_stored(here, account)
            assert (await here.tokens.get_fresh(account)).access_token == "access-2"
            assert (await here.tokens.get_fresh(account)).access_token == "access-2"
            assert len(vendor_.forms) == 2

    asyncio.run(story())


def test_a_token_that_lives_for_minutes_is_used_for_half_of_them(tmp_path: Path) -> None:
    async def story() -> None:
        async with cove(tmp_path) as (vendor_, _, here):
            vendor_.expires_in = 120
            account = connect(here)
            await here.tokens.get_fresh(account)
            here.clock.pass_(59)
            await here.tokens.get_fresh(as_stored(here, account))
            assert len(vendor_.forms) == 1
            here.clock.pass_(2)
            await here.tokens.get_fresh(as_stored(here, account))
            assert len(vendor_.forms) == 2

    asyncio.run(story())


def test_a_token_that_the_vendor_no_longer_takes_is_fetched_again_and_the_call_succeeds(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        async with cove(tmp_path) as (vendor_, _, here):
            account = connect(here)
            await call_as(here, account, GET, {"id": "1"})
            here.clock.pass_(60)
            vendor_.ended.add("access-1")
            answer = await call_as(here, as_stored(here, account), GET, {"id": "1"})
            assert json.loads(answer.text) == ANCHORS[0]
            assert len(vendor_.forms) == 2

    asyncio.run(story())


def test_a_client_that_the_vendor_refuses_is_an_error_that_says_what_to_do_and_no_end(tmp_path: Path) -> None:
    async def story() -> None:
        async with cove(tmp_path) as (vendor_, _, here):
            account = connect(here)
            vendor_.refusal = http(401, b'{"error": "invalid_client"}')
            answer = await call_as(here, account, GET, {"id": "1"})
            assert "Cove does not accept the client id and secret of this account." in answer.error.message
            assert "make a new integrated account" in answer.error.advice
            assert "cove-client-secret" not in answer.error.as_text()
            vendor_.refusal = b""
            assert (await call_as(here, account, GET, {"id": "1"})).error is None

    asyncio.run(story())


def test_an_account_without_its_client_is_not_made(tmp_path: Path) -> None:
    async def story() -> None:
        async with cove(tmp_path) as (_, _, here):
            with pytest.raises(InvalidRequest, match=r"fields\.client_secret is missing"):
                here.accounts.create("North", "cove", {"site": "north", "client_id": "cove-client"})
            account = connect(here)
            assert "cove-client-secret" not in json.dumps(here.accounts.get(account.id))
            with pytest.raises(InvalidRequest, match="not by a person's consent"):
                here.accounts.connect(account.id)

    asyncio.run(story())


CLIENT = '  client: { id: "{client_id}", secret: "{client_secret}" }\n'


def test_where_the_client_is_the_deployments_app_its_settings_are_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = changed_definitions(tmp_path / "definitions", "cove", (CLIENT, ""))
    monkeypatch.setattr(deployment, "CATALOG", shared)
    with pytest.raises(
        Conflict, match="LEDGERPORT_COVE_CLIENT_ID and LEDGERPORT_COVE_CLIENT_SECRET must be set"
    ):
        connect(deploy(tmp_path / "other"))
    app: Any = {"LEDGERPORT_COVE_CLIENT_ID": "app", "LEDGERPORT_COVE_CLIENT_SECRET": "app-secret"}

    async def story() -> None:
        async with cove(tmp_path / "data", **app) as (vendor_, _, here):
            await here.tokens.get_fresh(connect(here))
            assert vendor_.forms[0][1]["client_id"] == "app"
            vendor_.refusal = http(401, b'{"error": "invalid_client"}')
            here.clock.pass_(3600)
            with pytest.raises(VendorUnavailable, match="of this deployment"):
                await here.tokens.get_fresh(connect(here))

    asyncio.run(story())


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("cove.example/{site}/token", "cove.example/{client_secret}/token", "an address is no place for one"),
        ("cove.example/{site}/token", "cove.example/{place}/token", "{place} is filled by nothing"),
        ('"{client_id}", secret', '"{client}", secret', "{client} is filled by nothing"),
        ("title: Site,", "title: Site, from: token.site,", "only oauth2 has a person's consent"),
    ],
)
def test_a_definition_whose_client_cannot_be_filled_is_refused(
    tmp_path: Path, before: str, after: str, said: str
) -> None:
    found = changed_definitions(tmp_path, "cove", (before, after))
    assert not isinstance(found, Catalog)
    assert said in found
