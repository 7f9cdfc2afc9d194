"""Every report by the name of its route: the one place that says which function makes which report.

Called by `http.endpoints`; the reports themselves come after it.
"""

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
    "AccountList": account_list.report_account_list,
    "AgedPayableDetail": aging.report_aged_payable_detail,
    "AgedPayables": aging.report_aged_payables,
    "AgedReceivableDetail": aging.report_aged_receivable_detail,
    "AgedReceivables": aging.report_aged_receivables,
    "BalanceSheet": balance_sheet.report_balance_sheet,
    "CashFlow": cash_flow.report_cash_flow,
    "ClassSales": sales_by_name.report_class_sales,
    "CustomerBalance": name_balances.report_customer_balance,
    "CustomerBalanceDetail": name_balances.report_customer_balance_detail,
    "CustomerIncome": sales_by_name.report_customer_income,
    "CustomerSales": sales_by_name.report_customer_sales,
    "DepartmentSales": sales_by_name.report_department_sales,
    "FECReport": fec.report_fec,
    "GeneralLedger": general_ledger.report_general_ledger,
    "InventoryValuationDetail": inventory.report_valuation_detail,
    "InventoryValuationSummary": inventory.report_valuation_summary,
    "ItemSales": item_sales.report_item_sales,
    "JournalReport": journal_report.report_journal,
    "ProfitAndLoss": profit_and_loss.report_profit_and_loss,
    "ProfitAndLossDetail": profit_and_loss_detail.report_profit_and_loss_detail,
    "TaxSummary": tax_summary.report_tax_summary,
    "TransactionList": transaction_list.report_transaction_list,
    "TransactionListByCustomer": transaction_list.report_by_customer,
    "TransactionListByVendor": transaction_list.report_by_vendor,
    "TransactionListWithSplits": transaction_list.report_with_splits,
    "TrialBalance": trial_balance.report_trial_balance,
    "VendorBalance": name_balances.report_vendor_balance,
    "VendorBalanceDetail": name_balances.report_vendor_balance_detail,
    "VendorExpenses": sales_by_name.report_vendor_expenses,
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
