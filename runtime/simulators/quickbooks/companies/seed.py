"""Companies to start with: lists from the sample company, and a year of invented business up to the company's day.

Everything goes through `changes`, so the books of a made company follow the same rules as those of a client.
What is made depends on the seed and the day alone.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from runtime.simulators.quickbooks.books.books import Books, get_entity, get_id_series
from runtime.simulators.quickbooks.books.store import Body, Store
from runtime.simulators.quickbooks.writes import changes

SAMPLE: Path = Path(__file__).parent.parent / "facts" / "sample_company.json"
REALM = "9130357849126540"
STREETS = (
    "Willow Lane",
    "Harbor Street",
    "Orchard Road",
    "Mission Court",
    "Laurel Avenue",
    "Quarry Way",
    "Fern Drive",
)


def read_sample() -> dict[str, Any]:
    """Return the collected facts of the sample company."""
    facts: dict[str, Any] = json.loads(SAMPLE.read_text("utf-8"))
    return facts


def make_reference(value: str | int) -> Body:
    """Return a reference."""
    return {"value": str(value)}


def make_email(name: str) -> str:
    """Return an address under a domain that nobody has."""
    return re.sub(r"[^a-z0-9]+", ".", name.lower()).strip(".") + "@example.com"


def make_address(number: int, city: str | None) -> Body:
    """Return an invented address."""
    street = STREETS[number % len(STREETS)]
    return {
        "Line1": f"{100 + number * 37 % 900} {street}",
        "City": city or "Bayshore",
        "CountrySubDivisionCode": "CA",
        "PostalCode": f"94{300 + number * 13 % 100}",
        "Country": "USA",
    }


def make_phone(number: int) -> Body:
    """Return a number of the range reserved for fiction."""
    return {"FreeFormNumber": f"(650) 555-01{number % 100:02d}"}


def register_company(store: Store, realm: str, name: str) -> Books:
    """Enter a company into the list of companies; its books are empty."""
    store.execute("insert into companies values (?, ?)", (realm, name))
    books = Books(store, realm)
    for series in ("sales", "estimate", "order"):
        books.raise_number(f"number:{series}", 1000)
    return books


def create_record(books: Books, entity: str, body: Body, id: str | None = None) -> Body:
    """Create a record through the change functions; its counter moves past its Id."""
    record = changes.create(books, entity, body, id)
    if id is not None and id.isascii() and id.isdigit():
        books.raise_number(get_id_series(get_entity(entity)), int(id))
    return record


def create_company_info(books: Books, name: str, industry: str) -> None:
    """Create CompanyInfo of a US company."""
    today = books.read_today()
    changes.place(
        books,
        "CompanyInfo",
        {
            "CompanyName": name,
            "LegalName": name,
            "CompanyAddr": {"Id": "1", **make_address(3, "San Pablo")},
            "CustomerCommunicationAddr": {"Id": "1", **make_address(3, "San Pablo")},
            "LegalAddr": {"Id": "1", **make_address(3, "San Pablo")},
            "PrimaryPhone": make_phone(0),
            "CompanyStartDate": f"{today.year - 3}-01-01",
            "FiscalYearStartMonth": "January",
            "Country": "US",
            "Email": {"Address": make_email(f"office {name.split()[0]}")},
            "SupportedLanguages": "en",
            "DefaultTimeZone": "America/Los_Angeles",
            "NameValue": [
                {"Name": "NeoEnabled", "Value": "true"},
                {"Name": "IndustryType", "Value": industry},
                {"Name": "SubscriptionStatus", "Value": "PAID"},
                {"Name": "OfferingSku", "Value": "QuickBooks Online Plus"},
                {"Name": "PayrollFeature", "Value": "false"},
                {"Name": "AccountantFeature", "Value": "false"},
            ],
        },
        "1",
    )


def create_preferences(books: Books) -> None:
    """Create preferences as observed in the sample company."""
    changes.place(
        books,
        "Preferences",
        {
            "AccountingInfoPrefs": {
                "FirstMonthOfFiscalYear": "January",
                "UseAccountNumbers": False,
                "TaxYearMonth": "January",
                "ClassTrackingPerTxn": False,
                "ClassTrackingPerTxnLine": True,
                "TrackDepartments": False,
                "CustomerTerminology": "Customers",
            },
            "ProductAndServicesPrefs": {
                "ForSales": True,
                "ForPurchase": True,
                "QuantityWithPriceAndRate": True,
                "QuantityOnHand": True,
            },
            "SalesFormsPrefs": {
                "CustomTxnNumbers": False,
                "AllowDeposit": True,
                "AllowDiscount": True,
                "DefaultDiscountAccount": "86",
                "AllowEstimates": True,
                "AllowServiceDate": False,
                "AllowShipping": False,
                "DefaultTerms": make_reference(3),
                "DefaultItem": make_reference(1),
                "AutoApplyCredit": False,
                "AutoApplyPayments": False,
            },
            "VendorAndPurchasesPrefs": {
                "EnableBills": True,
                "TrackingByCustomer": True,
                "BillableExpenseTracking": True,
            },
            "TimeTrackingPrefs": {"UseServices": True, "BillCustomers": True, "WorkWeekStartDate": "Monday"},
            "TaxPrefs": {"UsingSalesTax": True, "TaxGroupCodeRef": make_reference(2)},
            "CurrencyPrefs": {"MultiCurrencyEnabled": False, "HomeCurrency": make_reference("USD")},
            "ReportPrefs": {"ReportBasis": "Accrual", "CalcAgingReportFromTxnDate": False},
            "OtherPrefs": {
                "NameValue": [
                    {
                        "Name": "SalesFormsPrefs.DefaultCustomerMessage",
                        "Value": "Thank you for your business.",
                    },
                    {"Name": "SalesFormsPrefs.DefaultItem", "Value": "1"},
                    {"Name": "WarnDuplicateCheckNumber", "Value": "true"},
                ]
            },
        },
        "1",
    )


def create_customer_types(books: Books) -> None:
    """Create kinds of customers, which only the service's own pages can make."""
    for number, name in enumerate(("Business", "Household", "Public body"), 1):
        body = {"Name": name, "FullyQualifiedName": name, "Active": True}
        changes.place(books, "CustomerType", body, str(number))


def create_basics(books: Books, facts: dict[str, Any]) -> None:
    """Create accounts, terms, payment methods and taxes of the sample company, under their Ids."""
    for account in facts["accounts"]:
        body = {
            "Name": account["Name"],
            "AccountType": account["AccountType"],
            "AccountSubType": account["AccountSubType"],
        }
        if account["ParentRef"]:
            body["ParentRef"] = make_reference(account["ParentRef"])
        create_record(books, "Account", body, account["Id"])
    for term in facts["terms"]:
        create_record(books, "Term", {"Name": term["Name"], "DueDays": term["DueDays"]}, term["Id"])
    for method in facts["payment_methods"]:
        create_record(books, "PaymentMethod", {"Name": method["Name"], "Type": method["Type"]}, method["Id"])
    for agency in facts["tax_agencies"]:
        create_record(books, "TaxAgency", {"DisplayName": agency["DisplayName"]}, agency["Id"])
    for rate in facts["tax_rates"]:
        changes.place(
            books,
            "TaxRate",
            {
                "Name": rate["Name"],
                "RateValue": rate["RateValue"],
                "AgencyRef": make_reference(rate["Agency"]),
                "Active": True,
                "SpecialTaxType": "NONE",
                "DisplayType": "ReadOnly",
            },
            rate["Id"],
        )
    for code in facts["tax_codes"]:
        rates = [
            {"TaxRateRef": make_reference(rate), "TaxTypeApplicable": "TaxOnAmount", "TaxOrder": 0}
            for rate in code.get("SalesRates", [])
        ]
        body = {
            "Name": code["Name"],
            "Description": code["Name"],
            "Active": True,
            "Taxable": code.get("Taxable", True),
            "TaxGroup": code["TaxGroup"],
            "Hidden": False,
            "SalesTaxRateList": {"TaxRateDetail": rates},
        }
        changes.place(books, "TaxCode", body, code["Id"])


def create_people(books: Books, facts: dict[str, Any]) -> None:
    """Create customers, vendors and employees of the sample company, with invented addresses."""
    for customer in facts["customers"]:
        number = int(customer["Id"])
        fields = {
            key: customer[key]
            for key in ("DisplayName", "GivenName", "FamilyName", "CompanyName", "Taxable")
            if customer.get(key)
        }
        if customer.get("ParentRef"):
            fields |= {"ParentRef": make_reference(customer["ParentRef"]), "Job": True}
        create_record(
            books,
            "Customer",
            {
                **fields,
                "PrimaryEmailAddr": {"Address": make_email(customer["DisplayName"])},
                "PrimaryPhone": make_phone(number),
                "BillAddr": make_address(number, customer.get("City")),
                "SalesTermRef": make_reference(3),
            },
            customer["Id"],
        )
    for vendor in facts["vendors"]:
        number = int(vendor["Id"])
        fields = {
            key: vendor[key]
            for key in ("DisplayName", "GivenName", "FamilyName", "CompanyName", "AcctNum", "Vendor1099")
            if vendor.get(key)
        }
        if vendor.get("TermRef"):
            fields["TermRef"] = make_reference(vendor["TermRef"])
        create_record(
            books,
            "Vendor",
            {
                **fields,
                "PrimaryEmailAddr": {"Address": make_email(vendor["DisplayName"])},
                "PrimaryPhone": make_phone(number),
                "BillAddr": make_address(number, vendor.get("City")),
            },
            vendor["Id"],
        )
    for employee in facts["employees"]:
        given, _, family = employee["DisplayName"].partition(" ")
        create_record(books, "Employee", {"GivenName": given, "FamilyName": family}, employee["Id"])


def create_products(books: Books, facts: dict[str, Any], stocked_on: str) -> None:
    """Create products and services of the sample company; stock as at a day."""
    for item in facts["items"]:
        body = {
            key: item[key]
            for key in ("Name", "Type", "Description", "UnitPrice", "PurchaseCost", "PurchaseDesc", "Taxable")
            if key in item
        }
        for name in ("IncomeAccountRef", "ExpenseAccountRef", "AssetAccountRef"):
            if item.get(name):
                body[name] = make_reference(item[name])
        if item["Type"] == "Inventory":
            body |= {"TrackQtyOnHand": True, "QtyOnHand": 40, "InvStartDate": stocked_on}
        create_record(books, "Item", body, item["Id"])
