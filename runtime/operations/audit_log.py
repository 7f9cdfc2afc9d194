"""The audit log of an organization in words: what was done, to what, by whom.

Called by its page. An action that is not in `SENTENCES` is shown by its own name, so that nothing is left out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from runtime.deployment import Deployment
from runtime.model import AuditEntry
from runtime.operations.answers import LARGEST_PART
from runtime.operations.caller_names import SERVER, read_names
from runtime.tenancy import AccountFilter, Reach, TenantId

KINDS = {
    "person": "People",
    "account": "Companies",
    "mcp_server": "MCP servers",
    "oauth_grant": "Agents",
    "api_token": "API tokens",
    "pending_change": "Approvals",
    "webhook": "Webhooks",
    "link_token": "Links for customers",
    "tenant": "Limits and roles",
}
"""What the log can be filtered by: what an action has before its dot."""
SENTENCES = {
    "account.created": "A company was added",
    "account.changed": "A company was changed",
    "account.connect_started": "Connecting a company was begun",
    "account.connected": "A company was connected",
    "account.not_connected": "A company could not be connected",
    "account.needs_reauth": "A connection needs a person",
    "account.keys_replaced": "The keys of a company were replaced",
    "account.disconnected": "A company was disconnected",
    "account.revoked": "The access to a company was given back to its vendor",
    "account.not_revoked": "The access to a company could not be given back to its vendor",
    "account.deleted": "A company was deleted",
    "api_token.created": "An API token was made",
    "api_token.revoked": "An API token was revoked",
    "link_token.created": "A link for a customer was made",
    "link_token.revoked": "A link for a customer was revoked",
    "mcp_server.created": "An MCP server was made",
    "mcp_server.changed": "An MCP server was changed",
    "mcp_server.rotated": "An MCP server got another URL",
    "mcp_server.expired": "An MCP server expired",
    "mcp_server.revoked": "An MCP server was revoked",
    "mcp_server.deleted": "An MCP server was deleted",
    "mcp_server.misused": "The URL of an MCP server was used from where it may not be used",
    "oauth_grant.created": "An agent was allowed",
    "oauth_grant.revoked": "An agent was revoked",
    "oauth_grant.reuse_detected": "A token of an agent was used twice, and the agent was revoked",
    "pending_change.created": "An agent proposed a change that waits for a person",
    "pending_change.approved": "A change of an agent was approved",
    "pending_change.refused": "A change of an agent was refused",
    "pending_change.expired": "A change of an agent expired without a decision",
    "pending_change.committed": "An approved change was carried out",
    "pending_change.failed": "An approved change could not be carried out",
    "pending_change.unclear": "An approved change was sent, and nobody knows whether it was done",
    "pending_change.returned": "An approved change waits again: it could not be carried out as it was",
    "person.invited": "A person was invited",
    "person.invitation_ended": "An invitation was ended",
    "person.invitation_used": "An invitation was used",
    "person.role_changed": "A role was changed",
    "person.removed": "A person was removed",
    "person.signed_in": "Signed in",
    "person.signed_out": "Signed out",
    "person.signed_out_everywhere": "Signed out in every browser",
    "person.passkey_added": "A passkey was added",
    "person.passkey_removed": "A passkey was removed",
    "person.identity_linked": "A sign-in of another service was linked",
    "tenant.changed": "A limit or role of the organization was changed",
    "webhook.created": "A webhook was made",
    "webhook.changed": "A webhook was changed",
    "webhook.secret_rotated": "A webhook got another secret",
    "webhook.tested": "A test event was sent to a webhook",
    "webhook.resent": "An event was delivered once more",
    "webhook.deleted": "A webhook was deleted",
}
_ACTORS = {
    "ledgerport": "Ledgerport",
    "person": "Whoever had the link",
    "nobody": "Somebody unknown",
    "command line": "The operator",
}
_NOT_SHOWN = frozenset(
    {
        "tenant_id", "integrated_account_id", "integrated_account_ids", "webhook_id", "invitation_id", "client_id",
        "name", "resource", "status", "fields",
    }
)  # fmt: skip
"""Details that are shown as what an entry is about, or say nothing to people."""
MOST_ENTRIES = 50
"""Entries on one part of the log: some screens."""
LONGEST_VALUE = 200
"""Characters of one detail; a longer one is a list that the management API has."""


@dataclass(frozen=True, slots=True)
class LogRow:
    """An entry in words. `subject` is the name of what it is about, empty where that is not known any more."""

    at: float
    actor: str
    what: str
    subject: str
    details: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class LogPart:
    """A part of the log, the newest first; `before` leads to the next, None at the end."""

    rows: tuple[LogRow, ...]
    before: int | None


class AuditLog:
    """Reads the audit log of organizations."""

    def __init__(self, deployment: Deployment) -> None:
        self._records = deployment.stores.records

    async def list_part(self, tenant_id: TenantId, before: int | None = None, kind: str = "") -> LogPart:
        """Return a part of the log of an organization, of one kind of thing where it is named."""
        return await asyncio.to_thread(self._list_part, tenant_id, before, kind)

    def _list_part(self, tenant_id: TenantId, before: int | None, kind: str) -> LogPart:
        kinds = (kind,) if kind in KINDS else ()
        found = self._records.list_audit_of_tenant(tenant_id, MOST_ENTRIES + 1, before, kinds)
        shown = found[:MOST_ENTRIES]
        names = self._list_names(tenant_id) | self._name_agents({each.entry.actor for each in shown})
        rows = tuple(describe_entry(each.entry, names) for each in shown)
        return LogPart(rows, shown[-1].number if len(found) > MOST_ENTRIES else None)

    def _name_agents(self, actors: set[str]) -> dict[str, str]:
        """Return what MCP servers among those who did something are called, by what the audit has of them."""
        agents = {each for each in actors if each.partition(":")[0] == SERVER}
        return {key: f"{each.kind} {each.name}" for key, each in read_names(self._records, agents).items()}

    def _list_names(self, tenant_id: TenantId) -> dict[str, str]:
        """Return what people, companies and API tokens of an organization are called, by their ids."""
        reach, records = Reach(tenant_id), self._records
        people = {str(person.id): person.email for person, _ in records.list_members(tenant_id)}
        accounts = records.list_accounts(None, LARGEST_PART, AccountFilter(reach))
        tokens = records.list_api_tokens(None, LARGEST_PART, reach)
        return {
            **people,
            **{each.id: each.name for each in accounts},
            **{each.id: each.name for each in tokens},
        }


def describe_entry(entry: AuditEntry, names: Mapping[str, str]) -> LogRow:
    """Return an entry in words; `names` has what is known by a name, by its id."""
    details = entry.details
    account = str(details.get("integrated_account_id") or "")
    subject = details.get("name") or details.get("email") or names.get(entry.subject) or details.get("host")
    if not subject and account in names:
        subject = names[account]
    what = SENTENCES.get(entry.action, entry.action.replace("_", " ").replace(".", ": "))
    return LogRow(
        entry.at, _name_actor(entry.actor, names), what, str(subject or ""), tuple(_list_details(details))
    )


def _name_actor(actor: str, names: Mapping[str, str]) -> str:
    kind, _, id_ = actor.partition(":")
    if kind == "api_token":
        return f"API token {names[id_]}" if id_ in names else "An API token"
    if kind == "link_token":
        return "A customer, by a link"
    return _ACTORS.get(actor) or names.get(actor) or "Somebody who has left"


def _list_details(details: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what else an entry says, in words: of a change what it was before and after."""
    for name, value in details.items():
        if name == "changes" and isinstance(value, Mapping):
            for changed, pair in value.items():
                yield _label(changed), _write_pair(pair)
        elif name == "before" and isinstance(details.get("after"), Mapping):
            yield "Changed", f"{_write(value)} → {_write(details['after'])}"
        elif name not in _NOT_SHOWN and name != "after" and value not in (None, "", [], {}):
            yield _label(name.removesuffix("_at")), _write(str(value)[:10] if name.endswith("_at") else value)


def _write_pair(pair: Any) -> str:
    if isinstance(pair, Mapping) and {"before", "after"} <= pair.keys():
        return f"{_write(pair['before'])} → {_write(pair['after'])}"
    return _write(pair)


def _write(value: Any) -> str:
    if isinstance(value, Mapping):
        text = ", ".join(
            f"{_label(str(name)).lower()} {_write(each)}" for name, each in value.items() if each
        )
    elif isinstance(value, list):
        text = ", ".join(_write(each) for each in value)
    elif isinstance(value, bool):
        text = "yes" if value else "no"
    else:
        text = "" if value is None else str(value)
    text = text or "none"
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


def _label(name: str) -> str:
    text = name.replace("_", " ")
    return text[:1].upper() + text[1:]
