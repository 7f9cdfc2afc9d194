"""The chart of accounts as a list, with what every account holds now."""

from __future__ import annotations

from datetime import date

from runtime.simulators.quickbooks.books.ledger import Account
from runtime.simulators.quickbooks.books.store import Body
from runtime.simulators.quickbooks.money import format_amount
from runtime.simulators.quickbooks.reports import layout, sums
from runtime.simulators.quickbooks.reports.balance_sheet import RESULT_TYPES
from runtime.simulators.quickbooks.reports.detail_lines import DEBIT_TYPES
from runtime.simulators.quickbooks.reports.layout import Column, Row, make_cell
from runtime.simulators.quickbooks.reports.question import Question

TITLES = {
    "account_num": "Account #", "account_name": "Account", "account_type": "Type", "detail_acc_type": "Detail type",
    "create_date": "Create Date", "create_by": "Created By", "last_mod_date": "Last Modified",
    "last_mod_by": "Last Modified By", "account_desc": "Description", "account_bal": "Balance",
}  # fmt: skip
USUAL = ("account_name", "account_type", "detail_acc_type", "account_desc", "account_bal")


def report_account_list(question: Question) -> Row:
    """Return a row per account; inactive ones with account_status=Deleted."""
    keys = _keys(question)
    held = {
        str(key[0]): cents
        for key, cents in sums.sum_postings(question, None, question.today, basis="Accrual").items()
    }
    rows = [_row(question, keys, account, held.get(account.id, 0)) for account in _wanted(question)]
    key = question.read_text("sort_by")
    if key in keys:
        rows.sort(key=lambda row: row["ColData"][keys.index(str(key))]["value"].lower())
    if question.is_sorted < 0:
        rows.reverse()
    head = layout.make_header(question, question.read_period(), has_basis=False, is_empty=not rows)
    columns = [Column(TITLES[key], key, type="Money" if key == "account_bal" else "String") for key in keys]
    return layout.make_report(head, {"Column": [layout.make_column(column) for column in columns]}, rows)


def _keys(question: Question) -> list[str]:
    asked = {part.strip() for part in (question.read_text("columns") or "").split(",")}
    usual = list(USUAL)
    if question.books.get_preference("AccountingInfoPrefs", "UseAccountNumbers"):
        usual.insert(0, "account_num")
    return [key for key in TITLES if key in asked] or usual


def _wanted(question: Question) -> list[Account]:
    types = question.read_choices("account_type")
    is_deleted = question.read_choice("account_status", "Not_Deleted") == "Deleted"
    changed, created = question.get_range("moddate"), question.get_range("createdate")
    found = []
    for account in question.accounts:
        times = _body(question, account).get("MetaData") or {}
        is_listed = account.is_active != is_deleted and (not types or account.type.replace(" ", "") in types)
        if changed and not changed.start <= _day(times.get("LastUpdatedTime")) <= changed.end:
            continue
        if created and not created.start <= _day(times.get("CreateTime")) <= created.end:
            continue
        if is_listed:
            found.append(account)
    return found


def _day(value: object) -> date:
    return date.fromisoformat(str(value)[:10])


def _body(question: Question, account: Account) -> Body:
    return question.books.read("Account", account.id)


def _row(question: Question, keys: list[str], account: Account, cents: int) -> Row:
    body = _body(question, account)
    times = body.get("MetaData") or {}
    is_result = account.type in RESULT_TYPES
    values = {
        "account_num": body.get("AcctNum") or "", "account_name": account.full_name, "account_type": account.type,
        "detail_acc_type": account.subtype, "create_date": times.get("CreateTime") or "", "create_by": "Administrator",
        "last_mod_date": times.get("LastUpdatedTime") or "", "last_mod_by": "Administrator",
        "account_desc": body.get("Description") or "",
        "account_bal": "" if is_result else format_amount(cents if account.type in DEBIT_TYPES else -cents),
    }  # fmt: skip
    cells = [make_cell(str(values[key]), account.id if key == "account_name" else None) for key in keys]
    return {"ColData": cells, "type": "Data"}
