"""Lists for companies that are not the sample's: a chart of accounts, terms, payment methods, tax, preferences.

Called by the companies that are not the sample; their own lists come after these.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Body
from runtime.simulators.quickbooks.companies import seed
from runtime.simulators.quickbooks.companies.forms import make_reference
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


def create_accounts(books: Books, more: Iterable[tuple[str, str, str]]) -> dict[str, str]:
    """Make accounts; return the Id of each by its name in full."""
    ids: dict[str, str] = {}
    for full_name, account_type, subtype in (*COMMON, *more):
        above, _, name = full_name.rpartition(":")
        body: Body = {"Name": name, "AccountType": account_type, "AccountSubType": subtype}
        if above:
            body["ParentRef"] = make_reference(ids[above])
        ids[full_name] = str(changes.create(books, "Account", body)["Id"])
    return ids


def create_terms_and_methods(books: Books) -> None:
    """Create terms, payment methods and the two tax codes of lines, as in the sample company and under the same Ids."""
    facts = seed.read_sample()
    for term in facts["terms"]:
        seed.create_record(books, "Term", {"Name": term["Name"], "DueDays": term["DueDays"]}, term["Id"])
    for method in facts["payment_methods"]:
        seed.create_record(
            books, "PaymentMethod", {"Name": method["Name"], "Type": method["Type"]}, method["Id"]
        )
    create_tax_codes(books)


def create_tax_codes(books: Books) -> None:
    """Create TAX and NON, which every company has."""
    for id in ("TAX", "NON"):
        _tax_code(books, id, id, [])


def _tax_code(books: Books, id: str, name: str, rates: list[Body]) -> None:
    code = {"Name": name, "Description": name, "Active": True, "Taxable": id != "NON", "TaxGroup": bool(rates),
            "Hidden": False, "SalesTaxRateList": {"TaxRateDetail": rates}}  # fmt: skip
    changes.place(books, "TaxCode", code, id)


def create_taxes(books: Books) -> str:
    """Return a group "California" of 8 % with its agency; says the account that the tax is owed on."""
    agency = "Board of Equalization"
    account = {
        "Name": f"{agency} Payable",
        "AccountType": "Other Current Liability",
        "AccountSubType": "GlobalTaxPayable",
    }
    owed = str(changes.create(books, "Account", account)["Id"])
    seed.create_record(books, "TaxAgency", {"DisplayName": agency}, "2")
    rate = {
        "Name": "California",
        "RateValue": 8,
        "AgencyRef": make_reference(2),
        "Active": True,
        "SpecialTaxType": "NONE",
        "DisplayType": "ReadOnly",
    }
    changes.place(books, "TaxRate", rate, "3")
    _tax_code(
        books,
        "2",
        "California",
        [{"TaxRateRef": make_reference(3), "TaxTypeApplicable": "TaxOnAmount", "TaxOrder": 0}],
    )
    return owed


def create_preferences(
    books: Books, discount: str, default_item: str, *, has_tax: bool, has_departments: bool
) -> None:
    """Create preferences: accrual, classes per line, numbers by the service, terms of 30 days."""
    tax: Body = (
        {"UsingSalesTax": True, "TaxGroupCodeRef": make_reference(2)} if has_tax else {"UsingSalesTax": False}
    )
    body: Mapping[str, Body] = {
        "AccountingInfoPrefs": {
            "FirstMonthOfFiscalYear": "January",
            "UseAccountNumbers": False,
            "TaxYearMonth": "January",
            "ClassTrackingPerTxn": False,
            "ClassTrackingPerTxnLine": True,
            "TrackDepartments": has_departments,
            "CustomerTerminology": "Clients",
        },
        "ProductAndServicesPrefs": {
            "ForSales": True,
            "ForPurchase": True,
            "QuantityWithPriceAndRate": True,
            "QuantityOnHand": has_tax,
        },
        "SalesFormsPrefs": {
            "CustomTxnNumbers": False,
            "AllowDeposit": True,
            "AllowDiscount": True,
            "DefaultDiscountAccount": discount,
            "AllowEstimates": True,
            "AllowServiceDate": False,
            "AllowShipping": False,
            "DefaultTerms": make_reference(3),
            "DefaultItem": make_reference(default_item),
            "AutoApplyCredit": False,
            "AutoApplyPayments": False,
        },
        "EmailMessagesPrefs": {},
        "VendorAndPurchasesPrefs": {
            "EnableBills": True,
            "TrackingByCustomer": True,
            "BillableExpenseTracking": True,
        },
        "TimeTrackingPrefs": {"UseServices": True, "BillCustomers": True, "WorkWeekStartDate": "Monday"},
        "TaxPrefs": tax,
        "CurrencyPrefs": {"MultiCurrencyEnabled": False, "HomeCurrency": make_reference("USD")},
        "ReportPrefs": {"ReportBasis": "Accrual", "CalcAgingReportFromTxnDate": False},
        "OtherPrefs": {
            "NameValue": [
                {"Name": "SalesFormsPrefs.DefaultItem", "Value": default_item},
                {"Name": "WarnDuplicateCheckNumber", "Value": "true"},
            ]
        },
    }
    changes.place(books, "Preferences", dict(body), "1")
