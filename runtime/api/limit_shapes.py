"""What the management API takes and answers about limits: policies of writes, budgets, what was sent, and
whose grant bounds an MCP server.

Part of `shapes`, which says how strict bodies are.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from runtime.operations.config_bounds import LARGEST_NUMBERS


class Body(BaseModel):
    """What a client sends."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


Amount = Annotated[float, Field(gt=0, le=1_000_000_000_000)]
IdsByResource = Annotated[
    dict[str, Annotated[list[Annotated[str, Field(min_length=1, max_length=80)]], Field(max_length=1_000)]],
    Field(max_length=50),
]


class PoliciesShape(Body):
    """What the writes of an MCP server may hold. What is left out or null sets no limit, but for not_before."""

    max_amount: Annotated[
        Amount | None,
        Field(
            description="The greatest amount of one write, in the currency of its record.", examples=[1000]
        ),
    ] = None
    max_amount_per_day: Annotated[
        Amount | None,
        Field(description="The greatest amount of all writes together within any 24 hours.", examples=[5000]),
    ] = None
    max_writes_per_hour: Annotated[
        int | None,
        Field(
            ge=0,
            le=LARGEST_NUMBERS["max_writes_per_hour"],
            description="Writes within any hour; 0 sets no limit.",
        ),
    ] = None
    allow: Annotated[
        IdsByResource | None,
        Field(
            description="For a resource, the Ids of the only records that a write may change or refer to.",
            examples=[{"vendors": ["56", "41"]}],
        ),
    ] = None
    deny: Annotated[
        IdsByResource | None,
        Field(
            description="For a resource, the Ids of records that no write may change or refer to.",
            examples=[{"accounts": ["35"]}],
        ),
    ] = None
    not_before: Annotated[
        str | None,
        Field(
            max_length=20,
            description="The first day that may be written to, as YYYY-MM-DD, or closing_date: the day after the one "
            "until which the vendor says that the books are closed. closing_date when left out; null for any day.",
            examples=["2026-10-01", "closing_date"],
        ),
    ] = None
    drafts_only: Annotated[
        bool | None, Field(description="Whether only records may be written that book nothing yet.")
    ] = None


class BudgetShape(Body):
    """The most that may be sent to the vendor in one month (UTC). Each write of a batch counts."""

    reads_per_month: Annotated[int, Field(ge=0, le=1_000_000_000, description="0 sets no limit.")] = 0
    writes_per_month: Annotated[int, Field(ge=0, le=1_000_000_000, description="0 sets no limit.")] = 0


Metadata = Annotated[
    dict[str, str],
    Field(
        max_length=50,
        description="Notes of yours, as text: up to 50 members of up to 500 characters, by names of up to 40 letters, "
        "digits, _ . or -.",
        examples=[{"plan": "pro"}],
    ),
]
ExternalId = Annotated[
    str | None,
    Field(
        max_length=100,
        description="What you call it; no two accounts of a tenant have the same. Null for none.",
    ),
]
TenantName = Annotated[
    str | None,
    Field(
        max_length=100,
        description="The name that you give your customer: letters, digits and . _ : @ ~ + = -",
        examples=["customer-42"],
    ),
]


class AccountChange(Body):
    """What to change of an integrated account; what is left out stays."""

    name: Annotated[str | None, Field(min_length=1, max_length=200, description="What people call it.")] = (
        None
    )
    external_id: ExternalId = None
    metadata: Annotated[Metadata | None, Field(description="Replaced as a whole; null or {} for none.")] = (
        None
    )
    budget: Annotated[
        BudgetShape | None,
        Field(description="Of all its MCP servers and the REST API together; null or {} for none."),
    ] = None
    read_only: Annotated[
        bool | None,
        Field(
            description="Whether no tool that writes is there for it, whatever its MCP servers say. It holds in every "
            "process when the answer comes. An API token that is bound to the account cannot end it."
        ),
    ] = None


class SpentShape(BaseModel):
    """Requests that were sent to the vendor; each write of a batch counts."""

    reads: int
    writes: int


class ServerUsage(SpentShape):
    """What one MCP server has sent; it may be gone by now."""

    id: str


class MonthUsage(SpentShape):
    """What was sent in one month in UTC: all together, by MCP server, and over REST."""

    month: Annotated[str, Field(examples=["2026-11"])]
    mcp_servers: list[ServerUsage]
    rest: SpentShape


class Usage(BaseModel):
    """What an integrated account has sent to its vendor, from the newest month on."""

    budget: BudgetShape
    result: list[MonthUsage]
    next_cursor: None


class OAuthGrantShape(BaseModel):
    """The OAuth grant that an MCP server is part of: a person has let a program in, and no URL has a secret."""

    grant_id: str
    client: Annotated[str, Field(description="What the program calls itself.")]
    person: Annotated[str, Field(description="The email address of the person.")]
