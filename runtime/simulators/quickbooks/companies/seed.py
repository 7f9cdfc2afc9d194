"""Companies to start with: lists from the sample company, and a year of invented business up to the company's day.

Everything goes through `changes`, so the books of a made company are kept by the same rules as those of a client.
What is made depends on the seed and the day alone.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from runtime.simulators.quickbooks.books.books import Books, entity_named, id_series
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


def sample() -> dict[str, Any]:
    """The collected facts of the sample company."""
    facts: dict[str, Any] = json.loads(SAMPLE.read_text("utf-8"))
    return facts


def ref(value: str | int) -> Body:
    """A reference."""
    return {"value": str(value)}


def email_of(name: str) -> str:
    """An address under a domain that nobody has."""
    return re.sub(r"[^a-z0-9]+", ".", name.lower()).strip(".") + "@example.com"


def address_of(number: int, city: str | None) -> Body:
    """An invented address."""
    street = STREETS[number % len(STREETS)]
    return {
        "Line1": f"{100 + number * 37 % 900} {street}",
        "City": city or "Bayshore",
        "CountrySubDivisionCode": "CA",
        "PostalCode": f"94{300 + number * 13 % 100}",
        "Country": "USA",
    }


def phone_of(number: int) -> Body:
    """A number of the range kept for fiction."""
    return {"FreeFormNumber": f"(650) 555-01{number % 100:02d}"}


def found(store: Store, realm: str, name: str) -> Books:
    """Enters a company into the list of companies; its books are empty."""
    store.execute("insert into companies values (?, ?)", (realm, name))
    books = Books(store, realm)
    for series in ("sales", "estimate", "order"):
        books.raise_number(f"number:{series}", 1000)
    return books


def made(books: Books, entity: str, body: Body, id: str | None = None) -> Body:
    """A record made through the change functions, its counter moved past its Id."""
    record = changes.create(books, entity, body, id)
    if id is not None and id.isascii() and id.isdigit():
        books.raise_number(id_series(entity_named(entity)), int(id))
    return record


def company_info(books: Books, name: str, industry: str) -> None:
    """CompanyInfo of a US company."""
    today = books.today()
    changes.place(
        books,
        "CompanyInfo",
        {
            "CompanyName": name,
            "LegalName": name,
            "CompanyAddr": {"Id": "1", **address_of(3, "San Pablo")},
            "CustomerCommunicationAddr": {"Id": "1", **address_of(3, "San Pablo")},
            "LegalAddr": {"Id": "1", **address_of(3, "San Pablo")},
            "PrimaryPhone": phone_of(0),
            "CompanyStartDate": f"{today.year - 3}-01-01",
            "FiscalYearStartMonth": "January",
            "Country": "US",
            "Email": {"Address": email_of(f"office {name.split()[0]}")},
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


def preferences(books: Books) -> None:
    """Preferences as observed in the sample company."""
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
                "DefaultTerms": ref(3),
                "DefaultItem": ref(1),
                "AutoApplyCredit": False,
                "AutoApplyPayments": False,
            },
            "VendorAndPurchasesPrefs": {
                "EnableBills": True,
                "TrackingByCustomer": True,
                "BillableExpenseTracking": True,
            },
            "TimeTrackingPrefs": {"UseServices": True, "BillCustomers": True, "WorkWeekStartDate": "Monday"},
            "TaxPrefs": {"UsingSalesTax": True, "TaxGroupCodeRef": ref(2)},
            "CurrencyPrefs": {"MultiCurrencyEnabled": False, "HomeCurrency": ref("USD")},
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


def customer_types(books: Books) -> None:
    """Kinds of customers, which only the service's own pages can make."""
    for number, name in enumerate(("Business", "Household", "Public body"), 1):
        body = {"Name": name, "FullyQualifiedName": name, "Active": True}
        changes.place(books, "CustomerType", body, str(number))


def basics(books: Books, facts: dict[str, Any]) -> None:
    """Accounts, terms, payment methods and taxes of the sample company, under their Ids."""
    for account in facts["accounts"]:
        body = {
            "Name": account["Name"],
            "AccountType": account["AccountType"],
            "AccountSubType": account["AccountSubType"],
        }
        if account["ParentRef"]:
            body["ParentRef"] = ref(account["ParentRef"])
        made(books, "Account", body, account["Id"])
    for term in facts["terms"]:
        made(books, "Term", {"Name": term["Name"], "DueDays": term["DueDays"]}, term["Id"])
    for method in facts["payment_methods"]:
        made(books, "PaymentMethod", {"Name": method["Name"], "Type": method["Type"]}, method["Id"])
    for agency in facts["tax_agencies"]:
        made(books, "TaxAgency", {"DisplayName": agency["DisplayName"]}, agency["Id"])
    for rate in facts["tax_rates"]:
        changes.place(
            books,
            "TaxRate",
            {
                "Name": rate["Name"],
                "RateValue": rate["RateValue"],
                "AgencyRef": ref(rate["Agency"]),
                "Active": True,
                "SpecialTaxType": "NONE",
                "DisplayType": "ReadOnly",
            },
            rate["Id"],
        )
    for code in facts["tax_codes"]:
        rates = [
            {"TaxRateRef": ref(rate), "TaxTypeApplicable": "TaxOnAmount", "TaxOrder": 0}
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


def people(books: Books, facts: dict[str, Any]) -> None:
    """Customers, vendors and employees of the sample company, with invented addresses."""
    for customer in facts["customers"]:
        number = int(customer["Id"])
        kept = {
            key: customer[key]
            for key in ("DisplayName", "GivenName", "FamilyName", "CompanyName", "Taxable")
            if customer.get(key)
        }
        if customer.get("ParentRef"):
            kept |= {"ParentRef": ref(customer["ParentRef"]), "Job": True}
        made(
            books,
            "Customer",
            {
                **kept,
                "PrimaryEmailAddr": {"Address": email_of(customer["DisplayName"])},
                "PrimaryPhone": phone_of(number),
                "BillAddr": address_of(number, customer.get("City")),
                "SalesTermRef": ref(3),
            },
            customer["Id"],
        )
    for vendor in facts["vendors"]:
        number = int(vendor["Id"])
        kept = {
            key: vendor[key]
            for key in ("DisplayName", "GivenName", "FamilyName", "CompanyName", "AcctNum", "Vendor1099")
            if vendor.get(key)
        }
        if vendor.get("TermRef"):
            kept["TermRef"] = ref(vendor["TermRef"])
        made(
            books,
            "Vendor",
            {
                **kept,
                "PrimaryEmailAddr": {"Address": email_of(vendor["DisplayName"])},
                "PrimaryPhone": phone_of(number),
                "BillAddr": address_of(number, vendor.get("City")),
            },
            vendor["Id"],
        )
    for employee in facts["employees"]:
        given, _, family = employee["DisplayName"].partition(" ")
        made(books, "Employee", {"GivenName": given, "FamilyName": family}, employee["Id"])


def products(books: Books, facts: dict[str, Any], stocked_on: str) -> None:
    """Products and services of the sample company; stock as at a day."""
    for item in facts["items"]:
        body = {
            key: item[key]
            for key in ("Name", "Type", "Description", "UnitPrice", "PurchaseCost", "PurchaseDesc", "Taxable")
            if key in item
        }
        for name in ("IncomeAccountRef", "ExpenseAccountRef", "AssetAccountRef"):
            if item.get(name):
                body[name] = ref(item[name])
        if item["Type"] == "Inventory":
            body |= {"TrackQtyOnHand": True, "QtyOnHand": 40, "InvStartDate": stocked_on}
        made(books, "Item", body, item["Id"])
