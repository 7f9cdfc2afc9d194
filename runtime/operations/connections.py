"""The companies that a caller reaches, as `list_connections` answers them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from runtime.model import Grant


def list_connections(grants: Sequence[Grant]) -> dict[str, Any]:
    """Return the companies that some access grants reach; the first is the default."""
    return {
        "connections": [
            {
                "id": grant.account.company,
                "name": grant.account.name,
                "integration": grant.account.integration,
                "environment": grant.account.environment,
                "status": grant.account.status,
                "is_default": at == 0,
            }
            for at, grant in enumerate(grants)
        ]
    }
