"""What a webhook hears of changes that wait: each step once, in its own transaction, and nothing of the books."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runtime.events import EVENT_TYPES
from runtime.jobs.work import Task
from runtime.operations.approvals.deciding import Decisions
from runtime.operations.deliveries import Deliveries
from runtime.operations.webhook_sender import Sender
from runtime.operations.webhooks import Webhooks
from runtime.stores.pending_records import PendingRecords
from tests.mcp_server.approving import ANNA, CREATE, EVERYTHING_WAITS, Approving
from tests.webhook_receiver import Receiver, receiving

TYPES = sorted(each for each in EVENT_TYPES if each.startswith("pending_change."))
MEMBERS = {
    "pending_change_id", "integrated_account_id", "mcp_server_id", "tool", "risk", "expires_at", "approve_at",
}  # fmt: skip


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Approving]:
    found = Approving(tmp_path, EVERYTHING_WAITS)
    yield found
    found.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def deliver(office: Approving, receiver: Receiver) -> list[dict[str, Any]]:
    """Deliver what has happened, and return the bodies that came."""
    here, sender = office.here, Sender(is_private_allowed=True)
    deliveries = Deliveries(here.stores, here.keys, sender, office._log, clock=here.clock)

    async def work() -> None:
        await deliveries.dispatch(here.clock())
        for job in here.stores.records.list_due_jobs(here.clock(), 0, 100):
            if job.name == deliveries.job.name:
                answers: tuple[Any, ...] = ()
                for step in deliveries.job.steps:
                    answers = (*answers, await step(Task(job.id, job.args, answers)))
                here.stores.records.finish_job(job.id)

    office.run(work())
    return [json.loads(each.body) for each in receiver.requests]


def propose(office: Approving, name: str) -> str:
    return str(office.read(CREATE, DisplayName=name, why="Canary reason")["id"])


def listen(office: Approving, receiver: Receiver) -> None:
    here = office.here
    sender = Sender(is_private_allowed=True)
    Webhooks(here.stores, here.keys, sender, is_private_allowed=True, clock=here.clock).create(
        receiver.url, TYPES
    )


def test_each_step_is_heard_once_and_says_nothing_of_the_books(office: Approving, receiver: Receiver) -> None:
    listen(office, receiver)
    done, refused, late, fails = (propose(office, f"Canary {number}") for number in range(4))
    assert propose(office, "Canary 0") == done, "an equal one that waits is the same, and no further event"
    office.run(office.approve(done))
    office.run(office.refuse(refused))
    server = office.grant.server_id
    found = office.run(office.decisions.find(office.grant.account, fails))
    after = office.run(office.decisions.approve(office.grant.account, fails, found.change.version, ANNA))
    with office.here.stores.records._engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM mcp_server WHERE id = ?", (server,))
    task = Task("job", {"change": fails, "version": after.version, "attempt": 0})
    for _ in range(2):
        office.run(office._committing.commit(task))
    office.here.clock.pass_(73 * 3600)
    for _ in range(2):
        office.run(office._committing.expire(Task("job", {"change": late})))

    bodies = deliver(office, receiver)

    heard = Counter((each["type"], each["data"]["pending_change_id"]) for each in bodies)
    steps = {
        done: ("approved", "committed"),
        refused: ("refused",),
        late: ("expired",),
        fails: ("approved", "failed"),
    }
    expected = Counter(
        {(f"pending_change.{step}", id_): 1 for id_, them in steps.items() for step in ("created", *them)}
    )
    assert heard == expected
    assert {each["type"] for each in bodies} == set(TYPES)
    for each in bodies:
        assert set(each["data"]) == MEMBERS and "Canary" not in json.dumps(each)
        assert each["data"]["approve_at"].endswith(f"/approvals/{each['data']['pending_change_id']}")


def test_of_two_who_decide_at_once_one_is_heard(office: Approving, receiver: Receiver) -> None:
    listen(office, receiver)
    id_ = propose(office, "Canary")
    account = office.grant.account

    async def decide_both() -> list[Any]:
        decisions = Decisions(office.decisions.deployment)
        return await asyncio.gather(
            decisions.approve(account, id_, 1, ANNA), decisions.refuse(account, id_, 1, ANNA, ""),
            return_exceptions=True,
        )  # fmt: skip

    outcomes = office.run(decide_both())

    assert sum(isinstance(each, Exception) for each in outcomes) == 1
    types = [each["type"] for each in deliver(office, receiver)]
    assert len(types) == 2 and types.count("pending_change.created") == 1


def test_a_step_that_is_not_stored_is_not_heard(
    office: Approving, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    listen(office, receiver)
    id_ = propose(office, "Canary")
    monkeypatch.setattr("runtime.stores.pending_records.add_job", fail)

    with pytest.raises(OSError, match="the disk is full"):
        office.run(office.approve(id_))

    assert [each["type"] for each in deliver(office, receiver)] == ["pending_change.created"]
    found = PendingRecords.find_pending(office.here.stores.records, id_)
    assert found is not None and found.status == "waiting"


def fail(*_: object) -> None:
    raise OSError("the disk is full")
