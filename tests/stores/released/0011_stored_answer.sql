-- The vendor's first answer to a write under a caller's key, encrypted, where the vendor itself does not repeat it.

ALTER TABLE idempotency_key ADD COLUMN answer BLOB;
