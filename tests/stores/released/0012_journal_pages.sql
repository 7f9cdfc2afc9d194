-- A write of the journal changes fewer pages, each of which goes to the log: only what reverts is in the index of that,
-- and the open entries are in the tree of their key. Entries that are open now stay so.

DROP INDEX journal_reverts;
CREATE INDEX journal_reverts ON journal (reverts) WHERE reverts IS NOT NULL;

ALTER TABLE journal_open RENAME TO journal_open_before;
CREATE TABLE journal_open (
    entry_id TEXT NOT NULL PRIMARY KEY,
    run TEXT NOT NULL,
    claimed_until DOUBLE PRECISION NOT NULL DEFAULT 0
) WITHOUT ROWID;
INSERT INTO journal_open SELECT entry_id, run, claimed_until FROM journal_open_before;
DROP TABLE journal_open_before;
