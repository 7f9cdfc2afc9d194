"""Reads the journal of writes: lists it in parts, shows one entry, verifies the chain and exports its heads.

Called by the management API, the command line and by `mcp_server.changes`. What is sensitive is masked here as
the tools of the account mask it. `write_journal` stores what is read here.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import orjson

from runtime.deployment import Deployment
from runtime.errors import InvalidRequest, NotFound, StorageUnavailable
from runtime.journal_filter import JournalFilter
from runtime.model import AccountId, JournalEntry
from runtime.operations import answers
from runtime.operations.approved_writes import ApprovedWrite, read_approvals
from runtime.operations.names import refuse_unknown_account
from runtime.safety import masking
from runtime.safety.journal.chain import Break, Head, find_breaks, hash_link
from runtime.safety.journal.sealing import open_sealed
from runtime.upstream.visible_text import show_in_json

NO_FILTER = JournalFilter()


class Journal:
    """Reads the journal. One for the process, or for a command."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._stores = deployment.stores

    def list(
        self,
        account_id: str,
        wanted: JournalFilter = NO_FILTER,
        limit: int = answers.USUAL_PART,
        next_cursor: str = "",
    ) -> dict[str, Any]:
        """Return a part of the entries of an account, the newest first: `{result, next_cursor}`.

        Raises NotFound for an unknown account, InvalidRequest for a cursor that no list has answered.
        """
        self._check_account(account_id)
        most = min(max(1, limit), answers.LARGEST_PART)
        found = self.read(account_id, wanted, most + 1, next_cursor)
        more = str(found[most - 1].seq) if len(found) > most else None
        return {"result": [make_visible(show_entry(each)) for each in found[:most]], "next_cursor": more}

    def read(
        self, account_id: str, wanted: JournalFilter, limit: int, next_cursor: str
    ) -> Sequence[JournalEntry]:
        """Return entries as they are stored, the newest first. Raises InvalidRequest for a wrong cursor."""
        before = _read_cursor(next_cursor)
        self.wait()
        return self._stores.records.read_journal_entries(AccountId(account_id), wanted, before, limit)

    def wait(self) -> None:
        """Wait until the outcomes of the calls that this process has answered are stored."""
        with contextlib.suppress(StorageUnavailable):  # what is there can be read all the same
            self._stores.drain_journal()

    def get(self, account_id: str, entry_id: str) -> dict[str, Any]:
        """Return one entry with its arguments, and the record before and after it. Raises NotFound."""
        self._check_account(account_id)
        return self.show(self.find(account_id, entry_id))

    def find(self, account_id: str | None, entry_id: str) -> JournalEntry:
        """Return one entry as it is stored, of any account for None. Raises NotFound."""
        owner = None if account_id is None else AccountId(account_id)
        self.wait()
        found = self._stores.records.find_journal_entry(owner, entry_id)
        if found is None:
            raise NotFound(
                "There is no such entry in the journal.",
                advice="The list of the journal has the ids that there are.",
            )
        return found

    def show(self, entry: JournalEntry, *, is_masked: bool = True) -> dict[str, Any]:
        """Return an entry with what is stored encrypted; sensitive values are masked unless it says otherwise."""
        intent, outcome = self.open(entry)
        approved = self.find_approval(entry, intent)
        secret = {
            "arguments": intent["arguments"],
            "before": intent["before"],
            "after": outcome.get("after"),
            "error": outcome.get("error"),
        }
        tool = self._deployment.catalog().by_name.get(entry.tool)
        cover = masking.cover_of(tool, (), is_masked=is_masked) if tool else None
        shown = show_entry(entry) | (masking.hide(cover, secret) if cover else secret)
        return make_visible(shown | {"approval": approved and approved.as_dict()})

    def find_approval(self, entry: JournalEntry, intent: Mapping[str, Any]) -> ApprovedWrite | None:
        """Return who approved a write, of which what is stored encrypted is given; None where it did not wait."""
        return read_approvals(self._stores.records, {entry.id: intent}).get(entry.id)

    def open(self, entry: JournalEntry) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what is stored encrypted of an entry and of its outcome. Raises SealBroken."""
        keys = self._deployment.keys
        intent = open_sealed(keys, entry.id, entry.sealed)
        return intent, open_sealed(keys, entry.id, entry.last.sealed) if entry.last else {}

    def verify(self, account_id: str | None = None, exported: str = "") -> Iterator[Break]:
        """Yield where the chains are not as they were stored. `exported` are heads as `export_heads` wrote them.

        Raises InvalidRequest for a text that is none.
        """
        owner = None if account_id is None else AccountId(account_id)
        self.wait()
        heads = list(self._heads(owner))
        links = self._stores.records.read_journal_links(owner)
        wanted = [head for head in read_heads(exported) if owner in (None, head.account_id)]
        yield from find_breaks(links, heads, wanted, partial(hash_link, self._deployment.keys))

    def export_heads(self, account_id: str | None = None) -> str:
        """Return the last link of every chain, or of one, a line of JSON for each; no power cut takes them back."""
        owner = None if account_id is None else AccountId(account_id)
        self.wait()
        with contextlib.suppress(StorageUnavailable):  # what is there can be read all the same
            self._stores.records.make_lasting(self._deployment.clock())
        return "".join(
            orjson.dumps({"account_id": head.account_id, "seq": head.seq, "hash": head.hash.hex()}).decode()
            + "\n"
            for head in self._heads(owner)
        )

    def count_links(self, account_id: str) -> int:
        """Return how many links the chain of an account has, by its stored head."""
        return next((head.seq for head in self._heads(AccountId(account_id))), 0)

    def _heads(self, account_id: AccountId | None) -> Iterator[Head]:
        return (Head(*each) for each in self._stores.records.read_journal_heads(account_id))

    def _check_account(self, account_id: str) -> None:
        if self._stores.read_account(AccountId(account_id)) is None:
            raise refuse_unknown_account()


def show_entry(entry: JournalEntry) -> dict[str, Any]:
    """Return an entry without what is stored encrypted."""
    last = entry.last
    return {
        "id": entry.id,
        "seq": entry.seq,
        "kind": entry.kind,
        "outcome": entry.outcome,
        "settled_how": last.settled_how or None if last else None,
        "begun_at": answers.format_time(entry.begun_at),
        "ended_at": answers.format_time(last.at) if last else None,
        "caller": entry.caller,
        "client": entry.client,
        "tool": entry.tool,
        "resource": entry.resource,
        "record_id": (last.record_id if last else "") or entry.record_id or None,
        "idempotency_key": entry.vendor_key,
        "trace": last.trace or None if last else None,
        "status": last.status or None if last else None,
        "reverts": entry.reverts,
        "reverses": entry.reverses,
    }


def make_visible(value: dict[str, Any]) -> dict[str, Any]:
    """Return a part of an answer with the characters in it that nobody sees written as their numbers."""
    text = orjson.dumps(value)
    shown = show_in_json(text)
    found: dict[str, Any] = value if shown is text else orjson.loads(shown)
    return found


def read_heads(text: str) -> Iterable[Head]:
    """Return the heads in a text that `export_heads` wrote. Raises InvalidRequest."""
    try:
        lines = [orjson.loads(line) for line in text.splitlines() if line.strip()]
        return [
            Head(str(each["account_id"]), int(each["seq"]), bytes.fromhex(each["hash"])) for each in lines
        ]
    except (ValueError, KeyError, TypeError):
        raise InvalidRequest(
            "This is no exported head of a journal.", advice="ledgerport journal head > FILE writes one."
        ) from None


def _read_cursor(cursor: str) -> int | None:
    if not cursor:
        return None
    if not (cursor.isascii() and cursor.isdecimal()) or len(cursor) > 15:
        raise InvalidRequest(
            "next_cursor is not one that a list here has answered.",
            advice="Pass next_cursor on unchanged, or leave it out to begin again.",
        )
    return int(cursor)
