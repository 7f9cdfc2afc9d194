"""The simulator over a company of some size, without rate limits. Prints the port when it answers.

`python -m tests.bench.servers.simulator FILE SIZE` (FILE may be `:memory:`; a file that is not there is made)
"""

from __future__ import annotations

import sys

from runtime.simulators.quickbooks.server import Options, serve


def port_of(line: str) -> None:
    """Prints the port that a line ends with."""
    print(line.rpartition(":")[2], flush=True)


if __name__ == "__main__":
    serve(Options(data=sys.argv[1], size=int(sys.argv[2]), throttle=False), port_of)
