-- What each API token may do: scope names with blanks between, and the one account that some scopes are bound to.
-- The tokens of before could do everything and still can. One without any scope can do nothing.

ALTER TABLE api_token ADD COLUMN scopes TEXT NOT NULL DEFAULT '';
ALTER TABLE api_token ADD COLUMN account_id TEXT REFERENCES account (id) ON DELETE CASCADE;
UPDATE api_token SET scopes = 'admin';
CREATE INDEX api_token_account ON api_token (account_id);
