"""Books with no more in them than an analysis wanted: as they are when they are read by its plan."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from runtime.insights.analysis import Insight, Options, Records, Wanted
from runtime.insights.books import Books, Missing, Span, Transaction
from tests.insights.changing import replace

LATEST = date(9999, 12, 31)


def cut_to_plan(insight: Insight, books: Books, options: Options) -> Books:
    """Return what is left of whole books when only what the plan wants is read."""
    wanted = insight.plan(options, books.today)
    left = tuple(each for each in books.transactions if any(_is_wanted(one, each) for one in wanted.records))
    lists = frozenset(wanted.lists)
    return replace(
        books,
        transactions=left,
        accounts=books.accounts if "accounts" in lists else {},
        items=books.items if "items" in lists else {},
        parties={key: each for key, each in books.parties.items() if key.resource in lists},
        templates=books.templates if "templates" in lists else (),
        settings=books.settings if "settings" in lists else {},
        reports={
            each.name: books.reports[each.name] for each in wanted.reports if each.name in books.reports
        },
        read=_list_spans(wanted, books.today),
        lists=lists,
    )


def without(books: Books, *kinds: str, lists: Iterable[str] = (), reports: Iterable[str] = ()) -> Books:
    """Return books in which some could not be read."""
    return replace(
        books,
        transactions=tuple(each for each in books.transactions if each.kind not in kinds),
        read={kind: span for kind, span in books.read.items() if kind not in kinds},
        lists=books.lists - set(lists),
        reports={name: each for name, each in books.reports.items() if name not in reports},
        missing=(*books.missing, *(Missing(each, "The rate limit was reached.") for each in kinds)),
    )


def _is_wanted(records: Records, each: Transaction) -> bool:
    if each.kind not in records.kinds or (records.is_open and not each.open):
        return False
    return (records.since or date.min) <= each.day <= (records.until or LATEST)


def _list_spans(wanted: Wanted, today: date) -> dict[str, Span]:
    spanned = (each for each in wanted.records if not each.is_open)
    return {kind: Span(each.since, each.until or today) for each in spanned for kind in each.kinds}
