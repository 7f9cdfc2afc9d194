"""Killed at any step from the proposal of a write to its booking, a server books it once, and loses nothing.

Real server processes and the simulator, which stops a request at a chosen stage until a server was killed.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.engines import running_postgres
from tests.faults.approving import Office, Vendor, simulated, working
from tests.redis_server import running_redis
from tests.waiting import wait_until

Place = tuple[Vendor, Office]
STAGES = ("never arrived", "carried out", "late", "answered")
_numbers = count()


@pytest.fixture(scope="module")
def one_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with simulated() as (vendor, port), working(tmp_path_factory.mktemp("office"), port) as office:
        yield vendor, office


@pytest.fixture(scope="module")
def two_processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder: Path = tmp_path_factory.mktemp("fleet")
    with (
        running_postgres() as postgres,
        running_redis(folder / "redis") as redis,
        simulated() as (vendor, port),
    ):
        variables = {
            "LEDGERPORT_DATABASE_URL": postgres.make_database(),
            "LEDGERPORT_REDIS_URL": redis.url,
            "LEDGERPORT_SECRET_KEY": secrets.token_urlsafe(32),
        }
        with working(folder, port, 2, **variables) as office:
            yield vendor, office


@pytest.fixture
def place(one_process: Place) -> Place:
    """A start asks at once for writes of earlier tests without an outcome; in a fleet, after minutes."""
    one_process[1].await_journal()
    return begin(one_process)


@pytest.fixture
def fleet(two_processes: Place) -> Place:
    return begin(two_processes)


def begin(place: Place) -> Place:
    """An invoice of its own for each test, and nothing that is stopped."""
    vendor, office = place
    vendor.stage, number = "", next(_numbers)
    office.number, office.amount = f"K-{number}", 10.25 + number
    vendor.reached.clear()
    vendor.killed.clear()
    return place


def stop_at(vendor: Vendor, stage: str) -> None:
    vendor.stage = stage


def test_killed_before_a_proposal_is_stored_nothing_waits_and_the_same_call_proposes_it(place: Place) -> None:
    vendor, office = place
    before = [each.id for each in office.list_changes()]
    stop_at(vendor, "reads")
    caller = office.propose_in_background()
    assert vendor.reached.wait(30)
    office.kill()
    vendor.killed.set()
    office.start()
    caller.join(30)
    assert [each.id for each in office.list_changes()] == before
    id_ = office.propose()
    office.approve(id_)
    assert (office.await_end(id_), office.count_booked()) == ("committed", 1)


def test_killed_after_a_proposal_is_stored_it_waits_and_the_same_call_is_the_same_change(
    place: Place,
) -> None:
    vendor, office = place
    id_, before = office.propose(), vendor.writes
    office.kill()
    office.start()
    assert office.find(id_).status == "waiting"
    assert office.propose() == id_
    assert (vendor.writes, office.count_booked()) == (before, 0)
    office.approve(id_)
    assert (office.await_end(id_), office.count_booked(), vendor.writes) == ("committed", 1, before + 1)


def test_killed_between_the_approval_and_its_job_a_change_is_carried_out_at_the_next_start(
    place: Place,
) -> None:
    vendor, office = place
    id_, before = office.propose(), vendor.writes
    office.kill()
    assert office.approve(id_).status == "approved"
    office.start()
    assert (office.await_end(id_), office.count_booked(), vendor.writes) == ("committed", 1, before + 1)


@pytest.mark.parametrize("stage", STAGES)
def test_killed_while_an_approved_change_is_sent_it_is_booked_once(place: Place, stage: str) -> None:
    vendor, office = place
    id_ = office.propose()
    stop_at(vendor, stage)
    office.approve(id_)
    assert vendor.reached.wait(30)
    office.kill()
    vendor.killed.set()
    office.start()
    assert (office.await_end(id_), office.count_booked()) == ("committed", 1)


@pytest.mark.parametrize("stage", STAGES)
def test_of_two_processes_one_is_killed_while_it_sends_and_the_other_books_it_once(
    fleet: Place, stage: str
) -> None:
    vendor, office = fleet
    id_ = office.propose(server=1)
    stop_at(vendor, stage)
    office.approve(id_)
    assert vendor.reached.wait(30)
    number = office.find_server(vendor.sender)
    office.kill(number)
    vendor.killed.set()
    assert (office.await_end(id_), office.count_booked(1 - number)) == ("committed", 1)
    office.start(number)


def test_of_two_processes_either_is_killed_after_the_approval_and_the_change_is_carried_out_once(
    fleet: Place,
) -> None:
    vendor, office = fleet
    id_, before = office.propose(), vendor.writes
    office.kill(0)
    office.approve(id_)
    assert (office.await_end(id_), office.count_booked(1), vendor.writes) == ("committed", 1, before + 1)
    office.start(0)
    wait_until(lambda: office.propose(0) == id_)
