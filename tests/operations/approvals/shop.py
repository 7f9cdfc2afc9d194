"""A company of the simulator at which writes wait for a person: real records, and jobs that run when a test says so."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Table, delete, insert, text, update

from generator.catalog import Tool, select
from runtime.approval import ApprovalRule, PendingChange
from runtime.errors import LedgerportError, NeedsReauth
from runtime.exchange.allowance import PLAIN
from runtime.exchange.tool_answer import Answer
from runtime.jobs.work import Task
from runtime.journal_filter import JournalFilter
from runtime.mcp_server.changes import Changes, Space
from runtime.model import (
    Account,
    AccountId,
    ApiTokenId,
    AuditEntry,
    Credentials,
    Grant,
    JournalEntry,
    McpServer,
    McpServerId,
    ServerConfig,
    TokenHash,
)
from runtime.operations.api_tokens import ApiTokens
from runtime.operations.approvals.deciding import Decider, Decisions
from runtime.operations.approvals.own_tools import take_why
from runtime.operations.approvals.proposals import Proposal
from runtime.operations.approvals.staging import Staging
from runtime.operations.calls import Calls
from runtime.operations.finished_calls import FinishedCalls
from runtime.operations.journal import Journal
from runtime.operations.reversal import Reversal
from runtime.operations.settling import Settling
from runtime.operations.spending import Spending
from runtime.operations.undo import Undo
from runtime.operations.vendor_calls import VendorCalls
from runtime.operations.write_journal import WriteJournal
from runtime.operations.write_policies import WritePolicies
from runtime.safety.once import Once
from runtime.server.pending_changes import make_committing
from runtime.simulators.quickbooks.companies import seed
from runtime.stores.hot_memory import MemoryHotState
from runtime.stores.tables import ACCOUNT, MCP_SERVER, TENANT
from runtime.stores.tenant_rows import write_tenant_limits
from runtime.tenancy import TenantLimits
from runtime.upstream.client import VendorRequest, VendorResponse
from tests.company import HOST, Company, copy_books, make_landscaper
from tests.deployment import NOON, HandClock, deploy, have_events_stored

TODAY = date(2026, 11, 20)
"""Where the clock of the simulator stands still."""
REQUESTER = "person-requester"
"""Who made the MCP server of the agent."""
OVERWRITES = ApprovalRule(risks=("overwrite",))
EVERYTHING = ApprovalRule(risks=("create", "overwrite", "send", "destroy"))


def make_decider(name: str = "approver", role: str = "owner", *, may_approve: bool = True) -> Decider:
    """Somebody who is not who made the MCP server."""
    return Decider(f"person-{name}", f"{name}@shop.example", role, may_approve)


class _Tokens:
    """An access token, until the company is disconnected."""

    def __init__(self, token: str) -> None:
        self._credentials = Credentials(access_token=token)
        self.is_connected = True

    async def get_fresh(self, account: Account) -> Credentials:
        if not self.is_connected:
            raise NeedsReauth(f"{account.name} is no longer connected.", advice="Connect it again.")
        return self._credentials

    async def invalidate(self, account: Account, access_token: str) -> None:
        self.is_connected = False


class Shop(Company):
    """A company with an agent whose writes wait as a rule says, and people who decide.

    `answers` are what the vendor says to the next writes in place of carrying them out: a status, an error, or None.
    """

    def __init__(
        self,
        data: Path,
        rule: ApprovalRule | None = OVERWRITES,
        *,
        floor: ApprovalRule | None = None,
        made_by: str = REQUESTER,
        variables: Mapping[str, str] = {},
        **config: Any,
    ) -> None:
        super().__init__(copy_books(make_landscaper()))
        self.here = deploy(data, HandClock(NOON), **variables)
        self.clock = self.here.clock
        have_events_stored(self.here.stores)
        self.answers: deque[int | Exception | None] = deque()
        self._send, self.client.send = self.client.send, self._answer_writes  # type: ignore[method-assign]
        self.tokens = _Tokens(self.calls._vendor._tokens._credentials.access_token)  # type: ignore[attr-defined]
        self.records = self.here.stores.records
        self.parts = self.here.parts(self.catalog)
        self._add_account(rule, floor, made_by, config)
        self._open()

    def _add_account(
        self, rule: ApprovalRule | None, floor: ApprovalRule | None, made_by: str, config: Any
    ) -> None:
        noted = AuditEntry(NOON, made_by, "tests", "a")
        account = replace(self.grant.account, company=seed.REALM, created_at=NOON, updated_at=NOON)
        self.records.add_account(account, noted)
        self.floor = (replace(floor, source="tenant"),) if floor is not None else ()
        self.grant = self.add_server("1" * 32, rule, made_by, **config)

    def add_server(
        self, id_: str, rule: ApprovalRule | None = None, made_by: str = REQUESTER, **config: Any
    ) -> Grant:
        """Make an MCP server, and return what it lets through."""
        approval = (rule,) if rule is not None else ()
        server = McpServer(
            McpServerId(id_),
            AccountId("a"),
            "Agent",
            ServerConfig(approval=approval, **config),
            None,
            NOON,
            NOON,
        )
        noted = AuditEntry(NOON, made_by, "tests", id_)
        assert self.records.add_mcp_server(server, TokenHash(id_.encode()), noted)
        return self.find_grant(id_)

    def find_grant(self, server_id: str) -> Grant:
        """Return what an MCP server lets through now."""
        server = self.records.find_mcp_server(AccountId("a"), McpServerId(server_id), self.clock())
        config = replace(server.config, approval=self.floor + server.config.approval)
        return Grant(self.find_account(), config, server.id, client="agent 7")

    def find_account(self) -> Account:
        """Return the company as it is stored."""
        found: Account = self.records.find_account(AccountId("a"))
        return found

    def change_server(self, **config: Any) -> None:
        """Change what the MCP server of the agent may do."""
        noted = AuditEntry(self.clock(), "tests", "mcp_server.updated", "1" * 32)
        self.records.change_mcp_server(
            AccountId("a"),
            McpServerId("1" * 32),
            lambda server: replace(server, config=replace(server.config, **config)),
            noted,
        )
        self.grant = self.find_grant("1" * 32)

    def revoke_server(self) -> None:
        """Revoke the MCP server of the agent."""
        noted = AuditEntry(self.clock(), "tests", "mcp_server.deleted", "1" * 32)
        assert self.records.delete_mcp_server(AccountId("a"), McpServerId("1" * 32), noted)

    def expire_server(self) -> None:
        """Have the MCP server of the agent end by its time."""
        self._change_row(MCP_SERVER, "1" * 32, expires_at=self.clock())

    def use_up_server(self) -> None:
        """Have the calls of the MCP server used up."""
        self._change_row(MCP_SERVER, "1" * 32, used_up_at=self.clock())

    def use_api_token(self) -> str:
        """Have the agent call with an API token in place of an MCP server, and return its id."""
        made = ApiTokens(self.here.stores, self.here.keys, clock=self.clock).create("A program")
        config = replace(self.grant.config, approval=self.floor + self.grant.config.approval)
        self.grant = Grant(self.find_account(), config, api_token_id=ApiTokenId(made["id"]))
        return str(made["id"])

    def revoke_api_token(self, token_id: str) -> None:
        """Revoke an API token."""
        ApiTokens(self.here.stores, self.here.keys, clock=self.clock).revoke(token_id)

    def before_next_write(self, work: Callable[[], Awaitable[Any]]) -> None:
        """Have somebody do something after everything was read, before the next write is sent."""
        waiting = [work]

        async def do(request: VendorRequest) -> None:
            if request.verb != "GET" and waiting:
                await waiting.pop()()

        self.client.before = do

    def crash_after_next_write(self) -> None:
        """Have the answer to the next write, which is carried out, lost as in a crash."""
        send = self._send

        async def lose(request: VendorRequest, account: str) -> VendorResponse:
            answer = await send(request, account)
            if request.verb == "GET" or "/query" in request.url:
                return answer
            self._send = send
            raise ConnectionResetError

        self._send = lose

    def settle(self) -> None:
        """Find out what became of the writes that were under way, as a start does."""
        stores, keys = self.here.stores, self.here.keys
        journal = WriteJournal(keys, stores, clock=self.clock)
        settling = Settling(stores, journal, self.vendor, lambda: self.catalog, self._log, self.clock)
        self.run(settling.settle_all())
        stores.drain_journal()

    def _change_row(self, table: Table, id_: str, **values: Any) -> None:
        with self.records._engine.begin() as connection:
            connection.execute(update(table).where(table.c.id == id_).values(**values))

    def set_floor(self, floor: ApprovalRule) -> None:
        """Have writes wait by a rule of the tenant, as it is stored."""
        limits = write_tenant_limits(TenantLimits(approval=(replace(floor, source="tenant"),)))
        with self.records._engine.begin() as connection:
            connection.execute(delete(TENANT).where(TENANT.c.id == "default"))
            values = {"id": "default", "limits": limits, "created_at": NOON}
            connection.execute(insert(TENANT).values(values))

    def set_rule(self, *rules: ApprovalRule) -> None:
        """Have other writes wait from now on."""
        self.change_server(approval=rules)

    def change_account(self, **values: Any) -> None:
        """Change what is stored of the company."""
        self._change_row(ACCOUNT, "a", **values)

    def list_audit(self, action: str) -> list[Any]:
        """Return who did something to what, and when it was noted."""
        with self.records._reading.begin() as connection:
            wanted = text("SELECT actor, subject, details FROM audit WHERE action = :action ORDER BY id")
            return list(connection.execute(wanted, {"action": action}))

    def list_events(self) -> list[str]:
        """Return the types of the events about pending changes, sorted."""
        with self.records._reading.begin() as connection:
            found = connection.execute(text("SELECT type FROM event ORDER BY type")).scalars()
            return [each for each in found if each.startswith("pending_change")]

    def _open(self) -> None:
        """Put together what a process has."""
        stores, keys = self.here.stores, self.here.keys
        vendor = self.vendor = VendorCalls(
            client=self.client,  # type: ignore[arg-type]
            tokens=self.tokens,
            hot=MemoryHotState(),
            base_url=lambda _integration, _account: f"{HOST}/v3/company/{seed.REALM}",
            once=Once(keys, stores, clock=self.clock),
            spending=Spending(stores, clock=self.clock),
            journal=WriteJournal(keys, stores, clock=self.clock),
        )
        policies = WritePolicies(vendor, stores, clock=self.clock)
        self.calls = Calls(
            catalog=lambda: self.catalog,
            vendor=vendor,
            max_answer_bytes=1_000_000,
            policies=policies,
            waits=Staging(self.parts, vendor, policies),
            today=lambda _zone: TODAY,
        )
        journal = Journal(self.parts)
        undo = Undo(stores, journal, self.calls, lambda: self.catalog)
        reversal = Reversal(self.calls, lambda: self.catalog, undo)
        self.decisions = Decisions(self.parts)
        self.changes = Changes(journal, undo, reversal, self.decisions)
        self.logged: list[tuple[str, dict[str, Any]]] = []
        self.committing = make_committing(
            self.parts, self.calls, self.changes, FinishedCalls(self._log), self._log
        )

    def _log(self, event: str, **fields: Any) -> None:
        self.logged.append((event, fields))

    async def _answer_writes(self, request: VendorRequest, account: str) -> VendorResponse:
        if request.verb == "GET" or not self.answers:
            return await self._send(request, account)
        answer = self.answers.popleft()
        if answer is None:
            return await self._send(request, account)
        self.client.requests.append(request)
        if isinstance(answer, Exception):
            raise answer
        return VendorResponse(answer, {"retry-after": "30"}, b"{}")

    async def ask(self, tool: str, key: str = "", /, **arguments: Any) -> Answer:
        """Return the answer of one call of the agent, as its endpoint makes it."""
        grant, given = take_why(self.grant, arguments)
        name = self._name(tool)
        return await self.calls.call(grant, self.list_tools(), name, given, idempotency_key=key)

    def list_tools(self) -> dict[str, Tool]:
        """Return the tools that the agent has."""
        config = self.grant.config
        every = select(self.catalog.list_tools("quickbooks"), config.methods, config.tags)
        return {each.name: each for each in every}

    def propose(self, tool: str, key: str = "", /, **arguments: Any) -> dict[str, Any]:
        """Return what a call answers that has to wait."""
        answer = self.answer(tool, key, **arguments)
        assert answer.error is None, answer.error
        assert answer.pending_id, answer.text
        found: dict[str, Any] = orjson.loads(answer.text)
        return found

    def make(self, tool: str, /, **arguments: Any) -> Any:
        """Return what a call answers of somebody for whom nothing waits."""
        answer = self.run(self.ask_for(tool, **arguments))
        if answer.error is not None:
            raise answer.error
        return orjson.loads(answer.text) if answer.text else None

    async def ask_for(self, tool: str, /, **arguments: Any) -> Answer:
        """The same, where a loop runs already."""
        grant = Grant(self.grant.account, ServerConfig(), person_id="person-at-the-page")
        return await self.calls.call(grant, self.catalog.by_name, self._name(tool), arguments)

    def use(self, name: str, /, **arguments: Any) -> Answer:
        """Return the answer of a tool of ours."""
        space = Space(PLAIN, PLAIN.compute_allowance(100_000, Answer(status=0)))
        grant, given = take_why(self.grant, arguments)
        return self.run(self.changes.answer(grant, self.list_tools(), name, given, space))

    def run(self, work: Any) -> Any:
        """Return what some work comes to in the loop of the shop."""

        async def wait() -> Any:
            return await work

        return self._runner.run(wait())

    def find(self, id_: str) -> PendingChange:
        """Return a pending change as it is stored."""
        found: PendingChange | None = self.records.find_pending(id_)
        assert found is not None
        return found

    def read(self, id_: str) -> Proposal:
        """Return the content of a pending change."""
        return self.decisions.open(self.find(id_)).proposal

    def approve(
        self,
        id_: str,
        decider: Decider | None = None,
        version: int = 0,
        edits: Mapping[str, str] | None = None,
    ) -> PendingChange:
        """Approve a change in the state that it has, or in another one that was seen."""
        account = self.find_account()
        seen = version or self.find(id_).version
        work = self.decisions.approve(account, id_, seen, decider or make_decider(), edits)
        found: PendingChange = self.run(work)
        return found

    def refuse(
        self, id_: str, decider: Decider | None = None, version: int = 0, reason: str = "No."
    ) -> PendingChange:
        """Refuse a change."""
        account = self.find_account()
        seen = version or self.find(id_).version
        found: PendingChange = self.run(
            self.decisions.refuse(account, id_, seen, decider or make_decider(), reason)
        )
        return found

    def run_jobs(self) -> list[str]:
        """Do every job that is due, in one step each, and return the names of these."""
        steps = {job.name: job.steps[0] for job in self.committing.jobs}
        done = []
        for job in self.records.list_due_jobs(self.clock(), self.clock(), 1_000):
            if job.name in steps:
                self.run(steps[job.name](Task(job.id, job.args)))
                done.append(job.name)
            self.records.finish_job(job.id)
        return done

    def carry_out(self, id_: str, decider: Decider | None = None) -> PendingChange:
        """Approve a change, have its job done, and return what it came to."""
        self.approve(id_, decider)
        self.run_jobs()
        return self.find(id_)

    def count_writes(self) -> int:
        """Return how many requests were sent to the vendor so far that are no reads."""
        return sum(request.verb != "GET" and "/query" not in request.url for request in self.client.requests)

    def entries(self) -> list[JournalEntry]:
        """Return the entries of the journal, the newest first."""
        self.here.stores.drain_journal()
        found: list[JournalEntry] = self.records.read_journal_entries(
            AccountId("a"), JournalFilter(), None, 200
        )
        return found

    def close(self) -> None:
        """Close everything."""
        super().close()
        self.here.stores.close()


def make_lines(*amounts: float) -> list[dict[str, Any]]:
    """Lines of an invoice, each with an amount."""
    detail = "SalesItemLineDetail"
    return [
        {
            "Amount": amount,
            "DetailType": detail,
            detail: {"ItemRef": {"value": "4"}, "Qty": 1, "UnitPrice": amount},
        }
        for amount in amounts
    ]


def new_invoice(shop: Shop, *amounts: float, customer: str = "1", **more: Any) -> dict[str, Any]:
    """Make an invoice that waits for nobody."""
    lines = make_lines(*amounts or (400.25,))
    found: dict[str, Any] = shop.make("create invoices", CustomerRef={"value": customer}, Line=lines, **more)
    return found


def refused_with(work: Callable[[], Any]) -> LedgerportError:
    """Return the error that some work ends in."""
    try:
        work()
    except LedgerportError as error:
        return error
    raise AssertionError("it was let through")
