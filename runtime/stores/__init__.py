"""Records that last, and state that need not. Nothing here knows HTTP or a vendor.

`embedded` opens all of it for one process.

Records are SQL (SQLite in a file):

- `opening`, `migrating`, `migrations`: the file checked and migrated at a start, and the history of the schema
- `sqlite`, `engine`, `tables`: connections, transactions, and the tables as SQLAlchemy knows them
- `records`: the queries, with `record_base`, `account_records` (accounts), `company_records` (what pages show of
  them) and `server_records` (MCP servers and API tokens)
- `journal_records`, `journal_tables`, `journal_queue`, `new_link`: the journal of writes, added to in groups
- `policy_records` (with `policy_use`), `spending_records`: what MCP servers wrote, and what was sent each month
- `call_log_records`, `caller_records`: every call of a tool, for a set time; the names of who calls
- `audit_records`: what was done in an organization, and by whom
- `emitting`, `event_records`, `webhook_records`: events, and what is delivered to whom
- `job_records`, `job_tables`: what is to be done, and the tables of all this
- `people_tables`, `oauth_tables`: people and their sessions; what they have granted by OAuth
- `people_records`, `invitation_records`, `session_records`: people and their roles, who is invited, who is signed in
- `schedule_tables`, `saved_report_records`, `schedule_records`, `report_run_records`: schedules and runs
- `pending_records`, `pending_tables`, `pending_steps`: changes that wait for a person
- `explorer_records`, `explorer_tables`: what people have asked in the explorer, and saved
- `insight_records`, `insight_tables`: findings that were dismissed, and what was read before a rate limit
- `mapping_records`, `mapping_tables`: which clients of a work system are which customers of the books
- `purge_records`: what has expired is noted, and removed in parts
- `writer`: the one thread that makes every change
- `look_up`, `wal_watch`: what a token allows, read without a lock as long as nobody has changed the file
- `grant_rows`, `oauth_rows`: the rows of what a token and an OAuth grant let through
- `oauth_records`, `oauth_token_records`: clients and grants; their codes and tokens, and the keys that sign
- `configs`: the filter and switches of an MCP server as they are stored
- `condition`, `files`: whether the database takes writes, and whether its files are still the ones that are open
- `serving_lock`: one server for each database

Hot state counts and may be lost:

- `hot`, `hot_memory`, `hot_redis`: the seam, one process, and all processes that share a Redis
- `mailbox`, `mailbox_memory`, `mailbox_redis`: answers handed to open event streams, also those of other processes
- `redis_link`, `generation`: the connection to Redis, and how a change holds in every process that caches grants
"""
