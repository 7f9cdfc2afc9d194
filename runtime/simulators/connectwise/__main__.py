"""`python -m runtime.simulators.connectwise`: the simulator from the command line.

`server` does the work; nothing calls this.
"""

from __future__ import annotations

import argparse
import os
import sys
from datetime import date

from runtime.simulators.connectwise.http.authentication import Keys
from runtime.simulators.connectwise.server import Options, serve
from runtime.simulators.provider.sizes import DEMO_SIZE
from runtime.simulators.serving.listening import PortTaken

SECRET = "SIMULATOR_PRIVATE_KEY"  # noqa: S105  (the name of a variable)


def make_parser() -> argparse.ArgumentParser:
    """Return what may be given on the command line."""
    usual = Keys()
    parser = argparse.ArgumentParser(
        prog="ledgerport simulator --vendor connectwise",
        description="A simulator of ConnectWise PSA. It does not send callbacks, compute invoices or balances of "
        "agreements, or store what is written.",
        epilog="Without --vendor, the simulator of QuickBooks Online is started.",
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes any free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--seed", type=int, default=1, help="what the firm is made from")
    parser.add_argument("--size", type=int, default=DEMO_SIZE, help="transactions in its books, about")
    parser.add_argument(
        "--day", type=date.fromisoformat, help="last day of its history, as 2026-02-28; else today"
    )
    parser.add_argument("--company-id", default=usual.company, help="login company (%(default)s)")
    parser.add_argument("--public-key", default=usual.public, help="of the API member (%(default)s)")
    parser.add_argument("--private-key", help=f"other users can list it; better in {SECRET}")
    parser.add_argument("--no-throttle", action="store_true", help="without the service's limit of requests")
    return parser


def main() -> int:
    """Run the simulator; return the exit status."""
    given = make_parser().parse_args()
    private = given.private_key or os.environ.get(SECRET) or Keys().private
    options = Options(
        port=given.port, host=given.host, keys=Keys(given.company_id, given.public_key, private),
        throttle=not given.no_throttle, seed=given.seed, size=given.size, day=given.day,
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
