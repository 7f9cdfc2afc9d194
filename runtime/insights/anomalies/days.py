"""Entries on days on which the company does not work, and entries typed in long after their day.

Called by `anomaly_search`. What the calendar brings, as the rent of the first, has whatever day of the week it has: it
says nothing about when a company works, and is not looked at.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta

from runtime.insights.anomalies.findings import Finding, limit_score, make_subject, write_day, write_entry
from runtime.insights.anomalies.history import KIND_NAMES, Entry, History, find_median, list_accounts

FEWEST = 25
"""Transactions of a kind without which the company as a whole is looked at."""
MOST_OF_SALES, MOST_OF_OTHERS, MOST_OF_ALL = 0.01, 0.02, 0.012
"""The part of sales forms, of what else is alike, and of everything, on a day of the week without work. Forms of sales
are looked at more strictly: customers accept offers on every day."""
FAMILIES: Mapping[str, str] = {
    "sale": "invoice", "customer_credit": "invoice", "refund": "invoice", "expense": "bill", "vendor_credit": "bill",
}  # fmt: skip
"""Kinds that are counted together with another, for the same people enter them."""
WORKING_KIND = 0.05
"""The part of a kind on weekends from which the kind says nothing about the others."""
SCHEDULED = 0.25
"""The part of a party's transactions on one day of the month from which the calendar brings them."""
MOST_OF_PARTY = 0.05
"""The part of a party's transactions on such a day from which it is a habit of the party."""
LEAST_DELAY, CERTAIN_DELAY = 21, 45
"""Days after its day from which an entry is late, and from which it is certainly so."""
MOST_IN_SESSION = 10
"""Late entries of one day; more are books that were brought up to date, or taken over from elsewhere."""
MOST_LATE = 0.05
"""The part of a kind that is entered late from which that is the habit of the company."""
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def find_weekends(history: History) -> Iterator[Finding]:
    """Yield what is dated, or was typed in, on a day of the week on which the company does not work."""
    free = list(_list_unscheduled(history.entries))
    kinds: dict[str, list[Entry]] = defaultdict(list)
    for each in free:
        kinds[_name_family(each)].append(each)
    counts = {
        kind: Counter(date.fromordinal(each.day).weekday() for each in group) for kind, group in kinds.items()
    }
    whole: Counter[int] = Counter()
    for kind, group in kinds.items():
        if counts[kind][5] + counts[kind][6] <= len(group) * WORKING_KIND or len(group) < FEWEST:
            whole += counts[kind]
    parties = _count_weekdays_of_parties(free)
    for each in free:
        if not each.is_new:
            continue
        for day, is_typed in _list_days(each):
            weekday = day.weekday()
            family = _name_family(each)
            points = _score_weekday(family, counts[family], whole, weekday)
            others = parties[_find_series(each), weekday] - (not is_typed)
            if points > 0 and others <= max(1, parties[_find_series(each)] * MOST_OF_PARTY):
                yield _make_weekend(history, each, day, points, is_typed=is_typed)
                break


def _list_days(entry: Entry) -> Iterator[tuple[date, bool]]:
    """Yield the day of an entry, and the day on which it was typed in where that is another one of the same week."""
    yield entry.record.day, False
    if entry.record.entered is not None:
        typed = entry.record.entered.date()
        if 0 < (typed - entry.record.day).days <= 7:
            yield typed, True


def _name_family(entry: Entry) -> str:
    return FAMILIES.get(entry.kind, entry.kind)


def _score_weekday(family: str, kind: Counter[int], whole: Counter[int], weekday: int) -> float:
    """Score an entry on a day of the week by how seldom there are others on it."""
    own, everything = kind.total(), whole.total()
    if everything < FEWEST * 2 or whole[weekday] - 1 > everything * MOST_OF_ALL:
        return 0
    if family == "invoice":
        most, others = own * MOST_OF_SALES, kind[5] + kind[6] - 1 if weekday > 4 else kind[weekday] - 1
    else:
        most, others = max(own * MOST_OF_OTHERS, 3), kind[weekday] - 1
    if own >= FEWEST and others > most:
        return 0
    expected = min(everything, 400) / 7
    return 50 + min(25, expected / 2) + (5 if weekday > 4 else 0)


def _find_series(entry: Entry) -> Hashable:
    return entry.kind, entry.record.party or list_accounts(entry.record)


def _count_weekdays_of_parties(entries: Iterable[Entry]) -> Counter[Hashable]:
    found: Counter[Hashable] = Counter()
    for each in entries:
        series = _find_series(each)
        found[series] += 1
        found[series, date.fromordinal(each.day).weekday()] += 1
    return found


def _list_unscheduled(entries: Sequence[Entry]) -> Iterator[Entry]:
    """Yield what the calendar does not bring."""
    series: dict[Hashable, list[Entry]] = defaultdict(list)
    for each in entries:
        series[_find_series(each)].append(each)
    for group in series.values():
        days = Counter(each.record.day.day for each in group)
        lasts = sum(_is_last(each.record.day) for each in group)
        least = max(2, (len(group) - 1) * SCHEDULED)
        for each in group:
            others = max(days[each.record.day.day], lasts if _is_last(each.record.day) else 0) - 1
            if others < least:
                yield each


def _is_last(day: date) -> bool:
    return day.day > 27 and (day + timedelta(days=1)).day == 1


def _make_weekend(history: History, entry: Entry, day: date, points: float, *, is_typed: bool) -> Finding:
    verb = "was typed in" if is_typed else "is dated"
    reason = (
        f"{_describe(history, entry)} {verb} on {WEEKDAYS[day.weekday()]}, {write_day(day)}, a day of the week on "
        f"which the company has next to no entries."
    )
    advice = "Ask who entered it and why on that day."
    return Finding("weekend", limit_score(points), reason, (make_subject(history, entry),), advice)


def find_backdated(history: History) -> Iterator[Finding]:
    """Yield what was typed in long after its day, where the company usually enters at once, or into a closed period."""
    closed = _read_closing_date(history)
    kinds: dict[str, list[int]] = defaultdict(list)
    for each in history.entries:
        if each.record.entered is not None:
            kinds[each.kind].append(_count_delay(each))
    everything = [delay for delays in kinds.values() for delay in delays]
    sessions = Counter(
        each.record.entered.date()
        for each in history.entries
        if each.record.entered is not None and _count_delay(each) >= LEAST_DELAY
    )
    for each in history.entries:
        if each.record.entered is None or not (each.is_new or history.holds(each.record.entered.date())):
            continue
        delay = _count_delay(each)
        if delay < LEAST_DELAY // 2:
            continue
        delays = kinds[each.kind] if len(kinds[each.kind]) >= FEWEST else everything
        points = _score_delay(delay, delays)
        points -= 30 if sessions[each.record.entered.date()] > MOST_IN_SESSION else 0
        is_closed = closed is not None and each.record.day <= closed < each.record.entered.date()
        if points > 0:
            yield _make_backdated(history, each, delay, points + 15 * is_closed, is_closed=is_closed)


def _count_delay(entry: Entry) -> int:
    entered = entry.record.entered
    return 0 if entered is None else entered.date().toordinal() - entry.day


def _score_delay(delay: int, delays: Sequence[int]) -> float:
    """Score a delay by the habit: nothing where many are late, or everything was entered in a few days."""
    if len(delays) < FEWEST:
        return 0
    usual = find_median(delays)
    late = sum(each >= max(delay * 0.5, LEAST_DELAY) for each in delays) - 1
    if late > len(delays) * MOST_LATE or usual > LEAST_DELAY / 2:
        return 0
    return (
        50 + (delay - LEAST_DELAY) / (CERTAIN_DELAY - LEAST_DELAY) * 20
        if delay < CERTAIN_DELAY
        else (70 + min(20, (delay - CERTAIN_DELAY) / 10))
    )


def _read_closing_date(history: History) -> date | None:
    try:
        return date.fromisoformat(history.books.settings.get("closing_date", ""))
    except ValueError:
        return None


def _make_backdated(history: History, entry: Entry, delay: int, points: float, *, is_closed: bool) -> Finding:
    typed = entry.record.entered
    day = write_day(typed.date()) if typed is not None else ""
    closed = ", into a period that is closed" if is_closed else ""
    reason = (
        f"{_describe(history, entry)} is dated {write_day(entry.record.day)} but was typed in on {day}, {delay} days "
        f"later{closed}."
    )
    advice = "Ask why it came so late, and check the reports of that month that were already given out."
    return Finding("backdated", limit_score(points), reason, (make_subject(history, entry),), advice)


def _describe(history: History, entry: Entry) -> str:
    name, number = history.name(entry), entry.record.number
    of, numbered = (f" of {name}" if name else ""), (f" {number}" if number else "")
    return f"{KIND_NAMES[entry.kind].capitalize()}{numbered}{of} over {write_entry(history, entry)}"
