"""Each account as the reports of both months show it, and what the postings explain of its change.

Called by `explaining`. Where a report was not read, the figures are those of the postings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from runtime.insights.bookings import is_stocked
from runtime.insights.books import ZERO, Account, Books
from runtime.insights.profit_bridge.movements import Movement
from runtime.insights.profit_bridge.postings import Posting
from runtime.insights.profit_bridge.statements import Section, Statement, show

SECTIONS_OF_ROLES: Mapping[str, Section] = {
    "income": "income",
    "other_income": "other_income",
    "cost_of_sales": "cost_of_sales",
    "expense": "expenses",
    "other_expense": "other_expenses",
}
"""Where the accounts of each role stand in the report."""


@dataclass(frozen=True, slots=True)
class AccountChange:
    """An account in both months. `before` and `after` are as its section shows them: a cost is above zero.

    `posted_before` and `posted_after` are the same by the records. `has_stock` is that of an account of the cost of
    stock sold, which no record shows.
    """

    id: str
    label: str
    section: Section
    before: Decimal
    after: Decimal
    posted_before: Decimal
    posted_after: Decimal
    movement: Movement = field(repr=False)
    has_stock: bool = False

    @property
    def effect(self) -> Decimal:
        """What it changes of profit."""
        return show(self.section, self.after - self.before)

    @property
    def explained(self) -> Decimal:
        """What the records explain of that."""
        return self.movement.effect

    @property
    def unexplained(self) -> Decimal:
        """What they do not."""
        return self.effect - self.explained


def find_sections(books: Books, *statements: Statement | None) -> dict[str, Section]:
    """Return the accounts of the profit and loss reports, with the sections in which they stand."""
    found = {
        id_: section for id_, each in books.accounts.items() if (section := _find_section(each)) is not None
    }
    for statement in statements:
        if statement is not None:
            found |= {each.id: each.section for each in statement.figures.values()}
    return found


def list_changes(
    books: Books,
    statements: tuple[Statement, Statement] | None,
    sections: Mapping[str, Section],
    movements: Mapping[str, Movement],
    stocked: frozenset[str],
) -> list[AccountChange]:
    """Return every account with a figure or a posting, the largest effect first."""
    shown = {id_ for each in statements or () for id_ in each.figures}
    found = []
    for id_ in shown | movements.keys():
        section, movement = sections[id_], movements.get(id_, Movement())
        posted = show(section, movement.effect_before), show(section, movement.effect_after)
        before, after = posted if statements is None else (_read(each, id_) for each in statements)
        label = _name(books, id_, statements or ())
        found.append(AccountChange(id_, label, section, before, after, *posted, movement, id_ in stocked))
    return sorted(found, key=lambda each: (-abs(each.effect), each.label, each.id))


def find_stocked(books: Books, postings: Iterable[Posting]) -> frozenset[str]:
    """Return the accounts to which the vendor posts the cost of stock that was sold."""
    items = {each.item for each in postings}
    stocked = (books.items[each] for each in items if each in books.items and is_stocked(books.items[each]))
    return frozenset(each.expense_account for each in stocked if each.expense_account)


def _read(statement: Statement, id_: str) -> Decimal:
    return statement.figures[id_].amount if id_ in statement.figures else ZERO


def _name(books: Books, id_: str, statements: tuple[Statement, ...]) -> str:
    if id_ in books.accounts:
        return books.accounts[id_].name
    labels = (each.figures[id_].label for each in statements if id_ in each.figures)
    return next(labels, books.name_account(id_))


def _find_section(account: Account) -> Section | None:
    return next((section for role, section in SECTIONS_OF_ROLES.items() if role in account.roles), None)
