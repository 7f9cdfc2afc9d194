"""When a schedule is due: plain words and cron, time zones whose clocks change, days that months do not have."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from runtime.errors import InvalidRequest
from runtime.operations.schedules.timing import (
    MOST_MISSED,
    check_zone,
    find_last_due,
    find_next_due,
    list_due_times,
    parse_when,
    write_when,
)
from runtime.operations.schedules.wording import explain_cron

BERLIN = "Europe/Berlin"


def moment(text: str, zone: str = BERLIN) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def show(seconds: float, zone: str = BERLIN) -> str:
    return datetime.fromtimestamp(seconds, ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M %z")


@pytest.mark.parametrize(
    ("written", "cron", "words"),
    [
        ("every Monday at 8", "0 8 * * 1", "Every Monday at 08:00"),
        ("monthly on the 1st at 07:30", "30 7 1 * *", "On the 1st of every month at 07:30"),
        ("every weekday at 9:00", "0 9 * * 1-5", "Every weekday at 09:00"),
        ("daily", "0 8 * * *", "Every day at 08:00"),
        ("Daily at 5 pm", "0 17 * * *", "Every day at 17:00"),
        ("every day at 12 am", "0 0 * * *", "Every day at 00:00"),
        ("at noon", "0 12 * * *", "Every day at 12:00"),
        ("on Tuesdays and Fri at 6:15", "15 6 * * 2,5", "Every Tuesday and Friday at 06:15"),
        ("weekly", "0 8 * * 1", "Every Monday at 08:00"),
        ("weekly on friday at 9", "0 9 * * 5", "Every Friday at 09:00"),
        ("monthly at 9 on the 15th", "0 9 15 * *", "On the 15th of every month at 09:00"),
        ("the 1st and 22nd of each month", "0 8 1,22 * *", "On the 1st and 22nd of every month at 08:00"),
        ("every month on the last day at 18:00", "0 18 L * *", "On the last day of every month at 18:00"),
        ("last day of the month", "0 8 L * *", "On the last day of every month at 08:00"),
        (
            "quarterly",
            "0 8 1 1,4,7,10 *",
            "On the 1st of January, April, July and October at 08:00",
        ),
        ("yearly on 31 January at 9", "0 9 31 1 *", "On the 31st of January at 09:00"),
        ("hourly", "0 * * * *", "Every hour"),
        ("0  8 * * 0,6", "0 8 * * 0,6", "Every Saturday and Sunday at 08:00"),
        ("0 8 * * MON-WED", "0 8 * * MON-WED", "At 08:00 on Monday through Wednesday"),
    ],
)
def test_words_become_cron_and_cron_becomes_words(written: str, cron: str, words: str) -> None:
    assert parse_when(written) == cron
    assert explain_cron(cron) == words
    assert parse_when(write_when(cron)) == cron


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("", "missing"),
        ("every blue moon", "not clear"),
        ("every 2 weeks", "not clear"),
        ("monday 8", "not clear"),
        ("monday at 25", "no time '25'"),
        ("monday at 0 pm", "no time '0 pm'"),
        ("monthly on the 32nd", "days 1 to 31"),
        ("yearly on February 30", "bad day-of-month"),
        ("0 0 30 2 *", "bad day-of-month"),
        ("* * * * *", "more often than once an hour"),
        ("0,30 8 * * *", "more often than once an hour"),
        ("5 4 * * * *", "not five fields"),
        ("61 4 * * *", "bad minute"),
        ("monday at ٣", "no"),
        ("<script>alert(1)</script>", "not clear"),
        ("x" * 5000, "not clear"),
    ],
)
def test_what_is_wrong_is_refused_with_what_would_be_right(written: str, says: str) -> None:
    with pytest.raises(InvalidRequest) as wrong:
        parse_when(written)
    assert says in wrong.value.message or says == "no"
    assert wrong.value.advice and len(wrong.value.message) < 250


def test_what_falls_into_an_hour_that_is_left_out_is_due_right_behind_it() -> None:
    due = list_due_times("30 2 * * *", BERLIN, moment("2027-03-27 03:00"), 2)
    assert [show(each) for each in due] == ["2027-03-28 03:00 +0200", "2027-03-29 02:30 +0200"]


def test_what_falls_into_an_hour_that_comes_twice_is_due_once() -> None:
    due = list_due_times("30 2 * * *", BERLIN, moment("2027-10-30 03:00"), 3)
    assert [show(each) for each in due] == [
        "2027-10-31 02:30 +0200",
        "2027-11-01 02:30 +0100",
        "2027-11-02 02:30 +0100",
    ]
    assert find_next_due("30 2 * * *", BERLIN, due[0]) == due[1]


def test_what_is_due_each_hour_is_due_in_both_of_them() -> None:
    due = list_due_times("0 * * * *", BERLIN, moment("2027-10-31 01:30"), 3)
    assert [later - sooner for sooner, later in pairwise(due)] == [3600, 3600]


def test_a_time_of_day_stays_what_it_is_when_clocks_change() -> None:
    due = list_due_times("0 8 * * 1", "America/New_York", moment("2027-03-09 00:00"), 2)
    assert [show(each, "America/New_York") for each in due] == [
        "2027-03-15 08:00 -0400",
        "2027-03-22 08:00 -0400",
    ]


def test_a_day_that_a_month_does_not_have_is_left_out_and_its_last_day_is_not() -> None:
    begin = moment("2028-01-31 12:00")
    assert [show(each)[:10] for each in list_due_times("0 8 31 * *", BERLIN, begin)] == [
        "2028-03-31",
        "2028-05-31",
        "2028-07-31",
    ]
    assert [show(each)[:10] for each in list_due_times("0 8 L * *", BERLIN, begin)] == [
        "2028-02-29",
        "2028-03-31",
        "2028-04-30",
    ]


def test_of_several_missed_times_the_last_one_is_found_and_the_others_are_counted() -> None:
    due_at, now = moment("2027-02-01 08:00"), moment("2027-02-05 10:00")
    assert find_last_due("0 8 * * *", BERLIN, due_at, now) == (moment("2027-02-05 08:00"), 4)
    assert find_last_due("0 8 * * *", BERLIN, due_at, due_at) == (due_at, 0)


def test_a_year_of_missed_hours_is_not_counted_one_by_one_to_the_end() -> None:
    due_at, now = moment("2027-02-01 08:00"), moment("2028-02-01 08:30")
    assert find_last_due("0 * * * *", BERLIN, due_at, now) == (moment("2028-02-01 08:00"), MOST_MISSED)


def test_a_zone_is_one_of_the_database_and_another_one_is_refused_with_the_nearest() -> None:
    assert check_zone(BERLIN) == BERLIN and check_zone("UTC") == "UTC"
    with pytest.raises(InvalidRequest) as wrong:
        check_zone("Europe/Berln")
    assert "Europe/Berlin" in wrong.value.advice
    with pytest.raises(InvalidRequest):
        check_zone("../../etc/passwd")
