"""Profit and loss in detail: the lines of every income and expense account in a period."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from runtime.simulators.quickbooks.books.ledger import Account, Posting
from runtime.simulators.quickbooks.reports import layout
from runtime.simulators.quickbooks.reports.detail_lines import Shown
from runtime.simulators.quickbooks.reports.detail_table import Table
from runtime.simulators.quickbooks.reports.layout import Row
from runtime.simulators.quickbooks.reports.question import Question

COLUMNS = (
    "tx_date",
    "txn_type",
    "doc_num",
    "name",
    "memo",
    "split_acc",
    "subt_nat_amount",
    "rbal_nat_amount",
)

ORDINARY = (
    ("Income", "Income", "Income"),
    ("Cost of Goods Sold", "COGS", "Cost of Goods Sold"),
    ("Expenses", "Expenses", "Expense"),
)
OTHER = (
    ("Other Income", "OtherIncome", "Other Income"),
    ("Other Expenses", "OtherExpenses", "Other Expense"),
)


def report_profit_and_loss_detail(question: Question) -> Row:
    """Return the answer for one company."""
    period = question.read_period()
    detail = Detail(question, Table(question, COLUMNS))
    detail.read(period.start, period.end)
    head = layout.make_header(question, period, is_empty=not detail.postings)
    return layout.make_report(
        head, detail.table.make_columns(), detail.make_rows() if detail.postings else []
    )


class Detail:
    """The lines of a period by account, and the sections made of them."""

    def __init__(self, question: Question, table: Table) -> None:
        self.question, self.table = question, table
        self.postings: dict[str, list[Posting]] = defaultdict(list)

    def read(self, since: date, until: date) -> None:
        """Read the lines of the accounts asked for."""
        for posting in self.table.lines.read_between(since, until, self._where()):
            if self._is_wanted(posting):
                self.postings[posting.account].append(posting)

    def _where(self) -> dict[str, Collection[str]]:
        types = self.question.read_choices("account_type")
        results = [account for account in self.question.accounts if account.type in _types()]
        ids = {account.id for account in results if not types or account.type.replace(" ", "") in types}
        asked = set(self.question.read_ids("account"))
        return {"account": tuple(ids & asked if asked else ids)}

    def _is_wanted(self, posting: Posting) -> bool:
        methods = self.question.read_choices("payment_method")
        if not methods:
            return True
        body = self.table.lines.read_body(posting)
        record = self.table.lines.read_record(
            "PaymentMethod", (body.get("PaymentMethodRef") or {}).get("value")
        )
        return record.get("Name") in methods

    def make_rows(self) -> list[Row]:
        """Return ordinary income and expenses, other ones, net income."""
        ordinary, first = self._group("Ordinary Income/Expenses", ORDINARY, "Net Ordinary Income")
        other, second = self._group("Other Income/Expenses", OTHER, "Net Other Income")
        total = {"Summary": self._net("Net Income", first + second), "type": "Section", "group": "NetIncome"}
        return [ordinary, other, total]

    def _group(self, title: str, parts: tuple[tuple[str, str, str], ...], net: str) -> tuple[Row, int]:
        rows: list[Row] = []
        cents = 0
        for name, group, account_type in parts:
            accounts = [account for account in self.question.accounts if account.type == account_type]
            inner, shown = self._accounts(accounts, None)
            section = self.table.make_section(name, None, shown, f"Total {name}", inner) | {"group": group}
            rows.append(section)
            sign = 1 if "Income" in account_type else -1
            cents += sign * sum(row.amount or 0 for row in shown)
        whole: Row = {
            "Header": self.table.make_head(title),
            "Rows": {"Row": rows},
            "Summary": self._net(net, cents),
        }
        return whole | {"type": "Section"}, cents

    def _net(self, title: str, cents: int) -> Row:
        line = Posting("", "", None, "", "", 0, None, None, None, None, None, None, None, None)
        return self.table.make_total(title, [Shown(line, cents)])

    def _accounts(self, accounts: list[Account], parent: str | None) -> tuple[list[Row], list[Shown]]:
        known = {account.id for account in accounts}
        rows: list[Row] = []
        total: list[Shown] = []
        for account in sorted(accounts, key=lambda account: account.name.lower()):
            above = account.parent if account.parent in known else None
            if above == parent:
                row, shown = self._account(accounts, account)
                rows += [row] if row else []
                total += shown
        return rows, total

    def _account(self, accounts: list[Account], account: Account) -> tuple[Row | None, list[Shown]]:
        own = self._own(account)
        inner, below = self._accounts(accounts, account.id)
        plain = [self.table.make_row(row) for row in self.table.sort_rows(own)]
        if not inner:
            title = f"Total for {account.name}"
            return (
                self.table.make_section(account.name, account.id, own, title, plain) if own else None
            ), own
        title = f"Total for {account.name} with sub-accounts"
        return self.table.make_section(
            account.name, account.id, own + below, title, plain + inner
        ), own + below

    def _own(self, account: Account) -> list[Shown]:
        balance = 0
        shown: list[Shown] = []
        for posting in self.postings.get(account.id, ()):
            amount = self.table.lines.get_natural_cents(posting)
            balance += amount
            shown.append(Shown(posting, amount, balance))
        return shown


def _types() -> frozenset[str]:
    return frozenset(account_type for _, _, account_type in (*ORDINARY, *OTHER))
