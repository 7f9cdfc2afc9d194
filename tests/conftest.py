"""What all tests share: clients that wait as long as a loaded machine takes."""

from __future__ import annotations

import httpx2._config

PATIENCE_SECONDS = 120
"""The library's own 5 s are too short for 100 MB on a machine with several suites at once; no test wants a timeout."""

for _stage in ("connect", "read", "write", "pool"):
    setattr(httpx2._config.DEFAULT_TIMEOUT_CONFIG, _stage, PATIENCE_SECONDS)
