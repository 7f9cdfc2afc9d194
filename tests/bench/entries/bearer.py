"""`tools/call` of a get by an access token (JWT) beside the same call at a secret URL, of the same company."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import insert

from runtime.deployment import Deployment
from runtime.identity.access_tokens import AccessTokens
from runtime.identity.signing_keys import SigningKeys
from runtime.keys.crypto import Keys, make_secret
from runtime.model import AccountId, AuditEntry, McpServer, McpServerId, ServerConfig
from runtime.people import OAuthClientId, OAuthCode, OAuthGrant, OAuthGrantId, PersonId
from runtime.settings import Settings
from runtime.stores.embedded import Stores, open_stores
from runtime.stores.people_tables import MEMBER, PERSON
from tests.bench.entry import Aim, Entry, Findings
from tests.bench.invoice import FAST_ID
from tests.bench.load import Measured, Target, measure_for
from tests.bench.messages import call_request, reads_invoice
from tests.bench.stage import Stage

CONNECTIONS = 64
BY_TOKEN, BY_URL = "jwt: by access token", "jwt: by secret URL"
SCOPE = "tools:read tools:write tools:custom"


def run(stage: Stage) -> Findings:
    """Measure."""
    watched = {"server": stage.ours.pid, "vendor": stage.vendor.pid}
    field = f"Authorization: Bearer {_issue_token(stage)}\r\n".encode()
    at_url = call_request(stage.ours.port, stage.deployment.path, FAST_ID)
    at_mcp = call_request(stage.ours.port, "/mcp", FAST_ID)

    def with_token(number: int) -> bytes:
        return at_mcp(number).replace(b"\r\n\r\n", b"\r\n" + field + b"\r\n", 1)

    judges = {BY_TOKEN: reads_invoice(FAST_ID, names_company=True), BY_URL: reads_invoice(FAST_ID)}
    targets = {
        BY_TOKEN: Target(stage.ours.port, with_token, judges[BY_TOKEN], watched),
        BY_URL: Target(stage.ours.port, at_url, judges[BY_URL], watched),
    }
    rounds = stage.rounds({name: _measurement(stage, target) for name, target in targets.items()})
    rows = [
        rounds.cost_row("a call by access token : by secret URL", BY_TOKEN, BY_URL, Aim("at most", 1.15)),
        rounds.row("the same, answers per second", BY_TOKEN, BY_URL),
    ]
    return Findings(rows, rounds.figures(), (f"Access tokens: {CONNECTIONS} connections with one token.",))


def _issue_token(stage: Stage) -> str:
    """Grant everything in the records of the server that runs, and return an access token."""
    settings = Settings.load(stage.deployment.environment)
    keys = Keys(settings.secret_key)
    stores = open_stores(settings, time.time(), keys)
    try:
        deployment = Deployment(settings, keys, stores, lambda: stage.deployment.catalog)
        grant = _grant(stores, keys, AccountId(stage.deployment.account_id), f"{settings.public_url}/mcp")
        token, _seconds = asyncio.run(AccessTokens(deployment, SigningKeys(deployment)).issue(grant, SCOPE))
    finally:
        stores.close()
    return token


def _grant(stores: Stores, keys: Keys, account: AccountId, resource: str) -> OAuthGrant:
    now, person = time.time(), PersonId("bench")
    with stores.records._engine.begin() as connection:
        named = {"id": person, "email": "bench@books.example", "name": "Bench", "created_at": now}
        member = {"tenant_id": "default", "person_id": person, "role": "owner", "created_at": now}
        connection.execute(insert(PERSON).values(named))
        connection.execute(insert(MEMBER).values(member))
    client, id_ = OAuthClientId("bench"), OAuthGrantId("bench")
    grant = OAuthGrant(id_, person, client, "Bench", "books.example", resource, account, now, None)
    config = replace(ServerConfig(), tool_exposure="full")
    server = McpServer(McpServerId("bench-oauth"), account, "Bench", config, None, now, now)
    code = OAuthCode(id_, client, "https://books.example/", "c" * 43, SCOPE, now)
    hashed = keys.hash_token(make_secret("lpm_"))
    audit = AuditEntry(now, "bench", "oauth_grant.created", id_)
    stores.records.add_oauth_grant(
        grant, [(server, hashed)], frozenset(), (keys.hash_token(make_secret("lpa_")), code), audit
    )
    return grant


def _measurement(stage: Stage, target: Target) -> Callable[[], Measured]:
    return lambda: measure_for(target, CONNECTIONS, stage.scale.seconds)


ENTRY = Entry("jwt", "tools/call by access token", lambda scale: 2 * scale.rounds, run)
