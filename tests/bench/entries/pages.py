"""What a page for people costs the server: sign-in, account, consent and agents, in milliseconds of processor time."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlencode

from sqlalchemy import insert

from runtime.deployment import Deployment
from runtime.identity.clients import Clients
from runtime.identity.sessions import Sessions
from runtime.keys.crypto import Keys
from runtime.people import PersonId
from runtime.settings import Settings
from runtime.stores.embedded import open_stores
from runtime.stores.people_tables import MEMBER, PERSON
from tests.bench.entry import Aim, Entry, Findings, Row
from tests.bench.load import Measured, Target, Wrong, measure_for
from tests.bench.messages import Check, get_request
from tests.bench.stage import Rounds, Stage

CONNECTIONS = 8
BACK = "https://books.example/callback"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(b"v" * 43).digest()).rstrip(b"=").decode()
HEADINGS = {"sign-in": b"Sign in</h1>", "account": b"Your account</h1>", "consent": b"Allow Bench to use your books?",
            "agents": b"Agents</h1>"}  # fmt: skip
"""What each page is known by."""


def run(stage: Stage) -> Findings:
    """Measure."""
    watched = {"server": stage.ours.pid}
    cookie, consent = _prepare_person(stage)
    paths = {"sign-in": "/sign-in", "account": "/account", "consent": consent, "agents": "/agents"}
    targets = {
        name: Target(
            stage.ours.port,
            _ask(stage.ours.port, path, "" if name == "sign-in" else cookie),
            _shows(HEADINGS[name]),
            watched,
        )
        for name, path in paths.items()
    }
    rounds = stage.rounds({_name(name): _measurement(stage, target) for name, target in targets.items()})
    note = f"Pages: {CONNECTIONS} connections, each with the session of one person; the consent page of one company."
    return Findings(list(_make_rows(rounds, paths)), rounds.figures(), (note,))


def _name(page: str) -> str:
    return f"page: {page}"


def _make_rows(rounds: Rounds, pages: Mapping[str, str]) -> Iterator[Row]:
    for page in pages:
        costs = [1e3 * each for each in rounds.costs(_name(page))]
        yield Row(f"processor time of the {page} page", "", "", costs, Aim("under", 30), "ms")


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
    return lambda _number: request


def _shows(heading: bytes) -> Check:
    """Judges a page by its heading: whoever is not signed in is led elsewhere."""

    def check(_number: int, _head: bytes, body: bytes) -> None:
        if heading not in body:
            raise Wrong(f"not the page with {heading.decode()!r}")

    return check


def _measurement(stage: Stage, target: Target) -> Callable[[], Measured]:
    return lambda: measure_for(target, CONNECTIONS, stage.scale.seconds)


ENTRY = Entry("pages", "pages for people", lambda scale: len(HEADINGS) * scale.rounds, run)
