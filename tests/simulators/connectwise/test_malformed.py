"""Whatever is sent, the simulator refuses it as the service would, and no write leaves a record that cannot be read."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.simulators.connectwise.app import Application
from tests.simulators.connectwise.conftest import Client

ODD: list[Any] = [
    None, True, -1, 0, 1e308, "", "x" * 100_000, "<script>alert(1)</script>", "\u0000\u202e\u2066",
    "'; drop table x;--",
    [], {}, [[]], [None], {"id": None}, {"id": []}, {"id": -1}, {"id": "\u0661"}, {"x": {"y": {"z": []}}}, [{"id": {}}],
]  # fmt: skip
PATHS = ("/company/companies", "/company/contacts", "/service/tickets", "/time/entries",
         "/finance/agreements/1/additions",
         "/expense/entries", "/finance/invoices", "/procurement/products")  # fmt: skip
FIELDS = ("name", "identifier", "id", "_info", "company", "member", "customFields", "types", "communicationItems",
          "timeStart", "timeEnd", "actualHours", "chargeToId", "chargeToType", "quantity", "product", "recurring",
          "status", "board", "hourlyRate", "taxes", "billableOption")  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_an_odd_value_of_a_field_is_refused_or_stored_readably(
    application: Application, client: Client, path: str
) -> None:
    application.throttle.is_on = False
    usual = {"identifier": "New", "name": "n", "firstName": "n", "summary": "n", "company": {"id": 1},
             "timeStart": "2026-03-01", "product": {"id": 1}, "billCustomer": "Billable",
             "type": "Standard"}  # fmt: skip
    for field in FIELDS:
        for number, value in enumerate(ODD):
            sent = {**usual, "identifier": f"{field}{number}", "name": f"{field}{number}", field: value}
            answer = client.post(path, json=sent)
            assert answer.status_code in (201, 400), (field, value, answer.text[:300])
    listed = client.get(path, params={"pageSize": "1000"})
    assert listed.status_code == 200, listed.text


@pytest.mark.parametrize(
    "path", ["/company/contacts/1", "/time/entries/1", "/finance/agreements/1/additions/1"]
)
def test_an_odd_operation_is_refused_or_applied_readably(
    application: Application, client: Client, path: str
) -> None:
    application.throttle.is_on = False
    before = client.read(path)
    for field in (*before, "customFields", "communicationItems/0", "/communicationItems/-", "agreement"):
        for verb in ("add", "replace", "remove"):
            for value in ODD:
                answer = client.patch(path, json=[{"op": verb, "path": field, "value": value}])
                assert answer.status_code in (200, 400), (field, value, answer.text[:300])
    assert client.get(path).status_code == 200


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b"[" * 5_000 + b"]" * 5_000, b"nan", b'{"id": 1e999}']
)
def test_a_body_that_is_no_json_is_refused(client: Client, body: bytes) -> None:
    headers = {"content-type": "application/json"}

    assert client.post("/company/companies", content=body, headers=headers).status_code == 400
    assert client.patch("/company/companies/1", content=body, headers=headers).status_code == 400


@pytest.mark.parametrize("body", [[], "x", 5, None])
def test_a_record_is_an_object(client: Client, body: Any) -> None:
    assert client.post("/company/companies", json=body).status_code == 400
    assert client.put("/company/companies/1", json=body).status_code == 400


def test_a_body_of_another_media_type_is_refused(client: Client) -> None:
    answer = client.post("/company/companies", content=b"<x/>", headers={"content-type": "text/xml"})

    assert answer.status_code == 415


def test_a_body_that_is_too_large_is_refused(client: Client) -> None:
    answer = client.post("/company/companies", content=b" " * 10_000_001)

    assert answer.status_code == 413


@pytest.mark.parametrize(
    "parameters",
    [
        {"conditions": "\u0000"}, {"conditions": "name = \"\ud7ff\u202e\""}, {"conditions": "[" * 3_000},
        {"conditions": '"' * 3_001}, {"conditions": "name=" + "'" + "\\" * 3_000 + "'"}, {"fields": "/" * 3_000},
        {"fields": ",".join("a" for _ in range(3_000))}, {"orderBy": "," * 3_000}, {"childConditions": "x"},
        {"customFieldConditions": "caption"}, {"conditions": "id = " + "9" * 5_000}, {"conditions": "id = 1e5"},
        {"conditions": "id > -99999999999999999999999.5"}, {"pageId": "x"},
    ],
)  # fmt: skip
def test_an_odd_question_is_answered_or_refused(client: Client, parameters: dict[str, str]) -> None:
    answer = client.get("/company/companies", params=parameters, headers={"pagination-type": "forward-only"})

    assert answer.status_code in (200, 400, 414), answer.text[:300]
