"""What the management API takes and answers about tenants. Part of `table`; calls `operations.tenants`."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field
from starlette.responses import Response

from runtime.api import reading
from runtime.api.approval_shapes import ApprovalShape
from runtime.api.handlers import ApiRequest, Services
from runtime.api.limit_shapes import Body
from runtime.api.replies import reply
from runtime.api.shapes import PartQuery, Time
from runtime.errors import InvalidRequest
from runtime.identity.people import Operator
from runtime.operations.answers import format_time
from runtime.operations.names import UNSET
from runtime.people import Role
from runtime.tenancy import TenantId

_Limit = Annotated[int, Field(ge=0, le=1_000_000_000, description="0 sets no limit.")]


class LimitsChange(Body):
    """Which limits to set; what is left out stays."""

    accounts: _Limit = 0
    mcp_servers: _Limit = 0
    calls_per_minute: _Limit = 0


class TenantChange(Body):
    """What to change of a tenant."""

    limits: LimitsChange = Field(default_factory=LimitsChange)
    tools_role: Annotated[
        Role | None,
        Field(
            description="The least role for the tools of integrations that handle money; billing_admin if not set."
        ),
    ] = None
    approval: Annotated[
        ApprovalShape | None,
        Field(
            description="Which writes of agents wait for a person, whatever the rule of an MCP server is: both hold "
            "together. Replaced as a whole; null or {} for none."
        ),
    ] = None


class TenantCounts(BaseModel):
    """Integrated accounts, live MCP servers, and calls of tools within a minute."""

    accounts: int
    mcp_servers: int
    calls_per_minute: int


class TenantShape(BaseModel):
    """A tenant: whose integrated accounts and API tokens they are."""

    id: str
    limits: Annotated[TenantCounts, Field(description="The most that it may have; 0 for no limit.")]
    now: Annotated[TenantCounts, Field(description="What it has. Calls are counted where they are limited.")]
    tools_role: Annotated[
        Role, Field(description="The least role for the tools of integrations that handle money.")
    ]
    approval: Annotated[
        ApprovalShape,
        Field(description="Which writes of agents wait for a person; {} where its rule has none wait."),
    ]
    created_at: Time


class PersonShape(BaseModel):
    """Somebody who belongs to a tenant, with the role there."""

    id: str
    email: str
    name: str
    role: Role
    created_at: Annotated[Time, Field(description="Since when the person belongs to the tenant.")]


class PeopleShape(BaseModel):
    """The people of a tenant."""

    result: list[PersonShape]


class TenantList(BaseModel):
    """A part of the tenants."""

    result: list[TenantShape]
    next_cursor: str | None


async def list_tenants(services: Services, asked: ApiRequest) -> Response:
    """List the tenants, from the oldest on, each with its limits and what it has now."""
    query = reading.read_query(asked.request, PartQuery)
    return reply(await services.tenants.list_all(query.limit, query.next_cursor))


async def get_tenant(services: Services, asked: ApiRequest) -> Response:
    """Get one tenant, with its limits and what it has now."""
    return reply(await services.tenants.get(asked.read_path_param("tenant_id")))


async def change_tenant(services: Services, asked: ApiRequest) -> Response:
    """Set limits of a tenant, which is made where it is new, the least role for its tools, and which writes wait.

    What it has beyond its limits stays.
    """
    body = reading.check_model(await reading.read_json(asked.request), TenantChange)
    limits = body.limits.model_dump(include=body.limits.model_fields_set)
    names_approval = "approval" in body.model_fields_set
    if not limits and body.tools_role is None and not names_approval:
        raise InvalidRequest(
            "The change names nothing to set.",
            advice="Name tools_role, approval, or accounts, mcp_servers or calls_per_minute in limits.",
        )
    rule = body.approval.model_dump(exclude_unset=True) if body.approval is not None else None
    return reply(
        await services.tenants.change(
            asked.read_path_param("tenant_id"),
            limits,
            body.tools_role,
            rule if names_approval else UNSET,
            actor=asked.actor,
        )
    )


async def list_people(services: Services, asked: ApiRequest) -> Response:
    """List the people of a tenant with their roles. They sign in at the pages, not with API tokens."""
    tenant_id = TenantId(asked.read_path_param("tenant_id"))
    found = await services.people.list_all(Operator(asked.actor), tenant_id)
    return reply(
        {
            "result": [
                {
                    "id": person.id,
                    "email": person.email,
                    "name": person.name,
                    "role": member.role,
                    "created_at": format_time(member.created_at),
                }
                for person, member in found
            ]
        }
    )
