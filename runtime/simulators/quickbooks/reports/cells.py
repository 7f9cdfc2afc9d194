"""The columns of detail reports: title, type, and how a cell is made of a line of the ledger."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from runtime.simulators.quickbooks.books.store import Body, get_reference
from runtime.simulators.quickbooks.money import format_amount, parse_decimal
from runtime.simulators.quickbooks.reports.detail_lines import SHOWN_TYPES, Lines, Shown
from runtime.simulators.quickbooks.reports.layout import Row, make_cell

Maker = Callable[[Lines, Shown], Row]


@dataclass(frozen=True, slots=True)
class Kind:
    """A column as it can be asked for."""

    title: str
    type: str
    make: Maker


def make_money_cell(value: int | None) -> Row:
    """Return a money cell; empty for nothing."""
    return make_cell("" if value is None else format_amount(value))


def format_number(value: object) -> str:
    """Return a quantity or rate without needless zeros; empty for nothing."""
    if value in (None, ""):
        return ""
    return f"{parse_decimal(value).normalize():f}" if parse_decimal(value) else "0"


def _named(dimension: str) -> Maker:
    def make(lines: Lines, shown: Shown) -> Row:
        id = getattr(shown.posting, f"{dimension}_" if dimension == "class" else dimension)
        return make_cell(lines.names[dimension].get(id, ""), id) if id else make_cell("", "")

    return make


def _of_body(path: str) -> Maker:
    """Return a property of the transaction; a dot goes into an object."""
    names = path.split(".")

    def make(lines: Lines, shown: Shown) -> Row:
        value: object = lines.read_body(shown.posting)
        for name in names:
            value = value.get(name) if isinstance(value, dict) else None
        return make_cell("" if value is None else str(value))

    return make


def _date(_lines: Lines, shown: Shown) -> Row:
    return make_cell(shown.posting.date)


def _type(lines: Lines, shown: Shown) -> Row:
    return make_cell(
        SHOWN_TYPES.get(lines.get_kind(shown.posting), shown.posting.txn_type), shown.posting.txn_id
    )


def _number(lines: Lines, shown: Shown) -> Row:
    body = lines.read_body(shown.posting)
    return make_cell(
        "START"
        if shown.posting.txn_type == "Item"
        else str(body.get("DocNumber") or body.get("PaymentRefNum") or "")
    )


def _name(lines: Lines, shown: Shown) -> Row:
    name, id = lines.get_name(shown.posting)
    return make_cell(name, id or "")


def _memo(_lines: Lines, shown: Shown) -> Row:
    return make_cell(shown.posting.memo or "")


def _account(lines: Lines, shown: Shown) -> Row:
    return make_cell(lines.get_account_name(shown.posting.account), shown.posting.account)


def _other_account(lines: Lines, shown: Shown) -> Row:
    return make_cell(*lines.get_other_account(shown.posting))


def _account_number(lines: Lines, shown: Shown) -> Row:
    return make_cell(str(lines.read_record("Account", shown.posting.account).get("AcctNum") or ""))


def _is_posting(_lines: Lines, shown: Shown) -> Row:
    return make_cell("Yes" if shown.posting.account else "No")


def _is_adjusting(lines: Lines, shown: Shown) -> Row:
    return make_cell("Yes" if lines.read_body(shown.posting).get("Adjustment") else "No")


def _paid(entity: str) -> Maker:
    def make(lines: Lines, shown: Shown) -> Row:
        if shown.posting.txn_type != entity:
            return make_cell("")
        return make_cell("Unpaid" if lines.read_body(shown.posting).get("Balance") else "Paid")

    return make


def _quantity(lines: Lines, shown: Shown) -> Row:
    if shown.posting.quantity is not None:
        return make_cell(format_number(shown.posting.quantity))
    return make_cell(format_number(lines.find_detail(shown.posting).get("Qty")))


def _rate(lines: Lines, shown: Shown) -> Row:
    return make_cell(format_number(lines.find_detail(shown.posting).get("UnitPrice")))


def _stamp(name: str) -> Maker:
    def make(lines: Lines, shown: Shown) -> Row:
        return make_cell(str((lines.read_body(shown.posting).get("MetaData") or {}).get(name) or ""))

    return make


def _nobody(_lines: Lines, _shown: Shown) -> Row:
    return make_cell("Administrator")


def _nothing(_lines: Lines, _shown: Shown) -> Row:
    return make_cell("")


def _debit(_lines: Lines, shown: Shown) -> Row:
    return make_money_cell(shown.posting.cents if shown.posting.cents > 0 else None)


def _credit(_lines: Lines, shown: Shown) -> Row:
    return make_money_cell(-shown.posting.cents if shown.posting.cents < 0 else None)


def _amount(_lines: Lines, shown: Shown) -> Row:
    return make_money_cell(shown.amount)


def _balance(_lines: Lines, shown: Shown) -> Row:
    return make_money_cell(shown.balance)


def _open(_lines: Lines, shown: Shown) -> Row:
    return make_money_cell(shown.open)


def _past_due(lines: Lines, shown: Shown) -> Row:
    due = lines.read_body(shown.posting).get("DueDate") or shown.posting.date
    return make_cell(str(lines.question.count_days_past_due(date.fromisoformat(due))))


def _method(lines: Lines, shown: Shown) -> Row:
    body = lines.read_body(shown.posting)
    found = lines.read_record("PaymentMethod", get_reference(body.get("PaymentMethodRef")))
    return make_cell(str(found.get("Name") or body.get("PaymentType") or ""))


def _term(lines: Lines, shown: Shown) -> Row:
    return make_cell(
        str(
            lines.read_record("Term", get_reference(lines.read_body(shown.posting).get("SalesTermRef"))).get(
                "Name"
            )
            or ""
        )
    )


def _invoice_date(_lines: Lines, shown: Shown) -> Row:
    return make_cell(shown.posting.date if shown.posting.txn_type == "Invoice" else "")


def _custom(place: int) -> Maker:
    def make(lines: Lines, shown: Shown) -> Row:
        fields = lines.read_body(shown.posting).get("CustomField") or []
        found: Body = next((field for field in fields if str(field.get("DefinitionId")) == str(place)), {})
        return make_cell(str(found.get("StringValue") or ""))

    return make


def _tax_code(lines: Lines, shown: Shown) -> Row:
    return make_cell(get_reference(lines.find_detail(shown.posting).get("TaxCodeRef")) or "")


def _tax_amount(lines: Lines, shown: Shown) -> Row:
    value = (lines.read_body(shown.posting).get("TxnTaxDetail") or {}).get("TotalTax")
    return make_cell("" if value is None else f"{Decimal(str(value)):.2f}")


def _is_billable(lines: Lines, shown: Shown) -> Row:
    status = lines.find_detail(shown.posting).get("BillableStatus")
    return make_cell("" if status is None else "Yes" if status != "NotBillable" else "No")


LEDGER: Mapping[str, Kind] = {
    "tx_date": Kind("Date", "Date", _date),
    "txn_type": Kind("Transaction Type", "String", _type),
    "txn_num": Kind("Trans #", "String", _type),
    "doc_num": Kind("Num", "String", _number),
    "extra_doc_num": Kind("Ref #", "String", _of_body("PaymentRefNum")),
    "is_no_post": Kind("Posting", "Boolean", _is_posting),
    "is_adj": Kind("Adj", "Boolean", _is_adjusting),
    "name": Kind("Name", "String", _name),
    "cust_name": Kind("Customer", "String", _named("customer")),
    "vend_name": Kind("Vendor", "String", _named("vendor")),
    "emp_name": Kind("Employee", "String", _named("employee")),
    "klass_name": Kind("Class", "String", _named("class")),
    "dept_name": Kind("Location", "String", _named("department")),
    "memo": Kind("Memo/Description", "String", _memo),
    "due_date": Kind("Due Date", "Date", _of_body("DueDate")),
    "past_due": Kind("Past Due", "Number", _past_due),
    "inv_date": Kind("Invoice Date", "Date", _invoice_date),
    "item_name": Kind("Product/Service", "String", _named("item")),
    "quantity": Kind("Qty", "Number", _quantity),
    "rate": Kind("Rate", "Rate", _rate),
    "account_num": Kind("Account #", "String", _account_number),
    "acct_num_with_extn": Kind("Account #", "String", _account_number),
    "account_name": Kind("Account", "String", _account),
    "split_acc": Kind("Split", "String", _other_account),
    "other_account": Kind("Split", "String", _other_account),
    "is_ar_paid": Kind("A/R Paid", "String", _paid("Invoice")),
    "is_ap_paid": Kind("A/P Paid", "String", _paid("Bill")),
    "is_cleared": Kind("Clr", "String", _nothing),
    "olb_status": Kind("Online Banking", "String", _nothing),
    "chk_print_state": Kind("Check Printed", "String", _of_body("CheckPayment.PrintStatus")),
    "printed": Kind("Printed", "String", _of_body("PrintStatus")),
    "pmt_mthd": Kind("Payment Method", "String", _method),
    "term_name": Kind("Terms", "String", _term),
    "cust_msg": Kind("Customer Message", "String", _of_body("CustomerMemo.value")),
    "sale_sent_state": Kind("Sent", "String", _of_body("EmailStatus")),
    "ship_via": Kind("Ship Via", "String", _of_body("ShipMethodRef.name")),
    "ship_date": Kind("Ship Date", "Date", _of_body("ShipDate")),
    "tracking_num": Kind("Tracking No", "String", _of_body("TrackingNum")),
    "sales_cust1": Kind("Custom 1", "String", _custom(1)),
    "sales_cust2": Kind("Custom 2", "String", _custom(2)),
    "sales_cust3": Kind("Custom 3", "String", _custom(3)),
    "create_date": Kind("Create Date", "Date", _stamp("CreateTime")),
    "create_by": Kind("Created By", "String", _nobody),
    "last_mod_date": Kind("Last Modified", "Date", _stamp("LastUpdatedTime")),
    "last_mod_by": Kind("Last Modified By", "String", _nobody),
    "journal_code_name": Kind("Journal Code", "String", _nothing),
    "paid_date": Kind("Paid Date", "Date", _nothing),
    "is_billable": Kind("Billable", "Boolean", _is_billable),
    "tax_type": Kind("Tax Type", "String", _nothing),
    "tax_code": Kind("Tax Code", "String", _tax_code),
    "tax_amount": Kind("Tax Amount", "Money", _tax_amount),
    "net_amount": Kind("Net Amount", "Money", _amount),
    "debt_amt": Kind("Debit", "Money", _debit),
    "credit_amt": Kind("Credit", "Money", _credit),
    "amount": Kind("Amount", "Money", _amount),
    "nat_amount": Kind("Amount", "Money", _amount),
    "subt_nat_amount": Kind("Amount", "Money", _amount),
    "subt_amount": Kind("Amount", "Money", _amount),
    "subt_neg_amount": Kind("Amount", "Money", _amount),
    "nat_open_bal": Kind("Open Balance", "Money", _open),
    "neg_open_bal": Kind("Open Balance", "Money", _open),
    "subt_open_bal": Kind("Open Balance", "Money", _open),
    "subt_neg_open_bal": Kind("Open Balance", "Money", _open),
    "rbal_nat_amount": Kind("Balance", "Money", _balance),
    "rbal_open_bal": Kind("Balance", "Money", _balance),
    "rbal_neg_open_bal": Kind("Balance", "Money", _balance),
}
"""The columns about the line and its transaction, in the order in which reports show them."""
