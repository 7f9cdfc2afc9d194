from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runtime.errors import SettingsError, StorageUnavailable
from runtime.keys.crypto import Keys
from runtime.model import (
    Account,
    AccountId,
    ApiToken,
    ApiTokenId,
    AuditEntry,
    Authorization,
    Grant,
    McpServer,
    McpServerId,
    ServerConfig,
    TokenHash,
)
from runtime.stores import sqlite
from runtime.stores.embedded import Stores, open_stores
from runtime.stores.migrations import find_newest_version
from runtime.stores.opening import bring_up_to_date
from runtime.stores.purge_records import PURGE_AFTER_SECONDS
from runtime.tenancy import AccountError
from tests.deployment import deploy

CONFIG = ServerConfig(("read",), ("sales", "é"), True, "http_429", 5000, "discovery", True)
ACCOUNT = Account(
    AccountId("a1"), "books", "production", "Shop", "active", "42", {"company_id": "42"}, b"s", 1.0, 2.0
)
SERVER = McpServer(McpServerId("m1"), AccountId("a1"), "Agent", CONFIG, 100.0, 5.0, 6.0)
HASH = TokenHash(b"h" * 32)


def noted(at: float = 1.0, subject: str = "a1") -> AuditEntry:
    return AuditEntry(at, "test", "done", subject)


@pytest.fixture
def stores(tmp_path: Path, database: dict[str, str]) -> Iterator[Stores]:
    made = deploy(tmp_path, **database).stores
    made.records.add_account(ACCOUNT, noted())
    yield made
    made.close()


@pytest.fixture
def file_stores(tmp_path: Path) -> Stores:
    made = deploy(tmp_path).stores
    made.records.add_account(ACCOUNT, noted())
    return made


def ask(stores: Stores, question: Callable[[Any], Any]) -> Any:
    """What the look-up answers, at once or awaited; its connections end with the loop."""

    async def answer() -> Any:
        found = question(stores.look_up)
        try:
            return await found if isinstance(found, Awaitable) else found
        finally:
            await stores.disconnect()

    return asyncio.run(answer())


def grant_of(stores: Stores, token_hash: TokenHash, now: float) -> Grant | None:
    found: Grant | None = ask(stores, lambda look_up: look_up.find_grant(token_hash, now))
    return found


def test_an_account_is_read_back_as_it_was_stored(stores: Stores) -> None:
    assert stores.read_account(ACCOUNT.id) == ACCOUNT
    assert stores.records.list_accounts(None, 10) == [ACCOUNT]


def test_a_token_opens_the_grant_of_its_server_until_the_moment_it_expires(stores: Stores) -> None:
    stores.records.add_mcp_server(SERVER, HASH, noted())
    grant = grant_of(stores, HASH, 99.999)
    assert grant is not None
    assert (grant.account, grant.config, grant.server_id) == (ACCOUNT, CONFIG, "m1")
    assert grant_of(stores, HASH, 100.0) is None
    assert grant_of(stores, TokenHash(b"x" * 32), 1.0) is None


def test_what_another_process_revoked_is_revoked_with_the_next_read(file_stores: Stores) -> None:
    file_stores.records.add_mcp_server(SERVER, HASH, noted())
    assert grant_of(file_stores, HASH, 50.0) is not None
    with sqlite3.connect(file_stores.path) as other:
        other.execute("DELETE FROM mcp_server")
    other.close()
    assert grant_of(file_stores, HASH, 50.0) is None


def test_an_expired_server_is_gone_for_every_reader_before_it_is_purged(stores: Stores) -> None:
    stores.records.add_mcp_server(SERVER, HASH, noted())
    records = stores.records
    assert records.list_mcp_servers(ACCOUNT.id, None, 10, 99.0) == [SERVER]
    assert records.list_mcp_servers(ACCOUNT.id, None, 10, 100.0) == []
    assert records.find_mcp_server(ACCOUNT.id, SERVER.id, 100.0) is None
    assert records.change_mcp_server(ACCOUNT.id, SERVER.id, lambda server: server, noted(100.0)) is None
    assert not records.delete_mcp_server(ACCOUNT.id, SERVER.id, noted(100.0))
    assert [records.note_expired(at) for at in (99.0, 100.0, 100.0)] == [[], [(SERVER.id, ACCOUNT.id)], []]
    assert [records.purge(at + PURGE_AFTER_SECONDS) for at in (99.0, 100.0, 100.0)] == [0, 1, 0]
    assert PURGE_AFTER_SECONDS >= 4 * 3600, "a clock that is two hours ahead would delete servers"


def test_a_purge_that_cannot_be_written_is_said_and_the_next_one_works(file_stores: Stores) -> None:
    file_stores.records.add_mcp_server(SERVER, HASH, noted())
    file_stores.note_expired(100.0)
    other = sqlite3.connect(file_stores.path, isolation_level=None)
    other.execute("CREATE TRIGGER full BEFORE DELETE ON mcp_server BEGIN SELECT RAISE(FAIL, 'full'); END")
    with pytest.raises(StorageUnavailable, match="cannot be purged"):
        file_stores.purge(100.0 + PURGE_AFTER_SECONDS)
    other.execute("DROP TRIGGER full")
    other.close()
    assert [file_stores.purge(100.0 + PURGE_AFTER_SECONDS) for _ in range(2)] == [1, 0]


def test_a_company_that_is_not_known_is_nobodys(stores: Stores) -> None:
    nameless = replace(ACCOUNT, id=AccountId("a2"), company="")
    stores.records.add_account(nameless, noted())
    stores.records.add_account(replace(nameless, id=AccountId("a3")), noted())
    stores.records.add_account(replace(ACCOUNT, id=AccountId("a4")), noted())
    assert stores.records.is_company_shared(ACCOUNT)
    assert not stores.records.is_company_shared(nameless)


def test_both_readers_open_the_same_file_whatever_its_name(tmp_path: Path) -> None:
    stores = deploy(tmp_path / "what?mode=ro#100%").stores
    stores.records.add_account(ACCOUNT, noted())
    assert stores.read_account(ACCOUNT.id) == ACCOUNT
    stores.close()


def test_a_server_of_another_account_is_not_found(stores: Stores) -> None:
    stores.records.add_account(replace(ACCOUNT, id=AccountId("a2")), noted())
    stores.records.add_mcp_server(SERVER, HASH, noted())
    assert stores.records.find_mcp_server(AccountId("a2"), SERVER.id, 1.0) is None
    assert not stores.records.delete_mcp_server(AccountId("a2"), SERVER.id, noted())


def test_what_belongs_to_an_account_goes_with_it(stores: Stores) -> None:
    records = stores.records
    records.add_mcp_server(SERVER, HASH, noted())
    records.add_authorization(HASH, Authorization(ACCOUNT.id, "http://x", 50.0))
    assert records.delete_account(ACCOUNT.id, noted())
    assert grant_of(stores, HASH, 1.0) is None
    assert records.use_authorization(HASH, HASH, 1.0) is None
    assert not records.add_mcp_server(SERVER, HASH, noted())
    assert not records.add_authorization(HASH, Authorization(ACCOUNT.id, "http://x", 50.0))
    assert not records.delete_account(ACCOUNT.id, noted())


def test_credentials_are_replaced_only_when_they_are_still_the_ones_that_were_read(stores: Stores) -> None:
    records = stores.records
    assert records.replace_credentials(ACCOUNT.id, b"s", b"new", 3.0)
    assert not records.replace_credentials(ACCOUNT.id, b"s", b"late", 4.0)
    assert not records.require_reauth(ACCOUNT, AccountError("gone", "It is gone.", 3.0), noted())
    found = stores.read_account(ACCOUNT.id)
    assert found is not None and (found.sealed, found.status) == (b"new", "active")


def test_a_list_goes_on_where_it_stopped_also_among_equal_times(stores: Stores) -> None:
    for number in range(2, 8):
        stores.records.add_account(replace(ACCOUNT, id=AccountId(f"a{number}")), noted())
    seen, after = [], None
    while part := stores.records.list_accounts(after, 3):
        seen += [account.id for account in part]
        after = (part[-1].created_at, part[-1].id)
    assert seen == [f"a{number}" for number in range(1, 8)]


def test_api_tokens_are_found_by_their_hash_until_they_are_revoked(stores: Stores) -> None:
    token = ApiToken(ApiTokenId("t1"), "ci", 1.0, None)
    stores.records.add_api_token(token, HASH, noted())
    stores.records.note_api_token_use(token.id, 7.0)
    assert ask(stores, lambda look_up: look_up.find_api_token(HASH, 6.0)) == replace(token, last_used_at=7.0)
    assert stores.records.delete_api_token(token.id, noted())
    assert ask(stores, lambda look_up: look_up.find_api_token(HASH, 8.0)) is None


def test_processes_that_start_at_once_migrate_once(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from runtime.keys.crypto import Keys; "
        "from runtime.stores.opening import bring_up_to_date; "
        "print(bring_up_to_date(Path(sys.argv[1]), 1.0, Keys(bytes(32))))"
    )
    path = tmp_path / "records.sqlite3"
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE) for _ in range(4)
    ]
    assert {process.communicate()[0].strip() for process in running} == {b"%d" % find_newest_version()}
    with sqlite3.connect(path) as connection:
        noted_versions = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        assert [int(row[0]) for row in noted_versions] == [find_newest_version()]
    connection.close()
    assert path.stat().st_mode & 0o077 == 0


def test_a_commit_survives_a_power_cut(file_stores: Stores) -> None:
    connection = sqlite.connect(file_stores.path)
    found = [
        connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "foreign_keys")
    ]
    connection.close()
    assert found == ["wal", 2, 1]


def test_a_file_of_a_later_version_or_no_database_is_refused(tmp_path: Path) -> None:
    here = deploy(tmp_path)
    connection = sqlite.connect(here.stores.path)
    connection.execute("UPDATE alembic_version SET version_num = '0999'")
    connection.close()
    with pytest.raises(SettingsError, match="of version 999"):
        open_stores(here.settings, 1.0)
    other = tmp_path / "other"
    other.write_bytes(b"not a database" * 100)
    with pytest.raises(SettingsError, match="cannot be used"):
        bring_up_to_date(other, 1.0, Keys(bytes(32)))
