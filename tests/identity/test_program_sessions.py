"""Sessions for programs: the cookie of a browser becomes a short-lived token, in the shapes that callers expect."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import update

from runtime.identity.program_sessions import MOST_MINUTES, MOST_TOKENS
from runtime.stores.tables import ACCOUNT
from tests.identity.authorization import ADDRESS, Place, list_names, opened

pytestmark = pytest.mark.anyio

READS = "list_all_quick_books_invoices"
WRITES = "create_a_quick_books_invoice"


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with opened(tmp_path) as made:
        yield made


def connect(place: Place, name: str, number: str, tenant: str = "default") -> str:
    """A company with the number that its vendor knows it by."""
    account = place.add_company(name, tenant)
    with place.records._engine.begin() as connection:
        connection.execute(update(ACCOUNT).where(ACCOUNT.c.id == account).values(company=number))
    return account


def error_of(status: int, phrase: str) -> dict[str, object]:
    return {"error": True, "statusCode": status, "statusMessage": phrase}


async def test_a_cookie_becomes_a_token_for_every_company_of_its_person(place: Place):
    connect(place, "Alder", "9130001")
    connect(place, "Birch", "9130002")
    connect(place, "Foreign", "9130003", tenant="other")
    browser = await place.sign_in(place.add_person("anna@example.com"))

    answer = (await place.client.get("/api/session/token", headers=browser)).json()

    assert sorted(answer) == ["expires_at", "realm_ids", "token", "user"]
    assert answer["realm_ids"] == ["9130001", "9130002"]
    assert answer["user"]["email"] == "anna@example.com"
    names = list_names(await place.call(answer["token"]))
    assert WRITES in names or READS in names


async def test_a_token_for_one_company_reaches_no_other_and_ends_in_time(place: Place):
    connect(place, "Alder", "9130001")
    birch = connect(place, "Birch", "9130002")
    browser = await place.sign_in(place.add_person("anna@example.com"))
    wanted = {"realm_id": "9130002", "ttl_minutes": 5}

    answer = (await place.client.post("/api/session/token", json=wanted, headers=browser)).json()
    token = {"authorization": f"Bearer {answer['token']}"}
    me = (await place.client.get("/api/auth/me", headers=token)).json()

    assert answer["realm_ids"] == ["9130002"]
    shown = {key: me["connections"][0][key] for key in ("id", "realmId", "companyName", "isDefault")}
    assert [shown] == [{"id": birch, "realmId": "9130002", "companyName": "Birch", "isDefault": True}]
    assert len(me["connections"]) == 1
    assert (await place.call(answer["token"])).status_code == 200
    place.clock.pass_(301)
    assert (await place.call(answer["token"])).status_code == 401


async def test_another_tenants_company_and_one_that_is_not_there_are_refused_alike(place: Place):
    connect(place, "Alder", "9130001")
    connect(place, "Foreign", "9130003", tenant="other")
    browser = await place.sign_in(place.add_person("anna@example.com"))

    answers = [
        await place.client.post("/api/session/token", json={"realm_id": each}, headers=browser)
        for each in ("9130003", "9139999")
    ]

    for number, answer in zip(("9130003", "9139999"), answers, strict=True):
        assert answer.status_code == 403
        assert answer.json().items() >= error_of(403, "Forbidden").items()
        assert answer.json()["message"].startswith(f"You have no connection to the company {number}.")


async def test_whoever_is_signed_in_sees_who_asks_and_the_companies(place: Place):
    connect(place, "Alder", "9130001")
    connect(place, "Birch", "9130002")
    browser = await place.sign_in(place.add_person("anna@example.com"))

    me = (await place.client.get("/api/auth/me", headers=browser)).json()

    assert me["user"]["email"] == "anna@example.com"
    assert [(each["realmId"], each["isDefault"]) for each in me["connections"]] == [
        ("9130001", True),
        ("9130002", False),
    ]
    assert {"companyName", "environment", "status"} <= me["connections"][0].keys()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/session/token"),
        ("POST", "/api/session/token"),
        ("POST", "/api/session/revoke"),
        ("GET", "/api/auth/me"),
    ],
)
async def test_nobody_signed_in_is_an_error_that_says_where_to_sign_in(place: Place, method: str, path: str):
    answer = await place.client.request(method, path)

    assert answer.status_code == 401
    assert answer.json().items() >= error_of(401, "Unauthorized").items()
    assert f"{ADDRESS}/sign-in" in answer.json()["advice"]


async def test_a_token_is_revoked_at_once_by_its_own_person_only(place: Place):
    connect(place, "Alder", "9130001")
    mine = await place.sign_in(place.add_person("anna@example.com"))
    hers = await place.sign_in(place.add_person("berta@example.com"))
    token = (await place.client.get("/api/session/token", headers=mine)).json()["token"]

    refused = await place.client.post("/api/session/revoke", json={"token": token}, headers=hers)
    assert refused.status_code == 400
    assert (await place.call(token)).status_code == 200
    done = await place.client.post("/api/session/revoke", json={"token": token}, headers=mine)

    assert done.json() == {"revoked": True}
    assert (await place.call(token)).status_code == 401
    again = await place.client.get("/api/auth/me", headers={"authorization": f"Bearer {token}"})
    assert again.status_code == 401


async def test_a_page_of_another_site_cannot_use_the_session(place: Place):
    connect(place, "Alder", "9130001")
    browser = await place.sign_in(place.add_person("anna@example.com"))

    for foreign in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
        answer = await place.client.get("/api/session/token", headers=browser | foreign)
        assert answer.status_code == 403
    own = await place.client.get("/api/session/token", headers=browser | {"origin": ADDRESS})
    assert own.status_code == 200
    form = await place.client.post("/api/session/token", data={"realm_id": "9130001"}, headers=browser)
    assert form.status_code == 415


@pytest.mark.parametrize("minutes", [0, -1, MOST_MINUTES + 1, 1.5, "5", True])
async def test_a_time_that_is_none_is_refused(place: Place, minutes: object):
    connect(place, "Alder", "9130001")
    browser = await place.sign_in(place.add_person("anna@example.com"))
    wanted = {"realm_id": "9130001", "ttl_minutes": minutes}

    answer = await place.client.post("/api/session/token", json=wanted, headers=browser)

    assert answer.status_code == 400
    assert "ttl_minutes" in answer.json()["message"]


async def test_a_loop_that_asks_for_tokens_is_refused_until_one_ends(place: Place):
    connect(place, "Alder", "9130001")
    browser = await place.sign_in(place.add_person("anna@example.com"))
    for _ in range(MOST_TOKENS):
        assert (await place.client.get("/api/session/token", headers=browser)).status_code == 200

    refused = await place.client.get("/api/session/token", headers=browser)

    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) == 3600
    place.clock.pass_(3600)
    assert (await place.client.get("/api/session/token", headers=browser)).status_code == 200


async def test_a_role_that_may_not_use_the_tools_gets_no_token(place: Place):
    connect(place, "Alder", "9130001")
    browser = await place.sign_in(place.add_person("vera@example.com", "viewer"))

    answer = await place.client.get("/api/session/token", headers=browser)

    assert answer.status_code == 403
    assert (await place.client.get("/api/auth/me", headers=browser)).json()["connections"] == []


async def test_programs_find_the_endpoint_and_how_it_is(place: Place):
    found = (await place.client.get("/.well-known/mcp.json")).json()
    health = await place.client.get("/api/health")

    assert found["endpoint"] == f"{ADDRESS}/mcp"
    metadata = found["authorization"]["protected_resource_metadata"].removeprefix(ADDRESS)
    assert (await place.client.get(metadata)).json()["resource"] == f"{ADDRESS}/mcp"
    assert (health.status_code, health.json()) == (200, {"status": "ok"})
