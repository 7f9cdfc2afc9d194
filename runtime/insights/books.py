"""The books of a company as analyses see them: plain values, the same for every vendor.

Made by `extraction` of a vendor's records, and read by each analysis. What there are tens of thousands of is a frozen
struct, which is made at a twentieth of the cost of a dataclass. Money is `Decimal`; days are `date`. A record is
named by its resource and its Id, because Ids of different resources may be equal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from msgspec import Struct

from generator.insight_rules import FixRules
from runtime.insights.client_mapping import ClientMapping
from runtime.insights.report_rows import Report

if TYPE_CHECKING:
    from runtime.insights.work_records import Work

ZERO = Decimal(0)
Kind = Literal[
    "invoice", "sale", "customer_credit", "refund", "customer_payment", "bill", "expense", "vendor_credit",
    "vendor_payment", "card_payment", "deposit", "transfer", "journal",
]  # fmt: skip
"""What a transaction is to the books. A sale is paid at once, an expense too."""
Side = Literal["debit", "credit", ""]
Role = Literal[
    "bank", "card", "receivable", "payable", "undeposited", "inventory", "sales_tax", "income", "other_income",
    "cost_of_sales", "expense", "other_expense", "opening_balance", "uncategorised", "ask_accountant", "suspense",
    "payroll", "depreciation", "interest", "income_tax", "asset", "contra_asset", "liability", "equity",
]  # fmt: skip
"""What an account is for. An account has several: a bank account is an asset too."""


class Key(NamedTuple):
    """A record: its resource, as the catalog names it, and its Id."""

    resource: str
    id: str

    def __str__(self) -> str:
        return f"{self.resource}:{self.id}"


class Link(Struct, frozen=True, gc=False):
    """Another transaction that a line settles, or that settles a record; `amount` is of the line."""

    key: Key
    amount: Decimal = ZERO


class Line(Struct, frozen=True, gc=False):
    """A line of a transaction. `amount` is in its currency, and below zero for what lowers the total, as a discount.

    `account`, `item` and `segment` (the vendor's class) are Ids; empty where the line names none. `customer` is whom an
    expense was for, `side` is of journal entries alone. `party` is whom a line of a journal entry or deposit names.
    """

    amount: Decimal = ZERO
    account: str = ""
    item: str = ""
    segment: str = ""
    customer: str = ""
    quantity: Decimal | None = None
    price: Decimal | None = None
    text: str = ""
    side: Side = ""
    links: tuple[Link, ...] = ()
    id: str = ""
    party: Key | None = None


class Transaction(Struct, frozen=True, gc=False):
    """One transaction. `total` and `open` are in its currency; `home_total` and `home_open` in that of the company.

    `account` is the account that the whole of it moves: the bank or card account of an expense, a payment or a
    deposit, the source of a transfer, whose target is `to_account`. `entered` is when it was typed in. `is_reversed`
    says that it moves in the other direction, as a refund on a card does. A voided one has a total of zero.
    `segment` is that of lines that name none, `sent` when a form was sent to its party.
    """

    key: Key
    kind: Kind
    day: date
    number: str = ""
    due: date | None = None
    party: Key | None = None
    party_name: str = ""
    total: Decimal = ZERO
    open: Decimal = ZERO
    tax: Decimal = ZERO
    currency: str = ""
    rate: Decimal = Decimal(1)
    memo: str = ""
    account: str = ""
    to_account: str = ""
    entered: datetime | None = None
    is_unsent: bool = False
    is_reversed: bool = False
    lines: tuple[Line, ...] = ()
    links: tuple[Link, ...] = ()
    segment: str = ""
    sent: datetime | None = None

    @property
    def home_total(self) -> Decimal:
        """The total in the currency of the company."""
        return self.total if self.rate == 1 else self.total * self.rate

    @property
    def home_open(self) -> Decimal:
        """What is open, in the currency of the company."""
        return self.open if self.rate == 1 else self.open * self.rate

    def list_settled(self) -> Iterator[Link]:
        """Yield the transactions that its lines settle, each with the amount of the line."""
        for line in self.lines:
            yield from line.links


@dataclass(frozen=True, slots=True)
class Account:
    """An account. `balance` is as the vendor shows it today; of income and expenses it has none."""

    key: Key
    name: str
    number: str = ""
    balance: Decimal = ZERO
    currency: str = ""
    roles: frozenset[str] = frozenset()
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Party:
    """A customer, vendor or employee. `bank` and `tax_number` are private: show no more than their last characters."""

    key: Key
    name: str
    email: str = ""
    phone: str = ""
    address: str = ""
    postal_code: str = ""
    bank: str = ""
    tax_number: str = ""
    balance: Decimal = ZERO
    currency: str = ""
    parent: str = ""
    entered: datetime | None = None
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Item:
    """A product or service. `on_hand` is None where its stock is not counted."""

    key: Key
    name: str
    on_hand: Decimal | None = None
    price: Decimal = ZERO
    cost: Decimal = ZERO
    income_account: str = ""
    expense_account: str = ""
    asset_account: str = ""
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Template:
    """A recurring transaction as it is set up: `every` `interval` makes one of `kind` from `next_day` on.

    `kind` is empty for what moves no books, as an estimate. `total` is that of its lines where it has none yet.
    """

    key: Key
    name: str
    kind: str
    party: Key | None
    total: Decimal
    interval: str = ""
    every: int = 1
    next_day: date | None = None
    is_active: bool = True
    account: str = ""


class Span(NamedTuple):
    """The days over which all transactions of a kind were read; `since` is None where it reaches back to the first."""

    since: date | None
    until: date


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that was not read: what, in words, and why."""

    what: str
    why: str
    count: int | None = None

    def as_dict(self) -> dict[str, object]:
        """As plain values, for answers."""
        count = {} if self.count is None else {"records": self.count}
        return {"what": self.what, "why": self.why, **count}


@dataclass(frozen=True)
class Books:
    """What was read of a company. `transactions` are in the order of their days.

    `read` has the days that were read of each kind of transaction: what lies outside is not known. `lists` are the
    names of the lists that were read whole. `settings` are texts, such as `closing_date`. `dismissed` has what a person
    said is no anomaly. `fixes` are the vendor's calls that fix an item of the month-end checklist, or book an entry;
    `facts` are what the definition of an analysis knows of the world (`topics`, `valuation.market`). `work` is what was
    read of the work system of the same company, and `mapping` which of its clients are which customers; None without.
    """

    today: date
    currency: str = ""
    transactions: tuple[Transaction, ...] = ()
    accounts: Mapping[str, Account] = field(default_factory=dict)
    parties: Mapping[Key, Party] = field(default_factory=dict)
    items: Mapping[str, Item] = field(default_factory=dict)
    segments: Mapping[str, Party] = field(default_factory=dict)
    templates: tuple[Template, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    reports: Mapping[str, Report] = field(default_factory=dict)
    read: Mapping[str, Span] = field(default_factory=dict)
    lists: frozenset[str] = frozenset()
    missing: tuple[Missing, ...] = ()
    dismissed: frozenset[str] = frozenset()
    fixes: Mapping[str, tuple[FixRules, ...]] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    work: Work | None = None
    mapping: ClientMapping | None = None

    @cached_property
    def by_key(self) -> Mapping[Key, Transaction]:
        """Each transaction by its key."""
        return {each.key: each for each in self.transactions}

    @cached_property
    def _by_kind(self) -> Mapping[str, list[Transaction]]:
        found: dict[str, list[Transaction]] = {}
        for each in self.transactions:
            found.setdefault(each.kind, []).append(each)
        return found

    def list_kinds(self, *kinds: Kind) -> Iterator[Transaction]:
        """Yield the transactions of some kinds, oldest first."""
        if len(kinds) == 1:
            return iter(self._by_kind.get(kinds[0], ()))
        wanted = frozenset(kinds)
        return (each for each in self.transactions if each.kind in wanted)

    def list_accounts(self, role: Role) -> list[Account]:
        """Return the accounts with a role, by name."""
        found = (each for each in self.accounts.values() if role in each.roles)
        return sorted(found, key=lambda each: (each.name, each.key.id))

    def has_role(self, account_id: str, *roles: Role) -> bool:
        """Whether an account, by its Id, has one of some roles."""
        account = self.accounts.get(account_id)
        return account is not None and not account.roles.isdisjoint(roles)

    def name_account(self, account_id: str) -> str:
        """Return the name of an account; its Id where it is not known."""
        return self.accounts[account_id].name if account_id in self.accounts else f"account {account_id}"

    def name_party(self, key: Key | None, name: str = "") -> str:
        """Return the name of a party; the one that a transaction has of it, or its Id, where it is not known."""
        if key is None:
            return name
        return self.parties[key].name if key in self.parties else name or str(key)
