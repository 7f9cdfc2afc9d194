"""The checks of `ledgerport doctor`, each of which looks at one thing and says what to do about it. Nothing is changed.

What a check needs of another (the settings, the catalog) is passed on; where that is not to be had, it is left out.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import stat
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

import httpx2

from runtime.errors import SettingsError
from runtime.keys.master_key import FILE_NAME
from runtime.model import Clock
from runtime.setting_table import BY_NAME, Given, read_given
from runtime.settings import NOTHING_SET, Settings

if TYPE_CHECKING:
    from generator.catalog import Catalog

GIB, MIB = 1024**3, 1024**2  # bytes
LITTLE_SPACE, NO_SPACE = GIB, 100 * MIB
"""A database of a year of a busy company has a few hundred MiB; SQLite's log and an upload may take 100 at once."""
SOME_SKEW, GREAT_SKEW = 30.0, 300.0
"""Seconds: more than a slow answer and the whole seconds of HTTP come to; what OAuth and TLS still forgive."""
ANSWER_SECONDS = 10.0
"""Twice what a slow network takes with one lost packet."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found. `advice` says what to do, and is empty when all is well."""

    state: Literal["ok", "warn", "fail"]
    name: str
    message: str
    advice: str = ""


def refuse(name: str, error: SettingsError) -> Finding:
    """Return the finding that an error of the settings is."""
    return Finding("fail", name, error.message, error.advice)


async def check_all(environ: Mapping[str, str], clock: Clock = time.time) -> AsyncIterator[Finding]:
    """Yield what every check finds, one after another."""
    try:
        given = read_given(environ)
        with _load(given, environ) as settings:
            yield Finding("ok", "settings", f"{len(given.texts)} are set, and each can be read.")
            for each in (*check_keys(settings, given), check_records(settings)):
                yield each
            yield await check_redis(settings)
            catalog, found = check_definitions(settings)
            yield found
            if catalog is not None:
                async for each in check_vendors(settings, catalog, clock):
                    yield each
            for each in check_space(settings):
                yield each
            yield await check_server(settings)
    except SettingsError as error:
        yield refuse("settings", error)


@contextmanager
def _load(given: Given, environ: Mapping[str, str]) -> Iterator[Settings]:
    """Load the settings, in a temporary directory where a start would make the data directory or the key."""
    data = Path(given.find(BY_NAME["LEDGERPORT_DATA"])).expanduser().absolute()
    has_key = bool(given.find(BY_NAME["LEDGERPORT_SECRET_KEY"])) or (data / FILE_NAME).exists()
    has_database = (data / "ledgerport.sqlite3").exists()  # beside which a start makes no key
    if data.exists() and (has_key or has_database):
        yield Settings.load(environ)
        return
    with tempfile.TemporaryDirectory(prefix="ledgerport-doctor-") as folder:
        yield Settings.load({**environ, "LEDGERPORT_DATA": folder})


def check_keys(settings: Settings, given: Given) -> Iterator[Finding]:
    """Find who else may read the data directory and the secret key. A start refuses a key that others can read."""
    data = Path(given.find(BY_NAME["LEDGERPORT_DATA"])).expanduser().absolute()
    if data != settings.data:
        yield Finding(
            "warn", "keys", f"The data directory {data} or its key is not there yet: a start makes them."
        )
        return
    mode = stat.S_IMODE(data.stat().st_mode)
    key = given.files.get("LEDGERPORT_SECRET_KEY") or str(data / FILE_NAME)
    is_beside = (
        not settings.postgres_url and Path(key).absolute().parent == settings.database.resolve().parent
    )
    if mode & 0o077:
        yield Finding("warn", "keys", f"Others may enter {data} (mode {mode:o}).", f"Run: chmod 700 {data}")
    elif "LEDGERPORT_SECRET_KEY" in given.texts and "LEDGERPORT_SECRET_KEY" not in given.files:
        yield Finding("ok", "keys", "The secret key is in the environment.")
    elif is_beside:
        yield Finding(
            "warn", "keys", f"The secret key {key} lies beside the database: a copy of the directory opens it.",
            "Move the key elsewhere and name it in LEDGERPORT_SECRET_KEY_FILE.",
        )  # fmt: skip
    else:
        yield Finding("ok", "keys", f"The secret key is in {key}.")


def check_records(settings: Settings) -> Finding:
    """Find out whether the database is there, ours, of this version, and takes changes."""
    from runtime.stores import checking

    where = "PostgreSQL" if settings.postgres_url else str(settings.database)
    try:
        version, newest = checking.check_records(settings)
    except SettingsError as error:
        return refuse("database", error)
    if not version:
        return Finding("warn", "database", f"{where}: nothing is stored yet: a start makes it.")
    if version < newest:
        return Finding("warn", "database", f"{where}: version {version}; a start migrates it to {newest}.")
    return Finding("ok", "database", f"{where}: version {version}, and it takes changes.")


async def check_redis(settings: Settings) -> Finding:
    """Find out whether Redis answers, and whether there ought to be one."""
    if settings.redis is None:
        if settings.postgres_url:
            return Finding(
                "warn", "redis", "There is none: each process counts by itself.",
                "Set LEDGERPORT_REDIS_URL where more than one process serves.",
            )  # fmt: skip
        return Finding("ok", "redis", "There is none, and one process needs none.")
    from runtime.stores.checking import find_redis_fault

    if fault := await find_redis_fault(settings.redis):
        return Finding("fail", "redis", fault, "Start it, or correct LEDGERPORT_REDIS_URL.")
    return Finding("ok", "redis", f"{settings.redis.describe()} answers.")


def check_definitions(settings: Settings) -> tuple[Catalog | None, Finding]:
    """Compile the definitions, and return the catalog with what was found."""
    from generator.compile import compile_catalog
    from generator.diagnostics import DefinitionErrors
    from generator.reading.files import BUILTIN_DEFINITIONS

    try:
        catalog = compile_catalog((BUILTIN_DEFINITIONS, *settings.definitions), settings.data / "cache")
        settings.check_integrations(catalog.integrations)
    except DefinitionErrors as errors:
        first = str(errors).splitlines()[0]
        return None, Finding("fail", "definitions", first, "Run: ledgerport check")
    except SettingsError as error:
        return None, refuse("definitions", error)
    return catalog, Finding("ok", "definitions", f"{len(catalog.tools)} tools.")


async def check_vendors(settings: Settings, catalog: Catalog, clock: Clock) -> AsyncIterator[Finding]:
    """Ask each vendor that something is set for whether it is there, and compare our clock with its Date."""
    from runtime.connect.addresses import Addresses

    addresses, is_any = Addresses(settings), False
    for integration in catalog.integrations.values():
        set_ = settings.integrations.get(integration.name, NOTHING_SET)
        if set_ == NOTHING_SET:
            continue
        is_any = True
        where = integration.environments[settings.find_for(integration).environment]
        parts = urlsplit(addresses.resolve_address(integration, where))
        if "{" in parts.netloc:
            yield Finding("ok", "vendor", f"{integration.title}: each account has an address of its own.")
            continue
        async for each in _ask(integration.title, f"{parts.scheme}://{parts.netloc}/", clock):
            yield each
    if not is_any:
        yield Finding(
            "warn", "vendor", "No vendor is set up.",
            "Set the client id and secret of your app, such as LEDGERPORT_…_CLIENT_ID; see ledgerport settings.",
        )  # fmt: skip


async def _ask(title: str, address: str, clock: Clock) -> AsyncIterator[Finding]:
    answer = await _get(address)
    if isinstance(answer, str):
        yield Finding(
            "fail", "vendor", f"{title} cannot be reached at {address}: {answer}.",
            "Check the network, its name server, and what a firewall lets out.",
        )  # fmt: skip
        return
    yield Finding("ok", "vendor", f"{title} answers at {address}.")
    try:
        there = parsedate_to_datetime(answer.headers.get("date", "")).astimezone(UTC).timestamp()
    except ValueError:
        return
    skew = clock() - there
    if abs(skew) <= SOME_SKEW:
        yield Finding("ok", "clock", f"It agrees with that of {title}.")
        return
    yield Finding(
        "fail" if abs(skew) > GREAT_SKEW else "warn", "clock",
        f"It is {abs(skew):.0f} seconds {'ahead of' if skew > 0 else 'behind'} that of {title}.",
        "Set it by NTP: expiries, signatures and certificates depend on it.",
    )  # fmt: skip


async def _get(address: str) -> httpx2.Response | str:
    """Return the response to a GET, whatever its status, or why there is none. No proxy is used, as for calls."""
    try:
        async with httpx2.AsyncClient(timeout=ANSWER_SECONDS, trust_env=False) as client:
            return await client.get(address)
    except httpx2.TransportError as problem:
        return str(problem) or type(problem).__name__


def check_space(settings: Settings) -> Iterator[Finding]:
    """Find how much space is left where records and uploads are stored."""
    places = {"data directory": settings.data, "temporary directory": Path(tempfile.gettempdir())}
    for name, place in places.items():
        free = shutil.disk_usage(place).free
        state: Any = "fail" if free < NO_SPACE else "warn" if free < LITTLE_SPACE else "ok"
        advice = "" if state == "ok" else "Make space: without it writes are refused."
        yield Finding(state, "disk", f"{free / GIB:.1f} GiB are free for the {name} {place}.", advice)


async def check_server(settings: Settings) -> Finding:
    """Ask the server of this deployment how it is."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    local = f"http://{'127.0.0.1' if settings.host in ('0.0.0.0', '') else host}:{settings.port}/readyz"  # noqa: S104
    answer = await _get(local)
    if isinstance(answer, str):
        return Finding("warn", "server", f"No server answers at {local}.", "Start it: ledgerport serve")
    if answer.status_code != 200:
        return Finding("fail", "server", f"{local} answers {answer.status_code}: {answer.text[:200]}")
    if answer.json().get("status") != "ok":
        return Finding("warn", "server", f"It serves, and not all is well: {answer.json().get('reason')}")
    return Finding("ok", "server", f"It answers at {local}.")


def run(environ: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Yield what every check finds, as soon as it is found."""
    findings = check_all(environ)
    with asyncio.Runner() as runner:
        while (found := runner.run(_take(findings))) is not None:
            yield found


async def _take(findings: AsyncIterator[Finding]) -> Finding | None:
    return await anext(findings, None)
