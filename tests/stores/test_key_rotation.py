"""The secret key is rotated while everything goes on: what it sealed is sealed anew, and every token still works."""

from __future__ import annotations

import asyncio
import base64
import secrets
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import LargeBinary, update

from runtime.commands.cli import main
from runtime.connect.sealing import open_credentials, seal_credentials
from runtime.errors import SealBroken, SettingsError
from runtime.keys.crypto import Keys
from runtime.model import AccountId, Authorization, Credentials, TokenHash
from runtime.operations.key_rotation import KeyRotation
from runtime.operations.transfer import export_records, import_records
from runtime.settings import find_shared_directory
from runtime.stores.sealed_records import PLACES
from runtime.stores.tables import METADATA
from tests.deployment import Deployment, deploy
from tests.stores.test_records import ACCOUNT, noted

OLD, NEW = (base64.b64encode(secrets.token_bytes(32)).decode() for _ in range(2))
BOTH = {"LEDGERPORT_SECRET_KEY": NEW, "LEDGERPORT_PREVIOUS_SECRET_KEYS": OLD}
CREDENTIALS = Credentials("access", "refresh")
MANY = 25
"""Accounts: more than two steps."""


def fill(here: Deployment) -> dict[str, Any]:
    """Something of every kind that is sealed, and tokens whose hashes are stored."""
    records, keys = here.stores.records, here.keys
    for number in range(MANY):
        id_ = AccountId(f"a{number:03d}")
        records.add_account(
            replace(ACCOUNT, id=id_, sealed=seal_credentials(keys, id_, CREDENTIALS)), noted()
        )
    state = TokenHash(b"s" * 32)
    owner = f"authorization/{state.hex()}"
    verifier = keys.seal(b"verifier", owner)
    records.add_authorization(
        state, Authorization(AccountId("a000"), "http://x", here.clock() + 99, verifier=verifier)
    )
    records.replace_grant(state, keys.seal(b"granted", owner))
    key_hash = keys.hash_key(b"key")
    records.bind_key(key_hash, b"print", here.clock(), here.clock() + 99)
    records.store_answer(key_hash, b"print", keys.seal(b"answer", f"answer:{key_hash.hex()}"))
    return {"token": here.api_tokens.create("ci")["token"], "key": key_hash, "state": state}


async def is_known(here: Deployment, token: str) -> bool:
    try:
        return await here.api_tokens.identify(token) is not None
    finally:
        await here.stores.disconnect()


def check_all(here: Deployment, made: dict[str, Any]) -> None:
    records = here.stores.records
    account = records.find_account(AccountId("a024"))
    assert account is not None and open_credentials(here.keys, account) == CREDENTIALS
    found = records.find_authorization(made["state"])
    owner = f"authorization/{made['state'].hex()}"
    assert found is not None and found.verifier is not None and found.granted is not None
    assert (here.keys.open(found.verifier, owner), here.keys.open(found.granted, owner)) == (
        b"verifier",
        b"granted",
    )
    assert here.keys.hash_key(b"key") == made["key"]
    answer = records.find_answer(made["key"])
    assert answer is not None and here.keys.open(answer, f"answer:{made['key'].hex()}") == b"answer"
    assert asyncio.run(is_known(here, made["token"]))


def test_everything_is_sealed_anew_and_opens_without_the_old_key(
    tmp_path: Path, database: dict[str, str]
) -> None:
    old = deploy(tmp_path, LEDGERPORT_SECRET_KEY=OLD, **database)
    made = fill(old)
    journal = old.keys.seal_lasting(b"entry", "journal")
    here = deploy(tmp_path, **BOTH, **database)
    check_all(here, made)

    found = KeyRotation(here.parts(), step=10).run()

    assert (found.resealed, found.left, found.is_finished) == (MANY + 3, {}, True)
    check_all(here, made)
    only_new = deploy(tmp_path, LEDGERPORT_SECRET_KEY=NEW, **database)
    check_all(only_new, made)
    assert only_new.keys.open(journal, "journal") == b"entry"
    assert KeyRotation(only_new.parts()).run().resealed == 0
    with pytest.raises(SettingsError, match="belongs to another secret key"):
        deploy(tmp_path, LEDGERPORT_SECRET_KEY=OLD, **database)
    for each in (old, here, only_new):
        each.stores.close()


def test_a_rotation_that_was_interrupted_goes_on_and_the_new_key_alone_is_refused_until_then(
    tmp_path: Path,
) -> None:
    made = fill(deploy(tmp_path, LEDGERPORT_SECRET_KEY=OLD))
    here = deploy(tmp_path, **BOTH)

    def interrupt(_done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        KeyRotation(here.parts(), step=10).run(interrupt)
    check_all(here, made)
    with pytest.raises(SettingsError, match="belongs to another secret key"):
        deploy(tmp_path, LEDGERPORT_SECRET_KEY=NEW)
    left = KeyRotation(here.parts(), step=10).count()
    assert 0 < left < MANY + 3
    assert KeyRotation(here.parts(), step=10).run().resealed == left
    check_all(deploy(tmp_path, LEDGERPORT_SECRET_KEY=NEW), made)


def test_an_account_that_is_being_refreshed_is_left_and_said_to_be(tmp_path: Path) -> None:
    fill(deploy(tmp_path, LEDGERPORT_SECRET_KEY=OLD))
    here = deploy(tmp_path, **BOTH)
    account = here.stores.records.find_account(AccountId("a007"))
    assert account is not None
    now = here.clock()
    assert here.stores.records.claim_refresh(account, "another process", now, now + 9, now + 99).is_mine
    found = KeyRotation(here.parts(), step=10).run()
    assert (found.left, found.is_finished) == ({"accounts": 1}, False)
    renewed = seal_credentials(here.keys, account.id, Credentials("next", "rotated"))
    assert here.stores.records.replace_credentials(account.id, account.sealed, renewed, now)
    assert KeyRotation(here.parts(), step=10).run().is_finished


def test_what_no_key_opens_stays_as_it_is_and_the_rotation_does_not_end(tmp_path: Path) -> None:
    fill(deploy(tmp_path, LEDGERPORT_SECRET_KEY=OLD))
    here = deploy(tmp_path, **BOTH)
    foreign = Keys(b"x" * 32).seal(b"{}", "a001")
    with here.stores.records._engine.begin() as connection:
        table = METADATA.tables["account"]
        connection.execute(update(table).where(table.c.id == "a001").values(sealed=foreign))
    found = KeyRotation(here.parts(), step=10).run()
    assert (found.broken, found.left, found.is_finished) == (1, {"accounts": 1}, False)
    with pytest.raises(SealBroken, match="not given"):
        here.keys.open(foreign, "a001")


def test_a_second_rotation_works_as_the_first(tmp_path: Path) -> None:
    made = fill(deploy(tmp_path, LEDGERPORT_SECRET_KEY=OLD))
    assert KeyRotation(deploy(tmp_path, **BOTH).parts()).run().is_finished
    third = base64.b64encode(b"3" * 32).decode()
    again = deploy(tmp_path, LEDGERPORT_SECRET_KEY=third, LEDGERPORT_PREVIOUS_SECRET_KEYS=NEW)
    assert KeyRotation(again.parts()).run().is_finished
    check_all(deploy(tmp_path, LEDGERPORT_SECRET_KEY=third), made)


def test_the_command_says_what_it_did_and_that_the_old_key_can_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(deploy(tmp_path, LEDGERPORT_SECRET_KEY=OLD))
    (tmp_path / "new").write_text(NEW)
    (tmp_path / "old").write_text(f"{OLD}\n")
    monkeypatch.setenv("LEDGERPORT_DATA", str(tmp_path))
    monkeypatch.setenv("LEDGERPORT_SECRET_KEY_FILE", str(tmp_path / "new"))
    monkeypatch.setenv("LEDGERPORT_PREVIOUS_SECRET_KEYS_FILE", str(tmp_path / "old"))
    done = CliRunner().invoke(main, ["rotate-keys"])
    assert (done.exit_code, f"{MANY + 3} sealed anew" in done.output) == (0, True), done.output
    assert "Previous keys can be removed" in done.output
    assert OLD not in done.output and NEW not in done.output


def test_every_column_of_bytes_is_sealed_anew_or_known_not_to_be() -> None:
    resealed = {(place.column.table.name, place.column.name) for place in PLACES}
    columns = {
        (table.name, column.name)
        for table in METADATA.tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    hashes = {each for each in columns if each[1].endswith("hash") or each[1] in ("fingerprint", "key_check")}
    lasting = {("journal", "sealed"), ("journal_outcome", "sealed"), ("deployment", "lasting_key")}
    assert columns == resealed | hashes | lasting | {("passkey", "public_key")}


def test_a_key_beside_its_database_is_noticed(tmp_path: Path) -> None:
    assert find_shared_directory(deploy(tmp_path).settings) == str(tmp_path.resolve())
    assert find_shared_directory(deploy(tmp_path / "b", LEDGERPORT_SECRET_KEY=OLD).settings) == ""


def test_an_export_after_a_rotation_works_where_only_the_new_key_is_set(tmp_path: Path) -> None:
    made = fill(deploy(tmp_path / "old", LEDGERPORT_SECRET_KEY=OLD))
    here = deploy(tmp_path / "old", **BOTH)
    assert KeyRotation(here.parts(), step=10).run().is_finished
    export_records(here.stores, here.keys, tmp_path / "export", lambda _done, _all: None)
    there = deploy(tmp_path / "new", LEDGERPORT_SECRET_KEY=NEW)
    import_records(there.stores, there.keys, tmp_path / "export", lambda _done, _all: None)
    check_all(deploy(tmp_path / "new", LEDGERPORT_SECRET_KEY=NEW), made)
