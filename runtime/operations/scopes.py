"""What an API token may do: the scopes there are, which a token may have, and how far it reaches.

The one place that decides. Called by `api.routes`, when an API token was recognized and before the handler of the
operation, and by `server.app` for a URL that also wants an API token. What no scope allows is refused; a further scope
is one more line in `SCOPES` and the operations of the management API that name it. What is out of reach does not exist:
an account is refused here before anything else is looked at, and lists and deletions have the reach as a condition of
the records.
"""

from __future__ import annotations

from collections.abc import Sequence

from generator.suggestions import did_you_mean
from runtime.errors import Forbidden, InvalidRequest, NotFound
from runtime.model import Account, ApiToken, ScopeName
from runtime.operations.names import refuse_unknown_account
from runtime.tenancy import EVERYTHING, Reach, TenantId

ADMIN: ScopeName = "admin"
READ_ACCOUNTS: ScopeName = "accounts:read"
WRITE_ACCOUNTS: ScopeName = "accounts:write"
READ_SERVERS: ScopeName = "mcp:read"
WRITE_SERVERS: ScopeName = "mcp:write"
CALL_TOOLS: ScopeName = "tools:call"
READ_LOG: ScopeName = "log:read"
READ_JOURNAL: ScopeName = "journal:read"
READ_METRICS: ScopeName = "metrics:read"

SCOPES: dict[ScopeName, str] = {
    ADMIN: "Everything within its reach, API tokens included.",
    READ_ACCOUNTS: "Read integrated accounts and what they have sent.",
    WRITE_ACCOUNTS: "Make, connect, change and delete integrated accounts.",
    READ_SERVERS: "Read MCP servers, without their URLs.",
    WRITE_SERVERS: "Make, change and delete MCP servers: whoever may make a URL may call its tools.",
    CALL_TOOLS: "List and call tools, and use MCP servers that require an API token.",
    READ_LOG: "Read the log of tool calls.",
    READ_JOURNAL: "Read the journal of writes.",
    READ_METRICS: "Read what the whole deployment has counted and measured, for Prometheus.",
}


def check_scopes(
    scopes: Sequence[str], account_id: str | None, tenant_id: str | None = None
) -> tuple[ScopeName, ...]:
    """Return the scopes that a new token is to have, each once.

    Raises InvalidRequest for none, an unknown one, and a combination that would grant more than it says.
    """
    names = [str(each) for each in SCOPES]
    for each in scopes:
        if each not in names:
            raise InvalidRequest(
                f'There is no scope "{each[:80]}". {did_you_mean(each, names)}'.rstrip(),
                advice=f"Scopes: {', '.join(names)}.",
            )
    chosen = tuple(name for name in SCOPES if name in scopes)
    if not chosen:
        raise InvalidRequest("An API token needs a scope.", advice=f"Scopes: {', '.join(names)}.")
    if ADMIN in chosen and len(chosen) > 1:
        raise InvalidRequest(f"The scope {ADMIN} has all others in it and cannot be combined with them.")
    if ADMIN in chosen and account_id is not None:
        raise InvalidRequest(
            f"A token with the scope {ADMIN} cannot be bound to an integrated account.",
            advice=f"Leave the account out, or give other scopes, such as {CALL_TOOLS}.",
        )
    if CALL_TOOLS in chosen and account_id is None and tenant_id is None:
        raise InvalidRequest(
            f"The scope {CALL_TOOLS} is bound to one integrated account, or to one tenant.",
            advice="Give the id of the account, or of the tenant.",
        )
    return chosen


def find_reach(token: ApiToken | None) -> Reach:
    """Return how far a token reaches; None is the command line, which reaches everything."""
    if token is None:
        return EVERYTHING
    return Reach(token.tenant_id if token.is_bound_to_tenant else None, token.account_id)


def is_within(reach: Reach, account: Account) -> bool:
    """Whether an account is within reach."""
    return reach.tenant_id in (None, account.tenant_id) and reach.account_id in (None, account.id)


def may_use(token: ApiToken, needed: ScopeName, account: Account) -> bool:
    """Whether a token grants a scope for an integrated account."""
    return _has(token, needed) and is_within(find_reach(token), account)


def check_scope(token: ApiToken, needed: ScopeName, *, is_for_all_tenants: bool = False) -> None:
    """Raise Forbidden when a token lacks a scope, or is bound where an operation is for all tenants."""
    if not _has(token, needed):
        raise Forbidden(
            f"This API token may not do that: it needs the scope {needed} and has {', '.join(token.scopes) or 'none'}.",
            advice="Use an API token that has the scope.",
        )
    if is_for_all_tenants and find_reach(token) != EVERYTHING:
        raise Forbidden(
            "This API token may not do that: it is bound to a tenant.",
            advice="Use an API token that is bound to none.",
        )


def check_account(token: ApiToken, account: Account | None) -> None:
    """Raise NotFound for an account that is not there or out of the reach of a token: the same for both."""
    if account is None or not is_within(find_reach(token), account):
        raise refuse_unknown_account()


def choose_tenant(reach: Reach, named: str | None) -> TenantId | None:
    """Return the tenant that something new belongs to; None where neither the request nor the reach names one.

    Raises Forbidden for another tenant than the one in reach, whether that one is there or not.
    """
    if reach.tenant_id is not None and named not in (None, reach.tenant_id):
        raise Forbidden(
            "This API token is bound to a tenant, and makes things for that one only.",
            advice="Leave tenant_id out, or use an API token that is bound to none.",
        )
    return reach.tenant_id if named is None else TenantId(named)


def check_may_make_accounts(reach: Reach) -> None:
    """Raise Forbidden for a token that is bound to one account: another one would be out of its reach."""
    if reach.account_id is not None:
        raise Forbidden(
            "This API token is bound to one integrated account, and cannot make another.",
            advice="Use an API token that is bound to a tenant, or to none.",
        )


def check_new_token(maker: ApiToken | None, made: ApiToken) -> None:
    """Raise Forbidden for an API token that may more, or reaches further or longer, than the one that makes it."""
    if maker is None:
        return
    reach, new = find_reach(maker), find_reach(made)
    is_wider = any(own is not None and own != asked for own, asked in zip(reach, new, strict=True))
    is_longer = maker.expires_at is not None and (
        made.expires_at is None or made.expires_at > maker.expires_at
    )
    if is_wider or is_longer or not all(_has(maker, each) for each in made.scopes):
        raise Forbidden(
            "An API token cannot make one that may do more, reaches further or lives longer than itself.",
            advice="Give the new one fewer scopes, the same tenant, and an expires_at that is no later.",
        )


def refuse_unknown_token() -> NotFound:
    """Return the error for an API token that is not there, or not within reach: the same for both."""
    return NotFound("There is no such API token.")


def _has(token: ApiToken, needed: ScopeName) -> bool:
    """Whether a token has a scope; the one that calls tools is good for nothing where it is bound to nothing."""
    is_bound = needed != CALL_TOOLS or find_reach(token) != EVERYTHING
    return ADMIN in token.scopes or (needed in token.scopes and is_bound)
