"""Time activities and budgets: stored beside the ledger, checked for what they need."""

from __future__ import annotations

from datetime import date

from runtime.simulators.quickbooks.books.balances import RESULT_TYPES
from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Body, get_reference
from runtime.simulators.quickbooks.clock import parse_moment
from runtime.simulators.quickbooks.faults import make_fault, make_missing_fault
from runtime.simulators.quickbooks.money import parse_decimal
from runtime.simulators.quickbooks.rules.lines import fill_day

CLOCKED = ("StartTime", "EndTime")
COUNTED = ("Hours", "Minutes")
SPLITS = ("ClassRef", "CustomerRef", "DepartmentRef")


def prepare_time(books: Books, _entity: str, body: Body, old: Body | None) -> None:
    """Prepare somebody's time on a day: either a duration or a start and an end; what is billable needs customer and
    rate.
    """
    if not body.get("TxnDate") and body.get("StartTime"):
        body["TxnDate"] = str(body["StartTime"])[:10]
    fill_day(books, body)
    who = f"{body.get('NameOf')}Ref"
    if not get_reference(body.get(who)):
        raise make_missing_fault(who)
    _check_duration(body)
    _put_on_day(body)
    was = (old or {}).get("BillableStatus")
    if body.get("BillableStatus") == "HasBeenBilled" != was:
        raise make_fault("2170", "Invalid Enumeration : HAS_BEEN_BILLED", "BillableStatus")
    if body.setdefault("BillableStatus", "NotBillable") == "Billable":
        if not get_reference(body.get("CustomerRef")):
            raise make_fault("6310", "MissingCustomer", "CustomerRef")
        if body.get("HourlyRate") in (None, ""):
            raise make_fault("6330", "MissingBillingRate", "HourlyRate")


def _check_duration(body: Body) -> None:
    clocked, counted = (
        [name for name in names if body.get(name) not in (None, "")] for names in (CLOCKED, COUNTED)
    )
    if clocked and counted:
        raise make_fault(
            "6390", "InvalidMultipleDurations : give either hours and minutes or start and end time"
        )
    if not clocked and not counted:
        raise make_fault("6350", "MissingTime : give either hours and minutes or start and end time")
    if clocked and len(clocked) < len(CLOCKED):
        raise make_fault(
            "6360", "InvalidStartOrEndTime", "StartTime" if "StartTime" not in clocked else "EndTime"
        )
    if clocked and parse_moment(body["StartTime"]) > parse_moment(body["EndTime"]):
        raise make_fault("6370", "StartTimeAfterEndTime", "StartTime")
    if any(parse_decimal(body.get(name)) < 0 for name in COUNTED) or parse_decimal(body.get("Minutes")) > 59:
        raise make_fault("6380", "InvalidDuration", "Minutes")


def _put_on_day(body: Body) -> None:
    """Start and end carry the day of the entry, whatever day was sent with them; an end after midnight the next one."""
    if not body.get("StartTime"):
        return
    start, end = (date.fromisoformat(str(body[name])[:10]) for name in CLOCKED)
    day = date.fromisoformat(str(body["TxnDate"])[:10])
    for name, on in (("StartTime", day), ("EndTime", day + (end - start))):
        body[name] = f"{on.isoformat()}{str(body[name])[10:]}"


def prepare_budget(books: Books, _entity: str, body: Body, _old: Body | None) -> None:
    """Prepare amounts per account and month, for accounts of the profit and loss, split at most by one more list."""
    details = body.get("BudgetDetail") or []
    if not details:
        raise make_fault("6500", "MissingBudgetDetails", "BudgetDetail")
    splits = {name for detail in details for name in SPLITS if get_reference(detail.get(name))}
    if len(splits) > 1:
        raise make_fault("6490", "MultipleBudgetSecondaryListTypes", "BudgetDetail")
    for detail in details:
        if books.get_account_type(str(get_reference(detail.get("AccountRef")))) not in RESULT_TYPES:
            raise make_fault("6510", "BudgetAccountMismatch", "AccountRef")
    body.setdefault("Active", True)
    body["BudgetType"] = "ProfitAndLoss"
    body.setdefault("BudgetEntryType", "Monthly")
    body.setdefault("Name", f"Budget {str(body['StartDate'])[:4]}")
