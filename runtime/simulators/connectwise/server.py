"""Starting the simulator: the records in it, the listening address.

Called by `__main__`; `app` answers what arrives.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from runtime.simulators.connectwise.app import Application
from runtime.simulators.connectwise.clock import Clock
from runtime.simulators.connectwise.firm import build_records
from runtime.simulators.connectwise.http.authentication import Keys
from runtime.simulators.connectwise.records.store import Store
from runtime.simulators.connectwise.schema import load_entities
from runtime.simulators.provider.making import make_plan
from runtime.simulators.provider.sizes import DEMO_SIZE, choose_parameters
from runtime.simulators.serving.listening import listen, run

API_MEMBER_SINCE = "2020-01-02T00:00:00Z"


@dataclass(frozen=True)
class Options:
    """How to start: where to listen, whose keys are taken, whether the limit of requests holds, which firm is shown.

    `day` is the last of its history, None for today in Los Angeles; `size` is about how many
    transactions its books have.
    """

    port: int = 0
    host: str = "127.0.0.1"
    keys: Keys = field(default_factory=Keys)
    throttle: bool = True
    seed: int = 1
    size: int = DEMO_SIZE
    day: date | None = None


def prepare_application(options: Options) -> Application:
    """Return the application with the records of the firm."""
    store = Store(Clock())

    def fill(filled: Store) -> None:
        day = options.day or filled.clock.read_today()
        filled.load(build_records(make_plan(choose_parameters(day, options.seed, options.size))))
        add_api_member(filled, options.keys.member)

    fill(store)
    application = Application(store, options.keys)
    application.throttle.is_on = options.throttle
    application.control.fill = fill
    return application


def add_api_member(store: Store, identifier: str) -> None:
    """Add the member whose keys a client has: what it enters without naming a member is entered by this one."""
    entity = load_entities()["member"]
    stamp = {"lastUpdated": API_MEMBER_SINCE, "updatedBy": identifier}
    store.put(entity, {
        "id": store.make_id(entity), "identifier": identifier, "firstName": "API", "lastName": "Member",
        "licenseClass": "A", "inactiveFlag": False, "hireDate": API_MEMBER_SINCE, "defaultEmail": "Office",
        "defaultPhone": "Office", "securityRole": {"id": 1, "name": "Admin"}, "_info": stamp,
    })  # fmt: skip


def serve(options: Options, announce: Callable[[str], None] = print) -> None:
    """Run until interrupted; announce `listening on http://HOST:PORT` when ready. Raises PortTaken."""
    bound = listen(options.host, options.port)
    run(prepare_application(options), bound, announce)
