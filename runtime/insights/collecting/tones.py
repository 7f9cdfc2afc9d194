"""Which invoices a customer is reminded of, in which tone, and what to do. Called by `dunning`.

The days follow common practice: a friendly reminder soon after the due day, a firm one after a month, a final one after
three. An invoice whose delay is usual for the customer is left alone, for two months at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal, NamedTuple

from runtime.insights.books import ZERO
from runtime.insights.collecting.delays import Delays
from runtime.insights.collecting.receivables import Account, OpenInvoice

ToneName = Literal["none", "wait", "friendly", "firm", "final"]
PATIENCE, FIRM_DAYS, FINAL_DAYS, NEW_DAYS = 60, 30, 90, 15
"""Days overdue: no longer left alone, firm, final; and firm with somebody who has not paid anything yet."""
ACTIVE_DAYS = 60
"""Days since the last payment of a customer who still pays: two months, as most are invoiced by the month."""
USUAL, UNUSUAL = Decimal("0.5"), Decimal("0.9")
"""Shares of payments that had come in before: below the first a delay is usual, from the second on unusual."""
PART = Decimal("0.25")
"""The part of the amount whose delay decides, so that a small old invoice does not set the tone for a large new one."""


class Reminder(NamedTuple):
    """How to remind a customer of some invoices: what to do, and why. `days` is the delay that decided the tone."""

    tone: ToneName
    action: str
    reason: str
    invoices: Sequence[OpenInvoice]
    amount: Decimal
    days: int


def choose_reminder(
    account: Account, delays: Delays, *, never_pays: bool, days_since_payment: int | None
) -> Reminder:
    """Return what to remind a customer of, by what is overdue and how the customer usually pays.

    `amount` is what to ask for: the invoices less credits and payments that are not applied, not below zero.
    """
    late = [each for each in account.overdue if never_pays or _is_late(account, delays, each)]
    total = sum((each.home_open for each in late), ZERO)
    amount = max(total - account.credits - account.unapplied, ZERO)
    days = find_deciding_days(late or account.overdue)
    reason = _explain(account, delays, days, never_pays=never_pays)
    if not late:
        return Reminder("wait", "Wait: the delay is usual for this customer.", reason, (), ZERO, days)
    if not amount:
        action = "Apply the credits and payments that are open; nothing is left to ask for."
        return Reminder("none", action, "Credits and payments cover what is overdue.", (), ZERO, days)
    unusual = delays.measure_unusual(account.family, days)
    is_active = days_since_payment is not None and days_since_payment <= ACTIVE_DAYS
    tone = _choose_tone(days, unusual, is_active=is_active, never_pays=never_pays)
    action = _choose_action(tone, days, is_active=is_active, never_pays=never_pays)
    return Reminder(tone, action, reason, late, amount, days)


def find_deciding_days(invoices: Sequence[OpenInvoice]) -> int:
    """Return the longest delay that at least a quarter of the amount has reached; the oldest invoice stands first."""
    reached, least = ZERO, sum((each.home_open for each in invoices), ZERO) * PART
    for each in invoices:
        reached += each.home_open
        if reached >= least:
            return each.days_overdue
    return 0


def _is_late(account: Account, delays: Delays, each: OpenInvoice) -> bool:
    """Whether a delay is more than usual for the customer."""
    return each.days_overdue > PATIENCE or delays.measure_unusual(account.family, each.days_overdue) >= USUAL


def _choose_tone(days: int, unusual: Decimal, *, is_active: bool, never_pays: bool) -> ToneName:
    if days >= FINAL_DAYS and not is_active:
        return "final"
    if days >= FINAL_DAYS or (days >= FIRM_DAYS and unusual >= UNUSUAL) or (never_pays and days >= NEW_DAYS):
        return "firm"
    return "friendly"


def _choose_action(tone: ToneName, days: int, *, is_active: bool, never_pays: bool) -> str:
    if tone == "final":
        last = "and consider handing the claim over to a collection agency"
        return f"Send a final reminder, stop delivering until it is paid, {last}."
    if tone == "friendly":
        return "Send a friendly reminder."
    if never_pays:
        return "Send a firm reminder and call; deliver only against payment in advance."
    if days >= FINAL_DAYS and is_active:
        return (
            "Call before sending a firm reminder: the customer pays other invoices, so these may be disputed."
        )
    return "Send a firm reminder and call."


def _explain(account: Account, delays: Delays, days: int, *, never_pays: bool) -> str:
    late = f"{days} {'day' if days == 1 else 'days'} overdue"
    usual = delays.find_usual(account.family)
    if never_pays:
        return f"{late}; no payment of this customer was found."
    if usual is None:
        return f"{late}; nothing is known yet of how this customer pays."
    share = round(delays.measure_unusual(account.family, days) * 100)
    return f"{late}; this customer usually pays {_write_habit(usual)}, and {share} of 100 payments had come in by then."


def _write_habit(days: int) -> str:
    if not days:
        return "on the due day"
    count = f"{abs(days)} {'day' if abs(days) == 1 else 'days'}"
    return f"{count} {'after' if days > 0 else 'before'} the due day"
