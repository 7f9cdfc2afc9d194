"""`python -m runtime.simulators.quickbooks`: the simulator from the command line.

`server` does the work; nothing calls this.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from runtime.simulators.quickbooks.companies import BUSINESSES, USUAL_SIZE
from runtime.simulators.quickbooks.server import NotADatabase, Options, serve
from runtime.simulators.serving.listening import PortTaken

SECRETS = ("SIMULATOR_CLIENT_SECRET", "SANDBOX_CLIENT_SECRET")
"""Variables with the client secret; the second is the former name of the first."""


def make_parser() -> argparse.ArgumentParser:
    """Return what may be given on the command line."""
    parser = argparse.ArgumentParser(
        prog="ledgerport simulator",
        description="A simulator of QuickBooks Online.",
        epilog="--vendor connectwise starts the simulator of ConnectWise PSA, which has other options.",
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes any free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument(
        "--data", type=Path, help="database file, used again after a restart; without it nothing is stored"
    )
    parser.add_argument("--seed", type=int, default=1, help="what the demo companies are made from")
    parser.add_argument(
        "--company", action="append", choices=sorted(BUSINESSES), help="demo company; may be repeated"
    )
    parser.add_argument("--size", type=int, default=USUAL_SIZE, help="transactions of a made company, about")
    parser.add_argument("--client-id", default="sandbox-client")
    parser.add_argument("--client-secret", help="other users can list it; better in SIMULATOR_CLIENT_SECRET")
    parser.add_argument("--no-throttle", action="store_true", help="without the service's rate limits")
    return parser


def main() -> int:
    """Run the simulator; return the exit status."""
    given = make_parser().parse_args()
    secret = given.client_secret or next(filter(None, map(os.environ.get, SECRETS)), "sandbox-secret")
    options = Options(
        port=given.port, data=given.data or ":memory:", host=given.host, seed=given.seed, size=given.size,
        companies=tuple(given.company or ("landscaper",)), clients={given.client_id: secret},
        throttle=not given.no_throttle,
    )  # fmt: skip
    try:
        serve(options, lambda line: print(line, flush=True))
    except (PortTaken, NotADatabase) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
