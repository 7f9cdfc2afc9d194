"""Starting the simulator: the records in it, the listening address.

Called by `__main__`; `app` answers what arrives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from runtime.simulators.connectwise.app import Application
from runtime.simulators.connectwise.clock import Clock
from runtime.simulators.connectwise.http.authentication import Keys
from runtime.simulators.connectwise.records.store import Body, Store
from runtime.simulators.connectwise.sample import build_sample
from runtime.simulators.serving.listening import listen, run


@dataclass(frozen=True)
class Options:
    """How to start: where to listen, whose keys are taken, whether the limit of requests holds."""

    port: int = 0
    host: str = "127.0.0.1"
    keys: Keys = field(default_factory=Keys)
    throttle: bool = True
    records: Callable[[Clock], Mapping[str, Iterable[Body]]] = build_sample
    """Makes the records of the firm, by path, as of the day of a clock."""


def prepare_application(options: Options) -> Application:
    """Return the application with the records of the firm."""
    store = Store(Clock())

    def fill(filled: Store) -> None:
        filled.load(options.records(filled.clock))

    fill(store)
    application = Application(store, options.keys)
    application.throttle.is_on = options.throttle
    application.control.fill = fill
    return application


def serve(options: Options, announce: Callable[[str], None] = print) -> None:
    """Run until interrupted; announce `listening on http://HOST:PORT` when ready. Raises PortTaken."""
    bound = listen(options.host, options.port)
    run(prepare_application(options), bound, announce)
