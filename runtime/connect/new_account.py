"""An integrated account before it is connected. Called by `operations.accounts` and `customer_links`."""

from __future__ import annotations

from uuid import uuid4

from generator.vendor import Integration
from runtime.deployment import Deployment
from runtime.model import Account, AccountId


def make_account(
    deployment: Deployment, integration: Integration, name: str, *, is_read_only: bool = False
) -> Account:
    """Return a new account in the state `connecting`, without credentials."""
    now = deployment.clock()
    return Account(
        id=AccountId(str(uuid4())),
        integration=integration.name,
        environment=deployment.settings.choose_environment(integration),
        name=name,
        status="connecting",
        company="",
        fields={},
        sealed=b"",
        created_at=now,
        updated_at=now,
        status_since=now,
        is_read_only=is_read_only,
    )
