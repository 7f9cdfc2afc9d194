"""Starting the simulator: the database, the companies in it, the listening address.

Called by `__main__`; `app` answers what arrives.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from runtime.simulators.quickbooks.app import Application
from runtime.simulators.quickbooks.books.store import Store
from runtime.simulators.quickbooks.clock import Clock
from runtime.simulators.quickbooks.companies import BUSINESSES, USUAL_SIZE, ProgressReport, make_company
from runtime.simulators.serving.listening import listen, run

LARGE = 5_000
"""Transactions from which on the making of a company takes long enough to be shown."""


@dataclass(frozen=True)
class Options:
    """How to start: where to listen, where the data is, which companies a new database gets, which clients.

    `size` is the number of transactions a made company has, about.
    """

    port: int = 0
    data: Path | str = ":memory:"
    host: str = "127.0.0.1"
    seed: int = 1
    size: int = USUAL_SIZE
    companies: tuple[str, ...] = ("landscaper",)
    clients: dict[str, str] = field(default_factory=lambda: {"sandbox-client": "sandbox-secret"})
    throttle: bool = True


class NotADatabase(Exception):
    """The file with the data is something else, or cannot be written."""


def prepare_application(options: Options) -> Application:
    """Return the application over its database; a new database is filled with the demo companies."""
    store = open_store(options.data)
    store.clock.offset = float(store.read_setting("clock", 0.0))
    application = Application(store, dict(options.clients))
    application.throttle.is_on = options.throttle
    application.control.fill = lambda filled, asked: fill(filled, change_options(options, asked))
    if not store.list_companies():
        fill(store, options)
    return application


def change_options(options: Options, asked: dict[str, Any]) -> Options:
    """Return the options with other companies, another seed or size; raises ValueError for what is not known."""
    for name in asked.get("companies", ()):
        if name not in BUSINESSES:
            raise ValueError(f"there is no company {name}; there are {', '.join(BUSINESSES)}")
    if not {type(asked.get(name, 0)) for name in ("seed", "size")} <= {int}:
        raise ValueError("seed and size are whole numbers")
    if "companies" in asked:
        asked = {**asked, "companies": tuple(asked["companies"])}
    return replace(options, **asked)


def open_store(data: Path | str) -> Store:
    """Return the database at a path, made with the folders above it when it is not there; raises NotADatabase."""
    try:
        if str(data) != ":memory:":
            Path(data).parent.mkdir(parents=True, exist_ok=True)
        return Store(data, Clock())
    except (OSError, sqlite3.DatabaseError) as error:
        raise NotADatabase(f"{data} cannot be used as a database: {error}.") from error


def fill(store: Store, options: Options) -> None:
    """Make the demo companies, all of them or none: who is stopped meanwhile begins anew."""
    with store.begin_transaction():
        for name in options.companies:
            shown = (
                ProgressReport(f"Making the company {name}", sys.stderr) if options.size >= LARGE else None
            )
            make_company(store, name, options.seed, options.size, shown)
        store.execute("analyze")
    store.events.clear()


def serve(options: Options, announce: Callable[[str], None] = print) -> None:
    """Run until interrupted; announce `listening on http://HOST:PORT` when ready. Raises PortTaken and NotADatabase."""
    bound = listen(options.host, options.port)
    application = prepare_application(options)
    try:
        run(application, bound, announce)
    finally:
        application.store.close()
