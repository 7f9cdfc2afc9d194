"""A vendor and an employee, or two vendors, with the same address, telephone, email or bank detail.

Called by `anomaly_search`. What they share is shown in part: enough to find it, too little to use it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from runtime.insights.anomalies.findings import Finding, Subject, limit_score, write_money
from runtime.insights.anomalies.history import History
from runtime.insights.books import ZERO, Key, Party

_STREETS: Mapping[str, str] = {
    "street": "st", "avenue": "ave", "av": "ave", "road": "rd", "lane": "ln", "drive": "dr", "court": "ct",
    "boulevard": "blvd", "place": "pl", "square": "sq", "highway": "hwy", "suite": "ste", "apartment": "apt",
    "north": "n", "south": "s", "east": "e", "west": "w",
}  # fmt: skip
"""Parts of addresses that are shortened by some."""
POINTS: Mapping[str, int] = {"bank account": 92, "tax number": 85, "address": 72, "phone": 66, "email": 70}
"""How much each detail says when two parties share it."""
MOST_PARTIES = 4
"""More parties than this with one detail share an office, or a placeholder."""
FEWEST_DIGITS = 7
"""Of a telephone number."""


def find_shared_details(history: History) -> Iterator[Finding]:
    """Yield vendors and employees that share a detail."""
    parties = history.books.parties.values()
    vendors = [each for each in parties if each.key.resource == "vendors"]
    employees = [each for each in parties if each.key.resource == "employees"]
    holders: dict[tuple[str, str], list[Party]] = defaultdict(list)
    for each in (*vendors, *employees):
        for detail, value in _list_details(each):
            holders[detail, value].append(each)
    groups: dict[tuple[Key, ...], list[tuple[str, str]]] = defaultdict(list)
    for (detail, _), group in holders.items():
        if 1 < len(group) <= MOST_PARTIES and any(each.key.resource == "vendors" for each in group):
            groups[tuple(each.key for each in group)].append((detail, _show(detail, group[0])))
    for keys, details in groups.items():
        yield _make(history, keys, details)


def _list_details(party: Party) -> Iterator[tuple[str, str]]:
    """Yield the details of a party in a form that can be compared."""
    address = strip_address(party.address)
    if re.search(r"[0-9]", address):
        yield "address", f"{address} {party.postal_code.casefold().replace(' ', '')[:5]}"
    phone = re.sub(r"[^0-9]", "", party.phone)
    if len(phone) >= FEWEST_DIGITS:
        yield "phone", phone[-10:]
    if "@" in party.email:
        yield "email", party.email.strip().casefold()
    for detail, value in (("bank account", party.bank), ("tax number", party.tax_number)):
        plain = re.sub(r"[^0-9a-z]", "", value.casefold())
        if len(plain) >= 4 and not value.casefold().startswith(("x", "*")):
            yield detail, plain


def strip_address(address: str) -> str:
    """Return the line of an address without what is typed in one form or another."""
    parts = re.sub(r"[^\w\s]", " ", address.casefold()).split()
    return " ".join(_STREETS.get(each, each) for each in parts)


def _show(detail: str, party: Party) -> str:
    """Return a detail in part."""
    if detail == "email":
        name, _, domain = party.email.strip().partition("@")
        return f"email {name[:1]}…@{domain}"
    if detail == "address":
        return f"address {party.address[:2]}…{party.address[-4:]}"
    value = {"phone": party.phone, "bank account": party.bank, "tax number": party.tax_number}[detail]
    return f"{detail} ending in {''.join(each for each in value if each.isalnum())[-4:]}"


def _make(history: History, keys: Sequence[Key], details: Sequence[tuple[str, str]]) -> Finding:
    spent = {key: _sum_spent(history, key) for key in keys}
    parties = [history.books.parties[key] for key in keys]
    has_employee = any(key.resource == "employees" for key in keys)
    names = " and ".join(f"{_name_kind(each)} {each.name}" for each in parties)
    shared = " and ".join(sorted({shown for _, shown in details}))
    total = sum(spent.values(), ZERO)
    paid = f"; {write_money(total, history.books.currency)} of purchases in the period" if total else ""
    reason = f"{names[0].upper()}{names[1:]} have the same {shared}{paid}."
    points = max(POINTS[detail] for detail, _ in details) + 4 * (len(details) - 1)
    points += (8 if has_employee else -8) + (5 if total else 0)
    advice = (
        "Check whether the vendor is the employee, and who approved its bills."
        if has_employee
        else "Check whether both are the same vendor, or who entered the second one."
    )
    records = tuple(Subject(each.key, "", each.name, None, spent[each.key]) for each in parties)
    return Finding("shared_details", limit_score(points), reason, records, advice)


def _name_kind(party: Party) -> str:
    return "employee" if party.key.resource == "employees" else "vendor"


def _sum_spent(history: History, key: Key) -> Decimal:
    return sum((each.record.home_total for each in history.by_vendor.get(key, ()) if each.is_new), ZERO)
