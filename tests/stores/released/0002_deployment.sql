-- The deployment that the database belongs to: one row. `key_check` is an HMAC of a constant under the secret key, so
-- that another key is recognized at start; `probed_at` is when a test last wrote here after a failed write.

CREATE TABLE deployment (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    key_check BLOB NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    probed_at DOUBLE PRECISION
);
