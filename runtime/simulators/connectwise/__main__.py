"""`python -m runtime.simulators.connectwise`: the simulator from the command line.

`server` does the work; nothing calls this.
"""

from __future__ import annotations

import argparse
import os
import sys
from datetime import date

from runtime.simulators.connectwise.clock import Clock
from runtime.simulators.connectwise.firm import build_records
from runtime.simulators.connectwise.http.authentication import Keys
from runtime.simulators.connectwise.records.store import Body
from runtime.simulators.connectwise.server import Options, serve
from runtime.simulators.provider.making import make_plan
from runtime.simulators.provider.sizes import DEMO_SIZE, choose_parameters, read_firm_day
from runtime.simulators.serving.listening import PortTaken

SECRET = "SIMULATOR_PRIVATE_KEY"  # noqa: S105  (the name of a variable)


def make_parser() -> argparse.ArgumentParser:
    """Return what may be given on the command line."""
    usual = Keys()
    parser = argparse.ArgumentParser(
        prog="ledgerport simulator --vendor connectwise",
        description="A simulator of ConnectWise PSA. It does not send callbacks, compute invoices or balances of "
        "agreements, or store anything: each start has the same records.",
        epilog="Without --vendor, the simulator of QuickBooks Online is started.",
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes any free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--company-id", default=usual.company, help="login company (%(default)s)")
    parser.add_argument("--public-key", default=usual.public, help="of the API member (%(default)s)")
    parser.add_argument("--private-key", help=f"other users can list it; better in {SECRET}")
    parser.add_argument("--seed", type=int, default=1, help="what the business is made from")
    parser.add_argument(
        "--size", type=int, default=DEMO_SIZE, help="transactions in the books of the business, about"
    )
    parser.add_argument(
        "--day",
        type=date.fromisoformat,
        help="the last day of the business, YYYY-MM-DD (today in Los Angeles)",
    )
    parser.add_argument("--no-throttle", action="store_true", help="without the service's limit of requests")
    return parser


def make_firm(clock: Clock, day: date | None, seed: int, size: int) -> dict[str, list[Body]]:
    """Return the records of the provider whose books the simulator of QuickBooks Online has for the same numbers."""
    last_day = day or read_firm_day(clock.read_seconds())
    return build_records(make_plan(choose_parameters(last_day, seed, size)))


def main() -> int:
    """Run the simulator; return the exit status."""
    given = make_parser().parse_args()
    private = given.private_key or os.environ.get(SECRET) or Keys().private
    options = Options(
        port=given.port, host=given.host, keys=Keys(given.company_id, given.public_key, private),
        throttle=not given.no_throttle,
        records=lambda clock: make_firm(clock, given.day, given.seed, given.size),
    )  # fmt: skip
    try:
        serve(options, lambda line: print(line, flush=True))
    except PortTaken as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
