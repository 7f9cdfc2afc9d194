"""A stand-in for QuickBooks Online, reached over HTTP only.

It keeps real double-entry books in one SQLite file, answers with the service's own envelopes and faults, and is written
from collected facts about the service (`facts/`), never from the definitions of the client it serves to test.

The order in which a request meets the modules: `app` (HTTP) -> `throttle`, `sandbox` (what goes wrong on purpose) ->
`oauth` (who) -> `api` (which operation) -> `changes` or `query` or `reports` -> `rules` -> `settlement`, `postings` -> `store`.
"""
