"""What stock is worth: average cost in the order of days, nothing left of it at quantity 0."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.simulators.quickbooks.books import ledger
from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.valuation import Stock
from runtime.simulators.quickbooks.faults import Fault
from runtime.simulators.quickbooks.writes import changes
from tests.simulators.quickbooks.conftest import Body, sales_line
from tests.simulators.quickbooks.reports.agreeing import check_all

STOCK, COST = "81", "80"


@pytest.fixture
def item(books: Books) -> str:
    """Return an item that costs 10.00 as a rule, of which there is none."""
    body: Body = {"Name": "Lamp", "Type": "Inventory", "TrackQtyOnHand": True, "QtyOnHand": 0, "PurchaseCost": 10,
                  "InvStartDate": "2026-01-01", "AssetAccountRef": {"value": STOCK}, "UnitPrice": 25,
                  "IncomeAccountRef": {"value": "79"}, "ExpenseAccountRef": {"value": COST}}  # fmt: skip
    return str(changes.create(books, "Item", body)["Id"])


def bought_line(item: str, units: float, cents: int) -> Body:
    detail = {"ItemRef": {"value": item}, "Qty": units}
    return {
        "Amount": cents / 100,
        "DetailType": "ItemBasedExpenseLineDetail",
        "ItemBasedExpenseLineDetail": detail,
    }


def buy(books: Books, day: str, item: str, units: float, cents: int, entity: str = "Bill") -> Body:
    lines = [bought_line(item, units, cents)]
    return changes.create(books, entity, {"VendorRef": {"value": "30"}, "TxnDate": day, "Line": lines})


def sell(books: Books, day: str, item: str, *units: float, entity: str = "Invoice") -> Body:
    lines = [sales_line(2_500, item, Qty=each) for each in units]
    return changes.create(books, entity, {"CustomerRef": {"value": "1"}, "TxnDate": day, "Line": lines})


def worth(books: Books) -> tuple[int, int]:
    """Return cents on the stock account and on the cost account."""
    found = ledger.sum_by_account(books.store, books.realm)
    assert found.get(STOCK, 0) == books_value(books)
    return found.get(STOCK, 0), found.get(COST, 0)


def books_value(books: Books) -> int:
    return round(books.read("Account", STOCK)["CurrentBalance"] * 100)


def key(body: Body, **more: Any) -> Body:
    return {"Id": body["Id"], "SyncToken": body["SyncToken"], **more}


@pytest.fixture(autouse=True)
def emptied(books: Books) -> None:
    """Make a company whose own items are not in stock."""
    rows = books.store.execute(
        "select id, body ->> '$.QtyOnHand' from records where entity = 'Item' and body ->> '$.Type' = 'Inventory'"
    )
    held = {id: units for id, units in rows.fetchall() if units}
    lines = [
        {"DetailType": "ItemAdjustmentLineDetail",
         "ItemAdjustmentLineDetail": {"ItemRef": {"value": id}, "QtyDiff": -units}}
        for id, units in held.items()
    ]  # fmt: skip
    body = {"TxnDate": "2026-01-01", "AdjustAccountRef": {"value": "34"}, "Line": lines}
    changes.create(books, "InventoryAdjustment", body)


def test_what_was_sold_before_it_was_bought_costs_in_the_end_what_was_paid(books: Books, item: str) -> None:
    sell(books, "2026-02-01", item, 4)
    assert worth(books) == (-4_000, 4_000)
    buy(books, "2026-02-10", item, 4, 4_800)
    assert worth(books) == (0, 4_800)
    assert books.read("Item", item)["QtyOnHand"] == 0
    check_all(books.store, books.realm, "2026-11-20")


def test_a_purchase_that_covers_more_than_was_lacking_is_worth_its_price(books: Books, item: str) -> None:
    sell(books, "2026-02-01", item, 4)
    buy(books, "2026-02-10", item, 10, 12_000)
    assert worth(books) == (7_200, 4_800)


def test_a_purchase_entered_late_changes_the_cost_of_what_was_sold_after_it(books: Books, item: str) -> None:
    buy(books, "2026-02-01", item, 10, 10_000)
    sell(books, "2026-02-20", item, 5)
    buy(books, "2026-02-10", item, 10, 20_000)
    assert worth(books) == (22_500, 7_500)


def test_a_bill_that_is_changed_or_deleted_changes_the_cost_of_what_was_sold(books: Books, item: str) -> None:
    bill = buy(books, "2026-02-01", item, 10, 10_000)
    sell(books, "2026-02-20", item, 10)
    line = bought_line(item, 10, 9_000)
    changed = changes.update(books, "Bill", key(bill, sparse=True, VendorRef=bill["VendorRef"], Line=[line]))
    assert worth(books) == (0, 9_000)
    changes.delete(books, "Bill", key(changed))
    assert worth(books) == (-10_000, 10_000)


def test_lines_of_one_sale_leave_no_cent_of_what_they_empty(books: Books, item: str) -> None:
    buy(books, "2026-02-01", item, 3, 100)
    sell(books, "2026-02-02", item, 1, 1, 1)
    assert worth(books) == (0, 100)


def test_stock_sent_back_for_less_than_it_cost_leaves_nothing_behind(books: Books, item: str) -> None:
    buy(books, "2026-02-01", item, 10, 10_000)
    buy(books, "2026-02-02", item, 10, 9_000, entity="VendorCredit")
    assert worth(books) == (0, 1_000)


def test_what_a_customer_returns_comes_back_at_its_cost(books: Books, item: str) -> None:
    buy(books, "2026-02-01", item, 4, 4_400)
    sell(books, "2026-02-02", item, 2)
    sell(books, "2026-02-03", item, 2, entity="CreditMemo")
    assert worth(books) == (4_400, 0)


def test_sending_a_sale_again_does_not_change_its_cost(books: Books, item: str) -> None:
    buy(books, "2026-02-01", item, 10, 10_000)
    sold = sell(books, "2026-02-02", item, 5)
    buy(books, "2026-02-03", item, 10, 30_000)
    changes.update(books, "Invoice", {**sold, "PrivateNote": "again"})
    assert worth(books) == (35_000, 5_000)


def close(books: Books, day: str) -> None:
    preferences = books.read("Preferences", "1")
    groups = {"AccountingInfoPrefs": {**preferences["AccountingInfoPrefs"], "BookCloseDate": day}}
    changes.update(books, "Preferences", key(preferences, sparse=True, **groups))


def test_stock_does_not_begin_in_closed_books(books: Books, item: str) -> None:
    close(books, "2026-03-31")
    body = {
        name: value for name, value in books.read("Item", item).items() if name not in ("Id", "SyncToken")
    }
    with pytest.raises(Fault) as made:
        changes.create(books, "Item", {**body, "Name": "Shade", "QtyOnHand": 7})
    with pytest.raises(Fault) as moved:
        changes.update(books, "Item", {**books.read("Item", item), "InvStartDate": "2026-04-02"})
    assert [refused.value.problems[0].code for refused in (made, moved)] == ["6210", "6210"]
    changes.create(books, "Item", {**body, "Name": "Shade", "QtyOnHand": 7, "InvStartDate": "2026-04-01"})
    assert worth(books)[0] == 7_000


def test_starting_stock_moves_with_its_day(books: Books) -> None:
    lamp = books.read("Item", "11")
    changes.update(books, "Item", {**lamp, "InvStartDate": "2025-12-15"})
    days = books.store.execute("select distinct date from postings where txn_type = 'Item' and txn_id = '11'")
    assert days.fetchall() == [("2025-12-15",)]


MOVES = st.lists(
    st.tuples(st.integers(-6, 6).filter(bool), st.integers(0, 9_999), st.booleans()), max_size=30
)


@given(moves=MOVES)
def test_stock_is_never_worth_anything_that_is_not_there(moves: list[tuple[int, int, bool]]) -> None:
    stock = Stock()
    for units, price, is_priced in moves:
        value = price if units > 0 else -price
        stock = (
            stock.move_at_price(Decimal(units), value)
            if is_priced
            else stock.move_at_cost(Decimal(units), Decimal(price))
        )
        assert stock.units or not stock.cents
        assert stock.cents * stock.units >= 0
