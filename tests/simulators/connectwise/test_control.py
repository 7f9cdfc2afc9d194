from __future__ import annotations

import base64
import logging
from typing import Any

import httpx2
import pytest

from runtime.simulators.connectwise.app import Application
from tests.simulators.connectwise.conftest import AUTH, Client


def control(address: str, path: str, /, **body: Any) -> Any:
    answer = httpx2.post(f"{address}/_simulator/{path}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def read_control(address: str, path: str = "") -> Any:
    return httpx2.get(f"{address}/_simulator{path}").json()


def test_a_thousand_requests_a_minute_are_answered_and_the_next_is_refused(
    address: str, client: Client
) -> None:
    control(address, "throttle", per_minute=3)
    statuses = [client.get("/system/info").status_code for _ in range(3)]
    control(address, "clock", advance_seconds=0)
    answers = [client.get("/system/info") for _ in range(4)]

    assert read_control(address, "/throttle")["per_minute"] == 3
    assert statuses == [200] * 3
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].json() == {
        "error": "ConnectWiseAPI",
        "message": "Too many requests. Please retry later.",
    }
    assert answers[-1].headers["retry-after"] == "60"


def test_the_limit_is_a_thousand_and_ends_after_a_minute(application: Application, client: Client) -> None:
    application.throttle._seen.extend([application.store.clock.read_seconds()] * 999)

    assert client.get("/system/info").status_code == 200
    application.store.clock.offset += 45
    assert client.get("/system/info").headers["retry-after"] == "15"
    application.store.clock.offset += 15
    assert client.get("/system/info").status_code == 200


def test_throttling_can_be_forced_until_it_is_cleared(address: str, client: Client) -> None:
    control(address, "throttle", forced=-1, retry_after=17)
    refused = [client.get("/system/info") for _ in range(3)]
    control(address, "throttle", forced=1)
    once = [client.get("/system/info").status_code for _ in range(2)]

    assert [(answer.status_code, answer.headers["retry-after"]) for answer in refused] == [(429, "17")] * 3
    assert once == [429, 200]


def test_the_clock_is_moved_and_stamps_what_is_written(address: str, client: Client) -> None:
    control(address, "clock", now="2027-01-02T03:04:05Z", frozen=True)
    record = client.change("/company/companies/1", name="x").json()
    control(address, "clock", advance_seconds=60)
    later = client.change("/company/companies/1", name="y").json()

    assert record["_info"]["lastUpdated"] == "2027-01-02T03:04:05Z"
    assert later["_info"]["lastUpdated"] == "2027-01-02T03:05:05Z"
    assert client.list_ids("/company/companies", "lastUpdated > [2027-01-01]") == [1]


def test_a_fault_answers_in_place_of_the_service_as_often_as_it_says(address: str, client: Client) -> None:
    control(address, "faults", path="/time/entries", method="GET", status=500, times=1, body="timeout",
            content_type="text/plain")  # fmt: skip
    statuses = [
        client.get("/company/companies").status_code,
        *(client.get("/time/entries") for _ in range(2)),
    ]

    assert statuses[0] == 200
    assert [(each.status_code, each.text[:7]) for each in statuses[1:]] == [
        (500, "timeout"),
        (200, '[{"id":'),
    ]
    httpx2.delete(f"{address}/_simulator/faults")
    assert read_control(address, "/faults") == []


def test_a_fault_has_headers_of_its_own(address: str, client: Client) -> None:
    control(address, "faults", status=429, times=1, headers={"Retry-After": "7"})

    assert client.get("/company/companies").headers["retry-after"] == "7"


def test_a_fault_only_delays_or_cuts_the_answer(address: str, client: Client) -> None:
    control(address, "faults", delay_ms=1, times=1)
    assert client.get("/company/companies").status_code == 200
    control(address, "faults", cut=True, times=1)
    with pytest.raises(httpx2.HTTPError):
        client.get("/company/companies")


def test_what_the_role_does_not_allow_is_refused(address: str, client: Client) -> None:
    control(address, "rights", denied={"/finance": ["GET", "POST"], "/time/entries": ["DELETE"]})

    refused = client.get("/finance/agreements/1/additions")
    assert (refused.status_code, refused.json()["code"]) == (403, "Forbidden")
    assert client.delete("/time/entries/1").status_code == 403
    assert client.get("/time/entries/1").status_code == 200


def test_what_the_role_does_not_see_is_missing(address: str, client: Client) -> None:
    control(address, "rights", hidden={"/system/members": ["hourlyCost"]})

    assert "hourlyCost" not in client.read("/system/members/2")
    assert all("hourlyCost" not in member for member in client.read("/system/members"))
    control(address, "reset")
    assert client.read("/system/members/2")["hourlyCost"] == 55.0


def test_a_snapshot_is_restored(address: str, client: Client) -> None:
    control(address, "snapshot", name="before")
    client.delete("/time/entries/1")
    client.change("/company/companies/1", name="x")
    control(address, "restore", name="before")

    assert client.read("/time/entries/1")["id"] == 1
    assert client.read("/company/companies/1")["name"] == "Orchard Clinic"


def test_a_reset_loads_the_firm_anew_and_clears_the_faults(address: str, client: Client) -> None:
    control(address, "faults", status=500)
    client_change = client.change("/company/companies/1", name="x")
    control(address, "reset")

    assert client_change.status_code == 500
    assert client.read("/company/companies/1")["name"] == "Orchard Clinic"
    assert read_control(address)["records"]["/company/companies"] == 2


def test_requests_are_listed_without_their_credentials(address: str, client: Client) -> None:
    client.get("/company/companies", params={"pageSize": "3"})
    listed = read_control(address, "/requests")

    assert [(each["method"], each["status"], each["parameters"]) for each in listed] == [
        ("GET", 200, {"pagesize": "3"})
    ]
    shown = repr(listed)
    assert AUTH[1] not in shown
    assert base64.b64encode(":".join(AUTH).encode()).decode() not in shown
    assert httpx2.delete(f"{address}/_simulator/requests").json() == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("throttle", {"per_hour": 1}),
        ("throttle", {"forced": -2}),
        ("throttle", {"per_minute": "3"}),
        ("faults", {"status": 99}),
        ("faults", {"nothing": 1}),
        ("faults", {"headers": {"Link": "one\r\ntwo"}}),
        ("faults", {"headers": {"Link": 1}}),
        ("rights", {"denied": ["GET"]}),
        ("rights", {"denied": {"/finance": "GET"}}),
        ("rights", {"nothing": {}}),
        ("clock", {"now": "soon"}),
        ("clock", {"advance_seconds": 1e15}),
        ("restore", {"name": "nothing"}),
        ("snapshot", []),
    ],
)
def test_a_setting_that_cannot_be_understood_is_a_clear_sentence(address: str, path: str, body: Any) -> None:
    before = read_control(address, "/clock")
    answer = httpx2.post(f"{address}/_simulator/{path}", json=body)

    assert answer.status_code == 400
    assert answer.json()["error"]
    assert read_control(address, "/clock") == before


@pytest.mark.parametrize("headers", [{"host": "simulator.example"}, {"origin": "http://elsewhere.example"}])
def test_a_page_of_another_site_cannot_use_the_control_api(address: str, headers: dict[str, str]) -> None:
    answer = httpx2.post(f"{address}/_simulator/throttle", json={"forced": -1}, headers=headers)

    assert answer.status_code == 403
    assert read_control(address, "/throttle")["forced"] == 0


def test_a_fault_of_the_simulator_itself_is_answered_as_the_service_would(
    application: Application, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    application.api.selections = None  # type: ignore[assignment]
    with caplog.at_level(logging.CRITICAL):
        answer = client.get("/company/companies")

    assert (answer.status_code, answer.json()["code"]) == (500, "ConnectWiseApi")
