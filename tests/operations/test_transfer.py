"""An installation moves from SQLite to PostgreSQL and back: every row arrives, and what worked works."""

from __future__ import annotations

import asyncio
import gzip
import secrets
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import LargeBinary, Table, Text, insert, select

from runtime.errors import Conflict, LedgerportError, SettingsError
from runtime.operations.transfer import export_records, import_records
from runtime.stores.job_tables import JOB_EXECUTOR
from runtime.stores.migrations import find_newest_version
from runtime.stores.tables import DEPLOYMENT, METADATA
from runtime.stores.transfer_records import TRANSFERRED
from tests.deployment import Deployment, deploy
from tests.engines import Postgres, running_postgres

ROWS = 3
ALLOWED = {("account", "status"): "active", ("account", "ended_by"): "refused"}
"""Values of columns that take some only."""


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with running_postgres() as server:
        yield server


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Deployment]]:
    """Start deployments with one secret key."""
    secret, started = secrets.token_urlsafe(32), []

    def begin(name: str, **variables: str) -> Deployment:
        started.append(deploy(tmp_path / name, **{"LEDGERPORT_SECRET_KEY": secret, **variables}))
        return started[-1]

    yield begin
    for each in started:
        each.stores.close()


def fill(here: Deployment) -> None:
    """Rows in every table, each with a value in every column."""
    numbers = count(1)

    def make(table: Table, at: int) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for column in table.columns:
            if column.foreign_keys:
                values[column.name] = f"{next(iter(column.foreign_keys)).column.table.name}-id-{at}"
            elif (table.name, column.name) in ALLOWED:
                values[column.name] = ALLOWED[table.name, column.name]
            elif isinstance(column.type, Text):
                values[column.name] = (
                    f"{table.name}-{column.name}-{at}" if column.name == "id" else f"ä{at}'\n"
                )
            elif isinstance(column.type, LargeBinary):
                values[column.name] = bytes((at, *range(256)))
            else:
                values[column.name] = next(numbers)
        return values

    with here.stores.records._engine.begin() as connection:
        for table in TRANSFERRED:
            rows = [make(table, at) for at in range(1, ROWS + 1)]
            if table.name in {"journal_head", "journal_outcome", "journal_open", "spending"}:
                for at, row in enumerate(rows):
                    row |= {name: f"{at}" for name in ("account_id", "entry_id") if name in row}
                if table.name == "spending":
                    for at, row in enumerate(rows, 1):
                        row["account_id"] = f"account-id-{at}"
            connection.execute(insert(table), rows)


def dump(here: Deployment) -> dict[str, list[tuple[Any, ...]]]:
    with here.stores.records._reading.begin() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for table in TRANSFERRED
        }


def report(_done: int, _total: int) -> None:
    """Nobody looks."""


def move(one: Deployment, other: Deployment, file: Path, **how: Any) -> None:
    exported = export_records(one.stores, one.keys, file, report)
    assert import_records(other.stores, other.keys, file, report, **how) == exported


def test_every_row_of_every_table_arrives_on_postgresql_and_comes_back(
    start: Callable[..., Deployment], postgres: Postgres, tmp_path: Path
) -> None:
    embedded, fleet = start("one"), start("two", LEDGERPORT_DATABASE_URL=postgres.make_migrated())
    back = start("three")
    fill(embedded)
    move(embedded, fleet, tmp_path / "there.gz")
    move(fleet, back, tmp_path / "back.gz")
    before = dump(embedded)
    assert all(len(rows) == ROWS for rows in before.values())
    assert set(before) == {table.name for table in METADATA.sorted_tables} - {
        DEPLOYMENT.name,
        JOB_EXECUTOR.name,
    }
    assert dump(fleet) == before
    assert dump(back) == before


def test_a_url_and_an_api_token_work_in_the_fleet_and_new_rows_find_free_numbers(
    start: Callable[..., Deployment], postgres: Postgres, tmp_path: Path
) -> None:
    embedded = start("one")
    desk = embedded.add_desk()["id"]
    account = embedded.accounts.create("Shop", "books")["id"]
    url = embedded.mcp_servers.create(account, "Agent", {})["token"]
    api_token = embedded.api_tokens.create("test")["token"]
    fleet = start("two", LEDGERPORT_DATABASE_URL=postgres.make_migrated())
    move(embedded, fleet, tmp_path / "export.gz")

    async def look() -> None:
        grant = await fleet.stores.look_up.find_grant(fleet.keys.hash_token(url), fleet.clock())  # type: ignore[misc]
        assert grant is not None and grant.account.id == account
        connected = await fleet.stores.look_up.find_account(desk)
        assert connected is not None and b"prv-secret" in fleet.keys.open(connected.sealed, desk)
        assert await fleet.api_tokens.identify(api_token) is not None
        await fleet.stores.disconnect()

    asyncio.run(look())
    fleet.add_desk("Another desk")  # its entry in the audit has a number of its own
    assert b"prv-secret" not in gzip.decompress((tmp_path / "export.gz").read_bytes())
    assert (tmp_path / "export.gz").stat().st_mode & 0o077 == 0


def test_a_database_with_records_is_refused_unless_they_are_to_be_replaced(
    start: Callable[..., Deployment], tmp_path: Path
) -> None:
    one, other = start("one"), start("two")
    fill(one)
    other.add_desk()
    before = dump(other)
    with pytest.raises(Conflict, match="has records already"):
        move(one, other, tmp_path / "first.gz")
    assert dump(other) == before
    move(one, other, tmp_path / "second.gz", replaces=True)
    assert dump(other) == dump(one)


def rewrite(file: Path, change: Callable[[list[Any]], None]) -> None:
    lines = [orjson.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()]
    change(lines)
    file.write_bytes(gzip.compress(b"\n".join(map(orjson.dumps, lines))))


def drop_a_row(lines: list[Any]) -> None:
    del lines[5]


def drop_the_end(lines: list[Any]) -> None:
    del lines[-1]


def age(lines: list[Any]) -> None:
    lines[0]["version"] = find_newest_version() - 1


def take_another_key(lines: list[Any]) -> None:
    lines[0]["key_check"] = "AAAA"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (drop_a_row, "damaged"),
        (drop_the_end, "damaged"),
        (age, "another version"),
        (take_another_key, "another secret key"),
        (lambda lines: lines.__setitem__(0, 5), "no export"),
    ],
)
def test_a_file_that_is_not_whole_or_not_ours_changes_nothing(
    start: Callable[..., Deployment], tmp_path: Path, change: Callable[[list[Any]], None], says: str
) -> None:
    one, other = start("one"), start("two")
    fill(one)
    file = tmp_path / "export.gz"
    export_records(one.stores, one.keys, file, report)
    other.add_desk()
    before = dump(other)
    rewrite(file, change)
    with pytest.raises(SettingsError, match=says):
        import_records(other.stores, other.keys, file, report, replaces=True)
    assert dump(other) == before


@pytest.mark.parametrize("part", [0.5, 0.99])
def test_a_file_that_was_cut_off_changes_nothing(
    start: Callable[..., Deployment], tmp_path: Path, part: float
) -> None:
    one, other = start("one"), start("two")
    fill(one)
    file = tmp_path / "export.gz"
    export_records(one.stores, one.keys, file, report)
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * part)])
    with pytest.raises(LedgerportError, match="damaged"):
        import_records(other.stores, other.keys, file, report)
    assert not any(dump(other).values())


def test_an_export_never_replaces_a_file_nor_leaves_half_of_one(
    start: Callable[..., Deployment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, file = start("one"), tmp_path / "export.gz"
    file.write_text("mine")
    with pytest.raises(Conflict):
        export_records(here.stores, here.keys, file, report)
    assert file.read_text() == "mine"

    def fail(*_given: object) -> None:
        raise OSError("full")

    monkeypatch.setattr(here.stores.records, "export_all", fail)
    with pytest.raises(OSError, match="full"):
        export_records(here.stores, here.keys, tmp_path / "other.gz", report)
    assert {path.name for path in tmp_path.iterdir()} == {"export.gz", "one"}
