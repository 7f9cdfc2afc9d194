"""The analysis `find_anomalies`: what it reads, which searches it makes, and what of their findings is shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from runtime.insights.analysis import Analysis, Insight, Options, Records, Wanted
from runtime.insights.anomalies.amounts import find_new_vendors, find_unusual_amounts
from runtime.insights.anomalies.days import find_backdated, find_weekends
from runtime.insights.anomalies.digits import find_digits
from runtime.insights.anomalies.duplicates import find_duplicates
from runtime.insights.anomalies.findings import CUTS, Finding, Search
from runtime.insights.anomalies.history import History, make_history
from runtime.insights.anomalies.numbering import find_gaps, find_repeats
from runtime.insights.anomalies.round_amounts import find_below_limits, find_round_amounts
from runtime.insights.anomalies.shared_details import find_shared_details
from runtime.insights.anomalies.vendor_accounts import find_unusual_accounts
from runtime.insights.books import Books, Kind, Missing

USUAL_DAYS, HISTORY_DAYS, USUAL_LIMIT = 90, 730, 30
"""The period when none is given, how far back habits are read, and the findings that are shown."""
KINDS: tuple[Kind, ...] = (
    "invoice", "sale", "customer_credit", "refund", "customer_payment", "bill", "expense", "vendor_credit",
    "vendor_payment", "journal",
)  # fmt: skip
"""What is looked at. Transfers, deposits and payments of cards are movements of what is looked at already."""
SEARCHES: Mapping[str, Search] = {
    "duplicate": find_duplicates,
    "new_vendor": find_new_vendors,
    "unusual_account": find_unusual_accounts,
    "backdated": find_backdated,
    "below_limit": find_below_limits,
    "round_amount": find_round_amounts,
    "unusual_amount": find_unusual_amounts,
    "weekend": find_weekends,
    "number_gap": find_gaps,
    "number_repeated": find_repeats,
    "shared_details": find_shared_details,
    "digits": find_digits,
}
LEFT_OUT_AFTER: Mapping[str, Mapping[str, int]] = {
    "unusual_account": {"duplicate": 75},
    "below_limit": {"duplicate": 75},
    "round_amount": {"duplicate": 75, "below_limit": 0},
    "unusual_amount": {"duplicate": 75, "below_limit": 56, "round_amount": 60},
    "weekend": dict.fromkeys(("duplicate", "unusual_amount", "new_vendor", "backdated"), 0),
}
"""Findings after which another kind says nothing new of a record, and the least score that they have then: an amount is
reported once, as what is most particular about it."""
HABITS = frozenset(
    {"unusual_amount", "new_vendor", "round_amount", "below_limit", "weekend", "unusual_account"}
)
LEAST_HISTORY = 60
"""Days of history before the period without which habits are hardly known."""


def list_wanted(options: Options, today: date) -> Wanted:
    """Return what is read: two years of transactions up to the end of the period, or the whole of a longer period."""
    start, end = read_period(options, today)
    since = min(start, end - timedelta(days=HISTORY_DAYS))
    return Wanted((Records(KINDS, since, end),), ("accounts", "vendors", "employees", "settings"))


def read_period(options: Options, today: date) -> tuple[date, date]:
    """Return the first and the last day of the period."""
    end = _read_day(options.get("end_date")) or today
    start = _read_day(options.get("start_date")) or end - timedelta(days=USUAL_DAYS)
    return min(start, end), end


def _read_day(value: Any) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) and value else value or None


def compute(books: Books, options: Options) -> Analysis:
    """Return the findings of a period, those with the highest scores first."""
    history = make_history(books, *read_period(options, books.today))
    sensitivity = str(options.get("sensitivity") or "medium")
    wanted = [kind for kind in SEARCHES if not options.get("kinds") or kind in options["kinds"]]
    found = search(history, wanted, CUTS[sensitivity])
    dismissed = [each for each in found if each.id in books.dismissed]
    shows_dismissed = bool(options.get("show_dismissed"))
    open_ = [each for each in found if each.id not in books.dismissed]
    shown = (found if shows_dismissed else open_)[: int(options.get("limit") or USUAL_LIMIT)]
    figures = {
        "start_date": history.start,
        "end_date": history.end,
        "sensitivity": sensitivity,
        "looked_at": sum(each.is_new for each in history.entries),
        "count": len(found) if shows_dismissed else len(open_),
        "shown": len(shown),
        "dismissed": len(dismissed),
        "by_kind": dict(Counter(each.kind for each in (found if shows_dismissed else open_))),
        "findings": [_show(each, books) for each in shown],
        "dismiss_with": "dismiss_anomaly",
    }
    evidence = dict.fromkeys(str(record.key) for each in shown for record in each.records)
    return Analysis(
        figures,
        tuple(evidence),
        tuple(_list_assumptions(history, wanted)),
        (),
        tuple(_list_missing(books, wanted)),
    )


def search(history: History, wanted: Sequence[str], cut: int) -> list[Finding]:
    """Return the findings of some kinds that score enough, the highest scores first."""
    needed = _add_stronger(wanted)
    found: dict[str, dict[str, Finding]] = {}
    for kind, find in SEARCHES.items():
        if kind not in needed:
            continue
        explained = {
            record.key
            for stronger, least in LEFT_OUT_AFTER.get(kind, {}).items()
            for each in found[stronger].values()
            if each.score >= least
            for record in each.records
        }
        best: dict[str, Finding] = {}
        for each in find(history):
            is_left_out = any(record.key in explained for record in each.records)
            if each.score >= cut and not is_left_out and each.score > _score_of(best.get(each.id)):
                best[each.id] = each
        found[kind] = best
    listed = [each for kind in wanted for each in found[kind].values()]
    return sorted(listed, key=lambda each: (-each.score, each.kind, each.id))


def _add_stronger(wanted: Iterable[str]) -> set[str]:
    """Return the kinds that are searched for so that some kinds can be judged."""
    needed = set(wanted)
    for kind in reversed(list(SEARCHES)):
        if kind in needed:
            needed |= set(LEFT_OUT_AFTER.get(kind, {}))
    return needed


def _score_of(finding: Finding | None) -> int:
    return -1 if finding is None else finding.score


def _show(finding: Finding, books: Books) -> dict[str, Any]:
    dismissed = {"dismissed": True} if finding.id in books.dismissed else {}
    return {**finding.as_dict(), **dismissed}


def _list_assumptions(history: History, wanted: Sequence[str]) -> Iterator[str]:
    days = history.start.toordinal() - history.first
    habits = [kind for kind in wanted if kind in HABITS]
    if habits and days < LEAST_HISTORY:
        yield (
            f"There are {max(days, 0)} days of transactions before the period, so what is usual is known from the "
            f"period itself; {', '.join(habits)} may have been overlooked."
        )
    if any(each.record.currency not in ("", history.books.currency) for each in history.entries):
        yield "Amounts in other currencies are compared in the currency of the company, at the rates of their days."
    if "backdated" in wanted and not any(each.record.entered for each in history.entries):
        yield "No transaction says when it was typed in, so backdated entries cannot be found."
    if "shared_details" in wanted:
        yield "Vendors and employees are compared as they are now; customers are not, for many are vendors as well."


def _list_missing(books: Books, wanted: Sequence[str]) -> Iterator[Missing]:
    """Yield the kinds that could not be judged because something was not read."""
    if "shared_details" in wanted:
        for name in ("vendors", "employees"):
            if name not in books.lists:
                yield Missing("shared_details", f"The list of {name} was not read.")
    unread = [kind for kind in KINDS if kind not in books.read]
    if unread:
        yield Missing(
            "findings among " + ", ".join(each.replace("_", " ") for each in unread), "They were not read."
        )


INSIGHT = Insight("find_anomalies", list_wanted, compute)
