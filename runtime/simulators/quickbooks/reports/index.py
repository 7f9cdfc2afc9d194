"""Every report by the name of its route: the one place that says which function makes which report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from runtime.simulators.quickbooks.books.store import Store
from runtime.simulators.quickbooks.reports import (
    account_list,
    aging,
    balance_sheet,
    cash_flow,
    fec,
    general_ledger,
    inventory,
    item_sales,
    journal_report,
    name_balances,
    profit_and_loss,
    profit_and_loss_detail,
    sales_by_name,
    tax_summary,
    transaction_list,
    trial_balance,
)
from runtime.simulators.quickbooks.reports.layout import Answer
from runtime.simulators.quickbooks.reports.question import Question

REPORTS: Mapping[str, Answer] = {
    "AccountList": account_list.account_list,
    "AgedPayableDetail": aging.aged_payable_detail,
    "AgedPayables": aging.aged_payables,
    "AgedReceivableDetail": aging.aged_receivable_detail,
    "AgedReceivables": aging.aged_receivables,
    "BalanceSheet": balance_sheet.balance_sheet,
    "CashFlow": cash_flow.cash_flow,
    "ClassSales": sales_by_name.class_sales,
    "CustomerBalance": name_balances.customer_balance,
    "CustomerBalanceDetail": name_balances.customer_balance_detail,
    "CustomerIncome": sales_by_name.customer_income,
    "CustomerSales": sales_by_name.customer_sales,
    "DepartmentSales": sales_by_name.department_sales,
    "FECReport": fec.fec_report,
    "GeneralLedger": general_ledger.general_ledger,
    "InventoryValuationDetail": inventory.valuation_detail,
    "InventoryValuationSummary": inventory.valuation_summary,
    "ItemSales": item_sales.item_sales,
    "JournalReport": journal_report.journal_report,
    "ProfitAndLoss": profit_and_loss.profit_and_loss,
    "ProfitAndLossDetail": profit_and_loss_detail.profit_and_loss_detail,
    "TaxSummary": tax_summary.tax_summary,
    "TransactionList": transaction_list.transaction_list,
    "TransactionListByCustomer": transaction_list.by_customer,
    "TransactionListByVendor": transaction_list.by_vendor,
    "TransactionListWithSplits": transaction_list.with_splits,
    "TrialBalance": trial_balance.trial_balance,
    "VendorBalance": name_balances.vendor_balance,
    "VendorBalanceDetail": name_balances.vendor_balance_detail,
    "VendorExpenses": sales_by_name.vendor_expenses,
}

BY_ROUTE = {name.lower(): name for name in REPORTS}
"""The names of the reports as they are in routes, where case does not matter."""

Report = Callable[[Store, str, Mapping[str, str]], dict[str, Any]]
"""(store, realm, parameters) -> the answer with Header, Columns and Rows; raises Fault."""


def find_report(route: str) -> Report | None:
    """Return the report of a route, whatever the case of its name; None when there is none."""
    name = BY_ROUTE.get(route.lower())
    if name is None:
        return None
    make_report = REPORTS[name]
    return lambda store, realm, parameters: make_report(Question(store, realm, name, parameters))
