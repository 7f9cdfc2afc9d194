"""The flags that say that a record stands below another: they are sent together with ParentRef, and held with it."""

from __future__ import annotations

from runtime.simulators.quickbooks.books.store import Body, get_reference
from runtime.simulators.quickbooks.faults import make_fault


def hold_flag(body: Body, old: Body | None, flag: str) -> None:
    """Make the flag follow from ParentRef; 6150 when what was sent contradicts it.

    A flag that an update leaves as it was counts as not sent, since a sparse update is laid over the record.
    """
    has_parent = get_reference(body.get("ParentRef")) is not None
    sent = body.get(flag)
    if sent is not None and sent != (old or {}).get(flag) and bool(sent) != has_parent:
        raise make_contradiction_fault(flag, has_parent=has_parent)
    body[flag] = has_parent


def hold_job(body: Body) -> None:
    """Raise 6150 for a customer with one of Job and ParentRef alone: a job is never taken for a plain customer."""
    has_parent = get_reference(body.get("ParentRef")) is not None
    is_job = bool(body.get("Job"))
    if is_job != has_parent:
        raise make_contradiction_fault("Job", has_parent=has_parent)
    body["Job"] = is_job


def make_contradiction_fault(flag: str, *, has_parent: bool) -> Exception:
    """Return the fault 6150: the flag and ParentRef say different things."""
    needed = (
        f"{flag} true goes with ParentRef" if has_parent else f"ParentRef is required when {flag} is true"
    )
    return make_fault("6150", f"ParentRef Required Validation Error : {needed}.", "ParentRef")
