"""Vendors who share an address, a telephone number or a bank account with an employee or another vendor."""

from __future__ import annotations

from datetime import timedelta

from runtime.simulators.quickbooks.books.store import Body
from runtime.simulators.quickbooks.companies import forms
from tests.insights.planters.typing import Typist

VENDORS = (
    "Redwood Maintenance", "Swift Courier", "Pacific Cleaning", "Elm Street Repairs", "Blue Heron Graphics",
    "Sundial Window Care",
)  # fmt: skip
EMPLOYEES = (("Nora", "Whitfield"), ("Luis", "Abrams"), ("Dana", "Kessler"))


def plant_shared_details(typist: Typist, count: int = 2) -> None:
    """Give every employee details of their own, and some small new vendors the same ones, partly written otherwise."""
    employees = give_details(typist)
    varieties = typist.chance.sample(("address", "address written otherwise", "phone", "bank"), count)
    names = typist.chance.sample(VENDORS, 2 * count)
    chosen = typist.chance.sample(sorted(employees), count)
    for variety, name, other, employee in zip(varieties, names[:count], names[count:], chosen, strict=True):
        if variety == "bank":
            _share_bank(typist, name, other)
            continue
        details = _copy_details(typist, variety, employees[employee])
        records = (*_hire(typist, name, details), f"employees:{employee}")
        typist.note("shared_details", records, f"{name} has the {variety} of an employee")


def give_details(typist: Typist) -> dict[str, Body]:
    """Give each employee an address and a telephone number; a company without employees gets some."""
    found = [each.id for each in typist.before.parties if each.resource == "employees"]
    for given, family in () if found else EMPLOYEES:
        body = {"GivenName": given, "FamilyName": family}
        found.append(typist.create_name("Employee", body, typist.first))
    details = {each: typist.make_contact() for each in found}
    for id, contact in details.items():
        changed = {"PrimaryAddr": contact["address"], "PrimaryPhone": contact["phone"]}
        typist.change_name("Employee", id, changed)
    return details


def _copy_details(typist: Typist, variety: str, details: Body) -> Body:
    """Return the details of a new vendor: its own but for what it shares."""
    own, address = typist.make_contact(), details["address"]
    if variety == "phone":
        digits = "".join(filter(str.isdigit, details["phone"]["FreeFormNumber"]))
        own["phone"] = {"FreeFormNumber": f"{digits[:3]}-{digits[3:6]}-{digits[6:]}"}
    elif variety == "address":
        own["address"] = address
    else:
        short = {"Avenue": "Ave.", "Street": "St", "Road": "Rd.", "Drive": "Dr", "Lane": "Ln"}
        number, *words = address["Line1"].split()
        written = " ".join((number, *words[:-1], short[words[-1]])).upper()
        own["address"] = {**address, "Line1": written}
    return own


def _hire(typist: Typist, name: str, details: Body, **more: object) -> tuple[str, ...]:
    """Create a vendor with two small bills; return the records."""
    day = typist.choose_day(until=typist.end - timedelta(days=60))
    body = {"DisplayName": name, "BillAddr": details["address"], "PrimaryPhone": details["phone"], **more}
    vendor = typist.create_name("Vendor", body, day)
    account = typist.choose_habit(lambda _each: True).account
    records = []
    for later in (0, typist.chance.randint(20, 45)):
        at = typist.choose_day(since=day + timedelta(days=later), until=day + timedelta(days=later + 4))
        line = forms.make_spent_line(account, typist.draw_between(6_000, 19_000), name)
        records.append(typist.enter("Bill", forms.make_bill(vendor, at, [line])))
    return (f"vendors:{vendor}", *records)


def _share_bank(typist: Typist, name: str, other: str) -> None:
    """Let two vendors of different names be paid to one bank account."""
    account = f"{typist.chance.randint(10**8, 10**9)}"
    bank = {"VendorPaymentBankDetail": {"BankAccountNumber": account, "BankBranchIdentifier": "121000358"}}
    records = (
        *_hire(typist, name, typist.make_contact(), **bank),
        *_hire(typist, other, typist.make_contact(), **bank),
    )
    typist.note("shared_details", records, f"{name} and {other} have one bank account")
