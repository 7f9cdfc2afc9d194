from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest

from runtime.simulators.quickbooks.app import Application
from runtime.simulators.quickbooks.books.store import Store
from runtime.simulators.quickbooks.clock import Clock
from runtime.simulators.quickbooks.companies import seed
from runtime.simulators.quickbooks.oauth.tokens import OAuth, Refused
from tests.simulators.quickbooks.conftest import (
    CLIENT,
    NOON,
    REDIRECT,
    connected,
    empty_company,
    serving,
    tokens_for,
)

ASKED = {
    "client_id": CLIENT[0],
    "redirect_uri": REDIRECT,
    "response_type": "code",
    "scope": "com.intuit.quickbooks.accounting openid email",
    "state": "abc",
}


def exchange(address: str, form: dict[str, str], auth: tuple[str, str] = CLIENT) -> httpx2.Response:
    return httpx2.post(f"{address}/oauth2/v1/tokens/bearer", data=form, auth=auth)


def decide(address: str, **more: str) -> dict[str, str]:
    back = httpx2.post(f"{address}/connect/oauth2", data={**ASKED, **more})
    assert back.status_code == 302
    return dict(parse_qsl(urlsplit(back.headers["location"]).query))


def test_the_page_lists_the_companies_and_both_buttons(address: str) -> None:
    page = httpx2.get(f"{address}/connect/oauth2", params=ASKED).text
    assert 'name="realm"' in page
    assert 'name="decision" value="connect"' in page
    assert 'name="decision" value="cancel"' in page


def test_cancelling_goes_back_with_access_denied(address: str) -> None:
    assert decide(address, decision="cancel") == {"error": "access_denied", "state": "abc"}


def test_a_wrong_scope_goes_back_with_invalid_scope(address: str) -> None:
    assert decide(address, scope="everything")["error"] == "invalid_scope"


def test_an_unknown_client_is_refused_and_never_redirected(address: str) -> None:
    answer = httpx2.get(f"{address}/connect/oauth2", params={**ASKED, "client_id": "nobody"})
    assert answer.status_code == 400
    assert "location" not in answer.headers


def test_a_code_works_once(address: str) -> None:
    code = decide(address, realm="9130357849126540", decision="connect")["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
    assert exchange(address, form).json()["token_type"] == "bearer"
    again = exchange(address, form)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


def test_a_wrong_client_secret_is_an_invalid_client(address: str) -> None:
    answer = exchange(address, {"grant_type": "refresh_token", "refresh_token": "x"}, (CLIENT[0], "wrong"))
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})


def test_a_refresh_returns_the_same_token_for_a_day_and_then_gives_a_new_one(address: str) -> None:
    first = tokens_for(address)
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    assert exchange(address, form).json()["refresh_token"] == first["refresh_token"]
    httpx2.post(f"{address}/_simulator/clock", json={"advance_seconds": 90_000})
    second = exchange(address, form).json()
    assert second["refresh_token"] != first["refresh_token"]
    refused = exchange(address, form)
    assert refused.json() == {
        "error_description": "Incorrect or invalid refresh token",
        "error": "invalid_grant",
    }
    httpx2.post(f"{address}/_simulator/clock", json={"advance_seconds": -90_000})


def test_an_expired_access_token_gets_the_envelope_of_the_gateway(address: str) -> None:
    with connected(address) as client:
        httpx2.post(f"{address}/_simulator/clock", json={"advance_seconds": 3601})
        answer = client.call("GET", "companyinfo/1")
        httpx2.post(f"{address}/_simulator/clock", json={"advance_seconds": -3601})
    assert answer.status_code == 401
    assert answer.json()["fault"]["error"][0]["code"] == "3200"
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def test_revoking_ends_both_tokens(address: str) -> None:
    given = tokens_for(address)
    answer = httpx2.post(
        f"{address}/v2/oauth2/tokens/revoke", json={"token": given["refresh_token"]}, auth=CLIENT
    )
    assert answer.status_code == 200
    headers = {"Authorization": f"Bearer {given['access_token']}"}
    assert (
        httpx2.get(f"{address}/v3/company/9130357849126540/companyinfo/1", headers=headers).status_code == 401
    )
    form = {"grant_type": "refresh_token", "refresh_token": given["refresh_token"]}
    assert exchange(address, form).json()["error"] == "invalid_grant"


def test_no_token_gets_xml(address: str) -> None:
    answer = httpx2.get(f"{address}/v3/company/9130357849126540/companyinfo/1")
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/xml")
    assert "SRV-110-Authentication Failure" in answer.text


def test_a_token_of_another_company_is_an_authorization_failure_of_the_gateway(address: str) -> None:
    with connected(address) as client:
        answer = client.get("/v3/company/1/companyinfo/1")
    (error,) = answer.json()["fault"]["error"]
    assert (answer.status_code, error["code"], answer.json()["fault"]["type"]) == (403, "3100", "SERVICE")
    assert error["message"] == "message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403"


def test_a_client_may_authenticate_in_the_form_of_the_token_endpoint(address: str) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": tokens_for(address)["refresh_token"]}
    named = {**form, "client_id": CLIENT[0], "client_secret": CLIENT[1]}
    answer = httpx2.post(f"{address}/oauth2/v1/tokens/bearer", data=named)
    assert (answer.status_code, answer.json()["token_type"]) == (200, "bearer")


@pytest.mark.parametrize(
    ("more", "auth"),
    [
        ({}, None),
        ({"client_id": CLIENT[0]}, None),
        ({"client_id": CLIENT[0], "client_secret": "wrong"}, None),
        ({"client_id": "another", "client_secret": CLIENT[1]}, None),
        ({"client_id": "another", "client_secret": CLIENT[1]}, CLIENT),
    ],
)
def test_a_form_without_the_secret_of_its_client_is_an_invalid_client(
    address: str, more: dict[str, str], auth: tuple[str, str] | None
) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": tokens_for(address)["refresh_token"], **more}
    answer = httpx2.post(f"{address}/oauth2/v1/tokens/bearer", data=form, auth=auth)
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})


def test_revoking_takes_json_alone(address: str) -> None:
    token = tokens_for(address)["refresh_token"]
    answer = httpx2.post(f"{address}/v2/oauth2/tokens/revoke", data={"token": token}, auth=CLIENT)
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})
    form = {"grant_type": "refresh_token", "refresh_token": token}
    assert exchange(address, form).status_code == 200


def test_the_discovery_document_names_this_origin(address: str) -> None:
    document = httpx2.get(f"{address}/.well-known/openid_sandbox_configuration").json()
    assert document["token_endpoint"] == f"{address}/oauth2/v1/tokens/bearer"


def test_userinfo_needs_the_openid_scope(address: str) -> None:
    given = tokens_for(address, scope="openid com.intuit.quickbooks.accounting")
    headers = {"Authorization": f"Bearer {given['access_token']}"}
    assert (
        httpx2.get(f"{address}/v1/openid_connect/userinfo", headers=headers).json()["email"]
        == "owner@example.com"
    )
    bare = {"Authorization": f"Bearer {tokens_for(address)['access_token']}"}
    assert httpx2.get(f"{address}/v1/openid_connect/userinfo", headers=bare).status_code == 403


def test_a_client_that_is_no_base64_is_an_invalid_client(address: str) -> None:
    headers = {b"Authorization": "Basic \u00e9".encode("latin-1")}
    form = {"grant_type": "refresh_token"}
    answer = httpx2.post(f"{address}/oauth2/v1/tokens/bearer", data=form, headers=headers)
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})


def test_a_token_of_one_company_is_refused_for_another_and_leaves_its_count_alone() -> None:
    store = Store(":memory:", Clock(frozen=NOON))
    empty_company().store.connection.backup(store.connection)
    seed.register_company(store, "1112223334445556", "Another")
    application = Application(store, dict([CLIENT]))
    for address in serving(application):
        token = tokens_for(address)["access_token"]
        bearer = {"Authorization": f"Bearer {token}"}
        own = httpx2.get(f"{address}/v3/company/{seed.REALM}/companyinfo/{seed.REALM}", headers=bearer)
        for _ in range(20):
            other = httpx2.get(f"{address}/v3/company/1112223334445556/companyinfo/1", headers=bearer)
            assert other.status_code == 403
        theirs = tokens_for(address, "1112223334445556")["access_token"]
        path = f"{address}/v3/company/1112223334445556/query?query=select * from Customer"
        assert own.status_code == 200
        assert httpx2.get(path, headers={"Authorization": f"Bearer {theirs}"}).status_code == 200


def test_the_former_refresh_token_works_as_long_as_the_grace_and_ends_at_once_without() -> None:
    clock = Clock(frozen=NOON)
    oauth = OAuth(Store(":memory:", clock), dict([CLIENT]))
    oauth.rotates_always, oauth.grace = True, 60

    def refresh(token: str) -> str:
        return str(
            oauth.exchange(CLIENT[0], {"grant_type": "refresh_token", "refresh_token": token})[
                "refresh_token"
            ]
        )

    code = oauth.make_code(seed.REALM, CLIENT[0], REDIRECT, ASKED["scope"])
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
    first = str(oauth.exchange(CLIENT[0], form)["refresh_token"])
    refresh(first)
    newest = refresh(first)
    clock.frozen = NOON + 61
    with pytest.raises(Refused):
        refresh(first)
    oauth.grace = 0
    last = refresh(newest)
    with pytest.raises(Refused):
        refresh(newest)
    assert refresh(last)
