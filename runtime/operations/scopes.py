"""What an API token may do: the scopes there are, which a token may have, and what each request needs.

Called by `api.routes`, when an API token was recognized and before the handler of the operation. What no scope allows
is refused; a further scope is one more line in `SCOPES` and the operations of the management API that name it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from generator.suggestions import did_you_mean
from runtime.errors import Forbidden, InvalidRequest
from runtime.model import AccountId, ApiToken, ScopeName
from runtime.operations.names import refuse_unknown_account

ADMIN: ScopeName = "admin"
CALL_TOOLS: ScopeName = "tools:call"
READ_METRICS: ScopeName = "metrics:read"


@dataclass(frozen=True, slots=True)
class Scope:
    """One scope. A token with one that `is_bound` belongs to one integrated account."""

    description: str
    is_bound: bool


SCOPES: dict[ScopeName, Scope] = {
    ADMIN: Scope("Everything, for every integrated account.", is_bound=False),
    CALL_TOOLS: Scope(
        "List and call the tools of one integrated account, and use its MCP servers.", is_bound=True
    ),
    READ_METRICS: Scope(
        "Read the counts and measurements of the deployment, for Prometheus.", is_bound=False
    ),
}


def check_scopes(scopes: Sequence[str], account_id: str | None) -> tuple[ScopeName, ...]:
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
    if len({SCOPES[name].is_bound for name in chosen}) > 1:
        free = " and ".join(name for name in chosen if not SCOPES[name].is_bound)
        raise InvalidRequest(f"The scope {free} cannot be combined with one that is bound to an account.")
    if SCOPES[chosen[0]].is_bound and account_id is None:
        raise InvalidRequest(
            f"The scope {chosen[0]} is bound to one integrated account.", advice="Give the id of the account."
        )
    if not SCOPES[chosen[0]].is_bound and account_id is not None:
        raise InvalidRequest(
            f"A token with the scope {chosen[0]} cannot be bound to an integrated account.",
            advice=f"Leave the account out, or give the scope {CALL_TOOLS}.",
        )
    return chosen


def may_use(token: ApiToken, needed: ScopeName, account_id: AccountId) -> bool:
    """Whether a token grants a scope for an integrated account."""
    return ADMIN in token.scopes or (needed in token.scopes and token.account_id == account_id)


def check_scope(token: ApiToken, needed: ScopeName, account_id: str | None) -> None:
    """Check that a token may do what needs a scope; `account_id` is the integrated account that the request names.

    Raises Forbidden when the token lacks the scope, and NotFound for an account that it is not bound to: the same as
    for one that does not exist.
    """
    if ADMIN in token.scopes:
        return
    if needed not in token.scopes:
        raise Forbidden(
            f"This API token may not do that: it needs the scope {needed} and has {', '.join(token.scopes) or 'none'}.",
            advice="Use an API token that has the scope.",
        )
    if not SCOPES[needed].is_bound:
        return
    if token.account_id is None or token.account_id != account_id:
        raise refuse_unknown_account()
