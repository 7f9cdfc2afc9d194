"""A schedule in words, as its page and its emails say it: `Every Monday at 08:00`.

Called by the pages and by `messages`. What people usually choose is said as they would; anything else as `cronsim` says
it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from cronsim import CronSim

from runtime.operations.schedules.phrases import DAYS, MONTHS

_NUMBER = re.compile(r"[0-9]{1,2}")
_NUMBERS = re.compile(r"[0-9]{1,2}(,[0-9]{1,2})*")
_EVERY_DAY = {"*": "Every day", "1-5": "Every weekday", "0,6": "Every Saturday and Sunday"}


def explain_cron(cron: str) -> str:
    """Return when cron is due, as a sentence without its end."""
    minute, hour, day, month, week_day = cron.split()
    if not _NUMBER.fullmatch(minute) or not _NUMBER.fullmatch(hour):
        return "Every hour" if cron == "0 * * * *" else _explain_otherwise(cron)
    days = _explain_days(day, month, week_day)
    return f"{days} at {int(hour):02}:{int(minute):02}" if days else _explain_otherwise(cron)


def _explain_days(day: str, month: str, week_day: str) -> str:
    """Return the days of usual fields; empty for others."""
    if day == month == "*":
        if week_day in _EVERY_DAY:
            return _EVERY_DAY[week_day]
        names = (
            [DAYS[int(each) % 7].capitalize() for each in week_day.split(",")] if _is_list(week_day) else []
        )
        return f"Every {_join(names)}" if names else ""
    if week_day != "*" or not (day == "L" or _is_list(day)):
        return ""
    days = (
        "the last day"
        if day == "L"
        else f"the {_join([_write_ordinal(int(each)) for each in day.split(',')])}"
    )
    if month == "*":
        return f"On {days} of every month"
    names = [MONTHS[int(each) - 1].capitalize() for each in month.split(",")] if _is_list(month) else []
    return f"On {days} of {_join(names)}" if names else ""


def _is_list(field: str) -> bool:
    return _NUMBERS.fullmatch(field) is not None


def _join(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def _write_ordinal(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th") if number // 10 != 1 else "th"
    return f"{number}{ending}"


def _explain_otherwise(cron: str) -> str:
    return str(CronSim(cron, datetime(2024, 1, 1, tzinfo=UTC)).explain())
