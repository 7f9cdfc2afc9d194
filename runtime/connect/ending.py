"""The end of a connection at its vendor, and the proof of it: the former access token has to be refused.

Called by `operations.account_endings`, when the account is closed here already. What the vendor says of a revocation is
no proof; a read with the access token that it ended is one.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from runtime.connect.confirmation import ask_company
from runtime.connect.sealing import open_credentials
from runtime.connect.tokens import AccessTokens
from runtime.deployment import Deployment
from runtime.errors import LedgerportError
from runtime.model import Account, Credentials

_REFUSED = (401, 403)
"""What the token is refused with: RFC 6750 §3.1 wants 401, and some vendors answer 403."""


class Revocation(NamedTuple):
    """Whether the vendor is known to have ended a connection, and why that is not known otherwise."""

    revoked: Literal["proved", "not_proved"]
    reason: str


def explain_unproved(reason: str) -> Revocation:
    """Return a revocation that nobody has proved."""
    return Revocation("not_proved", reason)


async def end_connection(deployment: Deployment, tokens: AccessTokens, account: Account) -> Revocation:
    """Revoke the credentials of an account at its vendor, and try the access token that they had."""
    try:
        credentials = open_credentials(deployment.keys, account)
        is_agreed = await tokens.revoke(account)
    except LedgerportError as problem:
        return explain_unproved(f"The vendor could not be asked to revoke it. {problem.message}")
    if not (credentials.access_token or credentials.refresh_token):
        return explain_unproved("There are no credentials here that the vendor could revoke.")
    if not is_agreed:
        title = deployment.catalog().integrations[account.integration].title
        return explain_unproved(f"{title} did not confirm the revocation; disconnect the app there as well.")
    return await _prove(deployment, tokens, account, credentials)


async def _prove(
    deployment: Deployment, tokens: AccessTokens, account: Account, credentials: Credentials
) -> Revocation:
    integration = deployment.catalog().integrations[account.integration]
    if integration.auth.confirm is None:
        return explain_unproved("The vendor agreed; its definition names no request to prove that with.")
    if credentials.access_expires_at <= deployment.clock():
        return explain_unproved("The vendor agreed; the access token had ended before, which proves nothing.")
    try:
        answer = await ask_company(tokens.http, tokens.addresses, integration, account, credentials)
    except LedgerportError as problem:
        return explain_unproved(f"The vendor agreed; it could not be asked afterwards. {problem.message}")
    if answer.status in _REFUSED:
        return Revocation("proved", f"{integration.title} refuses the former access token.")
    return explain_unproved(
        f"{integration.title} agreed, and answered HTTP {answer.status} to the former access token all the same."
    )
