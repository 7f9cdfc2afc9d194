"""What an operation of the management API is, and the groups that they stand in. Called by `table` and `openapi`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel
from starlette.responses import Response

from runtime.api import shapes
from runtime.api.handlers import ApiRequest, Services
from runtime.model import ScopeName

Handler = Callable[[Services, ApiRequest], Awaitable[Response]]


@dataclass(frozen=True)
class Operation:
    """One method on one path. The handler's docstring is its summary, its name its id.

    `scope` is what an API token needs for it, for the integrated account that is `{id}` in its path. With None no
    token is good for it: it is public, or a person's alone.
    """

    method: str
    path: str
    handler: Handler
    answer: type[BaseModel] | None = None
    """The shape of its JSON; None for plain text."""
    status: int = 200
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    calls_vendor: bool = False
    has_location: bool = False
    """Whether its answer says in Location where what it made can be read."""
    tag: str = field(kw_only=True)
    """The group that it stands in, one of TAGS."""
    scope: ScopeName | None = field(kw_only=True)
    is_for_all_tenants: bool = False
    """Whether a token that is bound to a tenant may not ask for it."""
    persons: Literal["no", "also", "only"] = "no"
    """Whether the session of a person is taken beside an API token, or in its place: for what a person decides."""

    @property
    def is_public(self) -> bool:
        """Whether it is answered to anybody."""
        return self.scope is None and self.persons == "no"

    @property
    def takes_key(self) -> bool:
        """Whether a repeat under the same Idempotency-Key has the same answer.

        A tool call sees to its key itself, and the decision of a person is one of the version that was seen.
        """
        return self.method == "POST" and self.body is not shapes.Arguments and self.persons != "only"


(
    ACCOUNTS,
    LINK_TOKENS,
    SERVERS,
    TOOLS,
    PENDING,
    JOURNAL,
    CALL_LOG,
    TENANTS,
    API_TOKENS,
    WEBHOOKS,
    DEPLOYMENT,
) = (
    "Integrated accounts",
    "Link tokens",
    "MCP servers",
    "Tools",
    "Pending changes",
    "Journal",
    "Call log",
    "Tenants",
    "API tokens",
    "Webhooks",
    "Deployment",
)
TAGS = {
    ACCOUNTS: "Companies, each with its connection to a vendor.",
    LINK_TOKENS: "Links at which customers of a platform connect a company.",
    SERVERS: "The secret URLs of an integrated account, each with its access filter.",
    TOOLS: "The tools of an integrated account, called without MCP.",
    PENDING: "Writes that wait for a person. A program lists them; a person decides, by the session of a browser.",
    JOURNAL: "The writes of an integrated account, each with what it came to.",
    CALL_LOG: "Every call of a tool, for a set time.",
    TENANTS: "Whose the integrated accounts are, and what each may have.",
    API_TOKENS: "What programs prove themselves by at this API.",
    WEBHOOKS: "Addresses that are informed of events, signed by Standard Webhooks 1.0. Each event is delivered at "
    "least once, and in no certain order: webhook-id says which it is.",
    DEPLOYMENT: "How the deployment is.",
}
