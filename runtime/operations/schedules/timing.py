"""When a schedule is due: what people write becomes cron, and cron in a time zone becomes points in time.

Called by `managing` and `running`. Where a clock is set forward, what was due in the hour that is left out is due right
behind it; where it is set back, what is due in the hour that comes twice is due once, unless it is due every hour.
`cronsim` has these rules of Debian's cron.
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from itertools import islice, pairwise
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError

from generator.suggestions import did_you_mean
from runtime.errors import InvalidRequest
from runtime.operations.formats import LONGEST_ZONE
from runtime.operations.schedules.phrases import EXAMPLES, parse_phrase
from runtime.operations.schedules.wording import explain_cron

LEAST_SECONDS = 3_600.0
"""Between two due times: a report is read by people, and each run costs calls of the vendor's allowance."""
_CHECKED_TIMES = 60
"""Due times whose distance is looked at: more than one field of cron lists."""
_FIELDS_OF_CRON = 5
"""As crontab(5) has them."""
MOST_MISSED = 1_000
"""Missed due times that are counted one by one; nobody needs the exact number beyond."""
_CRON_ADVICE = (
    "Give minute, hour, day of the month, month and day of the week, such as 0 8 * * 1, or plain words."
)


def parse_when(text: str) -> str:
    """Return what a person wrote, words or cron, as cron. Raises InvalidRequest with what would be right."""
    fields = text.split()
    if not fields:
        raise InvalidRequest(
            "When the report is to run is missing.", advice=f"Write it like one of these: {EXAMPLES}."
        )
    is_cron = fields[0][0] in "*0123456789" and not any(each.lower() in ("am", "pm", "at") for each in fields)
    cron = " ".join(fields) if is_cron and len(fields) > 1 else parse_phrase(text)
    _check_cron(cron)
    return cron


def _check_cron(cron: str) -> None:
    """Raise InvalidRequest for cron that is wrong, never due, or due too often."""
    if len(cron.split()) != _FIELDS_OF_CRON:
        raise InvalidRequest(f"{cron!r} has not five fields.", advice=_CRON_ADVICE)
    try:
        times = list(islice(CronSim(cron, datetime(2024, 1, 1, tzinfo=UTC)), _CHECKED_TIMES))
    except CronSimError as wrong:
        reason = str(wrong).lower()
        raise InvalidRequest(
            f"{cron!r} is no time at which anything could run: {reason}.", advice=_CRON_ADVICE
        ) from None
    if not times:
        raise InvalidRequest(
            f"{cron!r} never comes: there is no such day.", advice="Name a day that months have."
        )
    pairs = pairwise(times)
    if any((later - sooner).total_seconds() < LEAST_SECONDS for sooner, later in pairs):
        raise InvalidRequest(
            "That is more often than once an hour.", advice="Let at least an hour pass between runs."
        )


def write_when(cron: str) -> str:
    """Return cron as a person may have written it: in words that mean the same, or else as it is."""
    words = explain_cron(cron)
    try:
        return words if parse_phrase(words) == cron else cron
    except InvalidRequest:
        return cron


def check_zone(name: str) -> str:
    """Return the name of a time zone of the IANA database. Raises InvalidRequest, with the nearest names."""
    known = list_zones()
    if name in known:
        return name
    shown = name[:LONGEST_ZONE]
    hint = did_you_mean(shown, known) or "Choose one of the list, such as Europe/Berlin or America/New_York."
    raise InvalidRequest(f"There is no time zone {shown!r}.", advice=hint)


@lru_cache(maxsize=1)
def list_zones() -> tuple[str, ...]:
    """Return the names of time zones that people choose from, UTC first."""
    areas = (
        "Africa",
        "America",
        "Antarctica",
        "Asia",
        "Atlantic",
        "Australia",
        "Europe",
        "Indian",
        "Pacific",
    )
    found = sorted(each for each in available_timezones() if each.partition("/")[0] in areas)
    return ("UTC", *(each for each in found if "/" in each))


def list_due_times(cron: str, zone: str, after: float, count: int = 3) -> list[float]:
    """Return the next times that are due behind a time, in seconds since the epoch."""
    begin = datetime.fromtimestamp(after, _find_zone(zone))
    return [each.timestamp() for each in islice(CronSim(cron, begin), count)]


def find_next_due(cron: str, zone: str, after: float) -> float | None:
    """Return the next time that is due behind a time; None where there is none."""
    return next(iter(list_due_times(cron, zone, after, 1)), None)


def find_last_due(cron: str, zone: str, due_at: float, now: float) -> tuple[float, int]:
    """Return the last due time until now, of those from `due_at` on, and how many came before it."""
    missed, last = 0, due_at
    while missed < MOST_MISSED:
        following = find_next_due(cron, zone, last)
        if following is None or following > now:
            return last, missed
        last, missed = following, missed + 1
    begin = datetime.fromtimestamp(now + 1, _find_zone(zone))
    latest = next(iter(CronSim(cron, begin, reverse=True)), None)
    return (latest.timestamp() if latest else last), missed


def _find_zone(name: str) -> tzinfo:
    return UTC if name == "UTC" else ZoneInfo(name)
