from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from runtime.simulators.connectwise.app import Application
from runtime.simulators.connectwise.records.selections import Query
from runtime.simulators.connectwise.schema import load_entities
from tests.simulators.connectwise.conftest import Client

FORWARD = {"pagination-type": "forward-only"}


def find_links(answer: httpx2.Response) -> dict[str, str]:
    return {name: address for address, name in re.findall(r'<([^>]*)>; rel="(\w+)"', answer.headers["link"])}


def find_pages(answer: httpx2.Response, parameter: str = "page") -> dict[str, int]:
    """Return the page that each link leads to."""
    return {
        name: int(parse_qs(urlsplit(address).query)[parameter][0])
        for name, address in find_links(answer).items()
    }


def list_ids(answer: httpx2.Response) -> list[int]:
    assert answer.status_code == 200, answer.text
    return [record["id"] for record in answer.json()]


def test_a_page_has_twenty_five_records_unless_another_size_is_asked_for(client: Client) -> None:
    assert list_ids(client.get("/time/entries")) == list(range(1, 26))
    assert list_ids(client.get("/time/entries", params={"PageSize": "4", "PAGE": "2"})) == [5, 6, 7, 8]
    assert len(list_ids(client.get("/time/entries", params={"pageSize": "0"}))) == 25
    assert list_ids(client.get("/time/entries", params={"pageSize": "4", "page": "0"})) == [1, 2, 3, 4]


def test_a_page_has_at_most_a_thousand_records(application: Application, client: Client) -> None:
    application.store.load({"/time/workRoles": [{"id": id, "name": f"r{id}"} for id in range(1, 1_502)]})

    answer = client.get("/time/workRoles", params={"pageSize": "5000"})

    assert len(answer.json()) == 1_000
    assert find_pages(answer)["last"] == 2


@pytest.mark.parametrize(
    "parameters", [{"page": "x"}, {"pageSize": "-1"}, {"page": "1.5"}, {"page": "9" * 30}]
)
def test_a_page_that_is_no_number_is_refused(client: Client, parameters: dict[str, str]) -> None:
    assert client.get("/time/entries", params=parameters).status_code == 400


def test_the_links_lead_to_the_other_pages_and_are_missing_at_the_ends(client: Client) -> None:
    def read(page: int) -> dict[str, int]:
        return find_pages(client.get("/time/entries", params={"pageSize": "10", "page": page}))

    assert read(1) == {"first": 1, "next": 2, "last": 3}
    assert read(2) == {"first": 1, "prev": 1, "next": 3, "last": 3}
    assert read(3) == {"first": 1, "prev": 2, "last": 3}


def test_a_page_past_the_end_is_empty(client: Client) -> None:
    answer = client.get("/time/entries", params={"page": "9"})

    assert (answer.status_code, answer.json()) == (200, [])


def test_following_the_links_reads_each_record_once_with_the_query_unchanged(client: Client) -> None:
    parameters = {"pageSize": "4", "conditions": 'id > 7 and notes = null or id in (1, 2) and member/id = 2',
                  "orderBy": "timeStart desc", "fields": "id"}  # fmt: skip
    answer, found = client.get("/time/entries", params=parameters), []
    while True:
        found += answer.json()
        following = find_links(answer).get("next")
        if following is None:
            break
        answer = client.get(following)

    assert found == [{"id": id} for id in [*range(28, 7, -1), 2, 1]]


def test_forward_only_pages_go_on_after_the_last_id(client: Client) -> None:
    parameters: dict[str, Any] = {"pageSize": "10", "page": "3", "conditions": "id > 5"}
    first = client.get("/time/entries", params=parameters, headers=FORWARD)
    following = find_links(first)["next"]
    second = client.get(following, headers=FORWARD)
    third = client.get(find_links(second)["next"], headers=FORWARD)

    assert list_ids(first) == list(range(6, 16))
    assert find_pages(first, "pageId") == {"next": 15}
    assert "page" not in parse_qs(urlsplit(following).query)
    assert list_ids(second) == list(range(16, 26))
    assert list_ids(third) == [26, 27, 28]
    assert third.headers["link"] == ""


def test_forward_only_pages_are_not_disturbed_by_a_deletion(client: Client) -> None:
    first = client.get("/time/entries", params={"pageSize": "10"}, headers=FORWARD)
    assert client.delete("/time/entries/10").status_code == 204
    second = client.get(find_links(first)["next"], headers=FORWARD)

    assert list_ids(second) == list(range(11, 21))


def test_forward_only_pages_have_no_order(client: Client) -> None:
    assert client.get("/time/entries", params={"orderBy": "id"}, headers=FORWARD).status_code == 400


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("name", [2, 1]),
        ("name asc", [2, 1]),
        ("NAME DESC", [1, 2]),
        ("status/name asc, id desc", [2, 1]),
        ("city desc, name desc", [1, 2]),
        ("lastUpdated, _info/updatedBy, id", [1, 2]),
    ],
)
def test_a_list_has_the_order_that_is_asked_for(client: Client, order: str, expected: list[int]) -> None:
    assert client.list_ids("/company/companies", orderBy=order) == expected


@pytest.mark.parametrize("order", ["nothing", "name upwards", "types", "status/x", ",", "name asc desc"])
def test_an_order_that_cannot_be_followed_is_refused(client: Client, order: str) -> None:
    answer = client.get("/company/companies", params={"orderBy": order})

    assert (answer.status_code, answer.json()["code"]) == (400, "ApiFindCondition")


def test_what_is_not_there_comes_first(application: Application, client: Client) -> None:
    named = [{"id": 1, "name": "b", "hourlyRate": 9.5}, {"id": 2, "name": "A"}]
    application.store.load({"/time/workRoles": [*named, {"id": 3, "name": "c", "hourlyRate": 10}]})

    assert client.list_ids("/time/workRoles", orderBy="hourlyRate") == [2, 1, 3]
    assert client.list_ids("/time/workRoles", orderBy="name") == [2, 1, 3]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("id", {"id": 1}),
        ("id, Status/Name", {"id": 1, "status": {"name": "Active"}}),
        ("types/id", {"types": [{"id": 1}]}),
        ("id,_info/lastUpdated", {"id": 1, "_info": {"lastUpdated": "2026-01-05T14:00:00Z"}}),
        ("id,nothing", {"id": 1}),
    ],
)
def test_only_the_chosen_fields_are_answered(client: Client, fields: str, expected: dict[str, Any]) -> None:
    assert client.get("/company/companies/1", params={"fields": fields}).json() == expected
    listed = client.get("/company/companies", params={"fields": fields, "conditions": "id = 1"}).json()
    assert listed == [expected]


def test_records_below_another_are_listed_and_counted_there(client: Client) -> None:
    assert client.list_ids("/company/companies/1/sites") == [1]
    assert client.list_ids("/company/companies/2/sites") == [2]
    assert client.list_ids("/finance/agreements/1/additions", "product/identifier = 'MS-SEAT'") == [1]
    assert client.read("/service/boards/1/statuses/count") == {"count": 2}


def test_a_search_takes_its_conditions_from_the_body_and_its_page_from_the_address(client: Client) -> None:
    body = {"conditions": "id > 1", "orderBy": "id desc", "childConditions": None}
    answer = client.post("/service/tickets/search", json=body, params={"pageSize": 1, "fields": "id"})

    assert answer.json() == [{"id": 3}]
    assert find_links(answer)["next"].partition("?")[0].endswith("/service/tickets")
    for wrong in ([], {"conditions": 5}, {"conditions": "nothing = 1"}):
        assert client.post("/service/tickets/search", json=wrong).status_code == 400


def test_a_selection_is_made_once_for_all_its_pages_and_anew_after_a_change(application: Application) -> None:
    api, entity = application.api, load_entities()["timeEntry"]
    query = Query("id > 3")
    first = api.selections.select(entity, None, query)

    assert api.selections.select(entity, None, query) is first
    application.store.remove(entity, 9)
    assert [record["id"] for record in api.selections.select(entity, None, query)] == [
        id for id in range(4, 29) if id != 9
    ]


def test_only_the_last_selections_are_remembered(application: Application) -> None:
    api, entity = application.api, load_entities()["timeEntry"]
    first = api.selections.select(entity, None, Query("id > 3"))
    for number in range(40):
        api.selections.select(entity, None, Query(f"id > {number}0"))

    assert api.selections.select(entity, None, Query("id > 3")) is not first
