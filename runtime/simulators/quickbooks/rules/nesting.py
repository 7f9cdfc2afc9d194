"""The flags that say that a record stands below another: they follow from ParentRef, or have to agree with it."""

from __future__ import annotations

from runtime.simulators.quickbooks.books.store import Body, get_reference
from runtime.simulators.quickbooks.faults import make_fault


def derive_parent_flag(body: Body, old: Body | None, flag: str) -> None:
    """Set the flag of a body to whether it has a ParentRef. Raises 6150 when the flag that was sent contradicts that.

    A flag that an update leaves as it was counts as not sent, since a sparse update is laid over the record.
    """
    has_parent = get_reference(body.get("ParentRef")) is not None
    sent = body.get(flag)
    if sent is not None and sent != (old or {}).get(flag) and bool(sent) != has_parent:
        raise make_contradiction_fault(flag, has_parent=has_parent)
    body[flag] = has_parent


def check_and_set_job(body: Body) -> None:
    """Set Job of a customer to true or false. Raises 6150 for one of Job and ParentRef without the other.

    Job does not follow from ParentRef: the service never takes a job for a plain customer, nor the reverse.
    """
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
