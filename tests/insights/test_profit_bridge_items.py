"""Items in the bridge: price, volume, mix, and what has no average price."""

from __future__ import annotations

from tests.insights.bridge_books import (
    ANNA,
    BO,
    GOODS,
    LANDLORD,
    OCTOBER,
    SALES,
    SEPTEMBER,
    explain,
    line,
    list_amounts,
    make_books,
    record,
    report,
    sold,
)


def test_an_item_is_split_into_price_and_volume() -> None:
    books = make_books(
        [
            record("invoice", SEPTEMBER, sold(10, 100), party=ANNA),
            record("invoice", OCTOBER, sold(8, 110), party=ANNA),
        ],
        report({SALES: 1000}),
        report({SALES: 880}),
    )

    [row] = explain(books).figures["by_item"]

    assert (row["volume_effect"], row["price_effect"], row["effect"]) == (-200, 80, -120)
    assert (row["quantity_before"], row["quantity_after"]) == (10, 8)
    assert row["says"] == (
        "Hour: 8 instead of 10 sold lowers profit by 200.00, an average price of 110.00 instead of 100.00 raises "
        "profit by 80.00."
    )


def test_a_higher_price_of_what_is_bought_lowers_profit() -> None:
    books = make_books(
        [
            record("bill", SEPTEMBER, sold(10, 20), party=LANDLORD),
            record("bill", OCTOBER, sold(12, 25), party=LANDLORD),
        ],
        report({GOODS: 200}),
        report({GOODS: 300}),
    )

    found = explain(books)

    [row] = found.figures["by_item"]
    assert (row["volume_effect"], row["price_effect"]) == (-40, -60)
    assert list_amounts(found.figures["by_cause"]) == {
        "Prices of items bought": -60,
        "Quantities of items bought": -40,
    }


def test_who_buys_is_mix_where_each_pays_what_he_paid() -> None:
    books = make_books(
        [
            record("invoice", SEPTEMBER, sold(10, 100), party=ANNA),
            record("invoice", SEPTEMBER, sold(10, 50), party=BO),
            record("invoice", OCTOBER, sold(5, 100), party=ANNA),
            record("invoice", OCTOBER, sold(15, 50), party=BO),
        ],
        report({SALES: 1500}),
        report({SALES: 1250}),
    )

    [row] = explain(books).figures["by_item"]

    assert (row["price_effect"], row["volume_effect"], row["mix_effect"]) == (0, 0, -250)


def test_items_that_are_new_lost_or_without_a_quantity_are_said_apart() -> None:
    books = make_books(
        [
            record("invoice", SEPTEMBER, sold(2, 30, "2"), party=ANNA),
            record("invoice", OCTOBER, sold(1, 100), party=BO),
            record("invoice", SEPTEMBER, line(70, SALES, item="3")),
            record("invoice", OCTOBER, line(75, SALES, item="3")),
        ],
        report({SALES: 130}),
        report({SALES: 175}),
    )

    found = explain(books)

    rows = {each["item"]: each for each in found.figures["by_item"]}
    assert rows["Hour"]["new_effect"] == 100
    assert rows["Lamp"]["lost_effect"] == -60
    assert rows["item 3"]["unpriced_effect"] == 5
    assert list_amounts(found.figures["by_cause"]) == {
        "Items sold in October 2026 only": 100,
        "Items sold in September 2026 only": -60,
        "Items sold without an average price": 5,
    }


def test_an_item_whose_lines_had_no_quantity_before_is_not_new() -> None:
    books = make_books(
        [record("invoice", SEPTEMBER, line(70, item="1")), record("invoice", OCTOBER, sold(1, 100))],
        report({SALES: 70}),
        report({SALES: 100}),
    )

    [row] = explain(books).figures["by_item"]

    assert row["unpriced_effect"] == 30 and "new_effect" not in row
    assert row["says"] == (
        "Hour raises profit by 30.00; there is no average price in both months to compare."
    )


def test_lines_without_a_quantity_stand_beside_the_price_of_the_others() -> None:
    books = make_books(
        [
            record("invoice", SEPTEMBER, sold(1, 100), line(7, item="1")),
            record("invoice", OCTOBER, sold(1, 110), line(9, item="1")),
        ],
        report({SALES: 107}),
        report({SALES: 119}),
    )

    [row] = explain(books).figures["by_item"]

    assert (row["price_effect"], row["volume_effect"], row["unpriced_effect"]) == (10, 0, 2)


def test_an_item_that_is_sold_as_before_is_not_listed() -> None:
    made = [record("invoice", day, sold(2, 50), party=ANNA) for day in (SEPTEMBER, OCTOBER)]

    found = explain(make_books(made, report({SALES: 100}), report({SALES: 100})))

    assert [found.figures[each] for each in ("by_item", "by_customer", "by_account", "bridge")] == [[]] * 4


def test_an_item_whose_price_and_volume_offset_each_other_is_listed() -> None:
    made = [record("invoice", SEPTEMBER, sold(2, 50)), record("invoice", OCTOBER, sold(4, 25))]

    [row] = explain(make_books(made, report({SALES: 100}), report({SALES: 100}))).figures["by_item"]

    assert (row["price_effect"], row["volume_effect"], row["effect"]) == (-100, 100, 0)
