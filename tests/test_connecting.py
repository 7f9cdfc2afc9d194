"""`ledgerport connect` waits for a person, and for nothing else that may happen to the account."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from runtime.commands import connect
from runtime.errors import SettingsError
from runtime.model import AccountId, AuditEntry
from tests.deployment import deployed


def test_tokens_that_a_server_refreshes_meanwhile_are_no_consent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect, "STATE_SECONDS", 0.05)
    monkeypatch.setattr(connect, "LOOK_SECONDS", 0.01)

    async def story() -> None:
        async with deployed(tmp_path) as here:
            records, id_ = here.stores.records, AccountId(here.accounts.create("Shop", "books")["id"])
            account = replace(here.accounts.find(id_), company="1", sealed=b"old")
            noted = AuditEntry(here.clock(), "person", "account.connected", id_)
            assert records.connect_account(account, noted)
            before = connect._connections(records, id_)
            assert records.replace_credentials(id_, b"old", b"new", here.clock() + 1)
            with pytest.raises(SettingsError, match="Nobody agreed"):
                connect._wait(here.accounts, records, id_, before)
            assert records.connect_account(account, noted)
            assert connect._wait(here.accounts, records, id_, before)["status"] == "active"

    asyncio.run(story())
