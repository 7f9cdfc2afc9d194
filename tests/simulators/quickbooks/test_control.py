from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import httpx2
import pytest

from runtime.simulators.quickbooks.app import Application
from runtime.simulators.quickbooks.books.store import Store
from runtime.simulators.quickbooks.clock import Clock
from runtime.simulators.quickbooks.server import Options, prepare_application
from tests.simulators.quickbooks.conftest import (
    CLIENT,
    NOON,
    Client,
    connected,
    sales_line,
    serving,
    tokens_for,
)


@pytest.fixture
def own(template: Store) -> Iterator[str]:
    """Return a simulator of one's own, with the service's limits, on a clock that stands still."""
    store = Store(":memory:", Clock(frozen=NOON))
    template.connection.backup(store.connection)
    yield from serving(Application(store, dict([CLIENT])))


@pytest.fixture
def caller(own: str) -> Iterator[Client]:
    with connected(own) as found:
        yield found


def control(address: str, path: str, /, **body: Any) -> Any:
    return httpx2.post(f"{address}/_simulator/{path}", json=body, timeout=60).json()


def read(client: Client) -> httpx2.Response:
    return client.call("GET", "customer/1")


def test_ten_requests_a_second_are_answered_and_the_next_is_refused(own: str, caller: Client) -> None:
    assert [read(caller).status_code for _ in range(11)] == [200] * 10 + [429]
    control(own, "clock", advance_seconds=1)
    assert read(caller).status_code == 200


def test_five_hundred_requests_a_minute_are_answered(own: str, caller: Client) -> None:
    control(own, "throttle", per_second=10_000)
    assert {read(caller).status_code for _ in range(500)} == {200}
    assert read(caller).status_code == 429
    control(own, "clock", advance_seconds=60)
    assert read(caller).status_code == 200


def test_batches_have_a_limit_of_their_own(own: str, caller: Client) -> None:
    control(own, "throttle", per_second=10_000, batches_per_minute=2)
    body = {"BatchItemRequest": [{"bId": "1", "Query": "select count(*) from Customer"}]}
    assert [caller.call("POST", "batch", json=body).status_code for _ in range(3)] == [200, 200, 429]
    assert read(caller).status_code == 200


def test_a_throttled_answer_is_the_recorded_xml(own: str, caller: Client) -> None:
    control(own, "throttle", forced=1)
    answer = read(caller)
    assert (answer.status_code, answer.headers["content-type"]) == (429, "application/xml")
    assert "retry-after" not in answer.headers
    error = ElementTree.fromstring(answer.content)[0][0]
    assert error.attrib == {"code": "3001"}
    assert error[0].text == "message=ThrottleExceeded; errorCode=003001; statusCode=429"
    assert read(caller).status_code == 200


def test_throttling_can_be_forced_as_json_with_retry_after_until_cleared(own: str, caller: Client) -> None:
    control(own, "throttle", forced=-1, body="json", retry_after=17)
    for _ in range(3):
        answer = read(caller)
        assert answer.json()["Fault"]["Error"][0]["code"] == "3001"
        assert answer.headers["retry-after"] == "17"
    control(own, "throttle", forced=0)
    assert read(caller).status_code == 200


def test_a_wrong_setting_is_a_clear_sentence(own: str) -> None:
    assert "throttle has no speed" in control(own, "throttle", speed=1)["error"]
    assert "a rule has no colour" in control(own, "faults", colour="red")["error"]


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("faults", {"chance": "x"}), ("faults", {"status": "abc"}), ("faults", {"status": 99}),
        ("faults", {"path": 5}), ("faults", {"delay_ms": -5}), ("faults", {"content_type": "a\nb"}),
        ("tokens", {"expire": "access"}), ("tokens", {"expire": ["everything"]}), ("tokens", {"rotate": "x"}),
        ("clock", {"advance_seconds": 1e15}), ("clock", {"now": 5}), ("webhooks", {"url": 5}),
        ("throttle", {"per_minute": 7, "per_second": -1}),
    ],
)  # fmt: skip
def test_what_could_not_be_followed_is_refused_and_changes_nothing(
    own: str, caller: Client, path: str, sent: dict[str, Any]
) -> None:
    assert control(own, path, **sent)["error"]
    assert caller.select("select count(*) from Customer") == []
    assert httpx2.get(f"{own}/_simulator/throttle").json()["per_minute"] == 500
    assert httpx2.get(f"{own}/_simulator/faults").json() == []


def test_a_clock_that_is_set_back_leaves_no_limit_behind(own: str, caller: Client) -> None:
    control(own, "clock", advance_seconds=3000)
    assert [read(caller).status_code for _ in range(10)] == [200] * 10
    control(own, "clock", advance_seconds=-3000)
    assert read(caller).status_code == 200


def test_a_snapshot_does_not_bring_back_a_token_that_was_revoked(own: str, caller: Client) -> None:
    ended = tokens_for(own)
    control(own, "snapshot")
    httpx2.post(f"{own}/v2/oauth2/tokens/revoke", json={"token": ended["refresh_token"]}, auth=CLIENT)
    control(own, "restore")
    bearer = {"Authorization": f"Bearer {ended['access_token']}"}
    assert httpx2.get(f"{own}/v3/company/{caller.realm}/customer/1", headers=bearer).status_code == 401
    assert read(caller).status_code == 200


def test_a_name_that_leads_to_this_machine_does_not_open_the_control_api(own: str) -> None:
    port = own.rpartition(":")[2]
    named = {"Host": f"elsewhere.example.com:{port}", "Origin": f"http://elsewhere.example.com:{port}"}
    assert httpx2.post(f"{own}/_simulator/reset", json={}, headers=named).status_code == 403


def test_a_fault_rule_applies_to_a_path_and_a_number_of_requests(own: str, caller: Client) -> None:
    control(own, "faults", path="/customer", status=503, times=1)
    assert caller.call("GET", "item/1").status_code == 200
    answer = read(caller)
    assert (answer.status_code, answer.headers["content-type"]) == (503, "text/html")
    assert read(caller).status_code == 200


def test_faults_by_chance_repeat_with_their_seed(own: str, caller: Client) -> None:
    control(own, "throttle", is_on=False)

    def run() -> list[int]:
        httpx2.delete(f"{own}/_simulator/faults")
        control(own, "faults", seed=7, chance=0.5, status=500, body="{}", content_type="application/json")
        return [read(caller).status_code for _ in range(20)]

    first = run()
    assert first == run()
    assert set(first) == {200, 500}


def test_an_answer_can_be_cut_in_the_middle(own: str, caller: Client) -> None:
    control(own, "faults", path="/customer", cut=True, times=1)
    with pytest.raises(httpx2.HTTPError):
        read(caller)
    assert read(caller).status_code == 200


def test_a_lost_answer_has_been_done_all_the_same(own: str, caller: Client) -> None:
    control(own, "faults", method="POST", cut=True, times=1)
    body = {"CustomerRef": {"value": "1"}, "Line": [sales_line(100)]}
    with pytest.raises(httpx2.HTTPError):
        caller.call("POST", "invoice", json=body, params={"requestid": "lost"})
    assert caller.save("Invoice", body, requestid="lost")["Id"] == "1"
    assert len(caller.select("select * from Invoice")) == 1


def test_tokens_can_be_ended(own: str, caller: Client) -> None:
    assert control(own, "tokens", expire=["access"])["ended"] == 1
    assert read(caller).status_code == 401


def test_every_request_is_in_the_log(own: str, caller: Client) -> None:
    answer = read(caller)
    entry = httpx2.get(f"{own}/_simulator/requests").json()[-1]
    assert (entry["method"], entry["status"], entry["intuit_tid"]) == (
        "GET",
        200,
        answer.headers["intuit_tid"],
    )
    assert "Bearer" not in str(entry)


def test_a_snapshot_brings_back_what_was(own: str, caller: Client) -> None:
    control(own, "snapshot", name="before")
    caller.save("Customer", {"DisplayName": "Later"})
    control(own, "restore", name="before")
    assert caller.select("select * from Customer where DisplayName = 'Later'") == []
    assert caller.save("Customer", {"DisplayName": "Later"})["Id"] == "58"
    assert "there is no snapshot other" in control(own, "restore", name="other")["error"]


def test_moving_the_clock_moves_the_company_s_day(own: str, caller: Client) -> None:
    control(own, "clock", advance_seconds=1000)
    body = {"CustomerRef": {"value": "1"}, "Line": [sales_line(100)]}
    first = caller.save("Invoice", body)["TxnDate"]
    control(own, "clock", advance_seconds=3000)
    control(own, "clock", now="2026-12-24T10:00:00-08:00")
    with connected(own) as later:
        assert (first, later.save("Invoice", body)["TxnDate"]) == ("2026-11-20", "2026-12-24")


def test_the_control_api_has_a_page(own: str) -> None:
    page = httpx2.get(f"{own}/_simulator")
    assert page.status_code == 200
    assert "Test Company" in page.text


def test_the_former_path_of_the_control_api_still_answers(own: str) -> None:
    assert httpx2.get(f"{own}/_sandbox/companies").json() == httpx2.get(f"{own}/_simulator/companies").json()
    assert httpx2.post(f"{own}/_sandbox/throttle", json={"per_second": 7}).json()["per_second"] == 7
    assert httpx2.get(f"{own}/_sandbox").text.count('action="/_simulator/') > 0


def test_a_page_of_another_site_may_not_use_the_control_api(own: str) -> None:
    answer = httpx2.post(
        f"{own}/_simulator/reset", json={}, headers={"Origin": "http://elsewhere.example.com"}
    )
    assert answer.status_code == 403


def test_only_this_machine_may_use_the_control_api(template: Store) -> None:
    application = Application(template, dict([CLIENT]))
    transport = httpx2.ASGITransport(application, client=("192.0.2.7", 1234))

    async def ask() -> int:
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return (await client.get("/_simulator/clock")).status_code

    assert asyncio.run(ask()) == 403


def test_a_reset_makes_the_named_companies_from_a_seed(tmp_path: Any) -> None:
    application = prepare_application(Options(data=tmp_path / "reset.db", throttle=False))
    for address in serving(application):
        with connected(address) as client:
            client.save("Customer", {"DisplayName": "Later"})
            assert control(address, "reset", seed=3)["companies"] == [
                [client.realm, "Craig's Design and Landscaping Services"]
            ]
            assert client.select("select * from Customer where DisplayName = 'Later'") == []
        assert (
            control(address, "reset", companies=["consultancy"])["companies"][0][1]
            == "Juniper Vale Consulting"
        )
        assert "there is no company circus" in control(address, "reset", companies=["circus"])["error"]
        assert len(httpx2.get(f"{address}/_simulator/companies").json()) == 1
