"""Policies in the frame of a call: read what stands, judge, count in the store, and release what was not done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest

from generator.catalog import Call, Catalog, Reference, Returns
from generator.vendor import BatchForm, ReferenceForm
from generator.vendor_rules import Draft, PolicyFacts, RecordAmount, Setting
from runtime.exchange.tool_answer import Answer
from runtime.model import CLOSING_DATE, Grant, McpServerId, Policies, ServerConfig
from runtime.operations.calls import Calls
from runtime.operations.home_amounts import SETTINGS_SECONDS
from runtime.operations.vendor_calls import VendorCalls
from runtime.operations.write_policies import WritePolicies
from runtime.safety.once import Once
from runtime.stores.hot_memory import MemoryHotState
from runtime.upstream.client import VendorClient
from tests.deployment import Deployment, HandClock, deploy
from tests.made_up import GET, UPDATE, VENDOR, tool
from tests.made_up_calls import ACCOUNT, BATCH, FixedTokens
from tests.vendor_server import Vendor, http, vendor

RECORD = {"Total": {"type": "number"}, "Day": {"type": "string"}, "Vendor": {"type": "object"}}
FIELDS = (("Total", "Total"), ("Day", "Day"), ("Vendor", "Vendor"))
REFERENCES = (Reference(("Vendor",), {"": "vendors"}),)
CREATE = tool(
    "create_a_acme_invoice", RECORD, Call("POST", "/invoice", body="record", body_arguments=FIELDS),
    Returns("record", ("Invoice",)), method="create", risk="create", references=REFERENCES,
)  # fmt: skip
CHANGE = tool(
    UPDATE.name, {"id": {"type": "string"}, **RECORD},
    Call("POST", "/invoice", body="record", body_arguments=(("id", "Id"), *FIELDS)),
    Returns("record", ("Invoice",)), method="update", risk="overwrite", required=["id"], references=REFERENCES,
)  # fmt: skip
DELETE = tool(
    "delete_a_acme_invoice_by_id", {"id": {"type": "string"}},
    Call("POST", "/invoice?operation=delete", body="record", body_arguments=(("id", "Id"),)),
    Returns("record", ("Invoice",)), method="delete", risk="destroy", required=["id"],
)  # fmt: skip
SETTINGS = tool(
    "get_acme_settings", {}, Call("GET", "/settings"), Returns("record", ("Settings",)), resource="settings"
)
TOOLS = {each.name: each for each in (CREATE, CHANGE, DELETE, GET, SETTINGS, BATCH)}
INTEGRATION = replace(
    VENDOR,
    identifier="Id",
    reference_form=ReferenceForm("value"),
    policy_facts=PolicyFacts(
        amounts={"invoices": RecordAmount("Total")},
        days={"invoices": "Day"},
        drafts={"invoices": Draft("Status", ("DRAFT",))},
        closing_date=Setting(SETTINGS.name, ("Books", "ClosedUntil")),
    ),
    batch=BatchForm(
        path="/batch",
        most=30,
        items="Items",
        answers="Answers",
        id="bId",
        forms={method: {"operation": method, "{entity}": "{body}"} for method in ("create", "update")},
    ),
)
STORED = {"Id": "7", "Total": 500, "Day": "2026-11-01", "Vendor": {"value": "56"}}
NEW = (CREATE.name, {"Total": 10, "Day": "2026-11-01"})


class Place:
    """A deployment with one MCP server and a vendor on loopback; `answer` is what a write is answered with."""

    def __init__(self, data: Path) -> None:
        self.here: Deployment = deploy(data)
        account = self.here.accounts.create("Shop", "books")["id"]
        self.account = account
        self.server = McpServerId(self.here.mcp_servers.create(account, "Agent")["id"])
        self.answer: Callable[[dict[str, Any]], bytes] = lambda body: http(
            200, orjson.dumps({"Invoice": {"Id": "8"}})
        )
        self.closed: Any = "2026-09-30"
        self.requests: list[str] = []

    @property
    def clock(self) -> HandClock:
        return self.here.clock

    def handle(self, line: str, headers: dict[str, str], body: bytes) -> bytes:
        if line.startswith("GET /invoice"):
            return http(200, orjson.dumps({"Invoice": STORED}))
        if line.startswith("GET /settings"):
            return http(200, orjson.dumps({"Settings": {"Books": {"ClosedUntil": self.closed}}}))
        return self.answer(orjson.loads(body))

    def call(
        self,
        *calls: tuple[str, dict[str, Any]],
        policies: Policies,
        key: str = "",
        other: Deployment | None = None,
    ) -> list[Answer]:
        """Make calls one after another, by an MCP server with these policies, in a process of their own."""
        here = other or self.here

        async def main() -> list[Answer]:
            async with vendor(self.handle) as server:
                answers = await self._made(here, server, calls, policies, key)
                self.requests += [line for line, _, _ in server.requests]
                return answers

        return asyncio.run(main())

    async def _made(
        self, here: Deployment, server: Vendor, calls: Any, policies: Policies, key: str
    ) -> list[Answer]:
        client = VendorClient(timeout_seconds=5, per_account=10)
        sender = VendorCalls(
            client,
            FixedTokens(),
            MemoryHotState(),
            lambda integration, account: server.url,
            once=Once(here.keys, here.stores, clock=here.clock),
        )
        maker = Calls(
            catalog=lambda: Catalog("1", {"acme": INTEGRATION}, tuple(TOOLS.values())),
            vendor=sender,
            max_answer_bytes=100_000,
            policies=WritePolicies(sender, here.stores, clock=here.clock),
        )
        grant = Grant(ACCOUNT, ServerConfig(policies=policies), self.server)
        answers = [await maker.call(grant, TOOLS, *call, idempotency_key=key) for call in calls]
        await client.close()
        return answers

    @property
    def sent(self) -> int:
        """How many writes the vendor got."""
        return sum(line.startswith("POST") for line in self.requests)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    yield made
    made.here.stores.close()


def codes(answers: list[Answer]) -> list[str]:
    return [answer.error.code if answer.error else "" for answer in answers]


def broken(answer: Answer) -> list[str]:
    assert answer.error is not None
    return [each["rule"] for each in answer.error.details["errors"]]


def test_without_policies_nothing_is_read_and_everything_is_sent(place: Place) -> None:
    assert codes(place.call(NEW, (CHANGE.name, {"id": "7"}), policies=Policies())) == ["", ""]
    assert [line.split()[0] for line in place.requests] == ["POST", "POST"]


def test_a_write_that_breaks_a_rule_does_not_reach_the_vendor(place: Place) -> None:
    [answer] = place.call(NEW, policies=Policies(max_amount=Decimal(9)))

    assert broken(answer) == ["max_amount"]
    assert place.requests == []


@pytest.mark.parametrize("name", [CHANGE.name, DELETE.name])
@pytest.mark.parametrize(
    ("policies", "rule"),
    [
        (Policies(max_amount=Decimal(499)), "max_amount"),
        (Policies(deny=(("vendors", ("56",)),)), "deny.vendors"),
        (Policies(allow=(("vendors", ("57",)),)), "allow.vendors"),
        (Policies(deny=(("invoices", ("7",)),)), "deny.invoices"),
        (Policies(not_before="2026-11-02"), "not_before"),
        (Policies(drafts_only=True), "drafts_only"),
    ],
)
def test_a_change_is_judged_with_the_record_as_it_stands(
    place: Place, name: str, policies: Policies, rule: str
) -> None:
    [answer] = place.call((name, {"id": "7"}), policies=policies)

    assert broken(answer) == [rule]
    assert place.sent == 0


def test_each_write_of_a_batch_is_judged_and_none_is_sent_when_one_is_refused(place: Place) -> None:
    calls = [
        {"tool": CREATE.name, "arguments": {"Total": 10}},
        {"tool": CREATE.name, "arguments": {"Total": 11}},
        {"tool": CHANGE.name, "arguments": {"id": "7", "Total": 1, "Day": "2026-11-01"}},
    ]
    [answer] = place.call((BATCH.name, {"calls": calls}), policies=Policies(max_amount=Decimal(10)))

    assert [each["call"] for each in answer.error.details["errors"]] == [f"write 2 ({CREATE.name})"]
    assert place.sent == 0


def test_what_was_written_within_a_day_counts_in_every_process_and_after_a_restart(
    place: Place, tmp_path: Path
) -> None:
    policies = Policies(max_amount_per_day=Decimal(25))
    other = deploy(tmp_path, place.clock)

    assert codes(place.call(NEW, policies=policies)) == [""]
    assert codes(place.call(NEW, NEW, policies=policies, other=other)) == ["", "policy_refused"]
    other.stores.close()
    restarted = deploy(tmp_path, place.clock)
    [answer] = place.call(NEW, policies=policies, other=restarted)

    assert "The amount is 10, and 20 was written within 24 hours." in answer.error.message
    place.clock.pass_(86_400)
    assert codes(place.call(NEW, policies=policies, other=restarted)) == [""]
    restarted.stores.close()


def test_writes_within_an_hour_are_counted_whatever_they_write(place: Place) -> None:
    policies = Policies(max_writes_per_hour=2)

    assert codes(place.call(NEW, (DELETE.name, {"id": "7"}), NEW, policies=policies)) == [
        "", "", "policy_refused",
    ]  # fmt: skip
    place.clock.pass_(3_599)
    [late] = place.call(NEW, policies=policies)
    assert "At most 2 are allowed. The next one may come in 1 seconds." in late.error.message
    place.clock.pass_(1)
    assert codes(place.call(NEW, policies=policies)) == [""]


@pytest.mark.parametrize(
    ("answer", "code", "is_counted"),
    [
        (http(400, b'{"Fault": {"Error": [{"code": "6000", "Message": "no"}]}}'), "invalid", False),
        (http(429, b"{}"), "rate_limited", False),
        (http(502, b"<html>"), "indeterminate", True),
    ],
)
def test_what_the_vendor_refused_does_not_count_and_what_is_unclear_does(
    place: Place, answer: bytes, code: str, is_counted: bool
) -> None:
    usual, place.answer = place.answer, lambda body: answer
    policies = Policies(max_writes_per_hour=1)
    assert codes(place.call(NEW, policies=policies)) == [code]

    place.answer = usual
    assert codes(place.call(NEW, policies=policies)) == (["policy_refused"] if is_counted else [""])


def test_of_a_batch_only_the_calls_that_were_not_refused_count(place: Place) -> None:
    refused = {"bId": "2", "Fault": {"Error": [{"code": "6000", "Message": "no"}]}}
    place.answer = lambda body: http(
        200, orjson.dumps({"Answers": [{"bId": "1", "Invoice": {"Id": "8"}}, refused]})
    )
    calls = [{"tool": CREATE.name, "arguments": {"Total": 10}}] * 2
    policies = Policies(max_amount_per_day=Decimal(30))

    assert codes(place.call((BATCH.name, {"calls": calls}), policies=policies)) == [""]
    [answer] = place.call((CREATE.name, {"Total": 21}), policies=policies)
    assert "10 was written within 24 hours" in answer.error.message


def test_a_repeat_under_one_idempotency_key_counts_once(place: Place) -> None:
    policies = Policies(max_writes_per_hour=2)

    assert codes(place.call(NEW, NEW, NEW, policies=policies, key="k")) == ["", "", ""]
    assert codes(place.call(NEW, NEW, policies=policies)) == ["", "policy_refused"]


def test_a_refused_repeat_does_not_take_back_what_was_done(place: Place) -> None:
    policies = Policies(max_writes_per_hour=1)
    place.call(NEW, policies=policies, key="k")
    place.answer = lambda body: http(429, b"{}")

    assert codes(place.call(NEW, policies=policies, key="k")) == ["rate_limited"]
    assert codes(place.call(NEW, policies=policies)) == ["policy_refused"]


def test_nothing_is_written_into_closed_books_and_the_closing_date_is_read_once(place: Place) -> None:
    policies = Policies(not_before=CLOSING_DATE)
    days = ["2026-09-30", "2026-10-01"]
    answers = place.call(*((CREATE.name, {"Day": day}) for day in days), policies=policies)

    assert codes(answers) == ["policy_refused", ""]
    assert "The first day allowed is 2026-10-01." in answers[0].error.message
    assert [line.split()[1] for line in place.requests if line.startswith("GET")] == [
        "/settings?minorversion=75"
    ]


def test_a_closing_date_is_cached_for_minutes(place: Place) -> None:
    clock = place.clock

    async def main() -> list[str]:
        async with vendor(place.handle) as server:
            client = VendorClient(timeout_seconds=5, per_account=10)
            sender = VendorCalls(
                client, FixedTokens(), MemoryHotState(), lambda integration, account: server.url
            )
            maker = Calls(
                catalog=lambda: Catalog("1", {"acme": INTEGRATION}, tuple(TOOLS.values())),
                vendor=sender,
                max_answer_bytes=100_000,
                policies=WritePolicies(sender, place.here.stores, clock=clock),
            )
            grant = Grant(ACCOUNT, ServerConfig(policies=Policies(not_before=CLOSING_DATE)), place.server)
            found = []
            for seconds, closed in (
                (0, "2026-09-30"),
                (SETTINGS_SECONDS, "2026-11-01"),
                (1, "2026-11-01"),
            ):
                clock.pass_(seconds)
                place.closed = closed
                found += codes([await maker.call(grant, TOOLS, *NEW)])
            await client.close()
            return found

    assert asyncio.run(main()) == ["", "", "policy_refused"]


def test_open_books_and_a_closing_date_that_cannot_be_read(place: Place) -> None:
    policies = Policies(not_before=CLOSING_DATE)
    place.closed = None
    assert codes(place.call(NEW, policies=policies)) == [""]

    place.closed = "soon"
    assert codes(place.call(NEW, policies=policies)) == ["vendor_unavailable"]
    assert place.sent == 1


def test_books_that_are_closed_until_the_end_of_the_calendar_take_nothing(place: Place) -> None:
    place.closed = "9999-12-31"
    assert codes(place.call(NEW, policies=Policies(not_before=CLOSING_DATE))) == ["policy_refused"]
