"""The argument client of lists of ConnectWise PSA: what a name becomes in the request, and what is refused."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from runtime.operations.clients import WHOLE_COMPANY, ClientMatch
from tests.builtin import builtin_catalog
from tests.connectwise.calling import read, run, sent
from tests.operations.test_clients import NEAR, Mapping
from tests.vendor_server import http

TICKETS, TIME = "list_all_connectwise_tickets", "list_all_connectwise_time_entries"
COMPANIES = [{"id": 4101, "name": "Orchard Clinic"}, {"id": 4102, "name": "Orchard Clinics West"}]
LISTS = (
    "agreements", "contacts", "expense_entries", "invoices", "opportunities", "products", "projects", "tickets",
    "time_entries",
)  # fmt: skip
MAPPED = Mapping(
    orchard=ClientMatch(("7",), ("4101",), "Orchard Clinic, Inc."),
    merged=ClientMatch(("7",), ("4101", "4102"), "Merged <b>Firm</b>"),
    books=ClientMatch(("8",), (), "Books only"),
    gone=ClientMatch(("9",), ("4199",), "Gone"),
)


def answer(line: str, _headers: dict[str, str], _body: bytes) -> bytes:
    """A vendor that has two companies, and nothing of them."""
    address = urlsplit(line.split(" ")[1])
    asked = parse_qs(address.query).get("conditions", [""])[0]
    wanted = [each for each in COMPANIES if str(each["id"]) in asked or f'"{each["name"]}"' in asked]
    if "contains" in asked:
        wanted = [each for each in COMPANIES if "orchard" in asked.casefold()]
    found = wanted if address.path.endswith("/company/companies") else []
    return http(200, json.dumps(found).encode())


def ask(tool: str, clients: Any = None, **arguments: Any) -> tuple[Any, list[tuple[str, str]]]:
    """The answer of one call, and the path and the conditions of each request."""
    more = {"clients": clients} if clients is not None else {}
    [found], requests = run(answer, (tool, arguments), **more)
    return found, [
        (sent(each)[1].split("/", 2)[-1], sent(each)[2].get("conditions", "")) for each in requests
    ]


@pytest.mark.parametrize("resource", LISTS)
def test_a_list_is_limited_to_a_client_by_the_ids_of_the_system_of_work(resource: str) -> None:
    _, requests = ask(f"list_all_connectwise_{resource}", MAPPED, client="merged")

    assert [conditions for _, conditions in requests] == ["id in (4101, 4102)", "company/id in (4101, 4102)"]


def test_every_list_that_takes_the_id_of_a_company_takes_a_client() -> None:
    tools = builtin_catalog().list_tools("connectwise")
    takes = {each.resource for each in tools if each.client_filter is not None}

    assert takes == {*LISTS, "companies"}
    assert {each.method for each in tools if each.client_filter is not None} == {"list"}


def test_an_answer_says_which_companies_and_customers_a_client_is() -> None:
    found, _ = ask(TIME, MAPPED, client="merged")

    assert read(found)["resolved"] == [
        {
            "argument": "client",
            "name": "Merged <b>Firm</b>",
            "ids": ["4101", "4102"],
            "customer_ids": ["7"],
        }
    ]


@pytest.mark.parametrize("client", ["Orchard Clinic", "orchard clinic ", "4101"])
def test_without_a_mapping_a_name_or_an_id_is_that_of_one_company(client: str) -> None:
    found, requests = ask(TICKETS, client=client)

    assert requests[-1][1] == "company/id in (4101)"
    assert read(found)["resolved"] == [{"argument": "client", "name": "Orchard Clinic", "ids": ["4101"]}]


def test_the_companies_of_a_client_are_listed() -> None:
    found, requests = ask("list_all_connectwise_companies", MAPPED, client="orchard")

    assert requests[-1][1] == "id in (4101)"
    assert [each["id"] for each in read(found)["records"]] == [4101]


def test_a_client_goes_with_filters_sets_and_a_condition_of_the_vendor() -> None:
    _, filtered = ask(TICKETS, MAPPED, client="orchard", closedFlag=False)
    _, sets = ask(TICKETS, MAPPED, client="orchard", any_of=[{"priority": 3}, {"priority": 4}])
    _, raw = ask(TICKETS, MAPPED, client="orchard", query="id > 5 or id = 2")

    assert "company/id in (4101)" in filtered[-1][1] and "closedFlag = False" in filtered[-1][1]
    assert sets[-1][1] == "company/id in (4101) and ((priority/id = 3) or (priority/id = 4))"
    assert raw[-1][1] == "company/id in (4101) and (id > 5 or id = 2)"


@pytest.mark.parametrize(
    ("client", "says"),
    [
        ("Orchard", "Orchard Clinic (4101)"),
        ("zzz", "none of the companies has exactly this name"),
        ("4199", "none of the companies has the Id 4199"),
        ("x" * 5000, "client"),
        ("<script>' OR 1=1 --\n", "client"),
        (4101.5, "client"),
    ],
)
def test_what_is_not_one_company_is_refused_and_the_list_is_not_asked_for(client: Any, says: str) -> None:
    found, requests = ask(TICKETS, client=client)

    assert found.error.code == "invalid_arguments"
    assert says in f"{found.error.message} {found.error.advice}"
    assert not [path for path, _ in requests if "tickets" in path]


@pytest.mark.parametrize(
    ("client", "says"),
    [("books", "has no record among the companies"), ("gone", "4199"), ("Orchard Clinic", NEAR)],
)
def test_a_client_without_a_company_is_never_taken_for_all_of_them(client: str, says: str) -> None:
    found, requests = ask(TICKETS, MAPPED, client=client)

    assert found.error.code == "invalid_arguments" and says in found.error.message
    assert not [path for path, _ in requests if "tickets" in path]


def test_with_a_mapping_a_list_of_all_clients_says_so() -> None:
    notes = {
        "a list": ask(TICKETS, MAPPED)[0].note,
        "a client": ask(TICKETS, MAPPED, client="orchard")[0].note,
        "an Id": ask(TICKETS, MAPPED, company=4101)[0].note,
        "Ids": ask(TICKETS, MAPPED, company_any_of=[4101])[0].note,
        "a condition": ask(TICKETS, MAPPED, query="id > 5")[0].note,
        "the companies": ask("list_all_connectwise_companies", MAPPED)[0].note,
        "setup": ask("list_all_connectwise_boards", MAPPED)[0].note,
        "no mapping": ask(TICKETS)[0].note,
    }

    assert [name for name, note in notes.items() if WHOLE_COMPANY in note] == ["a list"]
