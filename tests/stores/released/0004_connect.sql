-- A link belongs to the browser that opened it, a refresh is noted before it is sent, and an account says why its
-- connection ended. `verifier` is encrypted, `browser_hash` is HMAC-SHA256, `credentials_hash` is SHA-256 of `sealed`.

ALTER TABLE "authorization" ADD COLUMN browser_hash BLOB;
ALTER TABLE "authorization" ADD COLUMN verifier BLOB;

ALTER TABLE account ADD COLUMN ended_by TEXT NOT NULL DEFAULT '';

CREATE TABLE refresh_attempt (
    account_id TEXT NOT NULL PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    credentials_hash BLOB NOT NULL,
    begun_at DOUBLE PRECISION NOT NULL
);
