"""Columns about the customer or vendor of a line: addresses, mail, telephone, company."""

from __future__ import annotations

from collections.abc import Mapping

from runtime.simulators.quickbooks.books.store import Body
from runtime.simulators.quickbooks.reports.cells import Kind, Maker
from runtime.simulators.quickbooks.reports.detail_lines import Lines, Shown
from runtime.simulators.quickbooks.reports.layout import Row, make_cell


def format_address(body: Body | None) -> str:
    """Return an address on one line."""
    given = body or {}
    names = ("Line1", "Line2", "Line3", "City", "CountrySubDivisionCode", "PostalCode")
    return " ".join(str(given[name]) for name in names if given.get(name))


def _of_party(entity: str, *path: str) -> Maker:
    def make(lines: Lines, shown: Shown) -> Row:
        id = shown.posting.customer if entity == "Customer" else shown.posting.vendor
        value: object = lines.read_record(entity, id)
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return make_cell("" if value is None else str(value))

    return make


def _address_of_form(name: str) -> Maker:
    return lambda lines, shown: make_cell(format_address(lines.read_body(shown.posting).get(name)))


def _vendor_address(lines: Lines, shown: Shown) -> Row:
    return make_cell(format_address(lines.read_record("Vendor", shown.posting.vendor).get("BillAddr")))


def _vendor_contact(lines: Lines, shown: Shown) -> Row:
    vendor = lines.read_record("Vendor", shown.posting.vendor)
    return make_cell(" ".join(str(vendor[name]) for name in ("GivenName", "FamilyName") if vendor.get(name)))


PARTY: Mapping[str, Kind] = {
    "bill_addr": Kind("Billing Address", "String", _address_of_form("BillAddr")),
    "ship_addr": Kind("Shipping Address", "String", _address_of_form("ShipAddr")),
    "deliv_addr": Kind("Delivery Address", "String", _address_of_form("ShipAddr")),
    "cust_bill_email": Kind("Email", "String", _of_party("Customer", "PrimaryEmailAddr", "Address")),
    "cust_comp_name": Kind("Company Name", "String", _of_party("Customer", "CompanyName")),
    "cust_tel": Kind("Phone", "String", _of_party("Customer", "PrimaryPhone", "FreeFormNumber")),
    "cust_phone_other": Kind(
        "Other Phone", "String", _of_party("Customer", "AlternatePhone", "FreeFormNumber")
    ),
    "vend_bill_addr": Kind("Address", "String", _vendor_address),
    "vend_comp_name": Kind("Company Name", "String", _of_party("Vendor", "CompanyName")),
    "vend_pri_cont": Kind("Primary Contact", "String", _vendor_contact),
    "vend_pri_email": Kind("Email", "String", _of_party("Vendor", "PrimaryEmailAddr", "Address")),
    "vend_pri_tel": Kind("Phone", "String", _of_party("Vendor", "PrimaryPhone", "FreeFormNumber")),
}
"""The columns about the customer or vendor, in the order in which reports show them."""
