"""What the management API does to connections: test and end them, and make links for customers to connect."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from pydantic import BaseModel, Field
from starlette.responses import Response

from runtime.api import reading
from runtime.api.handlers import ApiRequest, Services
from runtime.api.limit_shapes import Body, ExternalId, Metadata, TenantName
from runtime.api.replies import reply
from runtime.api.shapes import AccountShape, PartQuery, ReturnUrl, Time
from runtime.operations.account_tests import AccountTests
from runtime.operations.link_tokens import LinkTokens, WantedLink

Revoked = Annotated[
    Literal["proved", "not_proved"],
    Field(description="proved when the vendor refuses the former access token."),
]


class DisconnectedAccount(AccountShape):
    """An account whose connection was ended here."""

    revoked: Revoked
    revoked_reason: str
    company_mappings_deleted: Annotated[int, Field(description="Company mappings that it was part of.")]


class DeletedAccount(BaseModel):
    """The id of an account that was deleted. Without `revoked` it had never been connected."""

    id: str
    company_mappings_deleted: Annotated[int, Field(description="Company mappings that it was part of.")]
    revoked: Revoked | None = None
    revoked_reason: str | None = None


class ConnectionTest(BaseModel):
    """A connection that works."""

    ok: bool
    company: Annotated[str, Field(description="The company's name, as the vendor says it now.")]
    took_ms: int


class NewLinkToken(Body):
    """A link for a customer to connect a company, or to connect one again."""

    tenant_id: Annotated[
        TenantName, Field(description="Whose it is: made at its first use, default when left out.")
    ] = None
    integration: Annotated[
        str, Field(max_length=80, description="Which vendor; may be left out when there is only one.")
    ] = ""
    account_id: Annotated[
        str | None, Field(max_length=80, description="The integrated account to connect again.")
    ] = None
    name: Annotated[str, Field(max_length=200, description="What to call the new integrated account.")] = ""
    external_id: ExternalId = None
    metadata: Metadata = {}
    redirect_uri: ReturnUrl = ""
    read_only: Annotated[
        bool,
        Field(description="Connect it to be read only: no MCP server of it ever has a tool that writes."),
    ] = False


class LinkTokenShape(BaseModel):
    """A link token, without its secret."""

    id: str
    tenant_id: str
    integration: str
    integrated_account_id: str | None
    name: str
    external_id: str | None
    metadata: dict[str, str]
    redirect_uri: str | None
    read_only: bool
    status: Literal["open", "used", "expired"]
    created_at: Time
    expires_at: Time
    used_at: Time | None


class LinkTokenOnce(LinkTokenShape):
    """A new link token with its address, which is not shown again."""

    url: Annotated[str, Field(description="Give it to the customer; it works once, for 7 days.")]


class LinkTokenList(BaseModel):
    """A part of the link tokens."""

    result: list[LinkTokenShape]
    next_cursor: str | None


async def disconnect_account(services: Services, asked: ApiRequest) -> Response:
    """Disconnect a company: its URLs stop working, its credentials are revoked and destroyed; it stays listed."""
    return reply(await services.accounts.disconnect(asked.read_path_param("id"), actor=asked.actor))


async def test_account(services: Services, asked: ApiRequest) -> Response:
    """Test a connection: ask the vendor for the company's name."""
    account = await services.accounts.fetch(asked.read_path_param("id"))
    tests = AccountTests(services.accounts.deployment, services.accounts.tokens)
    return reply(await tests.test(account))


async def create_link_token(services: Services, asked: ApiRequest) -> Response:
    """Make a link at which a customer connects a company. Its address is shown this once."""
    body = reading.check_model(await reading.read_json(asked.request), NewLinkToken)
    links = LinkTokens(services.accounts)
    made = await services.write(
        lambda: links.create(WantedLink(**body.model_dump()), reach=asked.reach, actor=asked.actor)
    )
    return reply(made, 201)


async def list_link_tokens(services: Services, asked: ApiRequest) -> Response:
    """List the link tokens, from the oldest on."""
    query = reading.read_query(asked.request, PartQuery)
    links = LinkTokens(services.accounts)
    part = await asyncio.to_thread(links.list, query.limit, query.next_cursor, reach=asked.reach)
    return reply(part)


async def revoke_link_token(services: Services, asked: ApiRequest) -> Response:
    """Revoke a link token: its address opens nothing from now on."""
    links, link_id = LinkTokens(services.accounts), asked.read_path_param("link_id")
    return reply(await services.write(lambda: links.revoke(link_id, reach=asked.reach, actor=asked.actor)))
