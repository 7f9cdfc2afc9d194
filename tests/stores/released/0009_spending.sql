-- What was sent to the vendor for each account, MCP server and month in UTC (2026-11); an empty server is the REST API.
-- An account may have a budget, JSON as in the config of MCP servers.

ALTER TABLE account ADD COLUMN budget TEXT NOT NULL DEFAULT '';
CREATE TABLE spending (
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    server_id TEXT NOT NULL,
    month TEXT NOT NULL,
    reads BIGINT NOT NULL,
    writes BIGINT NOT NULL,
    PRIMARY KEY (account_id, server_id, month)
);
