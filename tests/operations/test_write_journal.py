"""The journal of writes in the path of a call: the intent is on the disk before the vendor hears of it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from generator.catalog import Catalog
from runtime.errors import StorageUnavailable
from runtime.exchange.tool_answer import Answer
from runtime.journal_filter import JournalFilter
from runtime.model import (
    Account,
    AccountId,
    Grant,
    JournalEntry,
    McpServerId,
    ServerConfig,
)
from runtime.operations.calls import Calls
from runtime.operations.vendor_calls import VendorCalls
from runtime.operations.write_journal import HashLink, WriteJournal
from runtime.safety.once import Once
from runtime.stores.hot_memory import MemoryHotState
from runtime.stores.new_link import NewLink
from runtime.stores.postgres import explain_failed_write
from runtime.upstream.client import VendorClient
from tests import made_up
from tests.deployment import Deployment, deploy
from tests.made_up_calls import FixedTokens
from tests.operations.test_keyed_calls import BATCH
from tests.operations.test_keyed_calls import VENDOR as KEYED
from tests.vendor_server import Handler, http, vendor

ACCOUNT = Account(AccountId("a1"), "acme", "live", "Acme", "active", "42", {"company_id": "42"}, b"", 0, 0)
VENDOR = replace(KEYED, identifier="Id")
AGENT = Grant(ACCOUNT, ServerConfig(), McpServerId("m1"))
TOOLS = {**made_up.TOOLS, BATCH.name: BATCH}
CHANGE = {"id": "7", "SyncToken": "0", "DueDate": "2026-12-31"}
UPDATE = (made_up.UPDATE.name, CHANGE)
REFUSED = {"Fault": {"Error": [{"Message": "Stale", "Detail": "x", "code": "5010"}], "type": "x"}}


@dataclass
class Journaled:
    """A deployment whose calls are journaled."""

    here: Deployment
    journal: WriteJournal
    seen: list[list[JournalEntry]] = field(default_factory=list)
    """What the journal held each time that the vendor got a request."""

    def entries(self, **wanted: Any) -> list[JournalEntry]:
        self.here.stores.drain_journal()
        return self.here.stores.records.read_journal_entries(ACCOUNT.id, JournalFilter(**wanted), None, 100)

    def answering(self, status: int, value: object, *fields: str) -> Handler:
        def answer(line: str, headers: dict[str, str], body: bytes) -> bytes:
            self.seen.append(self.entries())
            return http(status, orjson.dumps(value), "application/json", *fields)

        return answer

    def call(self, handler: Handler, *calls: tuple[str, dict[str, Any]], timeout: float = 5) -> list[Answer]:
        async def main() -> list[Answer]:
            async with vendor(handler) as server:
                client = VendorClient(timeout_seconds=timeout, per_account=10)
                maker = Calls(
                    catalog=lambda: Catalog("1", {"acme": VENDOR}, tuple(TOOLS.values())),
                    vendor=VendorCalls(
                        client, FixedTokens(), MemoryHotState(), lambda integration, account: server.url,
                        once=Once(self.here.keys, self.here.stores), journal=self.journal,
                    ),
                    max_answer_bytes=100_000,
                )  # fmt: skip
                answers = [await maker.call(AGENT, TOOLS, *call) for call in calls]
                await client.close()
                return answers

        return asyncio.run(main())


@pytest.fixture
def journaled(tmp_path: Path) -> Iterator[Journaled]:
    here = deploy(tmp_path)
    yield Journaled(here, WriteJournal(here.keys, here.stores, clock=here.clock))
    here.stores.close()


def test_a_write_is_in_the_journal_when_the_vendor_gets_it_and_has_its_outcome_afterwards(
    journaled: Journaled,
) -> None:
    done = {"Invoice": {"Id": "7", "SyncToken": "1"}}
    (answer,) = journaled.call(journaled.answering(200, done, "trace-id: t-1"), UPDATE)
    assert answer.error is None
    (at_the_vendor,) = journaled.seen[0]
    assert (at_the_vendor.outcome, at_the_vendor.tool) == ("sent", made_up.UPDATE.name)
    (entry,) = journaled.entries()
    assert (entry.caller, entry.record_id, entry.kind) == ("mcp_server:m1", "7", "write")
    assert entry.begun_at == journaled.here.clock()
    assert entry.vendor_key
    assert entry.last is not None
    assert (entry.outcome, entry.last.status, entry.last.record_id) == ("done", 200, "7")
    assert journaled.journal.open(entry.id, entry.last.sealed) == {"after": done["Invoice"]}
    intent = journaled.journal.open(entry.id, entry.sealed)
    assert intent["arguments"] == CHANGE
    assert "requestid=" in intent["repeat"]["url"]


def test_nothing_of_what_was_sent_is_readable_in_the_database(journaled: Journaled) -> None:
    journaled.call(
        journaled.answering(200, {"Invoice": {"Id": "7", "Memo": "Kilimanjaro"}}),
        (made_up.UPDATE.name, CHANGE | {"DueDate": "2031-07-17"}),
    )
    with closing(sqlite3.connect(journaled.here.stores.path)) as connection:
        text = "\n".join(connection.iterdump())
    assert "Kilimanjaro" not in text
    assert b"2031-07-17".hex().upper() not in text and "2031-07-17" not in text
    (entry,) = journaled.entries()
    assert "Authorization" not in journaled.journal.open(entry.id, entry.sealed)["repeat"]["headers"]


def test_a_read_stores_nothing(journaled: Journaled) -> None:
    journaled.call(journaled.answering(200, {"Invoice": {"Id": "7"}}), (made_up.GET.name, {"id": "7"}))
    assert journaled.entries() == []


def test_what_the_vendor_refused_is_in_the_journal_as_refused(journaled: Journaled) -> None:
    journaled.call(journaled.answering(400, REFUSED), UPDATE)
    (entry,) = journaled.entries()
    assert entry.last is not None
    assert (entry.outcome, entry.last.status) == ("refused", 400)
    assert journaled.journal.open(entry.id, entry.last.sealed)["error"]["vendor_code"] == "5010"


@pytest.mark.parametrize(("status", "outcome"), [(502, "indeterminate"), (503, "refused"), (429, "refused")])
def test_a_failure_of_the_vendor_is_what_its_caller_is_answered(
    journaled: Journaled, status: int, outcome: str
) -> None:
    (answer,) = journaled.call(journaled.answering(status, {}), UPDATE)
    assert answer.error is not None
    assert [entry.outcome for entry in journaled.entries()] == [outcome]


def test_a_lost_answer_is_indeterminate_in_the_journal(journaled: Journaled) -> None:
    def break_off(line: str, headers: dict[str, str], body: bytes) -> bytes:
        return b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\nX-Close: 1\r\n\r\n{"

    (answer,) = journaled.call(break_off, UPDATE)
    assert answer.error is not None and answer.error.code == "indeterminate"
    assert [entry.outcome for entry in journaled.entries()] == ["indeterminate"]


class Full:
    """A store that takes no links after the first few."""

    def __init__(self, inner: Any, takes: int) -> None:
        self._inner = inner
        self._takes = takes

    async def add_links(self, links: Sequence[NewLink], hash_link: HashLink) -> None:
        self._takes -= 1
        if self._takes < 0:
            raise StorageUnavailable("Not stored.", reason="The disk is full.")
        await self._inner.add_links(links, hash_link)

    def add_links_later(self, links: Sequence[NewLink], hash_link: HashLink) -> None:
        self._takes -= 1
        if self._takes >= 0:
            self._inner.add_links_later(links, hash_link)


def test_a_write_whose_intent_cannot_be_stored_is_not_sent_and_says_so(journaled: Journaled) -> None:
    journaled.journal = WriteJournal(journaled.here.keys, Full(journaled.here.stores, 0))
    (answer,) = journaled.call(journaled.answering(200, {}), UPDATE)
    assert journaled.seen == []
    assert answer.error is not None and answer.error.code == "storage_unavailable"
    assert "nothing was sent" in answer.error.message


class Uncertain:
    """A store whose connection is lost at each commit, which comes to its end all the same."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    async def add_links(self, links: Sequence[NewLink], hash_link: HashLink) -> None:
        await self._inner.add_links(links, hash_link)
        raise explain_failed_write("PostgreSQL cannot be reached.", is_uncertain=True)

    def add_links_later(self, links: Sequence[NewLink], hash_link: HashLink) -> None:
        self._inner.add_links_later(links, hash_link)


def test_an_intent_that_was_stored_after_all_is_closed_so_that_nobody_carries_it_out_later(
    journaled: Journaled,
) -> None:
    journaled.journal = WriteJournal(journaled.here.keys, Uncertain(journaled.here.stores))
    (answer,) = journaled.call(journaled.answering(200, {}), UPDATE)
    assert journaled.seen == []
    assert answer.error is not None and "nothing was sent" in answer.error.message
    assert [entry.outcome for entry in journaled.entries()] == ["settled_not_done"]
    assert journaled.here.stores.records.find_open_entries("another run") == []


def test_a_write_whose_outcome_cannot_be_stored_is_answered_and_stays_open(journaled: Journaled) -> None:
    journaled.journal = WriteJournal(journaled.here.keys, Full(journaled.here.stores, 1))
    (answer,) = journaled.call(journaled.answering(200, {"Invoice": {"Id": "7"}}), UPDATE)
    assert answer.error is None
    assert [entry.outcome for entry in journaled.entries()] == ["sent"]
    assert len(journaled.here.stores.records.find_open_entries("another run")) == 1


def test_an_outcome_that_nobody_waited_for_is_stored_when_the_process_stops(tmp_path: Path) -> None:
    here = deploy(tmp_path)
    journaled = Journaled(here, WriteJournal(here.keys, here.stores, clock=here.clock))
    journaled.call(journaled.answering(200, {"Invoice": {"Id": "7"}}), UPDATE)
    here.stores.close()
    again = deploy(tmp_path)
    found = again.stores.records.read_journal_entries(ACCOUNT.id, JournalFilter(), None, 10)
    assert [entry.outcome for entry in found] == ["done"]
    again.stores.close()


def test_a_batch_has_an_entry_for_each_write_in_it_with_its_own_outcome(journaled: Journaled) -> None:
    calls = [{"tool": made_up.UPDATE.name, "arguments": CHANGE | {"id": id_}} for id_ in ("7", "8", "9")]
    answers = [
        {"bId": "1", "Invoice": {"Id": "7"}},
        {"bId": "2", "Fault": REFUSED["Fault"]},
    ]
    handler = journaled.answering(200, {"BatchItemResponse": answers})
    journaled.call(handler, (BATCH.name, {"calls": calls}))
    entries = {entry.record_id: entry for entry in journaled.entries()}
    assert {id_: entry.outcome for id_, entry in entries.items()} == {
        "7": "done",
        "8": "refused",
        "9": "indeterminate",
    }
    assert {entry.tool for entry in entries.values()} == {made_up.UPDATE.name}
    assert len({entry.vendor_key for entry in entries.values()}) == 1
    opened = [journaled.journal.open(entry.id, entry.sealed)["repeat"] for entry in entries.values()]
    assert sorted(len(each) for each in opened) == [1, 1, 4], "the request is stored once"


def test_many_writes_at_once_share_their_transactions_and_stand_in_their_order(
    journaled: Journaled,
) -> None:
    transactions = []
    add = journaled.here.stores.records.add_links

    def counted(links: list[NewLink], hash_of: Callable[..., bytes], **how: bool) -> None:
        transactions.append(len(links))
        add(links, hash_of, **how)

    journaled.here.stores.records.add_links = counted  # type: ignore[method-assign, assignment]
    texts = ("kind", "caller", "client", "tool", "resource", "record_id", "vendor_key")
    values = {
        **dict.fromkeys(texts, ""),
        "account_id": "a1",
        "begun_at": 1.0,
        "reverts": None,
        "reverses": None,
        "sealed": b"",
    }
    link = NewLink("journal", values, "run")

    async def main() -> None:
        links = [replace_id(link, str(number)) for number in range(60)]
        await asyncio.gather(*(journaled.here.stores.add_links([each], lambda *_: b"h") for each in links))

    asyncio.run(main())
    assert sum(transactions) == 60
    assert len(transactions) < 10
    assert [entry.seq for entry in journaled.entries()] == [*range(60, 0, -1)]


def replace_id(link: NewLink, id_: str) -> NewLink:
    return link._replace(values=link.values | {"id": id_})


def test_of_two_that_settle_an_entry_one_does(journaled: Journaled) -> None:
    journaled.journal = WriteJournal(journaled.here.keys, Full(journaled.here.stores, 1))
    journaled.call(journaled.answering(200, {}), UPDATE)
    records, (entry,) = journaled.here.stores.records, journaled.entries()
    assert records.claim_entry(entry.id, now=10.0, until=20.0)
    assert not records.claim_entry(entry.id, now=10.0, until=20.0), "another process has it"
    assert records.claim_entry(entry.id, now=20.0, until=30.0), "that one has died"


def test_the_filters_of_the_journal(journaled: Journaled) -> None:
    handler = journaled.answering(200, {"Invoice": {"Id": "7"}})
    journaled.call(handler, UPDATE)
    journaled.here.clock.pass_(60)
    journaled.call(journaled.answering(400, REFUSED), (made_up.UPDATE.name, CHANGE | {"id": "8"}))
    assert len(journaled.entries()) == 2
    assert [entry.record_id for entry in journaled.entries(record_id="7")] == ["7"]
    assert [entry.record_id for entry in journaled.entries(outcome="refused")] == ["8"]
    assert [entry.record_id for entry in journaled.entries(since=journaled.here.clock())] == ["8"]
    assert journaled.entries(tool="another") == []
