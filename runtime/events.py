"""What happens that other programs may want to know, who is informed of it, and what is to be done: values alone.

`stores.emitting` stores an event in the transaction of the change that it is about. `operations.webhooks` says who is
informed, `operations.deliveries` informs them, as one of the jobs that `jobs.runner` has done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

DEFAULT_TENANT = "default"
"""The tenant of everything that was not given one."""
EVERY_TENANT = ""
"""What a webhook has in the place of a tenant that is informed of the events of all of them."""

EVENT_TYPES: Mapping[str, str] = {
    "account.connected": "A person has connected a company, or connected it again.",
    "account.needs_reauth": "The vendor takes the credentials of an account no longer: a person must connect it again.",
    "account.disconnected": "An integrated account was disconnected; its MCP servers ended with it.",
    "mcp_server.created": "An MCP server was made.",
    "mcp_server.expired": "An MCP server has reached its expiry.",
    "mcp_server.revoked": "An MCP server was ended before its expiry.",
    "mcp_server.misused": "The URL of an MCP server was used from where it may not be used.",
    "write.indeterminate": "What became of a write at the vendor is not known: somebody should look.",
    "pending_change.created": "An agent proposed a change that waits for a person.",
    "pending_change.approved": "A person has approved a change that waited; it is sent to the vendor now.",
    "pending_change.refused": "A person has refused a change that waited. Nothing was sent.",
    "pending_change.expired": "A change has waited for as long as it may. Nothing was sent.",
    "pending_change.committed": "A change that was approved has been carried out.",
    "pending_change.failed": "A change that was approved could not be carried out, or nobody knows whether it was.",
    "budget.reached": "A budget of reads or writes of this month is used up. Reported once for each month.",
}
"""What a webhook can be informed of."""
TEST_TYPE = "webhook.test"
"""The event that a test of a webhook sends."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, at a time. `data` names things by their ids and has no secret.

    One whose data name an `integrated_account_id` is an event of the tenant of that account.

    `key` makes it unique: of several events with one key the first is stored. Empty for one that is unique anyway.
    """

    type: str
    at: float
    data: Mapping[str, Any]
    tenant_id: str = DEFAULT_TENANT
    key: str = ""


WebhookStatus = Literal["enabled", "disabled"]
DeliveryStatus = Literal["pending", "delivered", "failed"]


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that is informed of events. Its secrets are sealed; none is in a listing.

    `types` empty means every type. `reason` says why it is disabled. `failing_since` is when the first delivery
    failed of those that have failed without one succeeding since, None while all is well.
    """

    id: str
    tenant_id: str
    url: str = field(repr=False)
    types: tuple[str, ...]
    secret: bytes = field(repr=False)
    previous_secret: bytes | None = field(repr=False)
    previous_until: float | None
    status: WebhookStatus
    reason: str
    failing_since: float | None
    created_at: float
    updated_at: float


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its path to one webhook. `code` is the HTTP status of the last attempt, 0 where none came.

    `next_at` is when it is attempted next, None when it is not.
    """

    id: str
    webhook_id: str
    event_id: str
    type: str
    status: DeliveryStatus
    attempts: int
    code: int
    took_ms: int
    error: str
    created_at: float
    attempted_at: float | None
    next_at: float | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one attempt to deliver came to. `wait` is how many seconds the receiver asks to be left alone."""

    code: int
    took_ms: int
    error: str = ""
    wait: float = 0.0

    @property
    def is_delivered(self) -> bool:
        """Whether the receiver has taken it."""
        return 200 <= self.code < 300


@dataclass(frozen=True, slots=True)
class NewJob:
    """Work to be done once, at a time or later. `id` makes it unique; `args` are JSON without secrets."""

    id: str
    name: str
    args: Mapping[str, Any]
    at: float
    tenant_id: str = DEFAULT_TENANT


@dataclass(frozen=True, slots=True)
class DueJob:
    """Work that is to be done now. `tries` counts how often it was handed over before."""

    id: str
    name: str
    args: Mapping[str, Any]
    tenant_id: str
    tries: int

    @property
    def workflow_id(self) -> str:
        """What it is called where it is done: the same until it was handed over."""
        return f"{self.id}:{self.tries}"
