"""What each customer owes on a day, sub-customers with their uppermost parent. Called by `dunning`.

What has a later day than that of the books is left out, and what a payment of a later day took from an invoice is put
back, as the vendor's report of receivables does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from runtime.insights.bookings import CUSTOMERS, to_cents
from runtime.insights.books import ZERO, Books, Key, Transaction
from runtime.insights.collecting.delays import find_due


@dataclass(frozen=True, slots=True)
class OpenInvoice:
    """An invoice that is not paid: what is open, in its own currency and in the company's."""

    invoice: Transaction
    due: date
    days_overdue: int
    open: Decimal
    home_open: Decimal


class Reduction(NamedTuple):
    """A credit, or a payment that is not applied, with what is left of it in its currency."""

    transaction: Transaction
    open: Decimal


@dataclass(slots=True)
class Account:
    """What a customer owes, those below it included, in the company's currency.

    `credits` and `unapplied` lower what can be asked for; `journals` is what journal entries add. `balances` has what
    each customer of the family owes; `members` are all of them, with or without a balance.
    """

    family: str
    invoices: list[OpenInvoice] = field(default_factory=list)
    credits: Decimal = ZERO
    unapplied: Decimal = ZERO
    journals: Decimal = ZERO
    reducing: list[Reduction] = field(default_factory=list)
    balances: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    members: set[str] = field(default_factory=set)
    last_payment: Transaction | None = None
    last_sent: date | None = None

    @property
    def overdue(self) -> list[OpenInvoice]:
        """The invoices past their due days, the oldest first."""
        found = [each for each in self.invoices if each.days_overdue > 0]
        return sorted(found, key=lambda each: (each.due, each.invoice.day, each.invoice.key))

    @property
    def overdue_total(self) -> Decimal:
        """What is overdue, before credits and payments that are not applied."""
        return sum((each.home_open for each in self.invoices if each.days_overdue > 0), ZERO)

    @property
    def open_total(self) -> Decimal:
        """What is open on invoices, due or not."""
        return sum((each.home_open for each in self.invoices), ZERO)


class Families:
    """Which customer stands uppermost above another."""

    def __init__(self, books: Books) -> None:
        self._parents = {
            key.id: party.parent for key, party in books.parties.items() if key.resource == CUSTOMERS
        }
        self._found: dict[str, str] = {}
        self._members: dict[str, set[str]] = {}
        for id_ in self._parents:
            self._members.setdefault(self.find(Key(CUSTOMERS, id_)), set()).add(id_)

    def list_members(self, family: str) -> set[str]:
        """Return the Ids of a customer and all that stand below it."""
        return {family, *self._members.get(family, ())}

    def find(self, party: Key | None) -> str:
        """Return the Id of the uppermost parent of a customer; its own where it has none."""
        id_ = party.id if party is not None else ""
        if id_ not in self._found:
            above, seen = id_, {id_}
            while (parent := self._parents.get(above)) and parent not in seen:
                seen.add(parent)
                above = parent
            self._found[id_] = above
        return self._found[id_]


def collect_accounts(books: Books, families: Families) -> Mapping[str, Account]:
    """Return what each family of customers owes, and when it last paid and was last sent an invoice."""
    found: dict[str, Account] = {}
    later = _sum_later_payments(books)
    for each in books.list_kinds("invoice", "customer_credit", "customer_payment"):
        if each.day > books.today:
            continue
        account = _open_account(found, families, each.party)
        open_ = each.open + later.get(each.key, ZERO)
        home = measure_home(each, open_)
        _note(account, each, books.today)
        if home:
            sign = 1 if each.kind == "invoice" else -1
            account.balances[each.party.id if each.party else ""] += sign * home
            _add(account, each, open_, home, books.today)
    for party, amount in _sum_journals(books).items():
        account = _open_account(found, families, party)
        account.journals += amount
        account.balances[party.id] += amount
    return found


def _open_account(found: dict[str, Account], families: Families, party: Key | None) -> Account:
    family = families.find(party)
    if family not in found:
        found[family] = Account(family, members=families.list_members(family))
    return found[family]


def _sum_journals(books: Books) -> Mapping[Key, Decimal]:
    """Return what journal entries add to what each customer owes, less what payments took from it."""
    taken: dict[tuple[Key, Key], Decimal] = defaultdict(Decimal)
    for each in books.list_kinds("customer_payment"):
        if each.party is not None and each.day <= books.today:
            for link in each.list_settled():
                taken[each.party, link.key] += link.amount
    found: dict[Key, Decimal] = defaultdict(Decimal)
    for journal in books.list_kinds("journal"):
        if journal.day <= books.today:
            for party, amount in _sum_receivable_lines(books, journal).items():
                settled = taken.get((party, journal.key), ZERO)
                found[party] += to_cents((amount - (settled if amount > 0 else -settled)) * journal.rate)
    return {party: amount for party, amount in found.items() if amount}


def _sum_receivable_lines(books: Books, journal: Transaction) -> Mapping[Key, Decimal]:
    found: dict[Key, Decimal] = defaultdict(Decimal)
    for line in journal.lines:
        if line.party is not None and books.has_role(line.account, "receivable"):
            found[line.party] += line.amount if line.side == "debit" else -line.amount
    return found


def measure_home(transaction: Transaction, open_: Decimal) -> Decimal:
    """Return what is open in the company's currency: of a form the whole, less its part that was settled."""
    if transaction.rate == 1 or transaction.kind == "customer_payment" or not transaction.total:
        return to_cents(open_ * transaction.rate)
    whole = to_cents(transaction.home_total)
    return whole - to_cents(whole * (transaction.total - open_) / transaction.total)


def _sum_later_payments(books: Books) -> Mapping[Key, Decimal]:
    """Return what payments of later days took from each invoice and credit."""
    found: dict[Key, Decimal] = defaultdict(Decimal)
    for each in books.list_kinds("customer_payment"):
        if each.day > books.today:
            for link in each.list_settled():
                found[link.key] += link.amount
    return found


def _note(account: Account, transaction: Transaction, today: date) -> None:
    """Note the last payment, and the last time that an invoice was sent."""
    if transaction.kind == "customer_payment" and transaction.total > 0:
        account.last_payment = transaction
    if transaction.sent is not None and transaction.sent.date() <= today:
        sent = transaction.sent.date()
        account.last_sent = max(account.last_sent or sent, sent)


def _add(account: Account, transaction: Transaction, open_: Decimal, home: Decimal, today: date) -> None:
    if transaction.kind == "invoice":
        due = find_due(transaction)
        account.invoices.append(OpenInvoice(transaction, due, (today - due).days, open_, home))
        return
    account.reducing.append(Reduction(transaction, open_))
    if transaction.kind == "customer_credit":
        account.credits += home
    else:
        account.unapplied += home
