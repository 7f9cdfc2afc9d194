"""Income and expenses by who or what they belong to: sales by customer, class and location, income by customer,
expenses by vendor.

Sales are what sales forms booked to income accounts, tax left out; income by customer counts every income and expense.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from . import layout, report, splits, sums
from .aging import name_rows
from .layout import Column, Row, Values
from .question import Question

SALES = ("Invoice", "SalesReceipt", "CreditMemo", "RefundReceipt")
INCOME = ("Income", "Other Income")
EXPENSE = ("Cost of Goods Sold", "Expense", "Other Expense")


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


@report("CustomerSales")
def customer_sales(question: Question) -> Row:
    """Sales by customer, sub-customers inside their parents."""
    return _sales(question, CUSTOMER)


@report("ClassSales")
def class_sales(question: Question) -> Row:
    """Sales by class."""
    return _sales(question, CLASS)


@report("DepartmentSales")
def department_sales(question: Question) -> Row:
    """Sales by location."""
    return _sales(question, DEPARTMENT)


@report("VendorExpenses")
def vendor_expenses(question: Question) -> Row:
    """Expenses by vendor; what no vendor stands for is left out."""
    columns, table = splits.movements(
        question, question.period(), ("vendor",), accounts_of(question, EXPENSE)
    )
    return _shown(
        question, VENDOR, columns, {key[0]: values for key, values in table.items() if key[0] is not None}
    )


def accounts_of(question: Question, types: tuple[str, ...]) -> Mapping[str, Collection[str]]:
    """The filters of the request, and the accounts of some types."""
    return {**question.where, "account": tuple(a.id for a in question.accounts if a.type in types)}


def _sales(question: Question, subject: Subject) -> Row:
    where = {**accounts_of(question, ("Income",)), "txn_type": SALES}
    columns, table = splits.movements(question, question.period(), (subject.dimension,), where)
    return _shown(
        question, subject, columns, {key[0]: layout.turned(values, -1) for key, values in table.items()}
    )


def _shown(
    question: Question, subject: Subject, columns: list[Column], amounts: dict[str | None, Values]
) -> Row:
    kept = {id: values for id, values in amounts.items() if any(values)}
    rows, total = name_rows(question, subject.entity, kept)
    head = layout.header(question, question.period(), splits.by(question), is_empty=not rows)
    shown_columns = layout.columns(subject.column, columns)
    return layout.report(head, shown_columns, [*rows, layout.grand_total(total)] if rows else [])


@report("CustomerIncome")
def customer_income(question: Question) -> Row:
    """Income, expenses and what is left, by customer."""
    period = question.period()
    income = _by_customer(question, INCOME, -1)
    expenses = _by_customer(question, EXPENSE, 1)
    amounts: dict[str | None, Values] = {}
    for id in {**income, **expenses}:
        came, went = income.get(id, 0), expenses.get(id, 0)
        amounts[id] = (came, went, came - went)
    rows, total = name_rows(
        question, "Customer", {id: values for id, values in amounts.items() if id is not None}
    )
    columns = [
        Column("Total Income", "income"),
        Column("Total Expenses", "expenses"),
        Column("Net Income", "net_income"),
    ]
    head = layout.header(question, period, "Total", is_empty=not rows)
    closing = [*rows, layout.grand_total(total)] if rows else []
    return layout.report(head, layout.columns("Customer", columns), closing)


def _by_customer(question: Question, types: tuple[str, ...], sign: int) -> dict[str | None, int]:
    period = question.period()
    found = sums.sums(question, period.start, period.end, ("customer",), accounts_of(question, types))
    return {key[0]: sign * cents for key, cents in found.items()}
