"""Sales forms, from Invoice to Estimate. Totals, sub-total line, tax, numbers, days."""

from __future__ import annotations

from runtime.simulators.quickbooks.books import settlement, sources
from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Body, get_reference
from runtime.simulators.quickbooks.faults import make_business_fault, make_missing_fault
from runtime.simulators.quickbooks.money import make_amount, parse_decimal, round_to_cents
from runtime.simulators.quickbooks.rules import controls, lines, references, tax

NUMBER_SERIES = {"Estimate": "estimate", "ChangeOrder": "change order"}
HAS_TERMS = frozenset({"Invoice", "CreditMemo", "Estimate"})
MOST_TAXABLE_LINES = 750
"""Of an invoice, as documented."""


def prepare(books: Books, entity: str, body: Body, old: Body | None) -> None:
    """Work out everything on a sales form that follows from what was sent."""
    lines.check_open(books, old)
    settlement.refuse_changed_owner(books, entity, body, old)
    if entity in sources.SOURCES:
        sources.check_sources(books, entity, body)
    lines.fill_day(books, body)
    lines.fill_currency(books, body)
    lines.fill_number(books, entity, NUMBER_SERIES.get(entity, "sales"), body)
    _copy_from_customer(books, body, entity)
    sums = _lines(books, body)
    lines.assign_ids(body, old)
    total_tax = tax.work_out(books, body, sums.taxable)
    total = sums.subtotal - sums.discount + total_tax
    if total < 0:
        raise make_business_fault("Transaction amount must be 0 or greater.")
    body["TotalAmt"] = make_amount(total)
    body.setdefault("PrintStatus", "NeedToPrint")
    body.setdefault("EmailStatus", "NotSet")
    body.setdefault("ApplyTaxAfterDiscount", False)
    FINISHERS[entity](books, body, total)


def _copy_from_customer(books: Books, body: Body, entity: str) -> None:
    customer = books.find("Customer", get_reference(body.get("CustomerRef"))) or {}
    for name in ("BillAddr", "ShipAddr"):
        if not body.get(name) and customer.get(name):
            body[name] = customer[name]
    if entity in HAS_TERMS:
        term = get_reference(body.get("SalesTermRef")) or get_reference(customer.get("SalesTermRef"))
        if entity == "Invoice" and term is None:
            term = get_reference(books.get_preference("SalesFormsPrefs", "DefaultTerms"))
        term_reference = references.make_reference(books, "Term", term)
        if term_reference and entity != "Estimate":
            body["SalesTermRef"] = term_reference
        if entity == "Invoice":
            body.setdefault("DueDate", lines.compute_due_day(books, body, term))


class Sums:
    """Amounts in cents: of the goods, of the discount, and of what is taxed."""

    def __init__(self) -> None:
        self.subtotal = 0
        self.discount = 0
        self.taxable = 0
        self.items = 0


def _lines(books: Books, body: Body) -> Sums:
    """Check and completes the lines; puts the sub-total after the goods and before the discount."""
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
        raise make_business_fault("You must fill out at least one detail line.")
    if sums.items > MOST_TAXABLE_LINES and sums.taxable:
        raise make_business_fault(f"A transaction may have at most {MOST_TAXABLE_LINES} taxable lines.")
    for line in discounts:
        sums.discount += _discount(books, body, line, sums)
    for position, line in enumerate(goods, 1):
        line["LineNum"] = position
    subtotal = {
        "Amount": make_amount(sums.subtotal),
        "DetailType": "SubTotalLineDetail",
        "SubTotalLineDetail": {},
    }
    body["Line"] = [*goods, subtotal, *discounts]
    return sums


def _add_line(books: Books, body: Body, line: Body, sums: Sums) -> None:
    kind = line["DetailType"]
    if kind == "SalesItemLineDetail":
        _sales_item(books, body, line)
        sums.items += 1
        sums.subtotal += round_to_cents(line["Amount"])
        if tax.is_taxed(lines.get_detail(line)):
            sums.taxable += round_to_cents(line["Amount"])
    elif kind == "GroupLineDetail":
        _bundle(books, body, line, sums)
    elif kind == "DescriptionOnly":
        line.pop("Amount", None)
    elif kind != "DiscountLineDetail":
        raise make_business_fault(f"A line of type {kind} does not belong on this transaction.")


def _sales_item(books: Books, body: Body, line: Body) -> None:
    lines.require_amount(line)
    lines.check_product(line)
    given = line.setdefault("SalesItemLineDetail", {})
    if not get_reference(given.get("ItemRef")):
        default = get_reference(books.get_preference("SalesFormsPrefs", "DefaultItem")) or "1"
        item_reference = references.make_reference(books, "Item", default)
        if item_reference is None:
            raise make_missing_fault("ItemRef")
        given["ItemRef"] = item_reference
    item = books.find("Item", get_reference(given["ItemRef"])) or {}
    lines.check_item(item, body, line)
    if get_reference(item.get("IncomeAccountRef")):
        given["ItemAccountRef"] = item["IncomeAccountRef"]
    if not get_reference(given.get("TaxCodeRef")):
        given["TaxCodeRef"] = {"value": "NON"}
    given["TaxCodeRef"].pop("name", None)
    line["Amount"] = make_amount(round_to_cents(line["Amount"]))


def _bundle(books: Books, body: Body, line: Body, sums: Sums) -> None:
    """Expand a bundle: its lines are those sent, or those of the bundle item times the quantity."""
    given = line.setdefault("GroupLineDetail", {})
    group = books.read("Item", references.require_reference(given, "GroupItemRef"))
    quantity = parse_decimal(given.get("Quantity") or 1)
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
            raise make_business_fault("A bundle holds only lines that sell an item.")
        _add_line(books, body, part, sums)
    lines.assign_ids(given, None)
    line["Amount"] = make_amount(sums.subtotal - before)


def _bundle_line(books: Books, part: Body, quantity: object) -> Body:
    item = books.find("Item", get_reference(part.get("ItemRef"))) or {}
    units = parse_decimal(part.get("Qty") or 1) * parse_decimal(quantity)
    price = parse_decimal(item.get("UnitPrice"))
    return {
        "Amount": make_amount(round_to_cents(str(units * price))),
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {"ItemRef": part["ItemRef"], "Qty": float(units), "UnitPrice": float(price)},
    }


def _discount(books: Books, body: Body, line: Body, sums: Sums) -> int:
    """Return the discount in cents; the tax base falls by its share when tax comes after the discount."""
    given = line.setdefault("DiscountLineDetail", {})
    if given.get("PercentBased"):
        if given.get("DiscountPercent") in (None, ""):
            raise make_missing_fault("DiscountPercent")
        value = lines.take_percent(sums.subtotal, given["DiscountPercent"])
    else:
        given["PercentBased"] = False
        lines.require_amount(line)
        value = round_to_cents(line["Amount"])
    default = get_reference({"value": books.get_preference("SalesFormsPrefs", "DefaultDiscountAccount")})
    lines.fill_account(
        books,
        given,
        "DiscountAccountRef",
        default or books.find_first_account("Income", "DiscountsRefundsGiven"),
    )
    if not get_reference(given.get("DiscountAccountRef")):
        raise make_missing_fault("DiscountAccountRef")
    controls.refuse(books, get_reference(given["DiscountAccountRef"]), "DiscountAccountRef")
    line["Amount"] = make_amount(value)
    if body.get("ApplyTaxAfterDiscount") and sums.subtotal:
        sums.taxable -= round(value * sums.taxable / sums.subtotal)
    return value


def _finish_invoice(books: Books, body: Body, total: int) -> None:
    deposit = round_to_cents(body.get("Deposit"))
    if deposit < 0 or deposit > total:
        raise make_business_fault("The deposit may not be more than the amount of the invoice.")
    if deposit:
        lines.fill_account(books, body, "DepositToAccountRef", _undeposited(books))
    body["Balance"] = make_amount(settlement.get_open_amount(books, "Invoice", body, total - deposit))


def _finish_credit_memo(books: Books, body: Body, total: int) -> None:
    body["Balance"] = make_amount(settlement.get_open_amount(books, "CreditMemo", body, total))
    body["RemainingCredit"] = body["Balance"]


def _finish_receipt(books: Books, body: Body, _total: int) -> None:
    lines.fill_account(books, body, "DepositToAccountRef", _undeposited(books))
    body["Balance"] = 0


def _finish_estimate(_books: Books, body: Body, _total: int) -> None:
    body.setdefault("TxnStatus", "Pending")


def _undeposited(books: Books) -> str | None:
    return books.find_first_account("Other Current Asset", "UndepositedFunds")


FINISHERS = {
    "Invoice": _finish_invoice,
    "CreditMemo": _finish_credit_memo,
    "SalesReceipt": _finish_receipt,
    "RefundReceipt": _finish_receipt,
    "Estimate": _finish_estimate,
    "ChangeOrder": _finish_estimate,
}
