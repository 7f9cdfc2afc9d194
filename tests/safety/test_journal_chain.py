"""The chain of the journal shows every change of the past: real SQLite, changed by hand."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from runtime.keys.crypto import Keys
from runtime.safety.journal.chain import Break, Head, find_breaks, hash_link
from runtime.stores.embedded import Stores
from runtime.stores.journal_tables import JOURNAL, JOURNAL_OUTCOME
from runtime.stores.new_link import NewLink
from tests.deployment import deploy

KEYS = Keys(bytes(32))
ACCOUNTS = ("a1", "b2")
ENTRIES = 4
"""Of each account, each with an outcome."""


def intent(number: int, account: str) -> NewLink:
    values = {
        "id": f"{account}-{number}",
        "account_id": account,
        "kind": "write",
        "caller": "mcp_server:m1",
        "client": "agent 1",
        "begun_at": 1000.5 + number,
        "tool": "create_a_acme_invoice",
        "resource": "invoices",
        "record_id": "",
        "vendor_key": f"key-{number}",
        "reverts": None if number % 2 else "other",
        "reverses": "7" if number % 3 else None,
        "sealed": bytes([number]) * 20,
    }
    return NewLink("journal", values, "run")


def outcome(number: int, account: str) -> NewLink:
    values = {
        "account_id": account,
        "entry_id": f"{account}-{number}",
        "at": 1001.25 + number,
        "outcome": "done",
        "settled_how": "",
        "status": 200,
        "trace": "t",
        "record_id": str(number),
        "sealed": bytes([number]) * 10,
    }
    return NewLink("journal_outcome", values)


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    made = deploy(tmp_path).stores
    hash_of = partial(hash_link, KEYS)
    for number in range(ENTRIES):
        made.records.add_links([intent(number, each) for each in ACCOUNTS], hash_of)
        made.records.add_links([outcome(number, each) for each in ACCOUNTS], hash_of)
    yield made
    made.close()


def breaks(stores: Stores, *exported: Head) -> list[Break]:
    heads = [Head(*each) for each in stores.records.read_journal_heads()]
    return list(find_breaks(stores.records.read_journal_links(), heads, exported, partial(hash_link, KEYS)))


def heads_of(stores: Stores) -> list[Head]:
    return [Head(*each) for each in stores.records.read_journal_heads()]


def change(stores: Stores, statement: str, *values: Any) -> int:
    with closing(sqlite3.connect(stores.path)) as connection, connection:
        return connection.execute(statement, values).rowcount


def test_a_chain_that_nobody_touched_is_whole(stores: Stores) -> None:
    assert breaks(stores, *heads_of(stores)) == []
    assert [(each.account_id, each.seq) for each in heads_of(stores)] == [("a1", 8), ("b2", 8)]


def columns() -> list[tuple[str, str]]:
    return [(table.name, column.name) for table in (JOURNAL, JOURNAL_OUTCOME) for column in table.c]


def is_changed_and_found(stores: Stores, statement: str, *values: Any) -> bool:
    """Whether a change shows in the chains of a copy; None is no change, because the database refuses it."""
    copy = sqlite3.connect(":memory:")
    with closing(sqlite3.connect(stores.path)) as source:
        source.backup(copy)
    with closing(copy):
        try:
            if not copy.execute(statement, values).rowcount:
                return True
        except sqlite3.IntegrityError:
            return True
        copy.row_factory = sqlite3.Row
        links = [
            dict(row)
            for name in ("journal", "journal_outcome")
            for row in copy.execute(f"SELECT * FROM {name}")
        ]
    links.sort(
        key=lambda link: (str(link["account_id"]), link["seq"] if isinstance(link["seq"], int) else -1)
    )
    return bool(list(find_breaks(links, heads_of(stores), (), partial(hash_link, KEYS))))


def test_any_other_value_in_any_column_is_found(stores: Stores) -> None:
    unseen = [
        (table, column, other)
        for table, column in columns()
        for other in (b"\x00", "x", 7.5, None)
        if not is_changed_and_found(
            stores,
            f"UPDATE {table} SET {column} = ? WHERE account_id = 'b2' AND seq BETWEEN 3 AND 4 AND {column} IS NOT ?",
            other,
            other,
        )
    ]
    assert unseen == []


def test_any_changed_byte_is_found(stores: Stores) -> None:
    chance, unseen = random.Random(11), []
    for _ in range(100):
        table = chance.choice(["journal", "journal_outcome"])
        seq = 2 * chance.randrange(ENTRIES) + 1 + (table == "journal_outcome")
        column = chance.choice(["sealed", "hash"])
        with closing(sqlite3.connect(stores.path)) as connection:
            wanted = f"SELECT {column} FROM {table} WHERE account_id = 'a1' AND seq = ?"
            value = bytearray(connection.execute(wanted, (seq,)).fetchone()[0])
        value[chance.randrange(len(value))] ^= 1 << chance.randrange(8)
        statement = f"UPDATE {table} SET {column} = ? WHERE account_id = 'a1' AND seq = ?"
        if not is_changed_and_found(stores, statement, bytes(value), seq):
            unseen.append((table, column, seq))
    assert unseen == []


def test_any_removed_link_is_found(stores: Stores) -> None:
    removed = [("journal" if seq % 2 else "journal_outcome", seq) for seq in range(1, 2 * ENTRIES + 1)]
    statement = "DELETE FROM {} WHERE account_id = 'a1' AND seq = ?"
    assert [
        each for each in removed if not is_changed_and_found(stores, statement.format(each[0]), each[1])
    ] == []


@pytest.mark.parametrize("seed", range(3))
def test_two_links_that_changed_places_are_found(stores: Stores, seed: int) -> None:
    one, other = random.Random(seed).sample(range(1, 2 * ENTRIES + 1, 2), 2)
    for before, after in ((one, 100), (other, one), (100, other)):
        assert change(stores, "UPDATE journal SET seq = ? WHERE account_id = 'a1' AND seq = ?", after, before)
    assert breaks(stores)


def test_an_inserted_link_is_found(stores: Stores) -> None:
    copied = (
        "INSERT INTO journal SELECT 'new', account_id, seq + 8, kind, caller, client, begun_at, tool, resource, "
        "record_id, vendor_key, reverts, sealed, hash, reverses FROM journal WHERE account_id = 'a1' AND seq = 1"
    )
    assert change(stores, copied)
    assert breaks(stores)


def test_a_link_of_another_account_is_found(stores: Stores) -> None:
    assert change(stores, "DELETE FROM journal WHERE account_id = 'a1' AND seq = 3")
    assert change(stores, "UPDATE journal SET account_id = 'a1' WHERE account_id = 'b2' AND seq = 3")
    assert {each.account_id for each in breaks(stores)} == {"a1", "b2"}


def test_that_the_newest_links_were_removed_shows_against_an_exported_head_at_the_latest(
    stores: Stores,
) -> None:
    exported = heads_of(stores)
    with closing(sqlite3.connect(stores.path)) as connection:
        earlier = connection.execute(
            "SELECT hash FROM journal_outcome WHERE account_id = 'a1' AND seq = 6"
        ).fetchone()[0]
    for table in ("journal", "journal_outcome"):
        change(stores, f"DELETE FROM {table} WHERE account_id = 'a1' AND seq > 6")
    assert breaks(stores) != [], "the stored head shows it"
    change(stores, "UPDATE journal_head SET seq = 6, hash = ? WHERE account_id = 'a1'", earlier)
    assert breaks(stores) == []
    assert [(each.account_id, each.seq) for each in breaks(stores, *exported)] == [("a1", 8)]


def test_an_earlier_head_is_led_through_by_what_was_added_since(stores: Stores) -> None:
    exported = heads_of(stores)
    stores.records.add_links([intent(99, "a1")], partial(hash_link, KEYS))
    assert breaks(stores, *exported) == []


def test_without_the_key_no_link_can_be_made(stores: Stores) -> None:
    made_up = partial(hash_link, Keys(b"another key, of somebody else..."))
    stores.records.add_links([intent(99, "a1")], made_up)
    assert [each.seq for each in breaks(stores)] == [9]
