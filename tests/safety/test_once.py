"""The idempotency keys of callers: one call for each key, whoever else uses it, whatever stops meanwhile."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runtime.errors import (
    Indeterminate,
    InvalidArguments,
    InvalidRequest,
    KeyInUse,
    KeyReused,
    KeySpent,
    LedgerportError,
    StorageUnavailable,
)
from runtime.model import AccountId
from runtime.safety.once import (
    KEY_LENGTH,
    LARGEST_REPLAYED,
    LONGEST_KEY,
    VALID_FOR_SECONDS,
    KeyedCall,
    Once,
    make_key,
    read_key,
)
from runtime.stores.embedded import Stores
from runtime.upstream.client import VendorResponse
from tests.deployment import HandClock, deploy

DONE = VendorResponse(200, {}, b"{}")
BILL = {"VendorRef": {"value": "7"}, "TotalAmt": 100}


def keyed(**other: Any) -> KeyedCall:
    values: dict[str, Any] = {
        "account_id": AccountId("a1"),
        "caller": "mcp_server:m1",
        "key": "k-1",
        "tool_name": "create_a_bill",
        "arguments": BILL,
        "is_recognized": True,
    }
    return KeyedCall(**values | other)


class Here:
    """One process of a deployment: its keys, its store, and the keys that the vendor was sent."""

    def __init__(self, data: Path, clock: HandClock) -> None:
        self.deployment = deploy(data, clock)
        self.stores: Stores = self.deployment.stores
        self.once = Once(self.deployment.keys, self.stores, clock=clock)
        self.sent: list[str] = []

    def send(self, call: KeyedCall, answer: VendorResponse | Exception = DONE) -> VendorResponse:
        """Send one call to a vendor that answers so."""

        async def vendor(key: str) -> VendorResponse:
            self.sent.append(key)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return asyncio.run(self.once.send(call, vendor))

    def rows(self) -> list[tuple[bytes, bytes, float]]:
        with sqlite3.connect(self.stores.path) as database:
            found = database.execute(
                "SELECT key_hash, fingerprint, expires_at FROM idempotency_key"
            ).fetchall()
        database.close()
        return found


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def here(tmp_path: Path, clock: HandClock) -> Iterator[Here]:
    made = Here(tmp_path, clock)
    yield made
    made.stores.close()


@pytest.mark.parametrize("given", ["k", "x" * LONGEST_KEY, "a;b=c", 'a"b', "a\\b"])
def test_a_bare_key_is_read_as_it_is(given: str) -> None:
    assert read_key(given) == given


@pytest.mark.parametrize(
    ("quoted", "bare"),
    [('"8e03978e-40d5"', "8e03978e-40d5"), (r'"a\"b\\c"', 'a"b\\c'), (f'"{"x" * 255}"', "x" * 255)],
)
def test_a_quoted_key_is_the_same_key_as_the_bare_one(quoted: str, bare: str) -> None:
    assert read_key(quoted) == bare


@pytest.mark.parametrize(
    "given",
    [
        "", '""', '"', '"open', '"a"b"', '"a b"', "a b", " a", "a\n", "a\x00", "é", '"é"', r'"a\b"', None, 7, True,
        ["k"], {}, "x" * (LONGEST_KEY + 1), f'"{"x" * (LONGEST_KEY + 1)}"', '"' + "\\" * 100_000,
    ],
)  # fmt: skip
def test_a_malformed_key_is_refused(given: object) -> None:
    with pytest.raises(InvalidRequest, match="Nothing was sent"):
        read_key(given)


def test_a_repeat_with_the_same_arguments_has_the_same_key_for_the_vendor(here: Here) -> None:
    here.send(keyed())
    here.send(keyed(arguments=dict(reversed(BILL.items()))))
    assert here.sent[0] == here.sent[1]
    assert len(here.sent[0]) == KEY_LENGTH
    assert len(here.rows()) == 1


@pytest.mark.parametrize(
    "other", [{"arguments": BILL | {"TotalAmt": 101}}, {"arguments": {}}, {"tool_name": "create_an_invoice"}]
)
def test_a_key_is_refused_for_another_call_of_the_same_caller(here: Here, other: dict[str, Any]) -> None:
    here.send(keyed())
    with pytest.raises(KeyReused, match="Nothing was sent") as refused:
        here.send(keyed(**other))
    assert refused.value.status == 422
    assert len(here.sent) == 1


@pytest.mark.parametrize(
    "other", [{"caller": "mcp_server:m2"}, {"caller": "api_token:m1"}, {"account_id": AccountId("a2")}]
)
def test_callers_with_the_same_key_never_meet(here: Here, other: dict[str, Any]) -> None:
    here.send(keyed())
    here.send(keyed(**other))
    here.send(keyed(**other | {"key": "k-2", "arguments": {}}))
    assert len(set(here.sent)) == 3


def test_keys_that_differ_in_their_last_character_are_two_keys(here: Here) -> None:
    here.send(keyed(key="x" * 254 + "1"))
    here.send(keyed(key="x" * 254 + "2", arguments={}))
    assert len(set(here.sent)) == 2


def test_a_key_is_still_bound_after_a_restart(tmp_path: Path, clock: HandClock) -> None:
    before = Here(tmp_path, clock)
    before.send(keyed())
    before.stores.close()
    after = Here(tmp_path, clock)
    with pytest.raises(KeyReused):
        after.send(keyed(arguments={}))
    after.send(keyed())
    assert after.sent == before.sent
    after.stores.close()


def test_a_key_is_bound_before_its_call_is_sent(here: Here) -> None:
    async def vendor(_key: str) -> VendorResponse:
        assert len(here.rows()) == 1
        return DONE

    assert asyncio.run(here.once.send(keyed(), vendor)) == DONE


def test_neither_key_nor_arguments_are_stored_in_the_clear(here: Here) -> None:
    here.send(keyed(key="canary-key", arguments={"Note": "canary-note"}))
    here.stores.close()
    stored = b"".join(file.read_bytes() for file in here.stores.path.parent.iterdir() if file.is_file())
    assert b"canary" not in stored
    assert [[len(value) for value in row[:2]] for row in here.rows()] == [[32, 32]]


def test_of_two_calls_at_once_one_is_sent_and_the_other_hears_that_it_is_under_way(here: Here) -> None:
    async def main() -> list[Any]:
        began, held = asyncio.Event(), asyncio.Event()

        async def slow(key: str) -> VendorResponse:
            here.sent.append(key)
            began.set()
            await held.wait()
            return DONE

        async def unexpected(key: str) -> VendorResponse:
            raise AssertionError(key)

        first = asyncio.create_task(here.once.send(keyed(), slow))
        await began.wait()
        same, other = (here.once.send(keyed(arguments=each), unexpected) for each in (BILL, {}))
        refused = await asyncio.gather(same, other, return_exceptions=True)
        held.set()
        return [await first, *refused]

    first, same, other = asyncio.run(main())
    assert first == DONE
    assert isinstance(same, KeyInUse) and same.status == 409
    assert isinstance(other, KeyReused)
    here.send(keyed())
    assert here.sent[0] == here.sent[1]


def test_of_many_that_bind_a_key_at_once_one_wins(here: Here) -> None:
    found: list[tuple[bytes, bool]] = []
    start = threading.Barrier(8)

    def bind(number: int) -> None:
        start.wait()
        found.append(here.stores.bind_key(b"k", b"%d" % number, 1.0, 2.0))

    threads = [threading.Thread(target=bind, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [is_new for _, is_new in found].count(True) == 1
    assert len({fingerprint for fingerprint, _ in found}) == 1


BINDER = """
import sys
from pathlib import Path
from tests.deployment import deploy
stores = deploy(Path(sys.argv[1])).stores
sys.stdin.readline()
fingerprint, is_new = stores.bind_key(b"k", sys.argv[2].encode(), 1.0, 2.0)
print(fingerprint.decode(), is_new)
"""


def test_of_processes_that_bind_a_key_at_once_one_wins(here: Here, tmp_path: Path) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", BINDER, str(tmp_path), str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(3)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    found = [process.communicate(timeout=60)[0].split() for process in processes]
    assert [is_new for _, is_new in found].count("True") == 1
    assert len({fingerprint for fingerprint, _ in found}) == 1


def test_a_call_for_which_nothing_was_sent_leaves_its_key_free(here: Here) -> None:
    for failure in (
        InvalidArguments("An argument cannot stand in an address."),
        LedgerportError("Not sent."),
    ):
        with pytest.raises(type(failure)):
            here.send(keyed(arguments={"id": ".."}), failure)
    here.send(keyed())
    assert here.rows()


def test_a_call_whose_answer_was_lost_retains_its_key_bound(here: Here) -> None:
    with pytest.raises(Indeterminate):
        here.send(keyed(), Indeterminate("Lost."))
    with pytest.raises(KeyReused):
        here.send(keyed(arguments={}))
    here.send(keyed())
    assert here.sent[0] == here.sent[1]


def test_a_repeat_that_fails_before_it_is_sent_does_not_free_the_key(here: Here) -> None:
    here.send(keyed())
    with pytest.raises(LedgerportError, match="Not sent"):
        here.send(keyed(), LedgerportError("Not sent."))
    with pytest.raises(KeyReused):
        here.send(keyed(arguments={}))


def test_the_first_answer_is_replayed_where_the_vendor_would_not_recognize_a_repeat(here: Here) -> None:
    call = keyed(is_recognized=False)
    first = VendorResponse(201, {"Trace-Id": "t"}, b'{"Id":"7","Memo":"Kilimanjaro"}')
    here.send(call, first)
    assert here.send(call) == VendorResponse(201, {"trace-id": "t"}, first.body)
    assert len(here.sent) == 1
    with sqlite3.connect(here.stores.path) as database:
        assert "Kilimanjaro" not in str([*database.iterdump()])
    database.close()


def test_an_answer_is_replayed_to_its_own_call_only(here: Here) -> None:
    here.send(keyed(is_recognized=False))
    with pytest.raises(KeyReused):
        here.send(keyed(is_recognized=False, arguments={}))


def test_an_answer_that_is_too_large_is_not_replayed(here: Here) -> None:
    call = keyed(is_recognized=False)
    here.send(call, VendorResponse(200, {}, b"x" * (LARGEST_REPLAYED + 1)))
    with pytest.raises(KeySpent):
        here.send(call)


@pytest.mark.parametrize("status", [302, 408, 500, 503])
def test_a_repeat_that_the_vendor_would_not_recognize_is_not_sent(here: Here, status: int) -> None:
    call = keyed(is_recognized=False)
    here.send(call, VendorResponse(status, {}, b""))
    with pytest.raises(KeySpent, match="Nothing was sent now"):
        here.send(call)
    assert len(here.sent) == 1


@pytest.mark.parametrize("status", [400, 404, 409, 422])
def test_a_refusal_of_what_was_sent_is_replayed_and_the_key_stays_with_its_call(
    here: Here, status: int
) -> None:
    call, refusal = keyed(is_recognized=False), VendorResponse(status, {}, b'{"why":"No such customer"}')
    here.send(call, refusal)
    assert here.send(call) == refusal
    with pytest.raises(KeyReused):
        here.send(keyed(is_recognized=False, arguments={}))
    assert len(here.sent) == 1


@pytest.mark.parametrize("is_recognized", [True, False])
@pytest.mark.parametrize("status", [401, 403, 423, 429])
def test_a_refusal_that_passes_leaves_the_key_free(here: Here, status: int, is_recognized: bool) -> None:
    call = keyed(is_recognized=is_recognized)
    here.send(call, VendorResponse(status, {}, b""))
    assert here.rows() == []
    assert here.send(call) == DONE
    assert len(here.sent) == 2


def test_a_repeat_that_is_refused_for_a_rate_limit_does_not_free_the_key(here: Here) -> None:
    here.send(keyed())
    here.send(keyed(), VendorResponse(429, {}, b""))
    with pytest.raises(KeyReused):
        here.send(keyed(arguments={}))


@pytest.mark.parametrize("is_recognized", [True, False])
@pytest.mark.parametrize("status", [200, 400])
def test_an_answer_of_the_vendor_binds_the_key_to_its_call(
    here: Here, status: int, is_recognized: bool
) -> None:
    here.send(keyed(is_recognized=is_recognized), VendorResponse(status, {}, b""))
    with pytest.raises(KeyReused):
        here.send(keyed(is_recognized=is_recognized, arguments={}))


def test_a_key_is_valid_for_seven_days_from_its_first_call_and_then_purged(
    here: Here, clock: HandClock
) -> None:
    here.send(keyed())
    clock.pass_(VALID_FOR_SECONDS - 1)
    assert here.stores.purge(clock()) == 0
    with pytest.raises(KeyReused):
        here.send(keyed(arguments={}))
    clock.pass_(1)
    here.send(keyed(arguments={}))
    assert here.sent[0] != here.sent[1]
    clock.pass_(VALID_FOR_SECONDS)
    assert here.stores.purge(clock()) == 1
    assert here.rows() == []


def test_no_more_bindings_are_stored_than_their_bound_and_the_newest_stay(here: Here) -> None:
    here.stores.records.most_bindings = 5
    for number in range(9):
        here.stores.bind_key(b"%d" % number, b"f", 1.0, 100.0)
    here.stores.purge(2.0)
    assert [row[0] for row in here.rows()] == [b"4", b"5", b"6", b"7", b"8"]


def test_a_call_is_not_sent_when_its_key_cannot_be_stored(here: Here) -> None:
    here.stores.bind_key(b"k", b"f", 1.0, 2.0)
    other = sqlite3.connect(here.stores.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageUnavailable, match="nothing was sent") as refused:
        here.send(keyed())
    other.close()
    assert refused.value.status == 503
    assert here.sent == []
    assert here.once._under_way == {}


def test_nothing_is_remembered_in_memory_of_calls_that_ended(here: Here) -> None:
    here.send(keyed())
    with pytest.raises(KeyReused):
        here.send(keyed(arguments={}))
    for key, failure in (("k-2", Indeterminate("Lost.")), ("k-3", ValueError("a defect"))):
        with pytest.raises(type(failure)):
            here.send(keyed(key=key), failure)
    assert here.once._under_way == {}


def test_a_call_that_is_cancelled_leaves_its_key_bound_and_is_no_longer_under_way(here: Here) -> None:
    async def main() -> None:
        began = asyncio.Event()

        async def endless(key: str) -> VendorResponse:
            began.set()
            await asyncio.Event().wait()
            raise AssertionError(key)

        task = asyncio.create_task(here.once.send(keyed(), endless))
        await began.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert here.once._under_way == {}
    with pytest.raises(KeyReused):
        here.send(keyed(arguments={}))


def test_a_key_that_is_made_here_is_as_long_as_one_made_of_a_callers() -> None:
    made = {make_key() for _ in range(100)}
    assert len(made) == 100
    assert {len(key) for key in made} == {KEY_LENGTH}


def test_whether_a_call_is_a_repeat_is_read_and_binds_nothing(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.send(keyed())
    before = here.rows()

    async def refuse(_work: object) -> None:
        raise AssertionError

    monkeypatch.setattr(here.stores, "write", refuse)
    assert asyncio.run(here.once.is_repeat(keyed())) is True
    assert asyncio.run(here.once.is_repeat(keyed(key="k-2"))) is False
    with pytest.raises(KeyReused):
        asyncio.run(here.once.is_repeat(keyed(arguments={})))
    assert here.rows() == before


def test_a_call_under_way_is_a_repeat_and_one_whose_key_has_expired_is_none(
    here: Here, clock: HandClock
) -> None:
    async def story() -> list[bool]:
        found: list[bool] = []

        async def vendor(_key: str) -> VendorResponse:
            found.append(await here.once.is_repeat(keyed()))
            return DONE

        await here.once.send(keyed(), vendor)
        clock.pass_(VALID_FOR_SECONDS + 1)
        return [*found, await here.once.is_repeat(keyed())]

    assert asyncio.run(story()) == [True, False]
