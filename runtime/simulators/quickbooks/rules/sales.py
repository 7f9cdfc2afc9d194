"""Sales forms, from Invoice to Estimate. Totals, sub-total line, tax, numbers, days."""

from __future__ import annotations

from runtime.simulators.quickbooks.books import settlement, sources
from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Body, reference
from runtime.simulators.quickbooks.faults import business, missing
from runtime.simulators.quickbooks.money import amount, cents, decimal
from runtime.simulators.quickbooks.rules import controls, lines, references, tax

NUMBER_SERIES = {"Estimate": "estimate", "ChangeOrder": "change order"}
HAS_TERMS = frozenset({"Invoice", "CreditMemo", "Estimate"})
MOST_TAXABLE_LINES = 750


def prepare(books: Books, entity: str, body: Body, old: Body | None) -> None:
    """Works out everything on a sales form that follows from what was sent."""
    lines.check_open(books, old)
    settlement.keep_owner(books, entity, body, old)
    if entity in sources.SOURCES:
        sources.check_sources(books, entity, body)
    lines.default_day(books, body)
    lines.currency(books, body)
    lines.number(books, entity, NUMBER_SERIES.get(entity, "sales"), body)
    _copy_from_customer(books, body, entity)
    sums = _lines(books, body)
    lines.keep_identities(body, old)
    total_tax = tax.work_out(books, body, sums.taxable)
    total = sums.subtotal - sums.discount + total_tax
    if total < 0:
        raise business("Transaction amount must be 0 or greater.")
    body["TotalAmt"] = amount(total)
    body.setdefault("PrintStatus", "NeedToPrint")
    body.setdefault("EmailStatus", "NotSet")
    body.setdefault("ApplyTaxAfterDiscount", False)
    FINISHERS[entity](books, body, total)


def _copy_from_customer(books: Books, body: Body, entity: str) -> None:
    customer = books.find("Customer", reference(body.get("CustomerRef"))) or {}
    for name in ("BillAddr", "ShipAddr"):
        if not body.get(name) and customer.get(name):
            body[name] = customer[name]
    if entity in HAS_TERMS:
        term = reference(body.get("SalesTermRef")) or reference(customer.get("SalesTermRef"))
        if entity == "Invoice" and term is None:
            term = reference(books.preference("SalesFormsPrefs", "DefaultTerms"))
        term_reference = references.to(books, "Term", term)
        if term_reference and entity != "Estimate":
            body["SalesTermRef"] = term_reference
        if entity == "Invoice":
            body.setdefault("DueDate", lines.due_day(books, body, term))


class Sums:
    """Amounts in cents: of the goods, of the discount, and of what is taxed."""

    def __init__(self) -> None:
        self.subtotal = 0
        self.discount = 0
        self.taxable = 0
        self.items = 0


def _lines(books: Books, body: Body) -> Sums:
    """Checks and completes the lines; puts the sub-total after the goods and before the discount."""
    sums = Sums()
    goods: list[Body] = []
    discounts: list[Body] = []
    for line in body.get("Line") or []:
        lines.require_detail(line)
        kind = line["DetailType"]
        if kind == "SubTotalLineDetail":
            continue
        (discounts if kind == "DiscountLineDetail" else goods).append(line)
        _add_line(books, body, line, sums)
    if not goods:
        raise business("You must fill out at least one detail line.")
    if sums.items > MOST_TAXABLE_LINES and sums.taxable:
        raise business(f"A transaction may have at most {MOST_TAXABLE_LINES} taxable lines.")
    for line in discounts:
        sums.discount += _discount(books, body, line, sums)
    for position, line in enumerate(goods, 1):
        line["LineNum"] = position
    subtotal = {"Amount": amount(sums.subtotal), "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}}
    body["Line"] = [*goods, subtotal, *discounts]
    return sums


def _add_line(books: Books, body: Body, line: Body, sums: Sums) -> None:
    kind = line["DetailType"]
    if kind == "SalesItemLineDetail":
        _sales_item(books, body, line)
        sums.items += 1
        sums.subtotal += cents(line["Amount"])
        if tax.is_taxed(lines.detail(line)):
            sums.taxable += cents(line["Amount"])
    elif kind == "GroupLineDetail":
        _bundle(books, body, line, sums)
    elif kind == "DescriptionOnly":
        line.pop("Amount", None)
    elif kind != "DiscountLineDetail":
        raise business(f"A line of type {kind} does not belong on this transaction.")


def _sales_item(books: Books, body: Body, line: Body) -> None:
    lines.require_amount(line)
    lines.check_product(line)
    given = line.setdefault("SalesItemLineDetail", {})
    if not reference(given.get("ItemRef")):
        default = reference(books.preference("SalesFormsPrefs", "DefaultItem")) or "1"
        item_reference = references.to(books, "Item", default)
        if item_reference is None:
            raise missing("ItemRef")
        given["ItemRef"] = item_reference
    item = books.find("Item", reference(given["ItemRef"])) or {}
    lines.check_item(item, body, line)
    if reference(item.get("IncomeAccountRef")):
        given["ItemAccountRef"] = item["IncomeAccountRef"]
    if not reference(given.get("TaxCodeRef")):
        given["TaxCodeRef"] = {"value": "NON"}
    given["TaxCodeRef"].pop("name", None)
    line["Amount"] = amount(cents(line["Amount"]))


def _bundle(books: Books, body: Body, line: Body, sums: Sums) -> None:
    """A bundle: its lines are those sent, or those of the bundle item times the quantity."""
    given = line.setdefault("GroupLineDetail", {})
    group = books.read("Item", references.required(given, "GroupItemRef"))
    quantity = decimal(given.get("Quantity") or 1)
    given["Quantity"] = float(quantity)
    if not given.get("Line"):
        given["Line"] = [
            _bundle_line(books, part, quantity)
            for part in (group.get("ItemGroupDetail") or {}).get("ItemGroupLine") or []
        ]
    before = sums.subtotal
    for part in given["Line"]:
        lines.require_detail(part)
        if part["DetailType"] != "SalesItemLineDetail":
            raise business("A bundle holds only lines that sell an item.")
        _add_line(books, body, part, sums)
    lines.keep_identities(given, None)
    line["Amount"] = amount(sums.subtotal - before)


def _bundle_line(books: Books, part: Body, quantity: object) -> Body:
    item = books.find("Item", reference(part.get("ItemRef"))) or {}
    units = decimal(part.get("Qty") or 1) * decimal(quantity)
    price = decimal(item.get("UnitPrice"))
    return {
        "Amount": amount(cents(str(units * price))),
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {"ItemRef": part["ItemRef"], "Qty": float(units), "UnitPrice": float(price)},
    }


def _discount(books: Books, body: Body, line: Body, sums: Sums) -> int:
    """The discount in cents; the tax base falls by its share when tax comes after the discount."""
    given = line.setdefault("DiscountLineDetail", {})
    if given.get("PercentBased"):
        if given.get("DiscountPercent") in (None, ""):
            raise missing("DiscountPercent")
        value = lines.percent_of(sums.subtotal, given["DiscountPercent"])
    else:
        given["PercentBased"] = False
        lines.require_amount(line)
        value = cents(line["Amount"])
    default = reference({"value": books.preference("SalesFormsPrefs", "DefaultDiscountAccount")})
    lines.account_reference(
        books, given, "DiscountAccountRef", default or books.first_account("Income", "DiscountsRefundsGiven")
    )
    if not reference(given.get("DiscountAccountRef")):
        raise missing("DiscountAccountRef")
    controls.refuse(books, reference(given["DiscountAccountRef"]), "DiscountAccountRef")
    line["Amount"] = amount(value)
    if body.get("ApplyTaxAfterDiscount") and sums.subtotal:
        sums.taxable -= round(value * sums.taxable / sums.subtotal)
    return value


def _finish_invoice(books: Books, body: Body, total: int) -> None:
    deposit = cents(body.get("Deposit"))
    if deposit < 0 or deposit > total:
        raise business("The deposit may not be more than the amount of the invoice.")
    if deposit:
        lines.account_reference(books, body, "DepositToAccountRef", _undeposited(books))
    body["Balance"] = amount(settlement.open_amount(books, "Invoice", body, total - deposit))


def _finish_credit_memo(books: Books, body: Body, total: int) -> None:
    body["Balance"] = amount(settlement.open_amount(books, "CreditMemo", body, total))
    body["RemainingCredit"] = body["Balance"]


def _finish_receipt(books: Books, body: Body, total: int) -> None:
    lines.account_reference(books, body, "DepositToAccountRef", _undeposited(books))
    body["Balance"] = 0


def _finish_estimate(books: Books, body: Body, total: int) -> None:
    body.setdefault("TxnStatus", "Pending")


def _undeposited(books: Books) -> str | None:
    return books.first_account("Other Current Asset", "UndepositedFunds")


FINISHERS = {
    "Invoice": _finish_invoice,
    "CreditMemo": _finish_credit_memo,
    "SalesReceipt": _finish_receipt,
    "RefundReceipt": _finish_receipt,
    "Estimate": _finish_estimate,
    "ChangeOrder": _finish_estimate,
}
