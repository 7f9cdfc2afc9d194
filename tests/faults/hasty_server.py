"""`ledgerport serve` that takes over from a process that has died within seconds, so that no test waits for minutes.

Its requests to the vendor name its process.
"""

from __future__ import annotations

import os

from runtime.commands import cli
from runtime.jobs import runner
from runtime.operations.approvals import committing
from runtime.safety import once
from runtime.server import app
from runtime.upstream import client

if __name__ == "__main__":
    app.PROBE_SECONDS = 0.25
    runner.LEASE_SECONDS = 6.0
    once.CLAIM_SECONDS = 3.0
    committing.DELAYS = (1.0,) * 30  # type: ignore[assignment]
    client.SENT_ALWAYS["User-Agent"] = f"Ledgerport {os.getpid()}"
    cli.main()
