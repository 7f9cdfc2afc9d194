"""Entries of the journal as a table for a file: one row for each, with everything that a list shows of it and its ids.

Called by the pages of the journal; `exports` writes the file.
"""

from __future__ import annotations

from datetime import datetime

from runtime.model import Account
from runtime.operations.companies import show_name
from runtime.operations.exports.sheet import Column, Sheet, SheetRow
from runtime.operations.formats import Formats
from runtime.operations.journal_views import JournalViews, Row, Wanted

MOST_EXPORTED = 20_000
"""Entries of one file, which takes some seconds to decrypt. A longer journal is exported by its dates."""
_AT_ONCE = 500
"""Entries that are decrypted together, some 5 MB where records are large."""
COLUMNS = (
    Column("Time"), Column("Write"), Column("Record type"), Column("Record number or name"), Column("With"),
    Column("Total amount", "amount"), Column("Currency"), Column("Outcome"), Column("Can be undone"), Column("Who"),
    Column("Who: details"), Column("Program"), Column("Tool"), Column("Record Id"), Column("Error"),
    Column("Undoes entry"), Column("Undone by entry"), Column("Entry"), Column("Number in the chain", "number"),
    Column("Caller"), Column("Idempotency key"), Column("Vendor request"), Column("Approved by"),
    Column("Waited by"), Column("Pending change"),
)  # fmt: skip


def make_journal_sheet(views: JournalViews, account: Account, wanted: Wanted, formats: Formats) -> Sheet:
    """Return the entries that are wanted, the newest first, as a table; its notes say whether it has all of them."""
    rows, is_whole = read_rows(views, account, wanted)
    made = f"{formats.write_full_day(formats.now)}, {formats.write_clock(formats.now)} {formats.zone_name}"
    notes = (
        f"Journal of {show_name(account)}, made {made}.",
        f"{len(rows)} entries." if is_whole else f"The newest {len(rows)} entries; there are more.",
    )
    return Sheet("Journal", COLUMNS, [_make_row(each, formats) for each in rows], notes)


def read_rows(views: JournalViews, account: Account, wanted: Wanted) -> tuple[list[Row], bool]:
    """Return the entries that are wanted, up to the bound of a file, and whether those are all."""
    rows, cursor, looked_at = list[Row](), "", 0
    while max(len(rows), looked_at) < MOST_EXPORTED:
        part = views.list_part(account, wanted, cursor, min(_AT_ONCE, MOST_EXPORTED - len(rows)))
        rows += part.rows
        cursor, looked_at = part.next_cursor, looked_at + part.looked_at
        if not cursor:
            return rows, True
    return rows, False


def _make_row(row: Row, formats: Formats) -> SheetRow:
    entry, said = row.entry, row.said
    error, approved = said.error or {}, row.approved
    return SheetRow(
        (
            datetime.fromtimestamp(entry.begun_at, formats.zone).isoformat(timespec="seconds"),
            said.title, said.kind, said.number, said.party, said.amount, said.currency or formats.currency,
            said.status[1], "yes" if said.can_undo else said.why_not, row.who.name, row.who.about, entry.client,
            entry.tool, row.record_id, str(error.get("message", "")), entry.reverts or "",
            said.undone_by.id if said.undone_by else "", entry.id, entry.seq, entry.caller, entry.vendor_key,
            entry.last.trace if entry.last else "",
            approved.who.name if approved else "", "; ".join(approved.rules) if approved else "",
            approved.change_id if approved else "",
        )
    )  # fmt: skip
