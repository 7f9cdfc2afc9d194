from __future__ import annotations

import httpx2
import pytest

from tests.simulators.connectwise.conftest import AUTH, BASE, Client

HEADERS = {"clientId": "a client"}


def test_the_codebase_of_a_company_is_found_without_credentials(address: str) -> None:
    found = httpx2.get(f"{address}/login/companyinfo/Sandbox").json()

    assert found.keys() == {
        "CompanyName", "Codebase", "VersionCode", "VersionNumber", "CompanyID", "IsCloud"
    }  # fmt: skip
    there = f"{address}/{found['Codebase']}apis/3.0/system/info"
    assert httpx2.get(there, auth=AUTH, headers=HEADERS).json()["isCloud"] is True


def test_an_unknown_company_has_null(address: str) -> None:
    answer = httpx2.get(f"{address}/login/companyinfo/nobody")

    assert (answer.status_code, answer.json()) == (200, None)


def test_a_wrong_codebase_is_refused_in_plain_text(address: str) -> None:
    answer = httpx2.get(f"{address}/v2019_1/apis/3.0/company/companies", auth=AUTH, headers=HEADERS)

    assert (answer.status_code, answer.text) == (400, "Cannot route. Codebase/company is invalid")
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    "auth",
    [
        None,
        ("sandbox+sandbox-public", "wrong"),
        ("other+sandbox-public", "sandbox-private"),
        ("sandbox-public", "sandbox-private"),
        ("sandbox+Sandbox-Public", "sandbox-private"),
    ],
)
def test_wrong_keys_are_refused(address: str, auth: tuple[str, str] | None) -> None:
    answer = httpx2.get(f"{address}{BASE}/company/companies", auth=auth, headers=HEADERS)

    assert answer.status_code == 401
    assert answer.json() == {"code": "Unauthorized", "message": "UserNotAuthenticated", "errors": None}


@pytest.mark.parametrize("given", ["Basic", "Basic !!!", "Basic w7w=", "Bearer c2FuZGJveA=="])
def test_a_header_that_is_no_basic_is_refused(address: str, given: str) -> None:
    headers = {**HEADERS, "Authorization": given}

    assert httpx2.get(f"{address}{BASE}/company/companies", headers=headers).status_code == 401


def test_the_login_company_is_taken_in_any_case(address: str) -> None:
    auth = ("SANDBOX+sandbox-public", "sandbox-private")

    assert httpx2.get(f"{address}{BASE}/system/info", auth=auth, headers=HEADERS).status_code == 200


def test_a_request_without_the_id_of_an_integration_is_refused(address: str) -> None:
    answer = httpx2.get(f"{address}{BASE}/company/companies", auth=AUTH)

    assert (answer.status_code, answer.json()["code"]) == (403, "Forbidden")


def test_an_answer_has_the_headers_of_the_service(client: Client) -> None:
    plain = client.get("/company/companies")
    versioned = client.get(
        "/company/companies", headers={"Accept": "application/vnd.connectwise.com+json; version=2025.1"}
    )

    assert {"api-current-version", "x-cw-request-id", "x-server-name"} <= plain.headers.keys()
    assert plain.headers["cache-control"] == "no-cache"
    assert plain.headers["content-type"] == "application/json; charset=utf-8"
    assert versioned.headers["content-type"].startswith("application/vnd.connectwise.com+json; version=")


@pytest.mark.parametrize("path", ["/nothing", "/company/companies/abc", "/company/companies/1/nothing",
                                  "/time/entries/99999999999999999999", "/time/entries/search"])  # fmt: skip
def test_a_path_that_is_none_is_reported(client: Client, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code == 404
    assert answer.json()["message"] == "The endpoint does not exist."


def test_a_verb_that_a_path_does_not_have_is_reported(client: Client) -> None:
    put, deleted = client.put("/company/companies", json={}), client.delete("/system/members/1")

    assert (put.status_code, put.headers["allow"]) == (405, "GET, POST")
    assert (deleted.status_code, deleted.headers["allow"]) == (405, "GET, PUT, PATCH")


def test_an_id_that_no_record_has_is_reported(client: Client) -> None:
    answer = client.get("/company/contacts/57919")

    assert answer.status_code == 404
    assert answer.json() == {"code": "NotFound", "message": "Contact 57919 not found", "errors": None}


def test_a_record_below_another_parent_is_not_found(client: Client) -> None:
    assert client.get("/company/companies/1/sites/1").status_code == 200
    assert client.get("/company/companies/2/sites/1").status_code == 404
    assert client.get("/company/companies/99/sites").json()["message"] == "Company 99 not found"


def test_an_address_that_is_too_long_is_refused_and_the_search_takes_it(client: Client) -> None:
    long = f'summary = "{"x" * 10_000}" or id = 2'

    assert client.get("/service/tickets", params={"conditions": long}).status_code == 414
    found = client.post("/service/tickets/search", json={"conditions": long})
    assert [record["id"] for record in found.json()] == [2]
