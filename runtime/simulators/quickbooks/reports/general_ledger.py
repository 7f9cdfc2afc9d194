"""General ledger: every line of every account with the balance before, running and after."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from runtime.simulators.quickbooks.books.ledger import Account, Posting
from runtime.simulators.quickbooks.reports import layout, periods, splits, sums
from runtime.simulators.quickbooks.reports.balance_sheet import RESULT_TYPES
from runtime.simulators.quickbooks.reports.detail_lines import Shown
from runtime.simulators.quickbooks.reports.detail_table import Table
from runtime.simulators.quickbooks.reports.layout import Row
from runtime.simulators.quickbooks.reports.periods import Period
from runtime.simulators.quickbooks.reports.question import Question
from runtime.simulators.quickbooks.reports.trial_balance import ORDER

USUAL = "this month-to-date"
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


def report_general_ledger(question: Question) -> Row:
    """Return the answer for one company: a section per account, sub-accounts inside their parents."""
    period = question.read_period(USUAL)
    ledger = Ledger(question, period)
    rows = ledger.make_sections_below(None)
    head = layout.make_header(question, period, is_empty=not rows)
    return layout.make_report(head, ledger.table.make_columns(), rows)


class Ledger:
    """The lines of a period by account, and what every account held before it."""

    def __init__(self, question: Question, period: Period) -> None:
        self.question = question
        self.table = Table(question, COLUMNS)
        self.before = sum_opening(question, period)
        self.accounts = self._accounts()
        self.postings: dict[str, list[Posting]] = defaultdict(list)
        sources = set(question.read_ids("source_account"))
        for posting in self.table.lines.read_between(period.start, period.end):
            if not sources or self.table.lines.list_accounts(posting)[0] in sources:
                self.postings[posting.account].append(posting)

    def _accounts(self) -> list[Account]:
        """Return the accounts asked for, in the order of reports."""
        types = self.question.read_choices("account_type")
        ids = set(self.question.read_ids("account"))
        selected = [
            account
            for account in self.question.accounts
            if (not types or account.type.replace(" ", "") in types) and (not ids or account.id in ids)
        ]
        known = {account.id for account in selected}
        rooted = [
            account if account.parent in known else replace(account, parent=None) for account in selected
        ]
        return sorted(rooted, key=lambda account: (ORDER.index(account.type), account.name.lower()))

    def make_sections_below(self, parent: str | None) -> list[Row]:
        """Return sections of the accounts under one."""
        return [
            row
            for account in self.accounts
            if account.parent == parent
            if (row := self.make_section(account)[0])
        ]

    def make_section(self, account: Account) -> tuple[Row | None, list[Shown]]:
        """Return the section of an account and its lines with those of its sub-accounts; None when there is nothing."""
        rows, own = self.make_own_rows(account)
        inner = [self.make_section(child) for child in self.accounts if child.parent == account.id]
        found = [row for row, _ in inner if row]
        if not found:
            if not rows:
                return None, []
            return self.table.make_section(
                account.name, account.id, own, f"Total for {account.name}", rows
            ), own
        total = own + [shown for _, lines in inner for shown in lines]
        listed: list[Row] = []
        if rows:
            summary = self.table.make_total(f"Total for {account.name}", own)
            listed.append({"Rows": {"Row": rows}, "Summary": summary, "type": "Section"})
        title = f"Total for {account.name} with sub-accounts"
        return self.table.make_section(account.name, account.id, total, title, [*listed, *found]), total

    def make_own_rows(self, account: Account) -> tuple[list[Row], list[Shown]]:
        """Return rows of an account's own lines, the beginning balance first."""
        lines = self.table.lines
        balance = self.before.get(account.id, 0) * (1 if lines.is_debit(account.id) else -1)
        has_beginning = bool(balance)
        start = self.table.make_beginning(balance)
        shown: list[Shown] = []
        for posting in self.postings.get(account.id, ()):
            amount = lines.get_natural_cents(posting)
            balance += amount
            shown.append(Shown(posting, amount, balance))
        rows = [self.table.make_row(one) for one in self.table.sort_rows(shown)]
        return ([start, *rows] if has_beginning else rows), shown


def sum_opening(question: Question, period: Period) -> dict[str, int]:
    """Return account -> what it held before the period, debit positive; results start at nothing, retained earnings
    hold
    what was earned before the fiscal year."""
    before = {
        str(key[0]): cents
        for key, cents in sums.sum_postings(question, None, splits.get_day_before(period.start)).items()
    }
    results = {account.id for account in question.accounts if account.type in RESULT_TYPES}
    start = periods.find_span("year", period.start, question.fiscal_start)[0]
    where = {**question.where, "account": tuple(results)}
    earned = sum(
        sums.sum_postings(question, None, splits.get_day_before(start), ("account",), where).values()
    )
    selected = {id: cents for id, cents in before.items() if id not in results}
    retained = next(
        (account.id for account in question.accounts if account.subtype == "RetainedEarnings"), None
    )
    if retained is not None and earned:
        selected[retained] = selected.get(retained, 0) + earned
    return selected
