"""Small books of two months, and their profit and loss reports, for the tests of the bridge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

from runtime.insights.analysis import Analysis
from runtime.insights.bookings import BOOKED
from runtime.insights.books import ZERO, Account, Books, Item, Key, Kind, Line, Span, Transaction
from runtime.insights.profit_bridge import INSIGHT
from runtime.insights.report_rows import Report, Row
from tests.insights.changing import replace

TODAY = date(2026, 11, 20)
SEPTEMBER, OCTOBER = date(2026, 9, 10), date(2026, 10, 10)
SALES, GOODS, RENT, INTEREST, BANK, STOCK = "1", "2", "3", "4", "5", "6"
ACCOUNTS = {
    SALES: ("Sales", "income"),
    GOODS: ("Cost of goods", "cost_of_sales"),
    RENT: ("Rent", "expense"),
    INTEREST: ("Interest", "other_income"),
    BANK: ("Bank", "bank"),
    STOCK: ("Stock", "inventory"),
}
GROUPS = {
    "income": "Income", "cost_of_sales": "COGS", "expenses": "Expenses", "other_income": "OtherIncome",
    "other_expenses": "OtherExpenses", "net_income": "NetIncome",
}  # fmt: skip
SECTIONS = {SALES: "income", GOODS: "cost_of_sales", RENT: "expenses", INTEREST: "other_income"}
RAISING = (SALES, INTEREST)
TOOL = "get_profit_and_loss"
ANNA, BO = Key("customers", "1"), Key("customers", "2")
LANDLORD = Key("vendors", "9")
NAMES = {ANNA: "Anna", BO: "Bo", LANDLORD: "Landlord"}
HOUR = Item(Key("items", "1"), "Hour", income_account=SALES, expense_account=GOODS)
LAMP = Item(
    Key("items", "2"),
    "Lamp",
    on_hand=Decimal(5),
    income_account=SALES,
    expense_account=GOODS,
    asset_account=STOCK,
)
_NUMBERS = count(1)


def line(amount: Any, account: str = "", **more: Any) -> Line:
    """A line, with figures as text or numbers."""
    numbers = {name: Decimal(str(more.pop(name))) for name in ("quantity", "price") if name in more}
    return Line(Decimal(str(amount)), account, **numbers, **more)


def sold(quantity: Any, price: Any, item: str = "1") -> Line:
    """A line that sells or buys an item."""
    amount = (Decimal(str(quantity)) * Decimal(str(price))).quantize(Decimal("0.01"))
    return line(amount, item=item, quantity=quantity, price=price)


def record(kind: Kind, day: date, *lines: Line, party: Key | None = None, **more: Any) -> Transaction:
    """A transaction of lines."""
    number = str(next(_NUMBERS))
    total = sum((each.amount for each in lines), ZERO)
    name = NAMES.get(party, "") if party is not None else ""
    made = Transaction(Key(f"{kind}s", number), kind, day, number, party=party, party_name=name, total=total)
    return replace(made, lines=lines, **more)


def report(figures: Mapping[str, Any], profit: Any = None, **more: Any) -> Report:
    """A profit and loss report with a figure for each account."""
    amounts = {id_: Decimal(str(amount)) for id_, amount in figures.items()}
    whole = sum((amount if id_ in RAISING else -amount for id_, amount in amounts.items()), ZERO)
    rows = []
    for section, group in GROUPS.items():
        inside = {id_: amount for id_, amount in amounts.items() if SECTIONS[id_] == section}
        rows += [
            Row("row", 1, (ACCOUNTS[id_][0], str(amount)), id_, "", (group,))
            for id_, amount in inside.items()
        ]
        if section != "net_income":
            rows.append(Row("total", 0, ("Total", str(sum(inside.values(), ZERO))), "", group, (group,)))
    rows.append(Row("total", 0, ("Net Income", str(whole if profit is None else profit)), "", "NetIncome"))
    return Report(TOOL, ("account", "Total"), tuple(rows), GROUPS, **more)


def make_books(
    transactions: Iterable[Transaction], before: Report | None, after: Report | None, **more: Any
) -> Books:
    """Books with accounts, two items and both reports."""
    reports = {name: each for name, each in (("before", before), ("after", after)) if each is not None}
    values: dict[str, Any] = {
        "today": TODAY,
        "currency": "USD",
        "transactions": tuple(sorted(transactions, key=lambda each: each.day)),
        "accounts": {
            id_: Account(Key("accounts", id_), name, roles=frozenset({role}))
            for id_, (name, role) in ACCOUNTS.items()
        },
        "items": {"1": HOUR, "2": LAMP},
        "reports": reports,
        "read": dict.fromkeys(BOOKED, Span(None, TODAY)),
        "lists": frozenset({"accounts", "items"}),
    }
    return Books(**values | more)


def explain(books: Books, **options: Any) -> Analysis:
    """The analysis of October against September, held to add up."""
    found = INSIGHT.compute(books, options)
    check_sums(found.figures)
    return found


def check_sums(figures: Mapping[str, Any]) -> None:
    """Whether everything adds up to the cent, whatever the limit."""
    profit = figures["profit"]
    change = profit["after"] - profit["before"]
    assert profit["change"] == change
    running = profit["before"]
    for step in figures["bridge"]:
        running += step["amount"]
        assert step["running"] == running
    assert running == profit["after"]
    assert sum((each["amount"] for each in figures["by_cause"]), ZERO) == change
    for name in ("by_account", "by_customer", "by_item"):
        shown = sum((each["effect"] for each in figures[name]), ZERO)
        said = figures["lists"][name]
        assert (shown + said["not_shown"] + said["not_assigned"], len(figures[name])) == (
            change,
            said["shown"],
        ), name
    for each in figures["by_item"]:
        parts = [amount for name, amount in each.items() if name.endswith("_effect")]
        assert sum(parts, ZERO) == each["effect"], each


def list_amounts(
    rows: Iterable[Mapping[str, Any]], name: str = "label", amount: str = "amount"
) -> dict[str, Decimal]:
    """The amounts of steps or rows by their names."""
    return {each[name]: each[amount] for each in rows}
