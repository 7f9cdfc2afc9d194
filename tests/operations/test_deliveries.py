"""What becomes of a delivery: attempted on the schedule of the standard, noted once, and given up with a reason."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook as Verifier

from runtime.errors import Conflict, InvalidRequest, NotFound
from runtime.events import Attempt, Event
from runtime.jobs.work import Task
from runtime.keys.crypto import Keys
from runtime.operations.deliveries import DELAYS, DISABLE_SECONDS, Deliveries
from runtime.operations.webhooks import OVERLAP_SECONDS, WebhookChange, Webhooks
from runtime.settings import Settings
from runtime.stores.embedded import Stores, open_stores
from tests.faults.process import environment

NOON = 1_800_000_000.0
URL = "https://hook.example/in?key=s3cret"


@dataclass
class Sent:
    url: str
    body: bytes
    headers: Mapping[str, str]


@dataclass
class HandSender:
    """Answers what a test says, one attempt after the other, the last from then on."""

    attempts: list[Attempt] = field(default_factory=lambda: [Attempt(204, 5)])
    sent: list[Sent] = field(default_factory=list)

    async def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> Attempt:
        self.sent.append(Sent(url, body, headers))
        return self.attempts.pop(0) if len(self.attempts) > 1 else self.attempts[0]


class Place:
    """Webhooks over a database, with jobs that are done when the test says so."""

    def __init__(self, stores: Stores, keys: Keys) -> None:
        self.stores, self.now, self.sender = stores, NOON, HandSender()
        self.lines: list[tuple[str, dict[str, Any]]] = []
        self.webhooks = Webhooks(stores, keys, self.sender, clock=lambda: self.now)
        self.deliveries = Deliveries(
            stores, keys, self.sender, lambda event, **about: self.lines.append((event, about)),
            clock=lambda: self.now, draw=lambda least, most: (least + most) / 2,
        )  # fmt: skip

    def emit(self, kind: str = "account.connected") -> None:
        self.stores.records.add_event(Event(kind, self.now, {"integrated_account_id": "a1"}))

    def run(self) -> int:
        """Do what is due now, each step once, and return how many jobs that were."""

        async def run() -> int:
            await self.deliveries.dispatch(self.now)
            due = self.stores.records.list_due_jobs(self.now, 0, 1000)
            for job in due:
                await self.do(Task(job.id, job.args))
                self.stores.records.finish_job(job.id)
            await self.stores.disconnect()
            return len(due)

        return asyncio.run(run())

    async def do(self, task: Task) -> None:
        answers: tuple[Any, ...] = ()
        for step in self.deliveries.job.steps:
            answers = (*answers, await step(Task(task.id, task.args, answers)))

    def find(self, webhook: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self.webhooks.list_deliveries(webhook["id"])["result"][0]
        return found

    def reported(self, event: str) -> list[dict[str, Any]]:
        return [about for name, about in self.lines if name == event]


@pytest.fixture
def place(tmp_path: Path, database: dict[str, str]) -> Iterator[Place]:
    settings = Settings.load(environment(tmp_path, **database))
    stores = open_stores(settings, NOON)
    yield Place(stores, Keys(settings.secret_key))
    stores.close()


def test_an_event_is_delivered_signed_and_noted(place: Place) -> None:
    hook = place.webhooks.create(URL, ["account.connected"])
    place.emit()
    place.emit("account.disconnected")

    assert place.run() == 1
    assert place.run() == 0

    (sent,) = place.sender.sent
    assert sent.url == URL
    signature = Verifier(hook["secret"]).sign(
        sent.headers["webhook-id"], datetime.fromtimestamp(int(NOON), UTC), sent.body.decode()
    )
    assert sent.headers["webhook-signature"] == signature
    found = place.find(hook)
    assert (found["status"], found["code"], found["took_ms"], found["attempts"]) == ("delivered", 204, 5, 1)
    assert found["event_id"] == sent.headers["webhook-id"] and found["next_at"] is None


def test_a_failed_delivery_is_attempted_on_the_schedule_of_the_standard_and_then_given_up(
    place: Place,
) -> None:
    hook = place.webhooks.create(URL)
    place.sender.attempts = [Attempt(500, 5, "The receiver answered 500.")]
    place.emit()
    starts = [0.0]
    assert place.run() == 1
    for delay in DELAYS:
        place.now += delay - 1
        assert place.run() == 0
        place.now += 1
        assert place.run() == 1
        starts.append(place.now - NOON)

    assert starts == [0, 5, 305, 2105, 9305, 27305, 63305, 113705, 185705, 272105], "as the standard has it"
    found = place.find(hook)
    assert (found["status"], found["attempts"], found["error"]) == (
        "failed",
        10,
        "The receiver answered 500.",
    )
    assert len({each.headers["webhook-id"] for each in place.sender.sent}) == 1
    assert len({each.headers["webhook-timestamp"] for each in place.sender.sent}) == 10
    assert len({each.body for each in place.sender.sent}) == 1
    assert place.webhooks.get(hook["id"])["status"] == "enabled"


def test_what_a_receiver_asks_for_in_retry_after_is_waited_for(place: Place) -> None:
    place.webhooks.create(URL)
    place.sender.attempts = [Attempt(429, 5, "", wait=90.0), Attempt(204, 5)]
    place.emit()
    place.run()
    place.now += 89
    assert place.run() == 0
    place.now += 1
    assert place.run() == 1


def test_410_disables_a_webhook_at_once_and_says_so_in_the_log_without_its_address(place: Place) -> None:
    hook = place.webhooks.create(URL)
    place.sender.attempts = [Attempt(410, 5)]
    place.emit()
    place.emit()
    place.run()
    place.emit()
    place.run()

    assert len(place.sender.sent) == 1
    found = place.webhooks.get(hook["id"])
    assert found["status"] == "disabled" and "410" in found["reason"]
    (line,) = place.reported("webhook_disabled")
    assert line["host"] == "hook.example" and "s3cret" not in str(place.lines)
    assert {each["status"] for each in place.webhooks.list_deliveries(hook["id"])["result"]} == {"failed"}


def test_a_webhook_for_which_nothing_succeeds_in_five_days_is_disabled_and_can_be_enabled(
    place: Place,
) -> None:
    hook = place.webhooks.create(URL)
    place.sender.attempts = [Attempt(0, 5, "The host cannot be reached.")]
    for seconds in (0.0, DISABLE_SECONDS - 1):
        place.now = NOON + seconds
        place.emit()
        place.run()
        assert place.webhooks.get(hook["id"])["status"] == "enabled"
    place.now = NOON + DISABLE_SECONDS
    place.emit()
    place.run()
    found = place.webhooks.get(hook["id"])
    assert found["status"] == "disabled" and "5 days" in found["reason"]
    assert len(place.reported("webhook_disabled")) == 1

    place.sender.attempts = [Attempt(204, 5)]
    enabled = place.webhooks.change(hook["id"], WebhookChange(enabled=True))
    assert (enabled["status"], enabled["reason"], enabled["failing_since"]) == ("enabled", None, None)
    place.now += 1
    place.emit()
    place.run()
    assert place.find(hook)["status"] == "delivered"


def test_one_success_ends_the_time_of_failure(place: Place) -> None:
    hook = place.webhooks.create(URL)
    for status, seconds in ((500, 0.0), (204, 10.0), (500, DISABLE_SECONDS + 5)):
        place.sender.attempts = [Attempt(status, 5)]
        place.now = NOON + seconds
        place.emit()
        place.run()
    assert place.webhooks.get(hook["id"])["status"] == "enabled"


def test_a_step_that_is_repeated_sends_and_notes_nothing_twice(place: Place) -> None:
    place.webhooks.create(URL)
    place.emit()

    async def repeat() -> None:
        await place.deliveries.dispatch(place.now)
        (job,) = place.stores.records.list_due_jobs(place.now, 0, 10)
        task = Task(job.id, job.args)
        send, note = place.deliveries.job.steps
        sent = await send(task)
        for _ in range(2):
            await note(Task(job.id, job.args, (sent,)))
        assert await send(task) == {}, "it is noted already"
        await note(Task(job.id, job.args, ({},)))
        await place.stores.disconnect()

    asyncio.run(repeat())
    assert len(place.sender.sent) == 1
    assert len(place.reported("webhook_attempt")) == 1


def test_for_a_day_after_a_rotation_both_secrets_sign(place: Place) -> None:
    hook = place.webhooks.create(URL)
    rotated = place.webhooks.rotate_secret(hook["id"])
    assert rotated["secret"] != hook["secret"]
    for seconds, count in ((0.0, 2), (OVERLAP_SECONDS - 1, 2), (OVERLAP_SECONDS, 1)):
        place.now = NOON + seconds
        place.emit()
        place.run()
        assert len(place.sender.sent[-1].headers["webhook-signature"].split(" ")) == count


def test_a_delivery_is_sent_once_more_when_it_is_asked_for(place: Place) -> None:
    hook = place.webhooks.create(URL)
    place.emit()
    place.run()
    delivery = place.find(hook)

    again = place.webhooks.resend(hook["id"], delivery["id"])
    assert again["status"] == "pending"
    place.webhooks.resend(hook["id"], delivery["id"])
    assert place.run() == 1
    assert place.find(hook)["attempts"] == 2
    assert len({each.headers["webhook-id"] for each in place.sender.sent}) == 1

    with pytest.raises(NotFound):
        place.webhooks.resend(place.webhooks.create(URL)["id"], delivery["id"])
    place.webhooks.change(hook["id"], WebhookChange(enabled=False))
    with pytest.raises(Conflict):
        place.webhooks.resend(hook["id"], delivery["id"])


def test_a_test_is_sent_at_once_and_once_and_only_to_its_webhook(place: Place) -> None:
    hook = place.webhooks.create(URL, ["account.connected"])
    place.webhooks.create(URL)
    place.sender.attempts = [Attempt(500, 5, "The receiver answered 500.")]

    async def test() -> dict[str, Any]:
        try:
            return await place.webhooks.test(hook["id"])
        finally:
            await place.stores.disconnect()

    found = asyncio.run(test())
    assert (found["type"], found["status"], found["code"], found["next_at"]) == (
        "webhook.test",
        "failed",
        500,
        None,
    )
    place.now += 1000
    assert place.run() == 0
    assert len(place.sender.sent) == 1
    assert place.webhooks.get(hook["id"])["failing_since"] is None


def test_what_no_webhook_can_be_is_refused(place: Place) -> None:
    refused: list[Callable[[], Any]] = [
        lambda: place.webhooks.create("http://hook.example/"),
        lambda: place.webhooks.create("https://127.0.0.1/"),
        lambda: place.webhooks.create(URL, ["account.conected"]),
    ]
    for make in refused:
        with pytest.raises(InvalidRequest):
            make()
    hook = place.webhooks.create(URL)
    for change in (WebhookChange(url="https://10.0.0.1/"), WebhookChange(types=["nothing"])):
        with pytest.raises(InvalidRequest):
            place.webhooks.change(hook["id"], change)
    for ask in (place.webhooks.get, place.webhooks.delete, place.webhooks.rotate_secret):
        with pytest.raises(NotFound):
            ask("whk_other")


def test_the_lists_come_in_parts(place: Place) -> None:
    hook = place.webhooks.create(URL)
    for number in range(5):
        place.now = NOON + number
        place.emit()
        place.run()
    seen: list[str] = []
    cursor = ""
    for _ in itertools.count():
        page = place.webhooks.list_deliveries(hook["id"], 2, cursor)
        seen += [each["created_at"] for each in page["result"]]
        cursor = page["next_cursor"] or ""
        if not cursor:
            break
    assert len(seen) == 5 and seen == sorted(seen, reverse=True)


def test_a_webhook_that_is_removed_gets_nothing_more(place: Place) -> None:
    hook = place.webhooks.create(URL)
    place.emit()

    async def dispatch() -> None:
        await place.deliveries.dispatch(place.now)
        await place.stores.disconnect()

    asyncio.run(dispatch())
    place.webhooks.delete(hook["id"])
    assert place.run() == 1
    assert place.sender.sent == []


def test_the_secret_is_nowhere_in_the_database(place: Place, tmp_path: Path) -> None:
    hook = place.webhooks.create(URL)
    rotated = place.webhooks.rotate_secret(hook["id"])
    stored = str(place.stores.records.find_webhook(hook["id"]))
    content = b"".join(each.read_bytes() for each in tmp_path.glob("*.sqlite3*"))
    found = place.stores.records.find_webhook(hook["id"])
    assert found is not None and found.previous_secret is not None
    for secret in (hook["secret"], rotated["secret"]):
        assert secret not in stored
        assert secret.encode() not in content + found.secret + found.previous_secret
    assert "secret" not in place.webhooks.get(hook["id"])
