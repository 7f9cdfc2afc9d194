"""Lists for companies that are not the sample's: a chart of accounts, terms, ways of payment, tax, preferences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Body
from runtime.simulators.quickbooks.companies import seed
from runtime.simulators.quickbooks.companies.forms import ref
from runtime.simulators.quickbooks.writes import changes

COMMON: tuple[tuple[str, str, str], ...] = (
    ("Checking", "Bank", "Checking"), ("Savings", "Bank", "Savings"),
    ("Accounts Receivable (A/R)", "Accounts Receivable", "AccountsReceivable"),
    ("Undeposited Funds", "Other Current Asset", "UndepositedFunds"),
    ("Prepaid Expenses", "Other Current Asset", "PrepaidExpenses"),
    ("Uncategorized Asset", "Other Current Asset", "OtherCurrentAssets"),
    ("Accounts Payable (A/P)", "Accounts Payable", "AccountsPayable"),
    ("Company Card", "Credit Card", "CreditCard"),
    ("Accrued Liabilities", "Other Current Liability", "OtherCurrentLiabilities"),
    ("Payroll Liabilities", "Other Current Liability", "PayrollTaxPayable"),
    ("Bank Loan", "Long Term Liability", "NotesPayable"),
    ("Opening Balance Equity", "Equity", "OpeningBalanceEquity"),
    ("Retained Earnings", "Equity", "RetainedEarnings"),
    ("Owner's Equity", "Equity", "OwnersEquity"),
    ("Billable Expense Income", "Income", "ServiceFeeIncome"),
    ("Discounts given", "Income", "DiscountsRefundsGiven"),
    ("Uncategorized Income", "Income", "ServiceFeeIncome"),
    ("Unapplied Cash Payment Income", "Income", "UnappliedCashPaymentIncome"),
    ("Bank Charges", "Expense", "BankCharges"), ("Insurance", "Expense", "Insurance"),
    ("Legal & Professional Fees", "Expense", "LegalProfessionalFees"),
    ("Meals", "Expense", "EntertainmentMeals"), ("Office Supplies", "Expense", "OfficeGeneralAdministrativeExpenses"),
    ("Rent", "Expense", "RentOrLeaseOfBuildings"), ("Software Subscriptions", "Expense", "DuesSubscriptions"),
    ("Telephone & Internet", "Expense", "Utilities"), ("Travel", "Expense", "Travel"),
    ("Advertising", "Expense", "AdvertisingPromotional"),
    ("Uncategorized Expense", "Expense", "OtherMiscellaneousServiceCost"),
    ("Unapplied Cash Bill Payment Expense", "Expense", "UnappliedCashBillPaymentExpense"),
    ("Payroll", "Expense", "PayrollExpenses"), ("Payroll:Wages", "Expense", "PayrollExpenses"),
    ("Payroll:Taxes", "Expense", "PayrollExpenses"),
    ("Interest Earned", "Other Income", "InterestEarned"), ("Depreciation", "Other Expense", "Depreciation"),
    ("Equipment", "Fixed Asset", "Vehicles"), ("Equipment:Original Cost", "Fixed Asset", "Vehicles"),
    ("Equipment:Depreciation", "Fixed Asset", "AccumulatedDepreciation"),
)  # fmt: skip
"""Name in full, type and subtype of the accounts that every kind of business has."""


def chart(books: Books, more: Iterable[tuple[str, str, str]]) -> dict[str, str]:
    """Makes accounts; says the Id of each by its name in full."""
    ids: dict[str, str] = {}
    for full_name, account_type, subtype in (*COMMON, *more):
        above, _, name = full_name.rpartition(":")
        body: Body = {"Name": name, "AccountType": account_type, "AccountSubType": subtype}
        if above:
            body["ParentRef"] = ref(ids[above])
        ids[full_name] = str(changes.create(books, "Account", body)["Id"])
    return ids


def terms_and_methods(books: Books) -> None:
    """Terms, ways of payment and the two tax codes of lines, as in the sample company and under the same Ids."""
    facts = seed.sample()
    for term in facts["terms"]:
        seed.made(books, "Term", {"Name": term["Name"], "DueDays": term["DueDays"]}, term["Id"])
    for method in facts["payment_methods"]:
        seed.made(books, "PaymentMethod", {"Name": method["Name"], "Type": method["Type"]}, method["Id"])
    tax_codes(books)


def tax_codes(books: Books) -> None:
    """TAX and NON, which every company has."""
    for id in ("TAX", "NON"):
        _tax_code(books, id, id, [])


def _tax_code(books: Books, id: str, name: str, rates: list[Body]) -> None:
    code = {"Name": name, "Description": name, "Active": True, "Taxable": id != "NON", "TaxGroup": bool(rates),
            "Hidden": False, "SalesTaxRateList": {"TaxRateDetail": rates}}  # fmt: skip
    changes.place(books, "TaxCode", code, id)


def taxes(books: Books) -> str:
    """A group "California" of 8 % with its agency; says the account that the tax is owed on."""
    agency = "Board of Equalization"
    account = {
        "Name": f"{agency} Payable",
        "AccountType": "Other Current Liability",
        "AccountSubType": "GlobalTaxPayable",
    }
    owed = str(changes.create(books, "Account", account)["Id"])
    seed.made(books, "TaxAgency", {"DisplayName": agency}, "2")
    rate = {"Name": "California", "RateValue": 8, "AgencyRef": ref(2), "Active": True, "SpecialTaxType": "NONE",
            "DisplayType": "ReadOnly"}  # fmt: skip
    changes.place(books, "TaxRate", rate, "3")
    _tax_code(
        books, "2", "California", [{"TaxRateRef": ref(3), "TaxTypeApplicable": "TaxOnAmount", "TaxOrder": 0}]
    )
    return owed


def preferences(books: Books, discount: str, default_item: str, has_tax: bool, has_departments: bool) -> None:
    """Preferences: accrual, classes per line, numbers by the service, terms of 30 days."""
    tax: Body = {"UsingSalesTax": True, "TaxGroupCodeRef": ref(2)} if has_tax else {"UsingSalesTax": False}
    body: Mapping[str, Body] = {
        "AccountingInfoPrefs": {"FirstMonthOfFiscalYear": "January", "UseAccountNumbers": False,
                                "TaxYearMonth": "January", "ClassTrackingPerTxn": False,
                                "ClassTrackingPerTxnLine": True,
                                "TrackDepartments": has_departments, "CustomerTerminology": "Clients"},
        "ProductAndServicesPrefs": {"ForSales": True, "ForPurchase": True, "QuantityWithPriceAndRate": True,
                                    "QuantityOnHand": has_tax},
        "SalesFormsPrefs": {"CustomTxnNumbers": False, "AllowDeposit": True, "AllowDiscount": True,
                            "DefaultDiscountAccount": discount, "AllowEstimates": True, "AllowServiceDate": False,
                            "AllowShipping": False, "DefaultTerms": ref(3), "DefaultItem": ref(default_item),
                            "AutoApplyCredit": False, "AutoApplyPayments": False},
        "EmailMessagesPrefs": {},
        "VendorAndPurchasesPrefs": {"EnableBills": True, "TrackingByCustomer": True, "BillableExpenseTracking": True},
        "TimeTrackingPrefs": {"UseServices": True, "BillCustomers": True, "WorkWeekStartDate": "Monday"},
        "TaxPrefs": tax,
        "CurrencyPrefs": {"MultiCurrencyEnabled": False, "HomeCurrency": ref("USD")},
        "ReportPrefs": {"ReportBasis": "Accrual", "CalcAgingReportFromTxnDate": False},
        "OtherPrefs": {"NameValue": [{"Name": "SalesFormsPrefs.DefaultItem", "Value": default_item},
                                     {"Name": "WarnDuplicateCheckNumber", "Value": "true"}]},
    }  # fmt: skip
    changes.place(books, "Preferences", dict(body), "1")
