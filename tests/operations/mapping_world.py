"""A tenant with a work system and books, both made up, whose list tools are answered by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from generator.catalog import Catalog, Tool
from generator.company_rules import CompanyRules
from generator.mapping_rules import HourRules, MappingRules
from runtime.exchange.tool_answer import Answer
from runtime.model import AccountId, AuditEntry, Grant
from runtime.tenancy import DEFAULT_TENANT
from tests import made_up
from tests.deployment import BOOKS, DESK, NOON
from tests.stores.test_records import ACCOUNT

PATHS = {"id": (("id",),), "names": (("name",), ("legal",)), "sites": (("site",),), "phones": (("phone",),),
         "parent": (("parent", "id"),)}  # fmt: skip


def _tool(name: str, integration: str, resource: str) -> Tool:
    properties = {
        "limit": {"type": "integer"},
        "next_cursor": {"type": "string"},
        "since": {"type": "string"},
    }
    made = made_up.tool(name, properties, made_up.GET.call, made_up.GET.returns, listing=made_up.LISTING)
    return replace(made, name=name, integration=integration, resource=resource, method="list")


LISTS = {
    "list_all_desk_firms": _tool("list_all_desk_firms", "desk", "firms"),
    "list_all_desk_hours": _tool("list_all_desk_hours", "desk", "hours"),
    "list_all_books_customers": _tool("list_all_books_customers", "books", "customers"),
}
HOURS = HourRules("hours", ("firm", "id"), ("spent",), {"since": "{start}"})
CATALOG = Catalog(
    "1",
    {
        "books": replace(
            BOOKS, system="books", company=CompanyRules(mapping=MappingRules("customers", {}, PATHS))
        ),
        "desk": replace(
            DESK, system="work", company=CompanyRules(mapping=MappingRules("firms", {}, PATHS, HOURS))
        ),
    },
    tuple(LISTS.values()),
)
WORK, LEDGER = AccountId("w1"), AccountId("b1")


@dataclass
class World:
    """What the vendors have, in pages of a size; `errors` are raised by the tool that they are for."""

    firms: list[Any] = field(default_factory=list)
    customers: list[Any] = field(default_factory=list)
    hours: list[Any] = field(default_factory=list)
    size: int = 2
    errors: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    async def call(
        self, grant: Grant, tools: Mapping[str, Tool], name: str, arguments: dict[str, Any], **more: Any
    ) -> Answer:
        """As `Calls.call` answers."""
        return await self.call_tool(grant.account, name, arguments)

    async def call_tool(self, account: Any, name: str, arguments: dict[str, Any]) -> Answer:
        self.asked.append((name, arguments))
        start = int(arguments.get("next_cursor", "0"))
        if name in self.errors and start:
            return Answer(status=429, error=self.errors[name])
        rows = {"list_all_desk_firms": self.firms, "list_all_desk_hours": self.hours}.get(
            name, self.customers
        )
        page = {"returned": self.size, "records": rows[start : start + self.size]}
        if start + self.size < len(rows):
            page["next_cursor"] = str(start + self.size)
        return Answer(json.dumps(page))


def add_accounts(records: Any, tenant: str = DEFAULT_TENANT, suffix: str = "") -> None:
    """Connect both systems for a tenant."""
    for id_, integration in ((WORK, "desk"), (LEDGER, "books")):
        account = replace(
            ACCOUNT, id=AccountId(id_ + suffix), integration=integration, company=f"{id_}{suffix}", tenant_id=tenant,
            status="active",
        )  # fmt: skip
        records.add_account(account, AuditEntry(NOON, "tests", "account.created", account.id))
