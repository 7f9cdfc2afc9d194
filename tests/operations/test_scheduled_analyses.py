"""Scheduled analyses: delivered with files, completed after a rate limit, ended with a role; over both databases."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from runtime.errors import InvalidRequest, NotFound, RateLimited, ReadingEnded
from runtime.operations.schedules.attempts import DELAYS
from runtime.operations.schedules.runners import MOST_ROUNDS
from runtime.people import PersonId
from runtime.schedules import name_file_owner
from tests.deployment import NOON
from tests.operations.scheduling import HandMail, Scheduling, scheduling

NINE = NOON + 3_600
FORECAST, CHECKLIST, ANOMALIES = "cash_flow_forecast", "month_end_checklist", "find_anomalies"
HOSTILE = "=cmd|' /C calc'!A0\n<script>alert(1)</script>"
Story = Callable[[Scheduling], Awaitable[None]]


def choose(tool: str, **arguments: Any) -> str:
    return json.dumps({"tool_name": tool, "arguments": arguments, "compare": ""})


def answer(figures: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A whole answer; with `missing`, one of a part that is continued."""
    is_whole = not more.get("missing")
    usual = {"as_of": "2027-01-04T08:00:00.000Z", "calls_used": 9, "complete": is_whole, "missing": []}
    return {**usual, "figures": figures, "ties": [], "assumptions": [], "evidence": [], **more}


FINDINGS = {"start_date": "2026-10-01", "end_date": "2026-10-31", "count": 1, "by_kind": {"duplicate": 1},
            "findings": [{"id": "dup-1", "kind": "duplicate", "score": 90, "reason": f"Twice: {HOSTILE}",
                          "records": [{"id": "bills:1", "party": HOSTILE, "amount": 12.5}]}]}  # fmt: skip
ITEMS = {"month": "2026-12", "is_over": True, "counts": {"open": 1, "done": 1},
         "items": [{"name": "funds", "title": "Undeposited funds", "status": "open", "says": "3 payments wait.",
                    "count": 3, "records": [{"id": "payments:1", "party": HOSTILE, "amount": 5.25}]},
                   {"name": "memo", "title": "Memos", "status": "done", "says": "All have one."}]}  # fmt: skip
LIMITED = {"missing": [{"what": "bills from 2026-10-01", "why": "The vendor's limit is reached.", "records": 900}],
           "continue_from": "rd_1", "retry_after": 60}  # fmt: skip


@pytest.fixture
def run(tmp_path: Path, database: dict[str, str]) -> Callable[[Story], None]:
    def run(story: Story) -> None:
        async def begin() -> None:
            async with scheduling(tmp_path, **database) as place:
                place.clock.now = NOON
                await story(place)

        asyncio.run(begin())

    return run


def read_mail(place: Scheduling) -> list[tuple[str, list[tuple[str, bytes]]]]:
    """The text of each email, and its files."""
    mail = place.mail
    assert isinstance(mail, HandMail)
    found = []
    for each in mail.sent:
        body = each.get_body(("plain",))
        assert body is not None
        files = [(part.get_filename() or "", part.get_content()) for part in each.iter_attachments()]
        found.append((str(body.get_content()), files))
    return found


def read_asked(place: Scheduling) -> list[dict[str, Any]]:
    return [dict(arguments) for _, arguments in place.reports.asked]


def test_a_scheduled_checklist_is_delivered_with_its_files_and_its_headline(
    run: Callable[[Story], None],
) -> None:
    async def story(place: Scheduling) -> None:
        place.reports.answers[CHECKLIST] = [answer(ITEMS)]
        schedule, _ = await place.add(
            choice=choose(CHECKLIST), emails="bob@shop.example", formats=("csv", "xlsx", "pdf")
        )
        place.clock.now = NINE + 1

        assert await place.work() == 1

        (made,) = await place.list_runs(schedule)
        assert (made.status, made.error) == ("done", "")
        ((text, files),) = read_mail(place)
        assert "December 2026 is not ready to be closed: of 2 items, 1 open." in text
        assert "Not complete" not in text and "Missing" not in text
        assert [name for name, _ in files] == [
            f"check-the-month-for-closing-2026-12.{each}" for each in ("csv", "pdf", "xlsx")
        ]
        assert read_asked(place) == [
            {}
        ]  # the period is that of the run, and not the one of the day it was saved

    run(story)


def test_a_scheduled_forecast_runs_as_whoever_scheduled_it_with_reads_alone(
    run: Callable[[Story], None],
) -> None:
    async def story(place: Scheduling) -> None:
        place.reports.answers[FORECAST] = [answer({}), answer({})]
        what_if = {"customer": "24", "days": 30}
        schedule, _ = await place.add(
            choice=choose(FORECAST, weeks=9, delay_customer=what_if),
            webhook_url="https://hook.example/in",
            zone="Europe/Berlin",
        )
        for day in (1, 2):
            place.clock.now = NINE + 1 + day * 86_400
            assert await place.work() == 1

        assert read_asked(place) == [{"weeks": 9, "delay_customer": what_if}] * 2
        for grant, _ in place.reports.asked:
            assert (grant.person_id, grant.config.methods) == (place.person, ("read",))
            assert grant.config.time_zone == "Europe/Berlin"
        assert {each.status for each in await place.list_runs(schedule)} == {"done"}
        _, body, _ = place.hook.sent[0]  # type: ignore[attr-defined]
        data = json.loads(body)["data"]
        assert (data["tool"], data["files"][0]["name"]) == (FORECAST, "forecast-the-cash-flow.csv")

    run(story)


def test_a_part_waits_as_long_as_the_vendor_said_and_is_completed_from_where_it_ended(
    run: Callable[[Story], None],
) -> None:
    async def story(place: Scheduling) -> None:
        place.reports.answers[ANOMALIES] = [answer(FINDINGS, **LIMITED), answer(FINDINGS)]
        schedule, _ = await place.add(choice=choose(ANOMALIES), emails="bob@shop.example")
        place.clock.now = NINE + 1

        await place.work()
        (waiting,) = await place.list_runs(schedule)
        assert (waiting.status, waiting.next_at, waiting.continue_from) == ("waiting", NINE + 61, "rd_1")
        assert "Missing: bills from 2026-10-01 (900 records)." in waiting.error
        assert read_mail(place) == [] and await place.work() == 0

        place.clock.now = NINE + 62
        assert await place.work() == 1
        (made,) = await place.list_runs(schedule)
        assert (made.status, made.error) == ("done", "")
        assert read_asked(place) == [{}, {"continue_from": "rd_1"}]
        ((text, _),) = read_mail(place)
        assert "1 finding in the transactions" in text and "Not complete" not in text

    run(story)


def test_what_stays_a_part_is_delivered_at_last_and_says_what_is_missing(
    run: Callable[[Story], None],
) -> None:
    async def story(place: Scheduling) -> None:
        attempts = len(DELAYS) + 1
        place.reports.answers[ANOMALIES] = [answer(FINDINGS, **LIMITED) for _ in range(attempts)]
        schedule, _ = await place.add(
            choice=choose(ANOMALIES), emails="bob@shop.example", formats=("csv", "xlsx")
        )
        place.clock.now = NINE + 1
        for _ in range(attempts):
            assert await place.work() == 1
            place.clock.now += 61

        (made,) = await place.list_runs(schedule)
        assert made.status == "done" and len(place.reports.asked) == attempts
        ((text, files),) = read_mail(place)
        assert "Not complete, from what could be read: 1 finding" in text
        assert "Missing: bills from 2026-10-01 (900 records). The vendor's limit is reached." in text
        (_, csv), (_, xlsx) = files
        assert "Missing: bills from 2026-10-01" in str(csv)
        sheet = openpyxl.load_workbook(io.BytesIO(xlsx))["Summary"]
        assert any("Missing: bills" in str(cell.value) for row in sheet.iter_rows() for cell in row)

    run(story)


def test_a_reading_that_has_ended_meanwhile_is_read_anew(run: Callable[[Story], None]) -> None:
    async def story(place: Scheduling) -> None:
        ended = ReadingEnded("There is no reading.")
        place.reports.answers[ANOMALIES] = [answer(FINDINGS, **LIMITED), ended, answer(FINDINGS)]
        schedule, _ = await place.add(choice=choose(ANOMALIES))
        place.clock.now = NINE + 1
        await place.work()
        place.clock.now += 1_000
        await place.work()

        (made,) = await place.list_runs(schedule)
        assert made.status == "done"
        assert read_asked(place) == [{}, {"continue_from": "rd_1"}, {}]

    run(story)


def test_what_one_call_may_not_read_the_next_one_reads_at_once_as_long_as_that_helps(
    run: Callable[[Story], None],
) -> None:
    async def story(place: Scheduling) -> None:
        def part(left: int) -> dict[str, Any]:
            missing = [{"what": "invoices", "why": "One call makes at most 40 requests.", "records": left}]
            return answer(FINDINGS, missing=missing, continue_from="rd_2")

        place.reports.answers[ANOMALIES] = [part(2_000), part(1_000), answer(FINDINGS)]
        schedule, _ = await place.add(choice=choose(ANOMALIES))
        place.clock.now = NINE + 1
        await place.work()
        (made,) = await place.list_runs(schedule)
        assert made.status == "done" and "Not complete" not in made.summary
        assert read_asked(place) == [{}, {"continue_from": "rd_2"}, {"continue_from": "rd_2"}]

        place.reports.answers[ANOMALIES] = [part(1_000) for _ in range(MOST_ROUNDS)]
        place.clock.now += 86_400
        await place.work()
        newest, _ = await place.list_runs(schedule)
        assert newest.status == "done" and newest.summary.startswith("Not complete")
        assert len(place.reports.asked) == 3 + 2  # a call that read nothing more is the last one

    run(story)


def test_an_analysis_of_which_nothing_could_be_read_is_tried_again_like_a_report(
    run: Callable[[Story], None],
) -> None:
    async def story(place: Scheduling) -> None:
        limited = RateLimited("Too many calls.", retry_after=30)
        place.reports.answers[CHECKLIST] = [limited, answer(ITEMS)]
        schedule, _ = await place.add(choice=choose(CHECKLIST))
        place.clock.now = NINE + 1
        await place.work()
        (waiting,) = await place.list_runs(schedule)
        assert (waiting.status, waiting.next_at) == ("waiting", NINE + 31)
        place.clock.now = NINE + 32
        await place.work()
        (made,) = await place.list_runs(schedule)
        assert made.status == "done"

    run(story)


def test_a_role_that_is_lost_while_a_run_waits_ends_it_and_pauses_the_schedule(
    run: Callable[[Story], None],
) -> None:
    async def story(place: Scheduling) -> None:
        place.reports.answers[ANOMALIES] = [answer(FINDINGS, **LIMITED), answer(FINDINGS)]
        schedule, _ = await place.add(choice=choose(ANOMALIES), emails="bob@shop.example")
        place.clock.now = NINE + 1
        await place.work()
        place.here.remove_member(PersonId(place.person))
        place.clock.now = NINE + 62
        await place.work()

        (ended,) = await place.list_runs(schedule)
        paused = await place.find(schedule)
        assert (
            ended.status == "failed" and paused.is_paused and "may not see the books" in paused.pause_reason
        )
        assert len(place.reports.asked) == 1 and read_mail(place) == []

    run(story)


def test_names_of_the_books_are_no_formula_and_no_second_line_in_what_is_sent(
    run: Callable[[Story], None],
) -> None:
    async def story(place: Scheduling) -> None:
        place.reports.answers[ANOMALIES] = [answer(FINDINGS)]
        schedule, _ = await place.add(
            choice=choose(ANOMALIES), emails="bob@shop.example", formats=("csv", "xlsx", "pdf")
        )
        place.clock.now = NINE + 1
        await place.work()

        (made,) = await place.list_runs(schedule)
        stored = {
            each.file.name.rpartition(".")[2]: place.deployment.keys.open(
                each.sealed, name_file_owner(each.file.id)
            )
            for each in place.records.read_run_files(made.id)
        }
        lines = stored["csv"].decode("utf-8-sig").splitlines()
        assert any("'=cmd|' /C calc'!A0 <script>alert(1)</script>" in line for line in lines)
        assert not any(line.startswith(("=", "<script")) or ",=cmd" in line for line in lines)
        book = openpyxl.load_workbook(io.BytesIO(stored["xlsx"]))
        assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)
        assert stored["pdf"].startswith(b"%PDF")

    run(story)


@pytest.mark.parametrize(
    "choice",
    [
        choose("dismiss_anomaly", finding="dup-1", reason="Right."),
        choose(CHECKLIST, continue_from="rd_1"),
        choose(CHECKLIST, estimate=True),
        choose(CHECKLIST, customer="1"),
        json.dumps({"tool_name": CHECKLIST, "arguments": {}, "compare": "previous year"}),
    ],
)
def test_what_is_no_question_to_an_analysis_is_not_saved(run: Callable[[Story], None], choice: str) -> None:
    async def story(place: Scheduling) -> None:
        with pytest.raises((InvalidRequest, NotFound)):
            await place.add(choice=choice)

    run(story)
