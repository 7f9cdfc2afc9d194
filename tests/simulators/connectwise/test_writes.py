from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from runtime.simulators.connectwise.app import Application
from tests.simulators.connectwise.conftest import Client, connect, find_codes

NOW = "2026-03-10T12:00:00Z"
ENTRY = {"timeStart": "2026-03-02T15:00:00Z", "timeEnd": "2026-03-02T16:15:00Z"}


def test_a_record_is_created_with_an_id_a_stamp_and_its_address(client: Client) -> None:
    answer = client.post(
        "/time/workRoles", json={"name": "Architect", "id": 99, "nothing": 1, "_info": {"x": "y"}}
    )

    record = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"].endswith("/v2025_1/apis/3.0/time/workRoles/3")
    stamp = {"lastUpdated": NOW, "updatedBy": "ApiMember", "dateEntered": NOW, "enteredBy": "ApiMember"}
    assert record == {"id": 3, "name": "Architect", "inactiveFlag": False, "_info": stamp}
    assert client.read("/time/workRoles/3") == record


@pytest.mark.parametrize(
    ("path", "record", "missing"),
    [
        ("/company/companies", {}, ["identifier", "name"]),
        ("/company/contacts", {"lastName": "x"}, ["firstName"]),
        ("/service/tickets", {"summary": "  "[:0]}, ["summary", "company"]),
        ("/finance/agreements", {"name": None}, ["name", "type", "company", "contact"]),
        ("/finance/agreements/1/additions", {}, ["product", "billCustomer"]),
        ("/time/entries", {}, ["timeStart"]),
        ("/expense/entries", {"amount": 1}, ["type", "date"]),
    ],
)
def test_what_is_required_is_named(
    client: Client, path: str, record: dict[str, Any], missing: list[str]
) -> None:
    answer = client.post(path, json=record)

    assert find_codes(answer) == [("MissingRequiredField", name) for name in missing]


def test_a_refusal_has_the_body_of_the_service(client: Client) -> None:
    assert client.post("/company/contacts", json={}).json() == {
        "code": "InvalidObject",
        "message": "contact object is invalid",
        "errors": [
            {"code": "MissingRequiredField", "message": "The firstName field is required.", "resource": "contact",
             "field": "firstName"}
        ],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("name", "x" * 51, "MaxLengthExceeded"),
        ("name", {"x": 1}, "InvalidField"),
        ("numberOfEmployees", "many", "InvalidField"),
        ("numberOfEmployees", 1.5, "InvalidField"),
        ("numberOfEmployees", 2**31, "InvalidField"),
        ("annualRevenue", "nan", "InvalidField"),
        ("annualRevenue", True, "InvalidField"),
        ("leadFlag", 1, "InvalidField"),
        ("leadFlag", "perhaps", "InvalidField"),
        ("dateAcquired", "soon", "InvalidField"),
        ("dateAcquired", 5, "InvalidField"),
        ("yearEstablished", 1899, "OutOfRange"),
        ("status", {"id": 99}, "InvalidField"),
        ("status", {"id": "1 or 1=1"}, "InvalidField"),
        ("status", {}, "InvalidField"),
        ("status", 1, "InvalidField"),
        ("types", {"id": 1}, "InvalidField"),
        ("types", [{"id": 99}], "InvalidField"),
        ("customFields", [{"id": 6, "value": "x"}], "InvalidField"),
        ("customFields", ["x"], "InvalidField"),
        ("country", {"id": {"x": 1}}, "InvalidField"),
    ],
)
def test_a_wrong_value_is_named(client: Client, name: str, value: Any, code: str) -> None:
    answer = client.post("/company/companies", json={"identifier": "New", "name": "New", name: value})

    assert find_codes(answer) == [(code, name)]


def test_a_value_that_can_only_mean_one_thing_is_converted(client: Client) -> None:
    sent = {"numberOfEmployees": "40", "annualRevenue": "12.5", "leadFlag": "TRUE", "accountNumber": 77,
            "dateAcquired": "2026-01-01T02:00:00+02:00", "yearEstablished": 1999}  # fmt: skip
    record = client.create("/company/companies", identifier="New", name="New", **sent)

    assert {name: record[name] for name in sent} == {
        "numberOfEmployees": 40, "annualRevenue": 12.5, "leadFlag": True, "accountNumber": "77",
        "dateAcquired": "2026-01-01T00:00:00Z", "yearEstablished": 1999,
    }  # fmt: skip


def test_an_enumeration_is_taken_in_any_case_and_nothing_else(client: Client) -> None:
    assert (
        client.create("/time/entries", **ENTRY, billableOption="donotbill")["billableOption"] == "DoNotBill"
    )
    assert find_codes(client.post("/time/entries", json={**ENTRY, "billableOption": "Free"})) == [
        ("InvalidField", "billableOption")
    ]


def test_what_is_there_already_is_no_conflict_but_an_invalid_record(client: Client) -> None:
    answer = client.post("/company/companies", json={"identifier": "ORCHARD", "name": "Another"})

    assert find_codes(answer) == [("ObjectExists", "identifier")]
    assert find_codes(client.change("/company/companies/2", identifier="Orchard")) == [
        ("ObjectExists", "identifier")
    ]
    assert client.change("/company/companies/1", identifier="ORCHARD").status_code == 200


def test_a_name_is_unique_below_its_parent_only(client: Client) -> None:
    assert find_codes(client.post("/company/companies/1/sites", json={"name": "main"})) == [
        ("ObjectExists", "name")
    ]
    assert client.create("/company/companies/1/sites", name="Annex")["company"]["id"] == 1


@pytest.mark.parametrize(
    "given", [{"id": 2}, {"id": "2"}, {"identifier": "harbour"}, {"name": "harbour legal llp"}]
)
def test_a_reference_is_found_by_its_id_or_its_name(client: Client, given: dict[str, Any]) -> None:
    ticket = client.create("/service/tickets", summary="x", company=given)

    assert ticket["company"] == {"id": 2, "identifier": "Harbour", "name": "Harbour Legal LLP"}


def test_a_status_is_one_of_the_board(application: Application, client: Client) -> None:
    application.store.load(
        {
            "/service/boards": [{"id": 1, "name": "A"}, {"id": 2, "name": "B"}],
            "/service/boards/{parentId}/statuses": [
                {"id": 1, "name": "New", "board": {"id": 1}},
                {"id": 2, "name": "New", "board": {"id": 2}},
                {"id": 3, "name": "Closed", "board": {"id": 1}, "closedStatus": False},
            ],
            "/company/companies": [{"id": 1, "name": "x", "identifier": "x"}],
        }
    )
    record = {"summary": "x", "company": {"id": 1}, "board": {"id": 2}}

    assert client.create("/service/tickets", **record, status={"name": "New"})["status"]["id"] == 2
    assert find_codes(client.post("/service/tickets", json={**record, "status": {"id": 1}})) == [
        ("InvalidField", "status")
    ]
    named_closed = client.create("/service/tickets", summary="x", company={"id": 1}, status={"id": 3})
    assert named_closed["closedFlag"] is False


def test_a_ticket_needs_no_more_than_a_summary_and_a_company(client: Client) -> None:
    ticket = client.create("/service/tickets", summary="x", company={"id": 1}, initialDescription="not shown")

    assert (ticket["board"]["id"], ticket["status"]["name"], ticket["closedFlag"]) == (1, "New", False)
    assert "initialDescription" not in ticket
    closed = client.change(f"/service/tickets/{ticket['id']}", status={"id": 2}).json()
    assert (closed["closedFlag"], closed["closedDate"], closed["closedBy"]) == (True, NOW, "ApiMember")
    opened = client.change(f"/service/tickets/{ticket['id']}", status={"id": 1}).json()
    assert (opened["closedFlag"], "closedDate" in opened) == (False, False)


def test_a_time_entry_takes_the_rest_from_its_ticket_and_its_role(client: Client) -> None:
    entry = client.create(
        "/time/entries", **ENTRY, chargeToId=2, chargeToType="ServiceTicket", workRole={"id": 2}
    )

    assert entry["company"]["identifier"] == "Orchard"
    assert entry["agreement"]["name"] == "Orchard Managed Plan"
    assert entry["ticket"] == {"id": 2, "summary": "Printer queue stops (2)"}
    assert entry["member"]["identifier"] == "ApiMember"
    assert (entry["actualHours"], entry["hourlyRate"], entry["extendedInvoiceAmount"]) == (1.25, 190.0, 237.5)
    assert (entry["billableOption"], entry["status"], entry["dateEntered"]) == ("Billable", "Open", NOW)


def test_the_hours_of_an_entry_follow_its_times_unless_they_are_given(client: Client) -> None:
    longer = client.change("/time/entries/1", timeEnd="2026-02-01T18:00:00Z", hoursDeduct=0.5).json()
    given = client.change("/time/entries/1", timeEnd="2026-02-01T19:00:00Z", actualHours=1).json()
    unbilled = client.change("/time/entries/1", billableOption="DoNotBill").json()

    assert (longer["actualHours"], given["actualHours"], unbilled["hoursBilled"]) == (2.5, 1.0, 0.0)
    assert find_codes(client.change("/time/entries/1", timeEnd="2026-01-01T00:00:00Z")) == [
        ("OutOfRange", "timeEnd")
    ]
    nothing = client.patch("/time/entries/1", json=[{"op": "remove", "path": "hourlyRate"}])
    assert nothing.status_code == 200


def test_an_entry_is_charged_to_what_is_there(client: Client) -> None:
    missing = {**ENTRY, "chargeToId": 99, "chargeToType": "ServiceTicket"}
    untyped = {**ENTRY, "chargeToId": 1}

    assert find_codes(client.post("/time/entries", json=missing)) == [("InvalidField", "chargeToId")]
    assert find_codes(client.post("/time/entries", json=untyped)) == [("InvalidField", "chargeToType")]


def test_tickets_of_projects_have_the_same_ids_as_the_others(
    application: Application, client: Client
) -> None:
    company = {"id": 1, "name": "x"}
    application.store.load(
        {
            "/company/companies": [company],
            "/service/tickets": [{"id": 4, "summary": "x", "company": company}],
            "/project/tickets": [{"id": 9, "summary": "y", "company": company}],
        }
    )
    entry = client.create("/time/entries", **ENTRY, chargeToId=9, chargeToType="ProjectTicket")

    assert entry["ticket"] == {"id": 9, "summary": "y"}
    assert client.create("/service/tickets", summary="z", company={"id": 1})["id"] == 10
    assert client.delete("/project/tickets/9").status_code == 409


def test_an_expense_needs_a_company_or_what_it_is_charged_to(client: Client) -> None:
    expense = {"type": {"id": 1}, "amount": 18, "date": "2026-03-02T00:00:00Z"}

    assert find_codes(client.post("/expense/entries", json=expense)) == [("MissingRequiredField", "company")]
    charged = client.create("/expense/entries", **expense, chargeToId=1, chargeToType="ServiceTicket")
    assert charged["company"]["id"] == 1


@pytest.mark.parametrize("status", ["Billed", "BilledAgreement", "WrittenOff"])
def test_an_entry_that_is_billed_cannot_be_changed(
    application: Application, client: Client, status: str
) -> None:
    application.store.load({"/time/entries": [{"id": 1, **ENTRY, "status": status}]})

    assert find_codes(client.change("/time/entries/1", notes="x")) == [("InvalidField", "status")]
    assert find_codes(client.put("/time/entries/1", json=ENTRY)) == [("InvalidField", "status")]
    assert find_codes(client.delete("/time/entries/1")) == [("InvalidField", "status")]


def test_the_amounts_of_an_addition_follow_its_quantity(client: Client) -> None:
    record = {
        "product": {"identifier": "MS-SEAT"},
        "billCustomer": "Billable",
        "quantity": 3,
        "lessIncluded": 1,
    }
    addition = client.create("/finance/agreements/1/additions", **record)

    assert (addition["agreementId"], addition["unitPrice"], addition["extPrice"]) == (1, 85.0, 170.0)
    changed = client.change(f"/finance/agreements/1/additions/{addition['id']}", quantity=11).json()
    assert (changed["extPrice"], changed["extCost"], changed["margin"]) == (850.0, 110.0, 740.0)


def test_an_agreement_knows_whether_it_is_over(client: Client) -> None:
    def change(**values: Any) -> str:
        return client.change("/finance/agreements/1", **values).json()["agreementStatus"]

    assert change(noEndingDateFlag=False, endDate="2026-01-31T00:00:00Z") == "Expired"
    assert change(endDate="2026-12-31T00:00:00Z") == "Active"
    assert change(cancelledFlag=True) == "Cancelled"


def test_replacing_takes_away_what_is_not_sent(client: Client) -> None:
    before = client.read("/company/companies/1")
    answer = client.put("/company/companies/1", json={"identifier": "Orchard", "name": "Orchard Clinics"})

    record = answer.json()
    assert (answer.status_code, record["name"], "phoneNumber" in record) == (200, "Orchard Clinics", False)
    assert record["types"] == before["types"]  # taken on creation only
    assert record["_info"]["dateEntered"] == before["_info"]["dateEntered"]
    unnamed = client.put("/company/companies/1", json={"name": "x"})
    assert find_codes(unnamed) == [("MissingRequiredField", "identifier")]


def test_what_is_required_on_update_is_not_on_creation(client: Client) -> None:
    entry = client.create("/time/entries", **ENTRY)

    assert find_codes(client.put(f"/time/entries/{entry['id']}", json=ENTRY)) == [
        ("MissingRequiredField", "billableOption")
    ]


def test_a_record_in_use_is_not_deleted(client: Client) -> None:
    answer = client.delete("/company/companies/1")

    assert (answer.status_code, answer.json()["code"]) == (409, "Conflict")
    assert client.delete("/company/companies/2").status_code == 204
    assert client.get("/company/companies/2").status_code == 404
    assert client.delete("/time/entries/28").status_code == 204
    assert client.create("/time/entries", **ENTRY)["id"] == 29  # an id is not given twice


def test_what_stands_below_a_record_is_deleted_with_it(application: Application, client: Client) -> None:
    assert client.delete("/company/companies/2").status_code == 204

    assert list(application.store.collections["site"].records) == [1]


def test_writes_at_the_same_time_are_each_stored_once(address: str, client: Client) -> None:
    def write(number: int) -> int:
        with connect(address) as own:
            own.change("/service/tickets/1", summary=f"written by {number}")
            return int(own.create("/time/entries", **ENTRY, notes=f"{number}")["id"])

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(write, range(40)))

    assert sorted(ids) == list(range(29, 69))
    assert sorted(int(client.read(f"/time/entries/{id}")["notes"]) for id in ids) == list(range(40))
