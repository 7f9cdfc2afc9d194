"""Records that last, and state that need not.

Records are SQL (SQLite in a file): `opening` checks and migrates the database at a start, `writer` makes every
change in one thread, `records` has the queries (`account_records` and `server_records` those of accounts, of MCP
servers and of API tokens), `look_up` finds what a token allows without a lock as long as the file is unchanged
(`wal_watch`). Hot state (`hot`, `hot_memory`) counts and may be lost. Nothing here knows HTTP or a vendor.
"""
