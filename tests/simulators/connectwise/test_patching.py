from __future__ import annotations

from typing import Any

import httpx2
import pytest

from runtime.simulators.connectwise.app import Application
from tests.simulators.connectwise.conftest import Client, find_codes


def patch(client: Client, path: str, *operations: tuple[str, str, Any]) -> httpx2.Response:
    return client.patch(
        path, json=[{"op": verb, "path": place, "value": value} for verb, place, value in operations]
    )


@pytest.mark.parametrize("path", ["name", "/name"])
@pytest.mark.parametrize("verb", ["replace", "add"])
def test_a_field_is_replaced_by_its_name_or_its_pointer(client: Client, verb: str, path: str) -> None:
    before = client.read("/company/companies/1")
    record = patch(client, "/company/companies/1", (verb, path, "Orchard Clinics")).json()

    assert record == {**before, "name": "Orchard Clinics", "_info": record["_info"]}
    assert record["_info"] == {
        **before["_info"],
        "lastUpdated": "2026-03-10T12:00:00Z",
        "updatedBy": "ApiMember",
    }


def test_the_name_of_a_field_is_taken_in_its_own_case_only(client: Client) -> None:
    assert find_codes(patch(client, "/company/companies/1", ("replace", "Name", "x"))) == [
        ("InvalidField", "Name")
    ]


def test_a_reference_is_replaced_whole(client: Client) -> None:
    record = patch(client, "/service/tickets/1", ("replace", "company", {"identifier": "Harbour"})).json()

    assert record["company"] == {"id": 2, "identifier": "Harbour", "name": "Harbour Legal LLP"}


@pytest.mark.parametrize(
    "path", ["company/identifier", "/company/id", "status/name", "company/nothing/at/all"]
)
def test_a_path_into_a_reference_changes_nothing_and_is_no_error(client: Client, path: str) -> None:
    before = client.read("/service/tickets/1")
    answer = patch(client, "/service/tickets/1", ("replace", path, "Harbour"))

    assert answer.status_code == 200
    assert {**answer.json(), "_info": None} == {**before, "_info": None}


def test_an_element_of_a_list_is_changed_by_its_index(client: Client) -> None:
    phone = {
        "type": {"id": 2, "name": "Direct"},
        "value": "5550177",
        "communicationType": "Phone",
        "nothing": 1,
    }
    first = patch(
        client,
        "/company/contacts/1",
        ("replace", "/communicationItems/0/value", "n.field@orchard.example"),
        ("add", "/communicationItems/1", phone),
        ("add", "/communicationItems/-", {**phone, "value": "5550178"}),
    ).json()
    second = patch(client, "/company/contacts/1", ("remove", "/communicationItems/1", None)).json()

    values = [item["value"] for item in first["communicationItems"]]
    assert values == ["n.field@orchard.example", "5550177", "5550178"]
    assert "nothing" not in first["communicationItems"][1]
    assert [item["value"] for item in second["communicationItems"]] == ["n.field@orchard.example", "5550178"]


def test_custom_fields_are_replaced_as_a_whole_list_only(client: Client) -> None:
    whole = client.read("/company/companies/1")["customFields"]
    changed = [{**each, "value": "Silver"} for each in whole]

    answer = patch(client, "/company/companies/1", ("replace", "customFields", changed))
    assert answer.json()["customFields"] == changed
    for operation in (("replace", "customFields", []), ("replace", "customFields/0/value", "x")):
        assert find_codes(patch(client, "/company/companies/1", operation)) == [
            ("InvalidField", "customFields")
        ]


def test_a_new_record_has_every_custom_field(client: Client) -> None:
    record = client.create("/company/companies", identifier="New", name="New", customFields=[])

    assert [(field["caption"], field["value"]) for field in record["customFields"]] == [("Tier", None)]


def test_a_field_is_removed_unless_it_is_required(client: Client) -> None:
    removed = patch(client, "/company/companies/1", ("remove", "phoneNumber", None)).json()

    assert "phoneNumber" not in removed
    for operation in (("remove", "name", None), ("replace", "name", None), ("replace", "name", "")):
        assert find_codes(patch(client, "/company/companies/1", operation)) == [
            ("MissingRequiredField", "name")
        ]


@pytest.mark.parametrize("path", ["id", "_info", "_info/lastUpdated", "types"])
def test_what_the_service_sets_or_takes_on_creation_only_is_not_changed(client: Client, path: str) -> None:
    before = client.read("/company/companies/1")
    answer = patch(client, "/company/companies/1", ("replace", path, []))

    assert answer.status_code == 200
    assert {**answer.json(), "_info": None} == {**before, "_info": None}


def test_a_company_is_checked_as_a_whole(application: Application, client: Client) -> None:
    company = {"id": 1, "identifier": "x", "name": "x", "yearEstablished": 1}
    application.store.load({"/company/companies": [company], "/time/workTypes": [{"id": 1, "rate": "x"}]})

    assert find_codes(patch(client, "/company/companies/1", ("replace", "name", "y"))) == [
        ("OutOfRange", "yearEstablished")
    ]
    assert patch(client, "/time/workTypes/1", ("replace", "name", "y")).status_code == 200


def test_all_operations_are_applied_or_none(client: Client) -> None:
    answer = patch(
        client, "/company/companies/1", ("replace", "name", "x"), ("replace", "leadFlag", "perhaps")
    )

    assert find_codes(answer) == [("InvalidField", "leadFlag")]
    assert client.read("/company/companies/1")["name"] == "Orchard Clinic"


@pytest.mark.parametrize(
    "body",
    [
        {}, {"name": "x"}, "x", [1], [{}], [{"op": "move", "path": "name"}], [{"op": "replace"}],
        [{"op": "replace", "path": ""}], [{"op": "replace", "path": "/"}], [{"op": "replace", "path": 5}],
        [{"op": ["replace"], "path": "name"}],
        [{"op": "replace", "path": "/communicationItems/7/value", "value": 1}],
        [{"op": "add", "path": "/communicationItems/x", "value": 1}],
        [{"op": "add", "path": "/communicationItems/0", "value": 1}],
        [{"op": "remove", "path": "/communicationItems/-"}],
        [{"op": "add", "path": "/communicationItems/-", "value": {"value": {"x": {"y": 1}}}}],
    ],
)  # fmt: skip
def test_an_operation_that_is_none_is_refused(client: Client, body: Any) -> None:
    answer = client.patch("/company/contacts/1", json=body)

    assert (answer.status_code, answer.json()["code"]) == (400, "InvalidObject")
