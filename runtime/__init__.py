"""The runtime: serves the tools of a catalog to agents, one secret URL for each agent and company.

From the top down; a package imports only what stands below it:

- `commands`: the command line
- `server`: puts the application together (`server/app.py`, begin there), serves it, reloads definitions
- `mcp_server`, `api`, `web`: the three endpoints: MCP, the management API, the pages
- `identity`: people, their roles and sessions, and what they grant by OAuth
- `operations`: the use cases without HTTP; `operations.calls` is the path of a call
- `insights`: analyses of the books, as pure functions over records
- `exchange`: the kinds of calls; what each sends, and what its response says
- `safety`: checks, masking and idempotency keys
- `upstream`: HTTP to the vendor, requests and responses
- `connect`: OAuth at the vendor, fresh access tokens
- `deployment`: what one deployment is made of
- `jobs`: durable work in the background
- `stores`: records in SQL, and hot state
- `settings`, `setting_table`, `setting_values`: what the environment says, every setting, and how each is read
- `keys`: the master key and all cryptography
- `logs`: one line per event, without secrets
- `watching`: what is counted and measured of the work, for Prometheus and OpenTelemetry
- `recent`: a bounded number of values lately asked for
- `database_url`, `redis_address`: where the PostgreSQL and the Redis of a fleet are
- `smtp_address`: where email is handed over, and whom it is from
- `events`: what other programs are informed of, and jobs, as frozen values
- `networks`: networks in CIDR notation, and whether an address is in one
- `request_ids`: the name that each request has in responses and in the log
- `schedules`: saved reports, schedules and their runs, as values
- `insight_values`: findings that were dismissed, and what was read for an analysis, as values
- `people`: people, their sessions, and what they grant, as values
- `approval`: which writes wait for a person, and what waits, as values
- `tenancy`: whose things are, and what a caller reaches of them, as values
- `journal_filter`: which entries of the journal are asked for
- `model`: the things that are stored, as frozen values
- `errors`, `error_codes`: every error, and what each code means

Outside the layers: `simulators`, vendor look-alikes that are reached over HTTP only.
"""
