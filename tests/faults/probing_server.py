"""`ledgerport serve` that probes its database often, so that no test waits for the usual five seconds."""

from __future__ import annotations

from runtime.commands import cli
from runtime.server import app

if __name__ == "__main__":
    app.PROBE_SECONDS = 0.25
    cli.main()
