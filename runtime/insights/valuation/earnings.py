"""The profit and loss of twelve months, and the EBITDA in it. Called by `valuing`.

The figures are those of the vendor's report, which has the cost of goods sold from stock too; without it they are what
the records book. Interest, income tax, depreciation and amortisation are found by the roles and names of accounts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from runtime.insights.bookings import Booking, Group, to_cents
from runtime.insights.books import ZERO, Books, Role
from runtime.insights.profit_bridge.statements import EARNING, Figure, Section, Statement
from runtime.insights.topics import Topics
from runtime.insights.vendor_spend import measure_share

Part = Literal["depreciation", "interest", "income_tax", ""]
PARTS: tuple[Role, ...] = ("depreciation", "interest", "income_tax")
"""What EBITDA leaves out: roles of accounts, and topics of the facts."""
SECTIONS: Mapping[Group, Section] = {
    "income": "income",
    "other_income": "other_income",
    "cost_of_sales": "cost_of_sales",
    "expense": "expenses",
    "other_expense": "other_expenses",
}
"""The section of the report that shows what is booked to an account of a group."""


@dataclass(frozen=True, slots=True)
class Earnings:
    """Twelve months. Costs are above zero; `left_out` has what EBITDA leaves out, by part, income below zero."""

    sections: Mapping[str, Decimal]
    left_out: Mapping[str, Decimal]
    accounts: tuple[str, ...] = ()
    """The keys of the accounts of what is left out."""

    @property
    def income(self) -> Decimal:
        """What was earned with the business itself."""
        return self.sections.get("income", ZERO)

    @property
    def gross_margin(self) -> Decimal:
        """Income without the cost of sales."""
        return self.income - self.sections.get("cost_of_sales", ZERO)

    @property
    def net_income(self) -> Decimal:
        """The profit."""
        return sum((each if name in EARNING else -each for name, each in self.sections.items()), ZERO)

    @property
    def ebitda(self) -> Decimal:
        """The profit before interest, income tax, depreciation and amortisation."""
        return self.net_income + sum(self.left_out.values(), ZERO)

    def as_dict(self) -> dict[str, Any]:
        """As plain values, for answers."""
        names = ("income", "cost_of_sales", "expenses", "other_income", "other_expenses")
        return {
            **{name: to_cents(self.sections.get(name, ZERO)) for name in names},
            "gross_margin": to_cents(self.gross_margin),
            "gross_margin_percent": measure_share(self.gross_margin, self.income),
            "net_income": to_cents(self.net_income),
            **{name: to_cents(self.left_out.get(name, ZERO)) for name in PARTS},
            "ebitda": to_cents(self.ebitda),
            "ebitda_percent": measure_share(self.ebitda, self.income),
        }


def find_part(books: Books, topics: Topics, account_id: str, label: str = "") -> Part:
    """Return what of EBITDA an account is left out for; empty for any other one."""
    account = books.accounts.get(account_id)
    for part in PARTS:
        if account is not None and part in account.roles:
            return part  # type: ignore[return-value]
    return topics.find(PARTS, account.name if account is not None else label)  # type: ignore[return-value]


def sum_statement(books: Books, topics: Topics, statement: Statement) -> Earnings:
    """Return what a report shows; what stands in no row of an account counts with the other income."""
    earnings = _sum(books, topics, statement.figures.values())
    sections = {**earnings.sections}
    sections["other_income"] = sections.get("other_income", ZERO) + statement.unassigned
    return Earnings(sections, earnings.left_out, earnings.accounts)


def sum_bookings(books: Books, topics: Topics, bookings: Iterable[Booking]) -> Earnings:
    """Return what records book."""
    amounts: dict[tuple[str, Section], Decimal] = defaultdict(Decimal)
    for each in bookings:
        if section := SECTIONS.get(each.group):
            amounts[each.account, section] += each.amount * (-1 if section in EARNING else 1)
    found = (
        Figure(id_, books.name_account(id_), section, amount) for (id_, section), amount in amounts.items()
    )
    return _sum(books, topics, found)


def _sum(books: Books, topics: Topics, figures: Iterable[Figure]) -> Earnings:
    sections: dict[str, Decimal] = defaultdict(Decimal)
    left_out: dict[str, Decimal] = defaultdict(Decimal)
    accounts: dict[str, Decimal] = {}
    for each in figures:
        sections[each.section] += each.amount
        part = "" if each.section == "income" else find_part(books, topics, each.id, each.label)
        if part and each.amount:
            left_out[part] += each.amount if each.section not in EARNING else -each.amount
            accounts[f"accounts:{each.id}"] = abs(each.amount)
    ranked = tuple(sorted(accounts, key=lambda key: (-accounts[key], key)))
    return Earnings(dict(sections), dict(left_out), ranked)
