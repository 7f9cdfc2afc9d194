"""The simulator of QuickBooks Online, reached over HTTP only.

It holds real double-entry books in one SQLite file, answers with the service's own envelopes and faults, and is written
from collected facts about the service (`facts/`), never from the definitions of the client that it serves to test.

A request meets the packages in this order: `app` (HTTP), `control` (faults on purpose), `oauth` (who), `http` (which
operation); then `writes`, `query` or `reports`; below those `rules` and `books`. `server` starts it, `companies` fills
it. A package imports only what stands below it in pyproject.toml's layers of the simulator.
"""
