"""The French accounting export: every entry of a period in the 18 columns that the tax office prescribes.

The facts know only its parameters; the columns are those of the public format (article A47 A-1 of the LPF).
"""

from __future__ import annotations

from collections.abc import Callable

from runtime.simulators.quickbooks.books.ledger import Posting
from runtime.simulators.quickbooks.money import format_amount
from runtime.simulators.quickbooks.reports import layout
from runtime.simulators.quickbooks.reports.detail_lines import SHOWN_TYPES, Lines
from runtime.simulators.quickbooks.reports.layout import Column, Row, make_cell
from runtime.simulators.quickbooks.reports.question import Question

JOURNALS = {"Invoice": "VT", "CreditMemo": "VT", "SalesReceipt": "VT", "RefundReceipt": "VT", "Bill": "HA",
            "VendorCredit": "HA", "Purchase": "BQ", "Payment": "BQ", "BillPayment": "BQ", "Deposit": "BQ",
            "Transfer": "BQ", "CreditCardPayment": "BQ"}  # fmt: skip
Maker = Callable[[Lines, Posting], str]


def _kind(lines: Lines, posting: Posting) -> str:
    return SHOWN_TYPES.get(lines.get_kind(posting), posting.txn_type)


def _number(lines: Lines, posting: Posting) -> str:
    return str(lines.read_body(posting).get("DocNumber") or posting.txn_id)


def _account_number(lines: Lines, posting: Posting) -> str:
    return str(lines.read_record("Account", posting.account).get("AcctNum") or posting.account)


def _day(_lines: Lines, posting: Posting) -> str:
    return posting.date.replace("-", "")


def _created(lines: Lines, posting: Posting) -> str:
    return str((lines.read_body(posting).get("MetaData") or {}).get("CreateTime") or posting.date)[
        :10
    ].replace("-", "")


COLUMNS: dict[str, Maker] = {
    "JournalCode": lambda _lines, posting: JOURNALS.get(posting.txn_type, "OD"),
    "JournalLib": _kind,
    "EcritureNum": lambda _lines, posting: posting.txn_id,
    "EcritureDate": _day,
    "CompteNum": _account_number,
    "CompteLib": lambda lines, posting: lines.get_account_name(posting.account),
    "CompAuxNum": lambda lines, posting: lines.get_name(posting)[1] or "",
    "CompAuxLib": lambda lines, posting: lines.get_name(posting)[0],
    "PieceRef": _number,
    "PieceDate": _day,
    "EcritureLib": lambda lines, posting: posting.memo or _kind(lines, posting),
    "Debit": lambda _lines, posting: format_amount(max(posting.cents, 0)),
    "Credit": lambda _lines, posting: format_amount(max(-posting.cents, 0)),
    "EcritureLet": lambda _lines, _posting: "",
    "DateLet": lambda _lines, _posting: "",
    "ValidDate": _created,
    "Montantdevise": lambda _lines, _posting: "",
    "Idevise": lambda _lines, _posting: "",
}


def report_fec(question: Question) -> Row:
    """Return the entries of a period, a row each."""
    period = question.read_period()
    lines = Lines(question)
    makers = dict(COLUMNS)
    if question.read_flag("add_due_date"):
        makers["DateEcheance"] = lambda lines, posting: str(
            lines.read_body(posting).get("DueDate") or ""
        ).replace("-", "")
    if question.read_flag("withQboIdentifier"):
        makers["QboId"] = lambda _lines, posting: posting.txn_id
    question.read_choice("attachmentType", "NONE")
    rows: list[Row] = [
        {"ColData": [make_cell(make(lines, posting)) for make in makers.values()], "type": "Data"}
        for posting in lines.read_between(period.start, period.end)
    ]
    head = layout.make_header(question, period, has_basis=False, is_empty=not rows)
    types = {"Debit": "Money", "Credit": "Money"}
    columns = [layout.make_column(Column(key, key, type=types.get(key, "String"))) for key in makers]
    return layout.make_report(head, {"Column": columns}, rows)
