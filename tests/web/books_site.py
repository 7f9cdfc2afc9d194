"""The pages over a company of the simulator in this process: real calls, a journal, a call log, and browsers."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import httpx2

from runtime.api.routes import make_application
from runtime.journal_filter import JournalFilter
from runtime.model import (
    Account,
    AuditEntry,
    Grant,
    JournalEntry,
    McpServerId,
    ServerConfig,
)
from runtime.operations.call_log import CallLog
from runtime.operations.company_facts import CompanyFactsReader
from runtime.operations.finished_calls import FinishedCalls
from runtime.operations.journal import Journal
from runtime.operations.mcp_servers import McpServers
from runtime.operations.undo import Undo
from runtime.operations.write_journal import WriteJournal
from runtime.watching.calls import CallFilter, StoredCall
from runtime.web.company_pages import CompanyServices
from runtime.web.routes import make_routes
from tests.company import Company, copy_books, make_landscaper
from tests.deployment import NOON
from tests.web.visitors import HERE, Site

T = TypeVar("T")
AGENT = "Claude"


class BooksSite(Site):
    """The pages of one company, whose books an agent at an MCP server and people on pages change."""

    def __init__(self, data: Path) -> None:
        super().__init__(data)
        self.company = Company(copy_books(make_landscaper()))
        self.parts = self.here.parts(self.company.catalog)
        vendor: Any = self.company.calls._vendor
        vendor._journal = WriteJournal(self.here.keys, self.here.stores, clock=self.clock)
        self.account: Account = replace(self.company.grant.account, tenant_id=HERE)
        self.here.stores.records.add_account(
            self.account, AuditEntry(NOON, "tests", "account.created", self.account.id)
        )
        made = McpServers(self.parts).create(self.account.id, "Month-end")
        self.server_id = McpServerId(made["id"])
        self.company.grant = self.make_grant(server_id=self.server_id, client=AGENT)
        journal = Journal(self.parts)
        undo = Undo(self.here.stores, journal, self.company.calls, lambda: self.company.catalog)
        self.call_log = CallLog(self.here.stores, 90, clock=self.clock)
        log = lambda event, **fields: self.events.append((event, fields))  # noqa: E731
        self.finished = FinishedCalls(log, call_log=self.call_log, clock=self.clock)
        self.services = CompanyServices(self.company.calls, self.finished, CompanyFactsReader(), undo)
        authorizations = self.here.accounts.authorizations
        self.application = make_application(
            self.parts,
            calls=self.company.calls,
            tokens=self.here.tokens,
            log=log,
            pages=make_routes(self.parts, authorizations, log, services=self.services),
        )

    @property
    def base(self) -> str:
        """The address of the company's pages."""
        return f"/company/{self.account.id}"

    def make_grant(self, **who: Any) -> Grant:
        """A grant for everything in the company, of whoever calls."""
        return Grant(self.account, ServerConfig(), **who)

    def run(self, work: Awaitable[T]) -> T:
        """What some work comes to in the loop of the company."""

        async def wait() -> T:
            return await work

        return self.company._runner.run(wait())

    def call(self, tool: str, /, **arguments: Any) -> Any:
        """What an agent's call answers; later by a minute than the one before it."""
        self.clock.pass_(60)
        return self.company.call(tool, **arguments)

    def entries(self) -> list[JournalEntry]:
        """The entries of the journal, the newest first."""
        self.here.stores.drain_journal()
        return self.here.stores.records.read_journal_entries(self.account.id, JournalFilter(), None, 200)

    async def list_calls(self) -> Sequence[StoredCall]:
        """The calls of the call log, the newest first."""
        wanted = CallFilter(0, self.clock() + 1)
        return (await self.call_log.read(wanted, 100))[0]

    async def visit(self, role: str = "owner", email: str = "anna@shop.example") -> httpx2.AsyncClient:
        """A browser in which somebody is signed in."""
        return await self.sign_in(email, role)

    def end(self) -> None:
        """Close everything."""
        self.run(self.close())
        self.company.close()
