"""Which writes wait for a person, and the changes that wait: values alone. See `model`.

A tenant, an MCP server and a request may each have a rule; a write waits when any of them says so, and all that apply
hold together. `operations.approvals` stores, shows, decides and carries out what waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, NamedTuple, get_args

RuleSource = Literal["tenant", "mcp_server", "request"]
PendingStatus = Literal["waiting", "approved", "committed", "refused", "expired", "failed", "unclear"]
PENDING_STATUSES: tuple[PendingStatus, ...] = get_args(PendingStatus)
UNDER_WAY: tuple[PendingStatus, ...] = ("waiting", "approved")
"""Those that are not at their end; every other status is final."""
RISKS = ("create", "overwrite", "send", "destroy")
"""Risks of tools that write, as the catalog names them."""
USUAL_HOURS = 72
"""A weekend and a day: whoever approves is at work once within it."""
USUAL_CONFIRMED = ("send", "destroy")
"""What cannot be taken back by a further write, or is seen outside the company."""


@dataclass(frozen=True, slots=True)
class ApprovalRule:
    """Which writes wait by one source, who may approve them, and for how long. An empty one has nothing wait."""

    source: RuleSource = "mcp_server"
    risks: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    above_amount: Decimal | None = None
    """In the home currency. A write whose amount cannot be known counts as above it."""
    roles: tuple[str, ...] = ()
    """Roles that may approve, each by itself; none where everybody may whose role has the permission."""
    people: tuple[str, ...] = ()
    """Email addresses of people who may approve whatever their role is, beside the roles."""
    expires_after_hours: int = USUAL_HOURS
    four_eyes: bool = True
    """Whether the person whose agent asks may not approve."""
    confirm: tuple[str, ...] = USUAL_CONFIRMED
    """Risks that a client which can ask its user is made to have confirmed, where the write does not wait."""

    @property
    def is_empty(self) -> bool:
        """Whether it has nothing wait."""
        return not (self.risks or self.tags or self.tools or self.above_amount is not None)

    def as_dict(self) -> dict[str, Any]:
        """Return it as endpoints answer it and the records store it."""
        amount = self.above_amount
        return {
            "risks": list(self.risks),
            "tags": list(self.tags),
            "tools": list(self.tools),
            "above_amount": None if amount is None else _write_amount(amount),
            "roles": list(self.roles),
            "people": list(self.people),
            "expires_after_hours": self.expires_after_hours,
            "four_eyes": self.four_eyes,
            "confirm": list(self.confirm),
        }

    @classmethod
    def read(cls, values: Mapping[str, Any], source: RuleSource) -> ApprovalRule:
        """Return the rule that `as_dict` wrote."""
        amount = values.get("above_amount")
        lists = {
            name: tuple(values.get(name) or ()) for name in ("risks", "tags", "tools", "roles", "people")
        }
        return cls(
            source,
            **lists,
            above_amount=None if amount is None else Decimal(str(amount)),
            expires_after_hours=values.get("expires_after_hours", USUAL_HOURS),
            four_eyes=values.get("four_eyes", True),
            confirm=tuple(values.get("confirm", USUAL_CONFIRMED)),
        )


Approval = tuple[ApprovalRule, ...]
"""The rules that hold together, at most one of each source."""
NO_APPROVAL: Approval = ()


def _write_amount(amount: Decimal) -> int | float:
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def read_approval(values: Mapping[str, Any] | None, source: RuleSource) -> Approval:
    """Return the rule that is stored of a source; none where nothing is stored."""
    return (ApprovalRule.read(values, source),) if values else NO_APPROVAL


def write_approval(approval: Approval, source: RuleSource) -> dict[str, Any]:
    """Return the rule of one source as it is stored and answered; empty where it has none."""
    return next((each.as_dict() for each in approval if each.source == source), {})


@dataclass(frozen=True, slots=True)
class PendingChange:
    """A write that waits, or waited, for a person. `sealed` is what it says and would do, encrypted.

    `caller` is who asked, as in the journal. `requested_by` is the id of the person whose agent asked, empty where that
    is not known. `batch` is shared by those that one call asked for. `version` counts its states: a decision about an
    earlier one is none. `decided_by` is the id of a person.
    """

    id: str
    tenant_id: str
    account_id: str
    server_id: str
    caller: str
    requested_by: str
    client: str
    batch: str
    fingerprint: bytes
    tool: str
    resource: str
    record_id: str
    risk: str
    amount: str
    """In the home currency; empty where it has none, or none that is known."""
    status: PendingStatus
    version: int
    created_at: float
    expires_at: float
    decided_at: float | None
    decided_by: str
    finished_at: float | None
    entry_id: str
    """Its entry in the journal, once it was sent."""
    sealed: bytes = field(repr=False)

    @property
    def is_over(self) -> bool:
        """Whether nothing becomes of it any more."""
        return self.status not in UNDER_WAY


@dataclass(frozen=True, eq=False, slots=True)
class ApprovedChange:
    """The approved change that a call carries out. `before` is the record as it was when it was proposed.

    `fields` are those of the record that it changes, None for the whole record. `entries` are the entries of the
    journal that the call makes, filled while it is carried out.
    """

    id: str
    approved_by: str
    rules: tuple[str, ...] = ()
    before: Mapping[str, Any] | None = None
    fields: tuple[str, ...] | None = None
    approvers: Any = None
    """Who had to approve it: of `operations.approvals.rules`."""
    entries: list[str] = field(default_factory=list)
    fresh: list[Any] = field(default_factory=list)
    """What the change would do to the record as it is now, where that was changed meanwhile."""


class OwnCall(NamedTuple):
    """A call of a tool of ours that makes calls of the vendor's, such as one that undoes a write."""

    name: str
    arguments: Mapping[str, Any]


def name_pending_owner(change_id: str) -> str:
    """Return for whom the content of a pending change is sealed."""
    return f"pending change {change_id}"
