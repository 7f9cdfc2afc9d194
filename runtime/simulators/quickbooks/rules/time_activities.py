"""Time activities and budgets: kept beside the ledger, checked for what they need."""

from __future__ import annotations

from datetime import date

from runtime.simulators.quickbooks.books.balances import RESULT_TYPES
from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Body, reference
from runtime.simulators.quickbooks.clock import moment
from runtime.simulators.quickbooks.faults import fault, missing
from runtime.simulators.quickbooks.money import decimal
from runtime.simulators.quickbooks.rules.lines import default_day

CLOCKED = ("StartTime", "EndTime")
COUNTED = ("Hours", "Minutes")
SPLITS = ("ClassRef", "CustomerRef", "DepartmentRef")


def prepare_time(books: Books, entity: str, body: Body, old: Body | None) -> None:
    """Somebody's time on a day: either a duration or a start and an end; what is billable needs customer and rate."""
    if not body.get("TxnDate") and body.get("StartTime"):
        body["TxnDate"] = str(body["StartTime"])[:10]
    default_day(books, body)
    who = f"{body.get('NameOf')}Ref"
    if not reference(body.get(who)):
        raise missing(who)
    _check_duration(body)
    _put_on_day(body)
    was = (old or {}).get("BillableStatus")
    if body.get("BillableStatus") == "HasBeenBilled" != was:
        raise fault("2170", "Invalid Enumeration : HAS_BEEN_BILLED", "BillableStatus")
    if body.setdefault("BillableStatus", "NotBillable") == "Billable":
        if not reference(body.get("CustomerRef")):
            raise fault("6310", "MissingCustomer", "CustomerRef")
        if body.get("HourlyRate") in (None, ""):
            raise fault("6330", "MissingBillingRate", "HourlyRate")


def _check_duration(body: Body) -> None:
    clocked, counted = (
        [name for name in names if body.get(name) not in (None, "")] for names in (CLOCKED, COUNTED)
    )
    if clocked and counted:
        raise fault("6390", "InvalidMultipleDurations : give either hours and minutes or start and end time")
    if not clocked and not counted:
        raise fault("6350", "MissingTime : give either hours and minutes or start and end time")
    if clocked and len(clocked) < len(CLOCKED):
        raise fault("6360", "InvalidStartOrEndTime", "StartTime" if "StartTime" not in clocked else "EndTime")
    if clocked and moment(body["StartTime"]) > moment(body["EndTime"]):
        raise fault("6370", "StartTimeAfterEndTime", "StartTime")
    if any(decimal(body.get(name)) < 0 for name in COUNTED) or decimal(body.get("Minutes")) > 59:
        raise fault("6380", "InvalidDuration", "Minutes")


def _put_on_day(body: Body) -> None:
    """Start and end carry the day of the entry, whatever day was sent with them; an end after midnight the next one."""
    if not body.get("StartTime"):
        return
    start, end = (date.fromisoformat(str(body[name])[:10]) for name in CLOCKED)
    day = date.fromisoformat(str(body["TxnDate"])[:10])
    for name, on in (("StartTime", day), ("EndTime", day + (end - start))):
        body[name] = f"{on.isoformat()}{str(body[name])[10:]}"


def prepare_budget(books: Books, entity: str, body: Body, old: Body | None) -> None:
    """Amounts per account and month, for accounts of the profit and loss, split at most by one more list."""
    details = body.get("BudgetDetail") or []
    if not details:
        raise fault("6500", "MissingBudgetDetails", "BudgetDetail")
    splits = {name for detail in details for name in SPLITS if reference(detail.get(name))}
    if len(splits) > 1:
        raise fault("6490", "MultipleBudgetSecondaryListTypes", "BudgetDetail")
    for detail in details:
        if books.account_type(str(reference(detail.get("AccountRef")))) not in RESULT_TYPES:
            raise fault("6510", "BudgetAccountMismatch", "AccountRef")
    body.setdefault("Active", True)
    body["BudgetType"] = "ProfitAndLoss"
    body.setdefault("BudgetEntryType", "Monthly")
    body.setdefault("Name", f"Budget {str(body['StartDate'])[:4]}")
