"""Which function prepares which kind of record before it is written: the one table of them.

A preparation takes the checked body (references resolved, properties known) and the record as it was (None for a new
one), fills in what the service fills in, and raises the service's fault for what it would refuse.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Body
from runtime.simulators.quickbooks.rules import (
    accounts,
    attachables,
    company,
    company_currencies,
    items,
    journal,
    names,
    payments,
    purchases,
    sales,
    stock,
    time_activities,
)

Preparation = Callable[[Books, str, Body, Body | None], None]

PREPARATIONS: Mapping[str, Preparation] = {
    "Account": accounts.prepare,
    "Attachable": attachables.prepare,
    "Bill": purchases.prepare_vendor_form,
    "BillPayment": payments.prepare_bill_payment,
    "Budget": time_activities.prepare_budget,
    "ChangeOrder": sales.prepare,
    "Class": names.prepare_segment,
    "CompanyCurrency": company_currencies.prepare,
    "CompanyInfo": company.prepare,
    "CreditCardPayment": payments.prepare_card_payment,
    "CreditMemo": sales.prepare,
    "Customer": names.prepare_name,
    "Department": names.prepare_segment,
    "Deposit": payments.prepare_deposit,
    "Employee": names.prepare_name,
    "Estimate": sales.prepare,
    "InventoryAdjustment": stock.prepare,
    "Invoice": sales.prepare,
    "Item": items.prepare,
    "JournalCode": names.prepare_plain,
    "JournalEntry": journal.prepare,
    "Payment": payments.prepare_payment,
    "PaymentMethod": names.prepare_plain,
    "Preferences": company.prepare,
    "Purchase": purchases.prepare_purchase,
    "PurchaseOrder": purchases.prepare_vendor_form,
    "RefundReceipt": sales.prepare,
    "SalesReceipt": sales.prepare,
    "TaxAgency": names.prepare_plain,
    "Term": names.prepare_plain,
    "TimeActivity": time_activities.prepare_time,
    "Transfer": payments.prepare_transfer,
    "Vendor": names.prepare_name,
    "VendorCredit": purchases.prepare_vendor_form,
}


def prepare(books: Books, entity: str, body: Body, old: Body | None) -> None:
    """Fill in and check what is particular to `entity`."""
    preparation = PREPARATIONS.get(entity)
    if preparation is not None:
        preparation(books, entity, body, old)
