"""Large companies: amounts by the short calculation, what is shown meanwhile, and what is stored after a write."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from runtime.simulators.quickbooks import server
from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Store
from runtime.simulators.quickbooks.clock import Clock
from runtime.simulators.quickbooks.companies import seed
from runtime.simulators.quickbooks.money import parse_decimal, round_to_cents
from runtime.simulators.quickbooks.reports import cash
from runtime.simulators.quickbooks.writes import changes
from tests.simulators.quickbooks.conftest import NOON, sales_line


@given(st.one_of(st.floats(-1e12, 1e12), st.integers(-(10**13), 10**13).map(lambda value: value / 100)))
@example(1861.075)
@example(-0.005)
@example(1.005)
@example(99_999_999_999.995)
def test_an_amount_rounds_as_its_decimals_do_whichever_way_it_goes(value: float) -> None:
    exact = int((Decimal(repr(value)) * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    assert round_to_cents(value) == exact


@given(st.integers(-(10**13), 10**13))
def test_whole_amounts_are_exact(value: int) -> None:
    assert (round_to_cents(value), parse_decimal(value)) == (value * 100, Decimal(value))


@pytest.mark.parametrize(("size", "is_shown"), [(server.LARGE, True), (server.USUAL_SIZE, False)])
def test_the_making_of_a_large_company_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], size: int, is_shown: bool
) -> None:
    def made(store: Store, name: str, seed: int, size: int, progress: server.ProgressReport | None) -> None:
        if progress is not None:
            progress(0, 2)
            progress(2, 2)

    monkeypatch.setattr(server, "make_company", made)
    server.fill(Store(":memory:", Clock(frozen=NOON)), server.Options(size=size))
    said = capsys.readouterr()
    assert said.out == ""
    assert ("Making the company landscaper: 100 %" in said.err) is is_shown


def fillings(books: Books, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the companies whose ledger on cash basis is made from now on."""
    found: list[str] = []
    monkeypatch.setattr(cash, "_fill", lambda store, realm: found.append(realm))
    cash.prepare_table(books.store, books.realm)
    found.clear()
    return found


def test_the_cash_ledger_stays_after_a_write_that_does_not_book(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = fillings(books, monkeypatch)
    changes.create(books, "Customer", {"DisplayName": "Somebody new"})
    cash.prepare_table(books.store, books.realm)
    assert made == []


def test_the_cash_ledger_is_made_anew_after_a_booking(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    made = fillings(books, monkeypatch)
    changes.create(books, "Invoice", {"CustomerRef": {"value": "1"}, "Line": [sales_line(10_000)]})
    cash.prepare_table(books.store, books.realm)
    assert made == [seed.REALM]


def test_the_cash_ledger_is_made_anew_after_a_booking_was_undone(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = fillings(books, monkeypatch)
    books.store.execute("begin immediate")
    changes.create(books, "Invoice", {"CustomerRef": {"value": "1"}, "Line": [sales_line(10_000)]})
    cash.prepare_table(books.store, books.realm)
    books.store.execute("rollback")
    made.clear()
    cash.prepare_table(books.store, books.realm)
    assert made == [seed.REALM]
