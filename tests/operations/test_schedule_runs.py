"""Runs of schedules: one for each due time, caught up once, resumed, tried again, paused; over both databases."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from runtime.errors import Conflict, NeedsReauth, RateLimited, VendorRefused, VendorTimeout
from runtime.events import Attempt
from runtime.model import AuditEntry
from runtime.operations.schedules.attempts import DELAYS
from runtime.operations.schedules.emails import Sent
from runtime.schedules import name_file_owner
from runtime.stores.purge_records import RUNS_STORED_SECONDS
from tests.deployment import NOON
from tests.operations.scheduling import Scheduling, scheduling

NINE = NOON + 3_600
"""9:00 of the day on which the clock stands at 8:00 in UTC."""
DAY = 86_400.0
Story = Callable[[Scheduling], Awaitable[None]]


@pytest.fixture
def run(tmp_path: Path, database: dict[str, str]) -> Callable[[Story], None]:
    def run(story: Story) -> None:
        async def begin() -> None:
            async with scheduling(tmp_path, **database) as place:
                await story(place)

        asyncio.run(begin())

    return run


def test_a_due_schedule_runs_once_is_sent_and_noted_and_is_due_again(run: Callable[[Story], None]) -> None:
    async def story(place: Scheduling) -> None:
        schedule, _ = await place.add(emails="bob@shop.example", formats=("csv", "xlsx", "pdf"))
        assert await place.work() == 0
        place.clock.now = NINE + 1

        assert await place.work() == 1
        assert await place.work() == 0

        (made,) = await place.list_runs(schedule)
        assert (made.due_at, made.status, made.missed, made.error) == (NINE, "done", 0, "")
        assert "Dec 31, 2026, accrual basis, USD" in made.summary
        assert [(each.recipient, each.is_delivered) for each in made.deliveries] == [
            ("bob@shop.example", True)
        ]
        assert (await place.find(schedule)).next_due_at == NINE + DAY
        ((grant, arguments),) = place.reports.asked
        assert (grant.person_id, grant.config.methods) == (place.person, ("read",))
        assert arguments == {"date_macro": "Last Month"}
        files = place.records.read_run_files(made.id)
        assert len(files) == 3 and all(b"1250.50" not in each.sealed for each in files)
        csv = next(each for each in files if each.file.media_type.startswith("text/csv"))
        content = place.deployment.keys.open(csv.sealed, name_file_owner(csv.file.id))
        assert b"1000.25" in content and b'\n"=Sales' not in content and b"\n=Sales" not in content

    run(story)


def test_the_call_of_a_run_is_in_the_call_log_as_the_person(run: Callable[[Story], None]) -> None:
    async def story(place: Scheduling) -> None:
        await place.add()
        place.clock.now = NINE
        await place.work()
        (noted,) = place.here.list_events("tool_call")
        assert noted["person"] == place.person and noted["account"] == place.account_id

    run(story)


def test_of_two_processes_that_look_at_once_one_makes_the_run(run: Callable[[Story], None]) -> None:
    async def story(place: Scheduling) -> None:
        schedule, _ = await place.add()
        place.clock.now = NINE
        processes = [place.make_process() for _ in range(4)]
        await asyncio.gather(*(each.dispatch(NINE) for each in processes))
        assert len(await place.list_runs(schedule)) == 1
        assert len(place.records.list_due_jobs(NINE, 0, 10)) == 1

    run(story)


def test_missed_runs_are_caught_up_by_one_that_says_so(run: Callable[[Story], None]) -> None:
    async def story(place: Scheduling) -> None:
        schedule, _ = await place.add(emails="bob@shop.example")
        place.clock.now = NINE + 5 * DAY + 60

        assert await place.work() == 1
        assert await place.work() == 0

        (made,) = await place.list_runs(schedule)
        assert (made.due_at, made.missed) == (NINE + 5 * DAY, 5)
        assert "also stands for 5 earlier runs" in place.mail.sent[0].get_body().get_content()
        assert (await place.find(schedule)).next_due_at == NINE + 6 * DAY

    run(story)


def test_a_process_that_dies_between_making_and_sending_is_resumed_without_asking_again(
    run: Callable[[Story], None],
) -> None:
    async def story(place: Scheduling) -> None:
        schedule, _ = await place.add(emails="bob@shop.example")
        place.clock.now = NINE
        await place.work(steps=1)
        assert (await place.list_runs(schedule))[0].status == "made" and not place.mail.sent

        await place.work(place.make_process())

        assert len(place.reports.asked) == 1 and len(place.mail.sent) == 1
        assert (await place.list_runs(schedule))[0].status == "done"

    run(story)


def test_a_process_that_dies_behind_sending_sends_nobody_a_second_time(run: Callable[[Story], None]) -> None:
    async def story(place: Scheduling) -> None:
        schedule, _ = await place.add(emails="bob@shop.example, eve@shop.example")
        place.clock.now = NINE
        await place.work(steps=2)
        await place.work(place.make_process())
        assert [each["To"] for each in place.mail.sent] == ["bob@shop.example", "eve@shop.example"]
        assert (await place.list_runs(schedule))[0].status == "done"

    run(story)


def test_only_who_did_not_get_it_is_sent_to_again_with_the_same_message_id(
    run: Callable[[Story], None],
) -> None:
    async def story(place: Scheduling) -> None:
        place.mail.answers = [Sent(), Sent("The mail server did not answer in time.")]
        schedule, _ = await place.add(emails="bob@shop.example eve@shop.example")
        place.clock.now = NINE
        await place.work()
        (waiting,) = await place.list_runs(schedule)
        assert (waiting.status, waiting.next_at) == ("made", NINE + DELAYS[0])

        place.clock.now = NINE + DELAYS[0]
        await place.work()

        bob, eve, again = place.mail.sent
        assert eve["Message-ID"] == again["Message-ID"] != bob["Message-ID"]
        (done,) = await place.list_runs(schedule)
        assert (done.status, done.error, done.attempts) == ("done", "", 2)

    run(story)


def test_a_recipient_who_is_refused_for_good_is_not_tried_again(run: Callable[[Story], None]) -> None:
    async def story(place: Scheduling) -> None:
        place.mail.answers = [Sent("The mail server refused the address with 550: unknown", is_final=True)]
        schedule, _ = await place.add(emails="bob@shop.example eve@shop.example")
        place.clock.now = NINE
        await place.work()
        (done,) = await place.list_runs(schedule)
        assert (done.status, done.error) == ("done", "It was not delivered to 1 of 2 recipients.")
        assert "550" in done.deliveries[0].error

    run(story)


def test_a_rate_limit_is_waited_for_by_the_job_and_said_in_words(run: Callable[[Story], None]) -> None:
    async def story(place: Scheduling) -> None:
        place.reports.errors = [RateLimited("As many calls as a minute has were made.", retry_after=37)]
        schedule, _ = await place.add()
        place.clock.now = NINE
        await place.work()
        (waiting,) = await place.list_runs(schedule)
        assert (waiting.status, waiting.next_at, waiting.attempts) == ("waiting", NINE + 37, 1)
        assert waiting.error.startswith("As many calls")
        place.clock.now = NINE + 36
        assert await place.work() == 0

        place.clock.now = NINE + 37
        assert await place.work() == 1

        (done,) = await place.list_runs(schedule)
        assert (done.status, done.error, done.next_at) == ("done", "", None)

    run(story)


def test_a_fault_that_does_not_pass_ends_the_run_and_not_the_schedule(run: Callable[[Story], None]) -> None:
    async def story(place: Scheduling) -> None:
        place.reports.errors = [VendorTimeout("No answer came in time.")] * (len(DELAYS) + 1)
        schedule, _ = await place.add()
        place.clock.now = NINE
        for delay in (*DELAYS, 0.0):
            assert await place.work() == 1
            place.clock.now += delay
        (failed,) = await place.list_runs(schedule)
        assert (failed.status, failed.error) == ("failed", "No answer came in time.")
        assert not (await place.find(schedule)).is_paused

    run(story)


@pytest.mark.parametrize("problem", [VendorRefused("The report has no such option."), ZeroDivisionError()])
def test_an_error_that_stays_ends_the_run_at_once(run: Callable[[Story], None], problem: Any) -> None:
    async def story(place: Scheduling) -> None:
        place.reports.errors = [problem]
        schedule, _ = await place.add()
        place.clock.now = NINE
        await place.work()
        (failed,) = await place.list_runs(schedule)
        assert failed.status == "failed" and failed.error and failed.next_at is None
        assert "ZeroDivision" not in failed.error
        place.clock.now += DAY - 1
        assert await place.work() == 0

    run(story)


def test_a_person_who_lost_the_role_pauses_the_schedule_and_nothing_is_read(
    run: Callable[[Story], None],
) -> None:
    async def story(place: Scheduling) -> None:
        schedule, _ = await place.add(emails="bob@shop.example")
        place.change_role("member")
        place.clock.now = NINE
        await place.work()
        paused = await place.find(schedule)
        assert (
            paused.is_paused and paused.next_due_at is None and "may not see the books" in paused.pause_reason
        )
        assert not place.reports.asked and not place.mail.sent
        assert (await place.list_runs(schedule))[0].status == "failed"

        colleague = place.here.add_person("eve@shop.example", "admin")
        await place.schedules.start(await place.find_account(), schedule.id, colleague)
        place.clock.now += DAY
        await place.work()

        ((grant, _arguments),) = place.reports.asked
        assert grant.person_id == colleague

    run(story)


def test_so_does_an_organization_that_demands_more_of_who_uses_its_tools(
    run: Callable[[Story], None],
) -> None:
    async def story(place: Scheduling) -> None:
        schedule, _ = await place.add(emails="bob@shop.example")
        place.here.set_tools_role("owner")
        place.clock.now = NINE
        await place.work()
        paused = await place.find(schedule)
        assert paused.is_paused and "may not see the books" in paused.pause_reason
        assert not place.reports.asked and not place.mail.sent

    run(story)


def test_the_role_is_lost_between_making_and_sending_and_nothing_is_sent(
    run: Callable[[Story], None],
) -> None:
    async def story(place: Scheduling) -> None:
        schedule, _ = await place.add(emails="bob@shop.example")
        place.clock.now = NINE
        await place.work(steps=1)
        place.change_role("viewer")
        await place.work()
        assert not place.mail.sent and (await place.find(schedule)).is_paused

    run(story)


@pytest.mark.parametrize("status", ["disconnected", "needs_reauth", "connecting"])
def test_a_company_that_is_not_connected_pauses_the_schedule(
    run: Callable[[Story], None], status: str
) -> None:
    async def story(place: Scheduling) -> None:
        schedule, _ = await place.add()
        place.set_status(status)
        place.clock.now = NINE
        await place.work()
        assert (await place.find(schedule)).is_paused and not place.reports.asked

    run(story)


def test_a_connection_that_ends_in_a_run_pauses_the_schedule(run: Callable[[Story], None]) -> None:
    async def story(place: Scheduling) -> None:
        place.reports.errors = [NeedsReauth("The connection has ended.", advice="Connect it again.")]
        schedule, _ = await place.add()
        place.clock.now = NINE
        await place.work()
        assert (await place.find(schedule)).pause_reason == "The connection has ended. Connect it again."

    run(story)


def test_a_run_by_hand_stands_beside_the_schedule_and_is_not_begun_twice(
    run: Callable[[Story], None],
) -> None:
    async def story(place: Scheduling) -> None:
        schedule, _ = await place.add()
        account = await place.find_account()
        await place.schedules.run_now(account, schedule.id)
        with pytest.raises(Conflict, match="under way"):
            await place.schedules.run_now(account, schedule.id)
        await place.work()
        place.clock.now = NINE
        await place.work()
        made = await place.list_runs(schedule)
        assert [(each.is_manual, each.status) for each in made] == [(False, "done"), (True, "done")]

    run(story)


def test_a_webhook_that_answers_gone_is_not_sent_to_again(run: Callable[[Story], None]) -> None:
    async def story(place: Scheduling) -> None:
        place.hook.answers = [Attempt(410, 5, "The receiver answered 410.")]
        schedule, secret = await place.add(webhook_url="https://hook.example/reports")
        assert secret.startswith("whsec_")
        place.clock.now = NINE
        await place.work()
        (failed,) = await place.list_runs(schedule)
        assert (failed.status, failed.error) == ("failed", "It was not delivered to 1 of 1 recipients.")
        body = json.loads(place.hook.sent[0][1])
        assert body["type"] == "report.run" and body["data"]["run_id"] == failed.id
        assert "1000.25" in body["data"]["files"][0]["content"]

    run(story)


def test_runs_are_forgotten_with_their_files_after_a_quarter_and_all_of_it_with_the_account(
    run: Callable[[Story], None],
) -> None:
    async def story(place: Scheduling) -> None:
        schedule, _ = await place.add()
        place.clock.now = NINE
        await place.work()
        (made,) = await place.list_runs(schedule)
        assert place.records.list_run_files([made.id])
        place.records.purge(NINE + RUNS_STORED_SECONDS - 1)
        assert len(await place.list_runs(schedule)) == 1

        place.records.purge(NINE + RUNS_STORED_SECONDS + 1)

        assert await place.list_runs(schedule) == [] and place.records.list_run_files([made.id]) == []
        place.records.delete_account(
            place.account_id, AuditEntry(NINE, "tests", "account.deleted", place.account_id)
        )
        assert place.records.list_schedules(place.account_id) == []
        assert place.records.list_scheduled_reports(place.account_id) == []

    run(story)


def test_only_the_newest_runs_have_their_files(
    run: Callable[[Story], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.operations.schedules.running.MOST_RUNS_WITH_FILES", 2)

    async def story(place: Scheduling) -> None:
        schedule, _ = await place.add()
        for day in range(4):
            place.clock.now = NINE + day * DAY
            await place.work()
        made = await place.list_runs(schedule)
        with_files = {each.run_id for each in place.records.list_run_files([each.id for each in made])}
        assert len(made) == 4 and with_files == {each.id for each in made[:2]}

    run(story)
