"""A stand-in for QuickBooks Online, reached over HTTP only.

It keeps real double-entry books in one SQLite file, answers with the service's own envelopes and faults, and is written
from collected facts about the service (`facts/`), never from the definitions of the client it serves to test.

A request meets the modules in this order: `app` (HTTP), `sandbox` (what goes wrong on purpose), `oauth` (who),
`throttle`, `api` (which operation); then `changes`, `query_sql` or `reports`; below those `rules`, `settlement`,
`sources`, `postings`, `books` and `store`.
"""
