"""Money received and credits that are not used: undeposited funds, unapplied payments and credits."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from runtime.insights.books import ZERO, Key, Kind, Transaction
from runtime.insights.checklist.items import (
    Check,
    Finding,
    Needs,
    Record,
    add_up,
    describe_account,
    describe_transaction,
    sort_by_amount,
)
from runtime.insights.checklist.month import Month, write_count, write_day


def judge_undeposited(month: Month) -> Finding:
    """Judge what was received up to the end of the month and has not been paid in."""
    accounts = month.books.list_accounts("undeposited")
    if not accounts:
        return Finding("not_used", "The company has no account for undeposited funds.")
    records = sort_by_amount(_list_undeposited(month))
    total, balances = add_up(records), month.list_balances("undeposited")
    balance = sum((amount for _, amount in balances), ZERO)
    at_end = f"The account shows {month.write_amount(balance)} at {write_day(month.period.as_of)}."
    if records:
        oldest = min(each.day for each in records if each.day)
        what, until = write_count(len(records), "receipt"), write_day(month.period.deposits_until)
        says = f"{what} of {month.write_amount(total)} not deposited by {until}, the oldest of {write_day(oldest)}."
        return Finding("open", f"{says} {at_end}", records, total)
    named = add_up(_list_undeposited(month, at_end=True))
    if balance != named:
        rest = month.write_amount(balance - named)
        says = (
            f"{at_end} {rest} of it is from no receipt since {write_day(month.period.since)} that was read."
        )
        return Finding("attention", says, tuple(describe_account(*each) for each in balances), balance)
    if named:
        return Finding("done", f"{at_end} All of it has been deposited since.")
    return Finding("done", "All that was received has been deposited.")


def _list_undeposited(month: Month, *, at_end: bool = False) -> Iterator[Record]:
    """Yield what is not in a deposit: as of today, or as of the end of the month."""
    books, last = month.books, month.period.as_of
    deposits = (each for each in books.list_kinds("deposit") if not at_end or each.day <= last)
    paid_in = {link.key for each in deposits for link in each.list_settled()}
    for each in month.list_until("customer_payment", "sale", "refund"):
        is_there = books.has_role(each.account, "undeposited")
        if is_there and each.key not in paid_in and each.day >= month.period.since:
            amount = -each.home_total if each.kind == "refund" else each.home_total
            yield describe_transaction(month, each, amount, {"account": each.account})


def judge_payments(month: Month) -> Finding:
    """Judge payments of customers that are applied to nothing."""
    return _judge_open(month, "customer_payment", "invoice", "payment", "customer")


def judge_credits(month: Month) -> Finding:
    """Judge credits of customers that are applied to nothing."""
    return _judge_open(month, "customer_credit", "invoice", "credit", "customer")


def judge_vendor_credits(month: Month) -> Finding:
    """Judge credits of vendors that are not used."""
    return _judge_open(month, "vendor_credit", "bill", "credit", "vendor")


def _judge_open(month: Month, kind: Kind, against: Kind, name: str, party: str) -> Finding:
    owed = _list_owed(month, against)
    found = [each for each in month.list_until(kind) if each.open > 0]
    records = sort_by_amount(
        describe_transaction(month, each, each.home_open, _find_use(each, owed)) for each in found
    )
    if not records:
        return Finding("done", f"No {name} of a {party} up to {write_day(month.period.as_of)} is unapplied.")
    total = add_up(records)
    usable = sum(bool(each.values.get("other_id")) for each in records)
    verb = "is" if len(records) == 1 else "are"
    says = f"{write_count(len(records), name)} of {party}s with {month.write_amount(total)} left {verb} unapplied today"
    return Finding(
        "open", f"{says}; for {usable:,} there is an open {against} of the same {party}.", records, total
    )


def _list_owed(month: Month, kind: Kind) -> dict[Key, list[Transaction]]:
    """Return what is owed of each party, oldest first."""
    found: dict[Key, list[Transaction]] = {}
    for each in month.books.list_kinds(kind):
        if each.party is not None and each.open > 0:
            found.setdefault(each.party, []).append(each)
    return found


def _find_use(each: Transaction, owed: dict[Key, list[Transaction]]) -> dict[str, Any]:
    """Return the oldest open form of the same party and currency, and how much of it this pays."""
    same = owed.get(each.party, ()) if each.party is not None else ()
    first = next((form for form in same if form.currency == each.currency), None)
    if first is None:
        return {}
    amount: Decimal = min(first.open, each.open)
    return {"other_id": first.key.id, "amount": amount}


CHECKS = (
    Check(
        "undeposited_funds",
        "Undeposited funds",
        Needs(
            ("customer_payment", "sale", "refund", "deposit"),
            ("accounts",),
            ("trial_balance",),
            reaches_back=True,
        ),
        judge_undeposited,
    ),
    Check("unapplied_payments", "Unapplied customer payments", Needs(("customer_payment",)), judge_payments),
    Check("unapplied_credits", "Unapplied customer credits", Needs(("customer_credit",)), judge_credits),
    Check("unused_vendor_credits", "Unused vendor credits", Needs(("vendor_credit",)), judge_vendor_credits),
)
