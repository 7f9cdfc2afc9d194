"""The tax service: makes a tax code together with its rates."""

from __future__ import annotations

from runtime.simulators.quickbooks.books.books import Books, get_entity
from runtime.simulators.quickbooks.books.store import Body
from runtime.simulators.quickbooks.faults import make_fault, make_missing_fault
from runtime.simulators.quickbooks.money import parse_decimal
from runtime.simulators.quickbooks.rules.names import make_duplicate_fault


def make(books: Books, body: Body) -> Body:
    """Write rates and code; the answer repeats the request with the new ids."""
    if _taken(books, "TaxCode", str(body["TaxCode"])):
        raise make_duplicate_fault("tax code")
    details = [_rate(books, detail) for detail in body["TaxRateDetails"]]
    code = books.take_next_id(get_entity("TaxCode"))
    rates = [
        {
            "TaxRateRef": {"value": detail["TaxRateId"], "name": detail.get("TaxRateName")},
            "TaxTypeApplicable": "TaxOnAmount",
            "TaxOrder": 0,
        }
        for detail in details
        if detail.get("TaxApplicableOn", "Sales") == "Sales"
    ]
    books.write_new(
        "TaxCode",
        {
            "Name": body["TaxCode"],
            "Description": body["TaxCode"],
            "Active": True,
            "Hidden": False,
            "Taxable": True,
            "TaxGroup": True,
            "SalesTaxRateList": {"TaxRateDetail": rates},
            "PurchaseTaxRateList": {"TaxRateDetail": []},
            "Id": code,
            "domain": "QBO",
            "sparse": False,
        },
    )
    return {"TaxCode": body["TaxCode"], "TaxCodeId": code, "TaxRateDetails": details}


def _taken(books: Books, entity: str, name: str) -> bool:
    row = books.store.execute(
        "select 1 from records where realm = ? and entity = ? and name = ?", (books.realm, entity, name)
    ).fetchone()
    return row is not None


def _rate(books: Books, detail: Body) -> Body:
    """Return an existing rate by its id, or a new one."""
    if detail.get("TaxRateId"):
        found = books.read("TaxRate", str(detail["TaxRateId"]))
        return {**detail, "TaxRateName": found["Name"], "RateValue": found["RateValue"]}
    for name in ("TaxRateName", "RateValue", "TaxAgencyId"):
        if detail.get(name) in (None, ""):
            raise make_missing_fault(name)
    if not 0 <= parse_decimal(detail["RateValue"]) <= 100:
        raise make_fault("2150", f"Invalid Percent : {detail['RateValue']}", "RateValue")
    if _taken(books, "TaxRate", str(detail["TaxRateName"])):
        raise make_duplicate_fault("tax rate")
    agency = books.read("TaxAgency", str(detail["TaxAgencyId"]))
    id = books.take_next_id(get_entity("TaxRate"))
    books.write_new(
        "TaxRate",
        {
            "Name": detail["TaxRateName"],
            "RateValue": detail["RateValue"],
            "AgencyRef": {"value": agency["Id"]},
            "Active": True,
            "SpecialTaxType": "NONE",
            "DisplayType": "ReadOnly",
            "Id": id,
            "domain": "QBO",
            "sparse": False,
        },
    )
    return {**detail, "TaxRateId": id}
