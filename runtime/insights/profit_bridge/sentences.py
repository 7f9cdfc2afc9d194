"""What the answer says of each step, one sentence each. Called by `steps` and `explaining`."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from runtime.insights.profit_bridge.changes import AccountChange
from runtime.insights.profit_bridge.months import Months
from runtime.insights.profit_bridge.movements import ItemMovement
from runtime.insights.profit_bridge.price_volume import Amount
from runtime.insights.profit_bridge.statements import EARNING, Section, show

_TITLES: dict[Section, str] = {
    "income": "Income",
    "cost_of_sales": "Cost of sales",
    "expenses": "Expenses",
    "other_income": "Other income",
    "other_expenses": "Other expenses",
}


def write_amount(amount: Decimal) -> str:
    """Return an amount as people read it."""
    return f"{amount:,.2f}"


def write_signed(amount: Decimal) -> str:
    """Return an amount with its sign."""
    return f"{amount:+,.2f}"


def write_quantity(quantity: Decimal) -> str:
    """Return a quantity without zeros at its end."""
    return f"{quantity:,.4f}".rstrip("0").rstrip(".")


def describe_effect(effect: Decimal) -> str:
    """Return what a change does to profit."""
    if not effect:
        return "leaves profit as it was"
    return f"{'raises' if effect > 0 else 'lowers'} profit by {write_amount(abs(effect))}"


def describe_account(change: AccountChange, drivers: Sequence[tuple[str, Decimal]]) -> str:
    """Return the sentence of an account, with the customers or vendors that moved it most."""
    before, after = write_amount(change.before), write_amount(change.after)
    verb = "rose" if change.after > change.before else "fell" if change.after < change.before else "stayed"
    moved = f"{verb} from {before} to {after}" if verb != "stayed" else f"stayed at {after}"
    most = f"; above all {drivers[0][0]} ({write_signed(drivers[0][1])})" if drivers else ""
    return (
        f"{_TITLES[change.section]} in {change.label} {moved}, which {describe_effect(change.effect)}{most}."
    )


def describe_party(name: str, label: str, before: Decimal, after: Decimal, section: Section) -> str:
    """Return the sentence of a customer or vendor in an account; the amounts are effects on profit."""
    amounts = f"{write_amount(show(section, after))} instead of {write_amount(show(section, before))}"
    return f"{name} in {label}: {amounts}, which {describe_effect(after - before)}."


def describe_item(name: str, found: ItemMovement, section: Section, months: Months) -> str:
    """Return the sentence of an item, by what its change consists of."""
    bought = "sold" if section in EARNING else "bought"
    split, before, after = found.split, found.before, found.after
    if split.new:
        return f"{name} was not {bought} in {months.before.title}; it {describe_effect(split.new)}."
    if split.lost:
        return f"{name} was not {bought} in {months.after.title}, which {describe_effect(split.lost)}."
    if not (split.price or split.volume or split.mix):
        return f"{name} {describe_effect(split.total)}; there is no average price in both months to compare."
    quantities = f"{write_quantity(after.quantity)} instead of {write_quantity(before.quantity)} {bought}"
    parts = [f"{quantities} {describe_effect(split.volume)}"]
    if split.price:
        parts.append(f"{_say_price(before, after)} {describe_effect(split.price)}")
    if split.mix:
        parts.append(f"who bought how much of it {describe_effect(split.mix)}")
    if split.unpriced:
        parts.append(f"lines without a quantity: it {describe_effect(split.unpriced)}")
    return f"{name}: {', '.join(parts)}."


def describe_headline(
    months: Months, before: Decimal, after: Decimal, steps: Sequence[tuple[str, Decimal]]
) -> str:
    """Return the sentence above all others."""
    change = after - before
    if months.before == months.after:
        return (
            f"Both months are {months.after.title}: profit of {write_amount(after)} is compared with itself."
        )
    if not change:
        moved = f"the same as in {months.before.title}"
    else:
        more = "more" if change > 0 else "less"
        moved = f"{write_amount(abs(change))} {more} than in {months.before.title} ({write_amount(before)})"
    named = ", ".join(f"{label} {write_signed(amount)}" for label, amount in steps[:3] if amount)
    most = f" The largest steps: {named}." if named else ""
    return f"Profit of {months.after.title} was {write_amount(after)}, {moved}.{most}"


def describe_unknown(months: Months) -> str:
    """Return the headline where too little was read."""
    return (
        f"Why profit of {months.after.title} differs from that of {months.before.title} is not known: too little "
        "was read to compare both months."
    )


def _say_price(before: Amount, after: Amount) -> str:
    old, new = (abs(each.effect / each.quantity) for each in (before, after))
    return f"an average price of {write_amount(new)} instead of {write_amount(old)}"
