"""Journal entries: debits equal credits, control accounts need a name."""

from __future__ import annotations

from runtime.simulators.quickbooks.books import postings
from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Body, get_reference
from runtime.simulators.quickbooks.faults import make_business_fault, make_fault
from runtime.simulators.quickbooks.money import make_amount, round_to_cents
from runtime.simulators.quickbooks.rules import lines, references


def prepare(books: Books, entity: str, body: Body, old: Body | None) -> None:
    """Check both sides; TotalAmt comes back as 0 in home currency, as observed."""
    lines.check_open(books, old)
    lines.fill_day(books, body)
    lines.fill_currency(books, body)
    lines.fill_number(books, entity, "journal", body)
    booked = [line for line in body.get("Line") or [] if line.get("DetailType") != "DescriptionOnly"]
    if len(booked) < 2:
        raise make_business_fault("You must fill out at least two detail lines.")
    if sum(_side(line) for line in booked):
        raise make_fault("2300", "Amount on debits not equal to credits : Debits must equal credits.")
    lines.assign_ids(body, old, first=0)
    body.setdefault("Adjustment", False)
    body["TotalAmt"] = 0


def _side(line: Body) -> int:
    """Return cents of a line, positive for a debit."""
    lines.require_detail(line)
    lines.require_amount(line)
    given = lines.get_detail(line)
    if round_to_cents(line["Amount"]) < 0:
        raise make_fault("2290", "NegativeAmount", "Line.Amount")
    if given.get("PostingType") not in ("Debit", "Credit"):
        raise make_fault("2260", "MissingPostingType", "PostingType")
    line["Amount"] = make_amount(round_to_cents(line["Amount"]))
    references.require_reference(given, "AccountRef")
    return round_to_cents(line["Amount"]) * (1 if given["PostingType"] == "Debit" else -1)


def is_moving_debts(books: Books, body: Body, old: Body) -> bool:
    """Return whether an update changes what somebody owes or is owed by the entry."""
    return _control_sides(books, body) != _control_sides(books, old)


def _control_sides(books: Books, body: Body) -> list[tuple[str, str | None, str, int]]:
    """Return what an entry does to receivables and payables: (account, name, side, cents) of those lines."""
    found: list[tuple[str, str | None, str, int]] = []
    for line in body.get("Line") or []:
        given = lines.get_detail(line)
        account = str(get_reference(given.get("AccountRef")))
        if books.get_account_type(account) in (postings.RECEIVABLE, postings.PAYABLE):
            name = get_reference((given.get("Entity") or {}).get("EntityRef"))
            found.append((account, name, str(given.get("PostingType")), round_to_cents(line.get("Amount"))))
    return sorted(found, key=str)
