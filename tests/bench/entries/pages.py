"""What each page for people that waits for no vendor costs the server, and how large it is with its styles.

Its journal has 60 writes, so that the first page of it is full. The tables of reports and of the explorer, which need
an answer of a vendor first, are measured in this process by `page_tables`.
"""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import insert

import runtime.web
from runtime.deployment import Deployment
from runtime.identity.clients import Clients
from runtime.identity.sessions import Sessions
from runtime.keys.crypto import Keys
from runtime.model import AccountId
from runtime.people import PersonId
from runtime.settings import Settings
from runtime.stores.embedded import open_stores
from runtime.stores.people_tables import MEMBER, PERSON
from tests.bench.entries.answers import INVOICE
from tests.bench.entries.page_tables import measure_tables
from tests.bench.entry import Aim, Entry, Findings, Row
from tests.bench.invoice import CREATE_TOOL
from tests.bench.load import Measured, Target, Wrong, measure_calls, measure_for
from tests.bench.messages import Check, get_request, tool_request
from tests.bench.stage import Rounds, Stage

CONNECTIONS = 8
BACK = "https://books.example/callback"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(b"v" * 43).digest()).rstrip(b"=").decode()
WRITES = 60
"""Of the journal: two pages, and some more."""
STYLES = Path(runtime.web.__file__).parent / "static" / "ledgerport.css"
HEADINGS = {
    "sign-in": "Sign in", "account": "Your account", "consent": "Allow Bench to use your books?", "agents": "Agents",
    "accounts": "Integrated accounts", "people": "People of default", "settings": "Settings",
    "integrations": "Integrations",
    "keys": "Keys", "audit log": "Audit log", "API tokens": "API tokens", "webhooks": "Webhooks",
    "budgets": "Budgets and limits",
    "MCP servers": "MCP servers", "new MCP server": "New MCP server",
    "MCP server": "Bench",
    "connection": "Elm Street Bakery", "call log": "Call log", "journal": "Journal", "schedules": "Scheduled reports",
    "saved reports": "Saved reports", "reports": "Reports", "explorer": "Explorer", "tools": "Run a tool",
    "tool reference": "Tool reference", "errors": "Error codes",
}  # fmt: skip
"""What each page is known by."""
_OF_TENANT = {
    "people": "people", "settings": "settings", "integrations": "settings/integrations", "keys": "settings/keys",
    "audit log": "settings/audit", "API tokens": "settings/tokens", "webhooks": "settings/webhooks",
    "budgets": "settings/budgets",
}  # fmt: skip
_OF_COMPANY = {
    "MCP servers": "servers", "new MCP server": "servers/new", "connection": "connection", "call log": "calls",
    "journal": "journal", "schedules": "schedules", "saved reports": "reports/saved", "reports": "reports",
    "explorer": "explorer", "tools": "explorer/tools",
}  # fmt: skip


def run(stage: Stage) -> Findings:
    """Measure."""
    watched = {"server": stage.ours.pid}
    cookie, consent = _prepare_person(stage)
    _fill_journal(stage)
    paths, sizes = _list_paths(stage, consent), dict[str, int]()
    targets = {
        name: Target(
            stage.ours.port,
            _ask(stage.ours.port, path, "" if name == "sign-in" else cookie),
            _shows(name, sizes),
            watched,
        )
        for name, path in paths.items()
    }
    rounds = stage.rounds({_name(name): _measurement(stage, target) for name, target in targets.items()})
    styles = len(gzip.compress(STYLES.read_bytes()))
    rows = [*_make_rows(rounds, paths), *_make_size_rows(sizes, styles)]
    rows += measure_tables(stage.deployment.catalog, stage.scale.rounds)
    note = (
        f"Pages: {CONNECTIONS} connections, each with the session of one person; one company with {WRITES} writes. "
        f"A size is the HTML as it is and the styles packed, {styles / 1e3:.1f} kB."
    )
    return Findings(rows, rounds.figures(), (note,))


def _name(page: str) -> str:
    return f"page: {page}"


def _list_paths(stage: Stage, consent: str) -> dict[str, str]:
    company = f"/company/{stage.deployment.account_id}"
    paths = {
        "sign-in": "/sign-in", "account": "/account", "consent": consent, "agents": "/agents", "accounts": "/accounts",
        "tool reference": "/docs", "errors": "/docs/errors", "MCP server": f"{company}/servers/{_find_server(stage)}",
    }  # fmt: skip
    paths |= {name: f"/tenant/default/{path}" for name, path in _OF_TENANT.items()}
    paths |= {name: f"{company}/{path}" for name, path in _OF_COMPANY.items()}
    return {name: paths[name] for name in HEADINGS}


def _make_rows(rounds: Rounds, pages: Mapping[str, str]) -> Iterator[Row]:
    for page in pages:
        costs = [1e3 * each for each in rounds.costs(_name(page))]
        yield Row(f"processor time of the {page} page", "", "", costs, Aim("under", 15), "ms")


def _make_size_rows(sizes: Mapping[str, int], styles: int) -> Iterator[Row]:
    for page, size in sizes.items():
        yield Row(f"size of the {page} page", "", "", [(size + styles) / 1e3], Aim("under", 60), "kB")


def _fill_journal(stage: Stage) -> None:
    request = tool_request(stage.ours.port, stage.deployment.path, CREATE_TOOL, INVOICE)
    target = Target(stage.ours.port, request, lambda *_: None, {"server": stage.ours.pid})
    measure_calls(target, 1, WRITES)


def _find_server(stage: Stage) -> str:
    settings = Settings.load(stage.deployment.environment)
    stores = open_stores(settings, time.time(), Keys(settings.secret_key))
    try:
        found = stores.records.list_mcp_servers(AccountId(stage.deployment.account_id), None, 1, time.time())
        return str(found[0].id)
    finally:
        stores.close()


def _prepare_person(stage: Stage) -> tuple[str, str]:
    """Sign somebody in at the server that runs: the field of the cookie, and the path of a consent page."""
    settings = Settings.load(stage.deployment.environment)
    keys = Keys(settings.secret_key)
    stores = open_stores(settings, time.time(), keys)
    now, person = time.time(), PersonId("bench-pages")
    try:
        with stores.records._engine.begin() as connection:
            named = {"id": person, "email": "pages@books.example", "name": "Pages", "created_at": now}
            member = {"tenant_id": "default", "person_id": person, "role": "owner", "created_at": now}
            connection.execute(insert(PERSON).values(named))
            connection.execute(insert(MEMBER).values(member))
        deployment = Deployment(settings, keys, stores, lambda: stage.deployment.catalog)
        sessions = Sessions(deployment)
        cookie = asyncio.run(sessions.begin(person, "invitation"))
        about = {"client_name": "Bench", "redirect_uris": [BACK]}
        client = asyncio.run(Clients(deployment).register(about))["client_id"]
    finally:
        stores.close()
    asked = {
        "response_type": "code", "client_id": client, "redirect_uri": BACK, "state": "s", "scope": "tools:read",
        "code_challenge": CHALLENGE, "code_challenge_method": "S256", "resource": f"{settings.public_url}/mcp",
    }  # fmt: skip
    return f"Cookie: {sessions.cookie_name}={cookie}\r\n", f"/oauth/authorize?{urlencode(asked)}"


def _ask(port: int, path: str, fields: str) -> Callable[[int], bytes]:
    request = get_request(port, path)(0).replace(b"\r\n\r\n", b"\r\n" + fields.encode() + b"\r\n", 1)
    request = request.replace(b"application/json", b"text/html", 1)
    return lambda _number: request


def _shows(name: str, sizes: dict[str, int]) -> Check:
    """Judges a page by its heading, as whoever is not signed in is led elsewhere, and notes its size."""
    heading = f"{HEADINGS[name]}</h1>".encode()

    def check(_number: int, _head: bytes, body: bytes) -> None:
        if heading not in body:
            raise Wrong(f"not the page with {heading.decode()!r}")
        sizes[name] = len(body)

    return check


def _measurement(stage: Stage, target: Target) -> Callable[[], Measured]:
    return lambda: measure_for(target, CONNECTIONS, stage.scale.seconds)


ENTRY = Entry("pages", "pages for people", lambda scale: len(HEADINGS) * scale.rounds, run)
