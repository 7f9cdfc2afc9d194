"""Tax on sales forms, as companies with manual sales tax have it: a group of rates, a base of the taxed lines.

What was sent as `TotalTax` wins over what the rates give. Without a tax code on the transaction there is no tax
(automated sales tax needs addresses and tables that a stand-in does not have; see the README).
"""

from __future__ import annotations

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Body, reference
from runtime.simulators.quickbooks.faults import fault
from runtime.simulators.quickbooks.money import amount, cents
from runtime.simulators.quickbooks.rules.lines import percent_of


def is_taxed(detail: Body) -> bool:
    """Whether a line counts for the tax base: every code but NON does."""
    return (reference(detail.get("TaxCodeRef")) or "NON").upper() != "NON"


def work_out(books: Books, body: Body, taxable: int) -> int:
    """Writes TxnTaxDetail and says the tax in cents. `taxable` is the base in cents."""
    given: Body = body.get("TxnTaxDetail") or {}
    code = reference(given.get("TxnTaxCodeRef"))
    sent = given.get("TotalTax")
    rates = _rates(books, code) if code else []
    shown = [_line(books, rate, taxable) for rate in rates]
    total = sum(cents(line["Amount"]) for line in shown)
    if sent not in (None, "") and cents(sent) != total:
        shown = _adjusted(shown, cents(sent) - total)
        total = cents(sent)
    detail: Body = {"TotalTax": amount(total)}
    if code:
        detail = {"TxnTaxCodeRef": {"value": code}, "TotalTax": amount(total), "TaxLine": shown}
    elif given.get("TaxLine") and total:
        detail["TaxLine"] = given["TaxLine"]
    body["TxnTaxDetail"] = detail
    return total


def _rates(books: Books, code: str) -> list[str]:
    found = books.find("TaxCode", code)
    if found is None:
        raise fault("6160", f"Invalid TaxCodeRef : {code}", "TxnTaxCodeRef")
    details = (found.get("SalesTaxRateList") or {}).get("TaxRateDetail") or []
    return [id for id in (reference(detail.get("TaxRateRef")) for detail in details) if id]


def _line(books: Books, rate: str, taxable: int) -> Body:
    percent = (books.find("TaxRate", rate) or {}).get("RateValue") or 0
    return {
        "Amount": amount(percent_of(taxable, percent)),
        "DetailType": "TaxLineDetail",
        "TaxLineDetail": {
            "TaxRateRef": {"value": rate},
            "PercentBased": True,
            "TaxPercent": percent,
            "NetAmountTaxable": amount(taxable),
        },
    }


def _adjusted(shown: list[Body], difference: int) -> list[Body]:
    """The tax lines with the difference to the sent total on the first of them."""
    if not shown:
        return []
    first = {**shown[0], "Amount": amount(cents(shown[0]["Amount"]) + difference)}
    return [first, *shown[1:]]


def payable_accounts(books: Books, body: Body) -> list[tuple[str | None, int]]:
    """(Account of the agency, cents) of the tax on a form; None where no agency is known."""
    detail: Body = body.get("TxnTaxDetail") or {}
    total = cents(detail.get("TotalTax"))
    found = [(_account(books, line), cents(line.get("Amount"))) for line in detail.get("TaxLine") or []]
    rest = total - sum(value for _, value in found)
    return [*found, (None, rest)] if rest else found


def _account(books: Books, line: Body) -> str | None:
    rate = books.find("TaxRate", reference((line.get("TaxLineDetail") or {}).get("TaxRateRef"))) or {}
    agency = books.find("TaxAgency", reference(rate.get("AgencyRef"))) or {}
    name = f"{agency.get('DisplayName')} Payable"
    row = books.store.execute(
        "select id from records where realm = ? and entity = 'Account' and name = ?", (books.realm, name)
    ).fetchone()
    return row[0] if row else None
