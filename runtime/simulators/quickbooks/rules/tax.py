"""Tax on sales forms, as companies with manual sales tax have it: a group of rates, a base of the taxed lines.

What was sent as `TotalTax` wins over what the rates give. Without a tax code on the transaction there is no tax
(automated sales tax needs addresses and tables that a simulator does not have; see the README).
"""

from __future__ import annotations

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Body, get_reference
from runtime.simulators.quickbooks.faults import make_fault
from runtime.simulators.quickbooks.money import make_amount, round_to_cents
from runtime.simulators.quickbooks.rules.lines import take_percent


def is_taxed(detail: Body) -> bool:
    """Return whether a line counts for the tax base: every code but NON does."""
    return (get_reference(detail.get("TaxCodeRef")) or "NON").upper() != "NON"


def work_out(books: Books, body: Body, taxable: int) -> int:
    """Write TxnTaxDetail and return the tax in cents. `taxable` is the base in cents."""
    given: Body = body.get("TxnTaxDetail") or {}
    code = get_reference(given.get("TxnTaxCodeRef"))
    sent = given.get("TotalTax")
    rates = _rates(books, code) if code else []
    shown = [_line(books, rate, taxable) for rate in rates]
    total = sum(round_to_cents(line["Amount"]) for line in shown)
    if sent not in (None, "") and round_to_cents(sent) != total:
        shown = _adjusted(shown, round_to_cents(sent) - total)
        total = round_to_cents(sent)
    detail: Body = {"TotalTax": make_amount(total)}
    if code:
        detail = {"TxnTaxCodeRef": {"value": code}, "TotalTax": make_amount(total), "TaxLine": shown}
    elif given.get("TaxLine") and total:
        detail["TaxLine"] = given["TaxLine"]
    body["TxnTaxDetail"] = detail
    return total


def _rates(books: Books, code: str) -> list[str]:
    found = books.find("TaxCode", code)
    if found is None:
        raise make_fault("6160", f"Invalid TaxCodeRef : {code}", "TxnTaxCodeRef")
    details = (found.get("SalesTaxRateList") or {}).get("TaxRateDetail") or []
    return [id for id in (get_reference(detail.get("TaxRateRef")) for detail in details) if id]


def _line(books: Books, rate: str, taxable: int) -> Body:
    percent = (books.find("TaxRate", rate) or {}).get("RateValue") or 0
    return {
        "Amount": make_amount(take_percent(taxable, percent)),
        "DetailType": "TaxLineDetail",
        "TaxLineDetail": {
            "TaxRateRef": {"value": rate},
            "PercentBased": True,
            "TaxPercent": percent,
            "NetAmountTaxable": make_amount(taxable),
        },
    }


def _adjusted(shown: list[Body], difference: int) -> list[Body]:
    """Return the tax lines with the difference to the sent total on the first of them."""
    if not shown:
        return []
    first = {**shown[0], "Amount": make_amount(round_to_cents(shown[0]["Amount"]) + difference)}
    return [first, *shown[1:]]


def list_payable_accounts(books: Books, body: Body) -> list[tuple[str | None, int]]:
    """Return (Account of the agency, cents) of the tax on a form; None where no agency is known."""
    detail: Body = body.get("TxnTaxDetail") or {}
    total = round_to_cents(detail.get("TotalTax"))
    found = [
        (_account(books, line), round_to_cents(line.get("Amount"))) for line in detail.get("TaxLine") or []
    ]
    rest = total - sum(value for _, value in found)
    return [*found, (None, rest)] if rest else found


def _account(books: Books, line: Body) -> str | None:
    rate = books.find("TaxRate", get_reference((line.get("TaxLineDetail") or {}).get("TaxRateRef"))) or {}
    agency = books.find("TaxAgency", get_reference(rate.get("AgencyRef"))) or {}
    name = f"{agency.get('DisplayName')} Payable"
    row = books.store.execute(
        "select id from records where realm = ? and entity = 'Account' and name = ?", (books.realm, name)
    ).fetchone()
    return row[0] if row else None
