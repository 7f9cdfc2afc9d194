"""Every analysis says what can be said of a company that is new, empty, closed, very large, or in some currencies."""

from __future__ import annotations

from functools import cache

import msgspec
import pytest

from runtime.insights.analysis import Tie
from runtime.insights.kinds import MODULES, find_insight
from runtime.operations.insights.reading import MOST_RECORDS
from runtime.simulators.quickbooks.books.store import Store
from tests.insights import odd_companies
from tests.insights.companies import compute, read_books
from tests.insights.large_books import make_large_books

KINDS = (
    "company_of_one_day",
    "company_without_customers",
    "empty_company",
    "company_with_currencies",
    "closed_company",
)


@cache
def make(kind: str) -> Store:
    """Return the books of a company, made once."""
    store: Store = getattr(odd_companies, f"make_{kind}")()
    return store


def _is_exchange_loss(name: str, kind: str, tie: Tie) -> bool:
    """Whether records do not come to the costs because exchange losses have no record: both numbers are answered."""
    return (name, kind) == ("explain_change", "company_with_currencies") and "by the records" in tie.figure


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", MODULES)
def test_an_odd_company_is_answered_and_its_totals_tie(name: str, kind: str) -> None:
    insight, store = find_insight(name), make(kind)
    wanted = insight.plan({}, store.clock.read_today())
    answer = compute(insight, read_books(store, wanted.reports), {})

    assert answer.figures
    untied = [each for each in answer.ties if each.theirs is not None and not each.agrees]
    assert [each for each in untied if not _is_exchange_loss(name, kind, each)] == []
    assert msgspec.json.encode(answer.figures)


@pytest.mark.parametrize("name", MODULES)
def test_books_of_which_nothing_was_read_have_no_figure_that_claims_to_be_whole(name: str) -> None:
    insight, store = find_insight(name), make("empty_company")
    books = read_books(store)
    unread = compute(insight, type(books)(today=books.today), {})

    assert unread.missing or "not_known" in repr(unread.figures) or "not known" in repr(unread.figures)
    assert not any(each.agrees for each in unread.ties)


@pytest.mark.parametrize("name", MODULES)
def test_as_many_records_as_one_analysis_may_take_are_computed_with(name: str) -> None:
    insight, books = find_insight(name), make_large_books(MOST_RECORDS)

    assert compute(insight, books, {}).figures
