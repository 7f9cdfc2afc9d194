"""The vendor, a process of its own, is killed before, while and after it works: a write is booked once or reported.

It is started again on the same port and with its own database, which has what it had committed. The proxy between says
when it is killed.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from runtime.simulators.quickbooks.books.store import Store
from tests.faults.breaking_proxy import ANSWERED, ANSWERING, HALF_SENT, UNANSWERED, UNSENT, WORKING
from tests.faults.faulty_writes import ROUNDS, WRITES, Case, count_booked, open_case_before, prepare
from tests.faults.test_killed_in_refresh import _free_port
from tests.faults.test_write_faults import check_answers, check_journal, is_settled, repeat, start
from tests.simulators.quickbooks.conftest import CLIENT, empty_company
from tests.waiting import wait_until

DURING = [UNSENT, HALF_SENT, WORKING, UNANSWERED, ANSWERING]


@dataclass
class Vendor:
    """The simulator as a process that is killed and started again."""

    data: Path
    port: int = field(default_factory=_free_port)
    process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "runtime.simulators.quickbooks", "--no-throttle",
                "--port", str(self.port), "--data", str(self.data),
                "--client-id", CLIENT[0], "--client-secret", CLIENT[1],
            ],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        assert str(self.port) in self.process.stdout.readline()

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        assert self.process.wait(10) == -signal.SIGKILL
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture(scope="module")
def vendor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vendor]:
    made = Vendor(tmp_path_factory.mktemp("vendor") / "books.sqlite3")
    with closing(Store(str(made.data))) as store:
        empty_company().store.connection.backup(store.connection)
    made.start()
    yield made
    with suppress(AssertionError):
        made.kill()


@pytest.fixture(scope="module")
def case(vendor: Vendor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    with open_case_before(tmp_path_factory.mktemp("server"), vendor.port) as made:
        yield made


@pytest.mark.parametrize("stage", DURING * ROUNDS)
def test_a_vendor_killed_before_its_answer_leaves_no_caller_in_error_and_a_repeat_books_once(
    vendor: Vendor, case: Case, stage: str
) -> None:
    writes = prepare(case)
    case.proxy.begin(stage)

    start(case, writes)
    case.proxy.await_stopped(WRITES)
    vendor.kill()
    case.proxy.restore()
    for each in writes:
        assert each.answer is not None
        assert each.answer.result(60), "each caller has an answer while the vendor is down"
    vendor.start()

    wait_until(lambda: is_settled(case))
    check_journal(case, writes)
    check_answers(writes, count_booked(case))
    repeat(case, writes)


def test_a_vendor_killed_after_its_answer_has_each_write_once(vendor: Vendor, case: Case) -> None:
    writes = prepare(case)
    case.proxy.begin(ANSWERED)

    start(case, writes)
    case.proxy.await_stopped(WRITES)
    vendor.kill()
    case.proxy.restore()
    results = [each.answer.result(60) for each in writes if each.answer is not None]
    vendor.start()

    assert not [each for each in results if each is None or each.get("isError")]
    wait_until(lambda: is_settled(case))
    check_journal(case, writes)
    assert set(count_booked(case).values()) == {1}
    repeat(case, writes)
