"""The parts put together: what the application keeps for itself."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from runtime.app import Runtime
from runtime.errors import Conflict
from runtime.model import Account, AccountId
from runtime.settings import Settings

ONE = Account(
    AccountId("a1"), "quickbooks", "production", "One", "active", "", {"realm_id": "111111"}, b"", 1.0, 1.0
)


def test_every_account_is_called_at_its_own_address(tmp_path: Path) -> None:
    async def story() -> None:
        runtime = Runtime(Settings.load({"LEDGERPORT_DATA": str(tmp_path)}))
        integration = runtime.catalog.integrations["quickbooks"]

        def end_of(account: Account) -> str:
            return runtime.base_url(integration, account).rsplit("/", 1)[1]

        other = replace(ONE, id=AccountId("a2"), fields={"realm_id": "222222"})
        assert [end_of(ONE), end_of(other), end_of(ONE)] == ["111111", "222222", "111111"]
        assert end_of(replace(ONE, fields={"realm_id": "333333"})) == "333333"
        with pytest.raises(Conflict):
            end_of(replace(ONE, environment="stand-in"))
        await runtime.close()

    asyncio.run(story())
