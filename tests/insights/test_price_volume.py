"""The split into price, volume and mix adds up for any figures, and says nothing of what did not change."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.insights.books import ZERO
from runtime.insights.profit_bridge.price_volume import Amount, Split, split_change
from tests.insights.bridge_books import (
    ANNA,
    BO,
    GOODS,
    INTEREST,
    LANDLORD,
    OCTOBER,
    RENT,
    SALES,
    SEPTEMBER,
    explain,
    line,
    make_books,
    record,
    report,
    sold,
)

QUANTITIES = st.decimals("-100000", "100000", places=3)
MONEY = st.decimals("-1000000", "1000000", places=2)
AMOUNTS = st.dictionaries(st.sampled_from("abcd"), st.builds(Amount, QUANTITIES, MONEY))
PRICES = st.decimals("0.01", "10000", places=2)
WHOLE = st.integers(1, 1000).map(Decimal)


@given(AMOUNTS, AMOUNTS)
def test_the_parts_add_up_for_any_quantities_and_amounts(
    before: dict[str, Amount], after: dict[str, Amount]
) -> None:
    found = split_change(before, after)

    change = sum((each.effect for each in after.values()), ZERO) - sum(
        (each.effect for each in before.values()), ZERO
    )
    assert found.total == change
    assert found.volume == found.volume.quantize(Decimal("0.01"))


@given(st.dictionaries(st.sampled_from("abcd"), st.tuples(WHOLE, WHOLE), min_size=1), PRICES)
def test_without_another_price_there_is_volume_alone(
    quantities: dict[str, tuple[Decimal, Decimal]], price: Decimal
) -> None:
    before = {name: Amount(old, old * price) for name, (old, _) in quantities.items()}
    after = {name: Amount(new, new * price) for name, (_, new) in quantities.items()}

    found = split_change(before, after)

    assert found == Split(volume=sum((new - old for old, new in quantities.values()), ZERO) * price)


@given(st.dictionaries(st.sampled_from("abcd"), st.tuples(WHOLE, PRICES), min_size=1), PRICES)
def test_without_another_quantity_there_is_price_alone(
    sales: dict[str, tuple[Decimal, Decimal]], rise: Decimal
) -> None:
    before = {name: Amount(quantity, quantity * price) for name, (quantity, price) in sales.items()}
    after = {name: Amount(quantity, quantity * (price + rise)) for name, (quantity, price) in sales.items()}

    found = split_change(before, after)

    assert (found.volume, found.mix) == (0, 0)
    assert found.price == rise * sum((quantity for quantity, _ in sales.values()), ZERO)


def test_a_customer_who_is_new_pays_a_price_that_is_compared_with_the_average() -> None:
    before = {"a": Amount(Decimal(10), Decimal(1000))}
    after = {"b": Amount(Decimal(10), Decimal(1100))}

    assert split_change(before, after) == Split(price=Decimal(100))


def test_a_customer_who_only_returned_something_has_no_price_before() -> None:
    before = {"a": Amount(Decimal(-1), Decimal(-90)), "b": Amount(Decimal(11), Decimal(1090))}
    after = {"a": Amount(Decimal(2), Decimal(220)), "b": Amount(Decimal(8), Decimal(800))}

    found = split_change(before, after)

    assert (found.volume, found.mix) == (0, Decimal("-7.27")), "of b alone: 8 * (1090 / 11 - 100)"
    assert found.price == Decimal("27.27")


def test_returns_that_leave_no_quantity_have_no_average_price() -> None:
    before = {"a": Amount(Decimal(-1), Decimal(-5))}
    after = {"a": Amount(Decimal(2), Decimal(10))}

    assert split_change(before, after) == Split(unpriced=Decimal(15))
    assert split_change(after, before) == Split(unpriced=Decimal(-15))
    assert split_change({}, {}) == Split()


CENTS = st.decimals("-5000", "5000", places=2)
PARTIES = st.sampled_from([None, ANNA, BO, LANDLORD])
LINES = st.one_of(
    st.builds(sold, st.decimals("-20", "20", places=2), CENTS, st.sampled_from(["1", "2", "3"])),
    st.builds(line, CENTS, st.sampled_from([SALES, GOODS, RENT, INTEREST, "", "99"])),
)
KINDS = st.sampled_from(
    ["invoice", "sale", "refund", "customer_credit", "bill", "expense", "vendor_credit", "journal"]
)
RECORDS = st.builds(
    lambda kind, day, lines, party, rate: record(kind, day, *lines, party=party, rate=rate),
    KINDS,
    st.sampled_from([SEPTEMBER, OCTOBER]),
    st.lists(LINES, max_size=4),
    PARTIES,
    st.sampled_from([Decimal(1), Decimal("1.2345")]),
)
REPORTS = st.one_of(
    st.none(),
    st.builds(
        report,
        st.dictionaries(st.sampled_from([SALES, GOODS, RENT, INTEREST]), CENTS),
        st.one_of(st.none(), CENTS),
    ),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(RECORDS, max_size=12), REPORTS, REPORTS, st.integers(1, 12))
def test_every_list_of_any_books_adds_up_to_the_cent(
    records: Any, before: Any, after: Any, limit: int
) -> None:
    found = explain(make_books(records, before, after), limit=limit)

    if before is not None and after is not None:
        profits = [each.rows[-1].read_amount() for each in (before, after)]
        assert [found.figures["profit"][each] for each in ("before", "after")] == profits
