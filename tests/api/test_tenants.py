"""Tenants: what belongs to another does not exist, each has limits, and a platform's names find its accounts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.api.harness import ApiHarness
from tests.deployment import HandClock
from tests.waiting import wait_until

SCOPES = ["accounts:read", "accounts:write", "mcp:read", "mcp:write", "tools:call", "journal:read"]


@pytest.fixture
def harness(tmp_path: Path) -> ApiHarness:
    return ApiHarness(tmp_path, HandClock(), LEDGERPORT_RETURN_URLS="https://app.example.com")


def make(harness: ApiHarness, path: str, token: str = "", **body: Any) -> Any:
    """What a POST answers, with the status in it."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = harness.ask("POST", path, json={"name": "x", **body}, headers=headers)
    return answer.json() | {"http": answer.status_code}


def add_account(harness: ApiHarness, token: str = "", **body: Any) -> Any:
    return make(harness, "/integrated-account", token, integration="books", **body)


def make_token(harness: ApiHarness, tenant: str | None, scopes: Any = SCOPES, **more: Any) -> str:
    made = make(harness, "/api-token", tenant_id=tenant, scopes=scopes, **more)
    assert made["http"] == 201, made
    found: str = made["token"]
    return found


def read(harness: ApiHarness, path: str, token: str = "") -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return harness.ask("GET", path, headers=headers).json()


def list_bound(harness: ApiHarness) -> list[Any]:
    """The API tokens that end some day."""
    return [each for each in read(harness, "/api-token")["result"] if each["expires_at"]]


def list_ids(harness: ApiHarness, path: str, token: str = "") -> list[str]:
    return [each["id"] for each in read(harness, path, token)["result"]]


def test_a_tenant_is_made_at_its_first_use_and_default_without_one(harness: ApiHarness) -> None:
    assert read(harness, "/tenant")["result"] == []
    plain, named = add_account(harness), add_account(harness, tenant_id="customer-42")
    assert (plain["tenant_id"], named["tenant_id"]) == ("default", "customer-42")
    make(harness, f"/integrated-account/{named['id']}/mcp")
    assert sorted(list_ids(harness, "/tenant")) == ["customer-42", "default"]
    found = read(harness, "/tenant/customer-42")
    assert found["limits"] == {"accounts": 0, "mcp_servers": 0, "calls_per_minute": 0}
    assert found["now"] == {"accounts": 1, "mcp_servers": 1, "calls_per_minute": 0}
    assert harness.ask("GET", "/tenant/never-was").status_code == 404


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a b", "ä", "x" * 101, "-a", "a\n"])
def test_a_tenant_has_a_name_that_can_stand_in_an_address(harness: ApiHarness, name: str) -> None:
    assert add_account(harness, tenant_id=name)["http"] == 400
    assert read(harness, "/tenant")["result"] == []


def test_a_bound_token_makes_and_sees_only_what_is_its_tenants(harness: ApiHarness) -> None:
    other = add_account(harness, tenant_id="two")
    token = make_token(harness, "one")
    mine = add_account(harness, token)
    assert mine["tenant_id"] == "one"
    assert list_ids(harness, "/integrated-account", token) == [mine["id"]]
    assert list_ids(harness, "/integrated-account?tenant_id=two", token) == []
    assert sorted(list_ids(harness, "/integrated-account")) == sorted([mine["id"], other["id"]])


def test_a_bound_token_names_no_other_tenant_whether_that_is_there_or_not(harness: ApiHarness) -> None:
    add_account(harness, tenant_id="two")
    token, admin = make_token(harness, "one"), make_token(harness, "one", ["admin"])
    for path, secret in (("/integrated-account", token), ("/api-token", admin)):
        there, nowhere = (
            make(harness, path, secret, tenant_id=name) | {"trace": ""} for name in ("two", "never-was")
        )
        assert there == nowhere
        assert there["http"] == 403
    assert sorted(list_ids(harness, "/tenant")) == ["one", "two"]


def test_an_admin_of_a_tenant_sees_and_revokes_its_tokens_alone(harness: ApiHarness) -> None:
    admin = make_token(harness, "one", ["admin"])
    theirs = make(harness, "/api-token", tenant_id="two", scopes=SCOPES)
    mine = make(harness, "/api-token", admin, scopes=SCOPES)
    assert (mine["tenant_id"], mine["http"]) == ("one", 201)
    assert len(list_ids(harness, "/api-token", admin)) == 2
    assert len(list_ids(harness, "/api-token")) == 4
    headers = {"Authorization": f"Bearer {admin}"}
    foreign, unknown = (
        harness.ask("DELETE", f"/api-token/{each}", headers=headers) for each in (theirs["id"], "never-was")
    )
    assert (foreign.status_code, foreign.content) == (404, unknown.content)
    assert harness.ask("DELETE", f"/api-token/{mine['id']}", headers=headers).status_code == 200
    assert read(harness, "/tenant", admin)["statusCode"] == 403
    assert read(harness, "/tenant/one", admin)["message"] == read(harness, "/tenant/nope", admin)["message"]


def test_a_token_makes_none_that_may_more_or_lives_longer_than_itself(harness: ApiHarness) -> None:
    admin = make_token(harness, "one", ["admin"], expires_at="2030-01-31T17:00:00Z")
    theirs = add_account(harness, tenant_id="two")
    assert make(harness, "/api-token", admin)["expires_at"] == "2030-01-31T17:00:00.000Z"
    sooner = make(harness, "/api-token", admin, expires_at="2029-01-31T17:00:00Z")
    assert sooner["expires_at"] == "2029-01-31T17:00:00.000Z"
    assert make(harness, "/api-token", admin, expires_at="2031-01-31T17:00:00Z")["http"] == 403
    foreign, unknown = (
        make(harness, "/api-token", admin, scopes=["tools:call"], integrated_account_id=each)
        for each in (theirs["id"], "never-was")
    )
    assert foreign == unknown
    assert foreign["http"] == 400
    without = make_token(harness, None, ["accounts:read", "mcp:write"])
    assert make(harness, "/api-token", without)["http"] == 403


def test_a_token_of_an_account_belongs_to_the_tenant_of_the_account(harness: ApiHarness) -> None:
    one, two = (add_account(harness, tenant_id="one")["id"] for _ in range(2))
    scopes = ["accounts:read", "accounts:write", "tools:call"]
    made = make(harness, "/api-token", scopes=scopes, integrated_account_id=one)
    assert (made["tenant_id"], made["integrated_account_id"]) == ("one", one)
    token = made["token"]
    assert list_ids(harness, "/integrated-account", token) == [one]
    assert read(harness, f"/integrated-account/{two}", token)["statusCode"] == 404
    assert add_account(harness, token)["http"] == 403
    wrong = make(harness, "/api-token", scopes=scopes, integrated_account_id=one, tenant_id="two")
    assert wrong["http"] == 400


def test_a_token_opens_nothing_from_the_second_at_which_it_expires(harness: ApiHarness) -> None:
    token = make_token(harness, "one", expires_at="2030-01-31T17:00:00Z")
    harness.here.clock.now = 1_896_109_199.0
    assert "result" in read(harness, "/integrated-account", token)
    wait_until(lambda: list_bound(harness)[0]["last_used_at"] is not None)
    harness.here.clock.now = 1_896_109_200.0
    ended, unknown = (read(harness, "/integrated-account", each) for each in (token, "lpa_unknown"))
    assert ended == unknown
    assert ended["statusCode"] == 401


def test_what_an_account_is_called_by_its_platform_finds_it_again(harness: ApiHarness) -> None:
    notes = {"plan": "pro", "note": 'she said "plan": "basic", \\ and left'}
    mine = add_account(harness, tenant_id="one", external_id="crm-7", metadata=notes)
    assert (mine["external_id"], mine["metadata"]) == ("crm-7", notes)
    other = add_account(harness, tenant_id="two", external_id="crm-7", metadata={"plan": "basic"})
    assert other["http"] == 201
    searches = {
        "?external_id=crm-7": {mine["id"], other["id"]},
        "?external_id=crm-7&tenant_id=one": {mine["id"]},
        "?metadata.plan=pro": {mine["id"]},
        "?metadata.plan=basic": {other["id"]},
        "?metadata.plan=PRO": set(),
        "?metadata.plan=pr": set(),
        "?metadata.other=": set(),
        "?status=connecting": {mine["id"], other["id"]},
        "?status=active": set(),
    }
    for query, expected in searches.items():
        assert set(list_ids(harness, f"/integrated-account{query}")) == expected, query
    quoted = harness.ask("GET", "/integrated-account", params={"metadata.note": notes["note"]}).json()
    assert [each["id"] for each in quoted["result"]] == [mine["id"]]
    for query in ("?metadata.=1", "?metadata.a%20b=1", "?metadata.a=1&metadata.a=2", "?other=1", "?status=x"):
        assert harness.ask("GET", f"/integrated-account{query}").status_code == 400, query


def test_an_external_id_is_given_once_in_a_tenant(harness: ApiHarness) -> None:
    first = add_account(harness, tenant_id="one", external_id="crm-7")
    again = add_account(harness, tenant_id="one", external_id="crm-7")
    assert (again["http"], again["code"]) == (409, "conflict")
    second = add_account(harness, tenant_id="one")
    path = f"/integrated-account/{second['id']}"
    assert harness.ask("PATCH", path, json={"external_id": "crm-7"}).status_code == 409
    assert harness.ask("DELETE", f"/integrated-account/{first['id']}").status_code == 200
    assert harness.ask("PATCH", path, json={"external_id": "crm-7"}).json()["external_id"] == "crm-7"
    assert harness.ask("PATCH", path, json={"external_id": None}).json()["external_id"] is None


def test_an_account_can_be_renamed_and_noted_without_the_rest_changing(harness: ApiHarness) -> None:
    made = add_account(harness, metadata={"plan": "pro"})
    path = f"/integrated-account/{made['id']}"
    renamed = harness.ask("PATCH", path, json={"name": "New name"}).json()
    assert (renamed["name"], renamed["metadata"]) == ("New name", {"plan": "pro"})
    noted = harness.ask("PATCH", path, json={"metadata": {"seats": "3"}}).json()
    assert (noted["name"], noted["metadata"]) == ("New name", {"seats": "3"})
    assert read(harness, path) == noted
    assert harness.ask("PATCH", path, json={}).status_code == 400
    for wrong in ({"a b": "1"}, {"a": "x" * 501}, {"a": "1\n2"}, {str(each): "" for each in range(51)}):
        assert harness.ask("PATCH", path, json={"metadata": wrong}).status_code == 400


def test_a_tenant_has_no_more_accounts_and_urls_than_it_may(harness: ApiHarness) -> None:
    limits = {"limits": {"accounts": 2, "mcp_servers": 1}}
    assert harness.ask("PATCH", "/tenant/one", json=limits).json()["limits"]["accounts"] == 2
    first, second = (add_account(harness, tenant_id="one") for _ in range(2))
    third = add_account(harness, tenant_id="one")
    assert (third["http"], third["code"], third["details"]) == (409, "limit_reached", {"limit": 2})
    assert add_account(harness, tenant_id="two")["http"] == 201
    url = make(harness, f"/integrated-account/{first['id']}/mcp", expires_at="2030-01-31T17:00:00Z")
    full = make(harness, f"/integrated-account/{second['id']}/mcp")
    assert (full["http"], full["code"]) == (409, "limit_reached")
    harness.here.clock.now = 1_896_109_200.0
    assert make(harness, f"/integrated-account/{second['id']}/mcp")["http"] == 201
    assert url["http"] == 201
    harness.ask("PATCH", "/tenant/one", json={"limits": {"accounts": 0}})
    assert add_account(harness, tenant_id="one")["http"] == 201


def test_a_tenant_that_two_ask_to_fill_at_once_gets_one_more(harness: ApiHarness) -> None:
    harness.ask("PATCH", "/tenant/one", json={"limits": {"accounts": 1}})
    found = sorted(add_account(harness, tenant_id="one")["http"] for _ in range(3))
    assert found == [201, 409, 409]


def test_a_repeated_request_is_one_request_with_one_answer(harness: ApiHarness) -> None:
    account = add_account(harness)["id"]
    path, body = f"/integrated-account/{account}/mcp", {"name": "Agent", "config": {"methods": ["read"]}}
    headers = {"Idempotency-Key": "k-1"}
    first, again = (harness.ask("POST", path, json=body, headers=headers) for _ in range(2))
    assert (first.status_code, first.content) == (201, again.content)
    assert {**first.headers, "request-id": ""} == {**again.headers, "request-id": ""}
    assert len(list_ids(harness, path)) == 1
    for other_path, other in ((path, {"name": "B"}), ("/api-token", body), ("/integrated-account", body)):
        refused = harness.ask("POST", other_path, json=other, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")
    elsewhere = make_token(harness, None, ["mcp:write"])
    fresh = harness.ask("POST", path, json=body, headers=headers | {"Authorization": f"Bearer {elsewhere}"})
    assert fresh.json()["id"] != first.json()["id"]


def test_a_key_of_a_refused_request_is_free_again(harness: ApiHarness) -> None:
    headers = {"Idempotency-Key": "k-1"}
    body = {"name": "x", "integration": "books"}
    assert harness.ask("POST", "/integrated-account", json={}, headers=headers).status_code == 400
    assert harness.ask("POST", "/integrated-account", json=body, headers=headers).status_code == 201
    assert len(list_ids(harness, "/integrated-account")) == 1
    twice = [("Idempotency-Key", "a"), ("Idempotency-Key", "b"), ("Authorization", f"Bearer {harness.token}")]
    refused = harness.ask("POST", "/integrated-account", json=body, headers=httpx2.Headers(twice))
    assert refused.status_code == 400


def test_the_stored_answer_of_a_request_has_no_secret_that_can_be_read(harness: ApiHarness) -> None:
    made = harness.ask("POST", "/api-token", json={"name": "x"}, headers={"Idempotency-Key": "k"}).json()
    harness.here.stores.close()
    content = b"".join(each.read_bytes() for each in harness.here.settings.data.rglob("*") if each.is_file())
    assert made["token"].encode() not in content


def test_a_browser_is_sent_only_to_an_address_on_the_list(harness: ApiHarness) -> None:
    good = "https://app.example.com/done?x=1#top"
    assert add_account(harness, return_url=good)["http"] == 201
    account = add_account(harness)["id"]
    assert make_connection(harness, account, return_url=good) == 200
    for wrong in (
        "https://evil.example.com/",
        "https://app.example.com.evil.example/",
        "https://app.example.com@evil.example/",
        "https://app.example.com:8443/",
        "http://app.example.com/",
        "//app.example.com/",
        "https:\\\\app.example.com/",
        "https://app.example.com\\@evil.example/",
        "javascript:alert(1)//https://app.example.com",
        "https://app.example.com/\n",
        "/done",
    ):
        assert add_account(harness, return_url=wrong)["http"] == 400, wrong
        assert make_connection(harness, account, return_url=wrong) == 400, wrong


def make_connection(harness: ApiHarness, account: str, **body: Any) -> int:
    found: int = harness.ask("POST", f"/integrated-account/{account}/connect", json=body).status_code
    return found
