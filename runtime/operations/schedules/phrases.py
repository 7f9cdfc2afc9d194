"""Plain words for when a report is run, as cron: `every Monday at 8`, `monthly on the 1st at 07:30`, `daily`.

Called by `timing`, which takes cron as it is as well. What is understood is a list of forms, each with its own pattern;
anything else is refused with examples.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from runtime.errors import InvalidRequest

LONGEST_PHRASE = 100
"""Characters; the longest form with every day of the week spelled out has about 90."""
USUAL_TIME = (8, 0)
"""Hour and minute of a phrase without a time: the reports are there when the working day begins."""
EXAMPLES = "every Monday at 8, every weekday at 9:00, monthly on the 1st at 07:30, or 0 8 * * 1"
DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
QUARTERS = "1,4,7,10"
_TIME = re.compile(r"([0-9]{1,2})(?:[:.]([0-9]{2}))?\s*(am|pm|a\.m\.|p\.m\.|o'clock|h)?")
_NAMED_TIMES = {"noon": (12, 0), "midnight": (0, 0)}
_NUMBER = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th)?")
_EVERY = re.compile(r"^(?:(?:on|every|each)\s+)+")
_LAST_DAY = re.compile(r"(?:the\s+)?(?:last day|end)(?:\s+of\s+(?:the|each|every)\s+(?:month|quarter|year))?")

Rule = Callable[[str], str | None]
"""Returns the last three fields of cron (day of the month, month, day of the week); None for another form."""


def parse_phrase(text: str) -> str:
    """Return words as cron. Raises InvalidRequest for what is not understood."""
    words = re.sub(r"\s+", " ", text.strip().lower().replace(",", " , ")).strip()
    if len(text) > LONGEST_PHRASE:
        raise _refuse(text)
    if re.fullmatch(r"(every hour|hourly)", words):
        return "0 * * * *"
    day, hour, minute = _split_time(words, text)
    for rule in (_read_daily, _read_weekly, _read_monthly, _read_quarterly, _read_yearly):
        if (found := rule(day)) is not None:
            return f"{minute} {hour} {found}"
    raise _refuse(text)


def _split_time(words: str, text: str) -> tuple[str, int, int]:
    """Return what is before the time, and the time."""
    day, has_time, time = words.rpartition(" at ")
    if not has_time:
        if words.startswith("at "):
            return "daily", *_read_time(words.removeprefix("at "), text)
        return words, *USUAL_TIME
    before, at, after = day.strip(), time.strip(), ""
    for mark in (" every ", " on ", " each "):  # "monthly at 8 on the 1st"
        if mark in at:
            at, _, after = at.partition(mark)
    return f"{before} {after}".strip(), *_read_time(at.strip(), text)


def _read_time(time: str, text: str) -> tuple[int, int]:
    if time in _NAMED_TIMES:
        return _NAMED_TIMES[time]
    match = _TIME.fullmatch(time)
    if match is None:
        raise _refuse(text)
    hour, minute, half = int(match[1]), int(match[2] or 0), (match[3] or "")[:1]
    is_half = half in ("a", "p")
    if minute > 59 or hour > (12 if is_half else 23) or (is_half and hour == 0):
        raise InvalidRequest(f"There is no time {time!r}.", advice="Write it as 8, 8:30, 17:00 or 5 pm.")
    if is_half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return hour, minute


def _read_daily(day: str) -> str | None:
    if re.fullmatch(r"(?:daily|every ?day|each day|every night|every morning)", day):
        return "* * *"
    if re.fullmatch(r"(?:on |every |each )*(?:weekdays?|working days?|business days?|workdays?)", day):
        return "* * 1-5"
    return "* * 0,6" if re.fullmatch(r"(?:on |every |each )*weekends?", day) else None


def _read_weekly(day: str) -> str | None:
    if day in ("weekly", "every week", "once a week"):
        return "* * 1"
    rest = _EVERY.sub("", re.sub(r"^(weekly|every week)\s*", "", day) or day)
    names = [each for each in re.split(r"\s*(?:,|\band\b|&)\s*", rest) if each]
    found = [_find_place(_EVERY.sub("", each).removesuffix("s"), DAYS) for each in names]
    if not found or None in found:
        return None
    return f"* * {','.join(str(each) for each in sorted(set(found), key=str))}"


def _read_monthly(day: str) -> str | None:
    match = re.fullmatch(r"(?:monthly|every month|each month|once a month)\s*(?:on\s+)?(.*)", day)
    rest = match[1] if match else ""
    if match is None:
        other = re.fullmatch(r"(?:on\s+)?(?:the\s+)?(.+?)\s+(?:of|in)?\s*(?:every|each|the|a)\s+month", day)
        rest = other[1] if other else ""
        if _LAST_DAY.fullmatch(day.removeprefix("on ")) and "month" in day:
            return "L * *"
        if other is None:
            return None
    found = _read_month_day(rest)
    return None if found is None else f"{found} * *"


def _read_quarterly(day: str) -> str | None:
    match = re.fullmatch(r"(?:quarterly|every quarter|each quarter)\s*(?:on\s+)?(.*)", day)
    if match is None:
        return None
    found = _read_month_day(match[1])
    months = "3,6,9,12" if found == "L" else QUARTERS
    return None if found is None else f"{found} {months} *"


def _read_yearly(day: str) -> str | None:
    match = re.fullmatch(
        r"(?:yearly|annually|every year|each year|once a year)\s*(?:on\s+)?(?:the\s+)?(.*)", day
    )
    if match is None:
        return None
    if not match[1]:
        return "1 1 *"
    words = [each for each in match[1].split() if each not in ("of", ",", "the")]
    month = next((_find_place(each, MONTHS) for each in words if _find_place(each, MONTHS) is not None), None)
    number = next((each for each in words if _NUMBER.fullmatch(each)), "")
    if month is None or len(words) != 2:
        return None
    return f"{_check_day(number)} {month + 1} *"


def _read_month_day(rest: str) -> str | None:
    """Return the day of the month that words name, the first where they name none."""
    rest = rest.strip().removeprefix("the ").strip()
    if not rest:
        return "1"
    if rest == "last" or _LAST_DAY.fullmatch(rest):
        return "L"
    if rest in ("first", "first day"):
        return "1"
    rest = re.sub(r"^(?:day )?|(?: day)?$", "", rest)
    parts = [each.removeprefix("the ") for each in re.split(r"\s*(?:,|\band\b)\s*", rest) if each]
    if not parts or not all(_NUMBER.fullmatch(each) for each in parts):
        return None
    return ",".join(str(each) for each in sorted({_check_day(each) for each in parts}))


def _check_day(text: str) -> int:
    match = _NUMBER.fullmatch(text)
    number = int(match[1]) if match else 0
    if not 1 <= number <= 31:
        raise InvalidRequest("A month has the days 1 to 31.", advice="For its last day, write: the last day.")
    return number


def _find_place(word: str, names: tuple[str, ...]) -> int | None:
    """Return the place of a name that a word is, or begins with three letters of."""
    if len(word) < 3:
        return None
    return next((place for place, name in enumerate(names) if name.startswith(word)), None)


def _refuse(text: str) -> InvalidRequest:
    shown = text if len(text) <= LONGEST_PHRASE else f"{text[:LONGEST_PHRASE]}…"
    return InvalidRequest(
        f"It is not clear when {shown!r} is.", advice=f"Write it like one of these: {EXAMPLES}."
    )
