"""What the management API takes and answers about API tokens. Part of `shapes`."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from runtime.api.limit_shapes import Body, TenantName
from runtime.api.shapes import Name, Time
from runtime.model import ScopeName
from runtime.operations.scopes import SCOPES


class NewApiToken(Body):
    """An API token to make."""

    name: Name
    scopes: Annotated[
        list[ScopeName],
        Field(
            min_length=1,
            max_length=10,
            description="What it may do within its reach. "
            + " ".join(f"{name}: {text}" for name, text in SCOPES.items()),
        ),
    ] = ["admin"]
    integrated_account_id: Annotated[
        str | None, Field(max_length=80, description="The one account that it reaches; not with admin.")
    ] = None
    tenant_id: Annotated[
        TenantName,
        Field(description="The one tenant that it reaches; left out, that of the API token that makes it."),
    ] = None
    expires_at: Annotated[
        str | None,
        Field(
            max_length=64,
            description="When it ends: ISO 8601 with its zone, at least 60 seconds ahead, and no later than the API "
            "token that makes it. Null for as long as that one.",
            examples=["2030-01-31T17:00:00Z"],
        ),
    ] = None


class ApiTokenShape(BaseModel):
    """An API token, without its secret."""

    id: str
    name: str
    scopes: list[ScopeName]
    integrated_account_id: Annotated[str | None, Field(description="The one account that it reaches.")]
    tenant_id: Annotated[str | None, Field(description="The one tenant that it reaches; null for all.")]
    expires_at: Time | None
    created_at: Time
    last_used_at: Time | None


class ApiTokenOnce(ApiTokenShape):
    """A new API token, with its secret, which is not shown again."""

    token: str


class ApiTokenList(BaseModel):
    """A part of the API tokens."""

    result: list[ApiTokenShape]
    next_cursor: str | None
