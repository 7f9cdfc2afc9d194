"""What an earlier run left open is settled by a repeat with the same key, or by reading; and a lost answer says how."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from generator.catalog import Catalog
from generator.vendor_rules import UpdateRules
from runtime.model import JournalEntry, JournalOutcome
from runtime.operations import settling
from runtime.operations.settling import CLAIM_SECONDS, REPEAT_WITHIN_SECONDS, UNDER_WAY_SECONDS, Settling
from runtime.operations.vendor_calls import VendorCalls
from runtime.operations.write_journal import WriteJournal
from runtime.stores.embedded import Stores
from runtime.stores.hot_memory import MemoryHotState
from runtime.upstream.client import VendorClient
from tests import made_up
from tests.deployment import deploy
from tests.made_up_calls import FixedTokens
from tests.operations.test_keyed_calls import BATCH
from tests.operations.test_write_journal import ACCOUNT, CHANGE, TOOLS, UPDATE, Full, Journaled
from tests.operations.test_write_journal import VENDOR as KEYED
from tests.stores.test_records import noted
from tests.vendor_server import Handler, http, vendor

READING = replace(KEYED, updates=UpdateRules(version="SyncToken"))
REPEATING = replace(READING, idempotency_repeats=True)
DONE = {"Invoice": {"Id": "7", "SyncToken": "1", "DueDate": "2026-12-31"}}
NOT_DONE = {"Invoice": {"Id": "7", "SyncToken": "0", "DueDate": "2026-01-01"}}


class Interrupted(Journaled):
    """A deployment with one entry that an earlier run left open, and its settling."""

    def settle(self, handler: Handler, integration: Any = REPEATING, *, times: int = 1) -> list[str]:
        """The request lines that the vendor got while what was open was settled."""

        async def main() -> list[str]:
            async with vendor(handler) as server:
                client = VendorClient(timeout_seconds=5, per_account=10)
                journal = WriteJournal(self.here.keys, self.here.stores, clock=self.here.clock)
                tools = tuple(TOOLS.values())
                calls = VendorCalls(
                    client, FixedTokens(), MemoryHotState(), lambda integration, account: self.url or server.url
                )  # fmt: skip
                settler = Settling(
                    self.here.stores, journal, calls, lambda: Catalog("1", {"acme": integration}, tools),
                    lambda event, **fields: None, self.here.clock,
                )  # fmt: skip
                self.move_to(server.url)
                await asyncio.gather(*(settler.settle_all() for _ in range(times)))
                await client.close()
                return [line for line, _, _ in server.requests]

        return asyncio.run(main())

    url = ""

    def move_to(self, url: str) -> None:
        """Have what is stored lead to another vendor: each has a port of its own."""
        real = WriteJournal.open

        def opened(journal: WriteJournal, entry_id: str, sealed: bytes) -> dict[str, Any]:
            found = real(journal, entry_id, sealed)
            if "url" in found.get("repeat", {}):
                path = found["repeat"]["url"].split("/", 3)[3]
                found["repeat"]["url"] = f"{url}/{path}"
            return found

        self.patch.setattr(WriteJournal, "open", opened)

    patch: pytest.MonkeyPatch

    @property
    def outcome(self) -> JournalOutcome:
        (entry,) = self.entries()
        assert entry.last is not None
        return entry.last

    def open_entries(self) -> list[JournalEntry]:
        return self.here.stores.records.find_open_entries("no run")


@pytest.fixture
def interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Interrupted]:
    here = deploy(tmp_path)
    here.stores.records.add_account(ACCOUNT, noted())
    journal = WriteJournal(here.keys, Full(here.stores, 1), clock=here.clock)
    made = Interrupted(here, journal)
    made.patch = monkeypatch
    made.call(made.answering(200, DONE), UPDATE)
    yield made
    here.stores.close()


def answering(*values: object, status: int = 200) -> Handler:
    left = list(values)
    return lambda line, headers, body: http(status, orjson.dumps(left.pop(0) if len(left) > 1 else left[0]))


def test_with_the_same_key_the_first_answer_is_asked_for(interrupted: Interrupted) -> None:
    (line,) = interrupted.settle(answering(DONE))
    (entry,) = interrupted.entries()
    assert line.startswith("POST /invoice?") and f"requestid={entry.vendor_key}" in line
    assert (interrupted.outcome.outcome, interrupted.outcome.settled_how) == (
        "settled_done",
        "asked with the same key",
    )
    assert interrupted.outcome.record_id == "7"
    assert interrupted.open_entries() == []


def test_what_is_too_old_to_be_carried_out_is_looked_up_instead(interrupted: Interrupted) -> None:
    interrupted.here.clock.pass_(REPEAT_WITHIN_SECONDS + 1)
    (line,) = interrupted.settle(answering(NOT_DONE))
    assert line.startswith("GET ")
    assert interrupted.outcome.outcome == "settled_not_done"


@pytest.mark.parametrize(("record", "outcome"), [(DONE, "settled_done"), (NOT_DONE, "settled_not_done")])
def test_where_the_vendor_knows_no_repeat_the_record_is_read(
    interrupted: Interrupted, record: object, outcome: str
) -> None:
    (line,) = interrupted.settle(answering(record), READING)
    assert line.startswith("GET ")
    assert (interrupted.outcome.outcome, interrupted.outcome.settled_how) == (outcome, "looked up by reading")


def test_a_request_is_not_signed_for_another_address_than_the_account_has_now(
    interrupted: Interrupted,
) -> None:
    interrupted.patch.setattr(VendorCalls, "is_same_origin", lambda *_: False)
    (line,) = interrupted.settle(answering(DONE))
    assert line.startswith("GET ")


def test_what_cannot_be_asked_now_stays_open_for_a_later_pass(interrupted: Interrupted) -> None:
    interrupted.settle(answering({}, status=503))
    assert len(interrupted.open_entries()) == 1
    interrupted.settle(answering(DONE))
    assert interrupted.open_entries() == []


def test_of_several_that_settle_at_once_one_asks_the_vendor(interrupted: Interrupted) -> None:
    assert len(interrupted.settle(answering(DONE), times=3)) == 1
    assert interrupted.outcome.outcome == "settled_done"


def test_one_that_another_process_has_claimed_is_left_to_it_until_it_must_have_died(
    interrupted: Interrupted,
) -> None:
    (entry,) = interrupted.open_entries()
    now = interrupted.here.clock()
    interrupted.here.stores.records.claim_entry(entry.id, now, now + CLAIM_SECONDS)
    assert interrupted.settle(answering(DONE)) == []
    interrupted.here.clock.pass_(CLAIM_SECONDS)
    assert len(interrupted.settle(answering(DONE))) == 1


def test_entries_of_the_run_itself_are_not_settled(interrupted: Interrupted) -> None:
    assert interrupted.here.stores.records.find_open_entries(interrupted.journal.run) == []
    assert not asyncio.run(interrupted.here.stores.look_up.has_open_entries(interrupted.journal.run))
    assert asyncio.run(interrupted.here.stores.look_up.has_open_entries("another run"))


def share(interrupted: Interrupted) -> None:
    """Have the stores be those of a fleet."""
    interrupted.patch.setattr(Stores, "is_shared", property(lambda _stores: True))


def test_in_a_fleet_an_entry_is_left_to_its_process_until_that_must_have_died(
    interrupted: Interrupted,
) -> None:
    share(interrupted)
    assert interrupted.settle(answering(NOT_DONE), READING) == [], "it may be under way there"
    assert len(interrupted.open_entries()) == 1
    interrupted.here.clock.pass_(UNDER_WAY_SECONDS)
    assert len(interrupted.settle(answering(DONE))) == 1
    assert interrupted.outcome.outcome == "settled_done"


@pytest.mark.parametrize(("is_shared", "passes"), [(True, 3), (False, 0)])
def test_in_a_fleet_what_other_processes_leave_open_later_is_looked_for_again_and_again(
    interrupted: Interrupted, is_shared: bool, passes: int
) -> None:
    interrupted.settle(answering(DONE))
    assert interrupted.open_entries() == []
    if is_shared:
        share(interrupted)
    interrupted.patch.setattr(settling, "PASS_SECONDS", 0)
    made: list[int] = []

    class Counting(Settling):
        async def settle_all(self) -> None:
            made.append(1)
            if len(made) == 3:
                raise asyncio.CancelledError

    journal = WriteJournal(interrupted.here.keys, interrupted.here.stores)
    looking = Counting(
        interrupted.here.stores, journal, None, lambda: Catalog("1", {}, ()), lambda event, **fields: None  # type: ignore[arg-type]
    )  # fmt: skip
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(looking.run())
    assert len(made) == passes


def break_off(line: str, headers: dict[str, str], body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\nX-Close: 1\r\n\r\n{"


def test_a_lost_answer_names_the_call_that_finds_out(interrupted: Interrupted) -> None:
    interrupted.journal = WriteJournal(interrupted.here.keys, interrupted.here.stores)
    (answer,) = interrupted.call(break_off, UPDATE)
    assert answer.error is not None
    find_out = {"tool": made_up.GET.name, "arguments": {"id": "7"}}
    assert answer.error.details == {"indeterminate": True, "find_out": [find_out]}
    assert f'{made_up.GET.name} {{"id":"7"}}' in answer.error.as_text()


def test_a_lost_answer_of_a_batch_names_a_call_for_each_write(interrupted: Interrupted) -> None:
    interrupted.journal = WriteJournal(interrupted.here.keys, interrupted.here.stores)
    calls = [{"tool": made_up.UPDATE.name, "arguments": CHANGE | {"id": id_}} for id_ in ("7", "8")]
    (answer,) = interrupted.call(break_off, (BATCH.name, {"calls": calls}))
    assert answer.error is not None
    assert [each["arguments"] for each in answer.error.details["find_out"]] == [{"id": "7"}, {"id": "8"}]
