-- The record that a write books the opposite of, or the right one in the place of: its Id at the vendor.

ALTER TABLE journal ADD COLUMN reverses TEXT;
CREATE INDEX journal_reverses ON journal (account_id, reverses) WHERE reverses IS NOT NULL;
