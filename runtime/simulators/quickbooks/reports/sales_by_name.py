"""Income and expenses by who or what they belong to: sales by customer, class and location, income by customer,
expenses by vendor.

Sales are what sales forms booked to income accounts, and to any other account that items are sold on (a retainer is a
liability until it is earned), tax left out; income by customer counts every income and expense.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from runtime.simulators.quickbooks.reports import layout, splits, sums
from runtime.simulators.quickbooks.reports.aging import make_name_rows
from runtime.simulators.quickbooks.reports.layout import Column, Row, Values
from runtime.simulators.quickbooks.reports.question import Question

SALES = ("Invoice", "SalesReceipt", "CreditMemo", "RefundReceipt")
INCOME = ("Income", "Other Income")
EXPENSE = ("Cost of Goods Sold", "Expense", "Other Expense")


INCOME_COLUMNS = (
    Column("Total Income", "income"),
    Column("Total Expenses", "expenses"),
    Column("Net Income", "net_income"),
)


@dataclass(frozen=True, slots=True)
class Subject:
    """What the rows of a report stand for: a column of the postings, the list behind it, the type of its column."""

    dimension: str
    entity: str
    column: str


CUSTOMER = Subject("customer", "Customer", "Customer")
VENDOR = Subject("vendor", "Vendor", "Vendor")
CLASS = Subject("class", "Class", "Class")
DEPARTMENT = Subject("department", "Department", "Department")


def report_customer_sales(question: Question) -> Row:
    """Return sales by customer, sub-customers inside their parents."""
    return _sales(question, CUSTOMER)


def report_class_sales(question: Question) -> Row:
    """Return sales by class."""
    return _sales(question, CLASS)


def report_department_sales(question: Question) -> Row:
    """Return sales by location."""
    return _sales(question, DEPARTMENT)


def report_vendor_expenses(question: Question) -> Row:
    """Return expenses by vendor; what no vendor stands for is left out."""
    columns, table = splits.split_movements(
        question, question.read_period(), ("vendor",), filter_by_account_types(question, EXPENSE)
    )
    return _shown(
        question, VENDOR, columns, {key[0]: values for key, values in table.items() if key[0] is not None}
    )


def filter_by_account_types(question: Question, types: tuple[str, ...]) -> Mapping[str, Collection[str]]:
    """Return the filters of the request, and the accounts of some types."""
    return {**question.where, "account": tuple(a.id for a in question.accounts if a.type in types)}


def filter_by_sales(question: Question) -> Mapping[str, Collection[str]]:
    """Return the filters of the request, the sales forms, and the accounts that their lines and discounts are booked
    to.
    """
    rows = question.store.execute(
        "select body ->> '$.IncomeAccountRef.value', body ->> '$.AssetAccountRef.value' from records"
        " where realm = ? and entity = 'Item'",
        (question.realm,),
    ).fetchall()
    named, stocked = ({row[place] for row in rows if row[place] is not None} for place in (0, 1))
    income = {account.id for account in question.accounts if account.type == "Income"}
    return {**question.where, "account": tuple(sorted(income | named - stocked)), "txn_type": SALES}


def _sales(question: Question, subject: Subject) -> Row:
    where = filter_by_sales(question)
    columns, table = splits.split_movements(question, question.read_period(), (subject.dimension,), where)
    return _shown(
        question, subject, columns, {key[0]: layout.scale(values, -1) for key, values in table.items()}
    )


def _shown(
    question: Question, subject: Subject, columns: list[Column], amounts: dict[str | None, Values]
) -> Row:
    shown = {id: values for id, values in amounts.items() if any(values)}
    rows, total = make_name_rows(question, subject.entity, shown)
    head = layout.make_header(
        question, question.read_period(), splits.choose_split(question), is_empty=not rows
    )
    shown_columns = layout.make_columns(subject.column, columns)
    return layout.make_report(head, shown_columns, [*rows, layout.make_grand_total(total)] if rows else [])


def report_customer_income(question: Question) -> Row:
    """Return income, expenses and what is left, by customer; the three in every column where columns are split."""
    period = question.read_period()
    parts = splits.make_nested_columns(question, period)
    found = [
        (_by_customer(question, part, INCOME, -1), _by_customer(question, part, EXPENSE, 1)) for part in parts
    ]
    amounts: dict[str | None, Values] = {}
    for id in {**found[-1][0], **found[-1][1]}:
        if id is not None:
            amounts[id] = tuple(
                value
                for income, expenses in found
                for value in (income.get(id, 0), expenses.get(id, 0), income.get(id, 0) - expenses.get(id, 0))
            )
    rows, total = make_name_rows(question, "Customer", amounts)
    head = layout.make_header(question, period, splits.choose_split(question), is_empty=not rows)
    closing = [*rows, layout.make_grand_total(total)] if rows else []
    return layout.make_report(head, _income_columns(parts), closing)


def _income_columns(parts: list[splits.Part]) -> Row:
    """Return three columns; nested under each part where there is more than the total."""
    if len(parts) == 1:
        return layout.make_columns("Customer", INCOME_COLUMNS)
    shown = layout.make_columns("Customer", [])
    inner = {"Column": [layout.make_column(column) for column in INCOME_COLUMNS]}
    shown["Column"] += [{**layout.make_column(part.column), "Columns": inner} for part in parts]
    return shown


def _by_customer(
    question: Question, part: splits.Part, types: tuple[str, ...], sign: int
) -> dict[str | None, int]:
    where = {**filter_by_account_types(question, types), **part.where}
    found = sums.sum_postings(question, part.period.start, part.period.end, ("customer",), where)
    return {key[0]: sign * cents for key, cents in found.items()}
