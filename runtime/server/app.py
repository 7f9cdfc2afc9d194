"""Puts the runtime together: one ASGI application with its parts over one set of stores.

    /mcp/{token}     the MCP endpoint (raw ASGI: nothing between the server and it)
    /mcp, /c/{company}/mcp
                     the same by access token
    /sse/{token}     the same for clients of the older transport, HTTP with SSE
    /connect/…, /    the pages
    everything else  the management API

What the first answer does not need (SQLAlchemy, the HTTP client, the management API) is imported when it is first
used, or in the background right after the start.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable, MutableMapping
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from generator.catalog import Catalog
from generator.compile import compile_catalog
from generator.reading.files import BUILTIN_DEFINITIONS
from generator.vendor import Integration
from runtime.connect.echoes import list_app_secrets
from runtime.connect.tokens import AccessTokens, check_connected
from runtime.deployment import Deployment
from runtime.errors import SettingsError
from runtime.identity.resources import is_company_path
from runtime.jobs.runner import Jobs, make_durable_engine
from runtime.logs import Log, make_log
from runtime.mcp_server.changes import Changes
from runtime.mcp_server.endpoint import Access, FoundGrant, McpEndpoint, send_reply
from runtime.mcp_server.greeting import Identity
from runtime.mcp_server.methods import McpServices
from runtime.mcp_server.request import Gate
from runtime.mcp_server.senders import PREFIX, WITHOUT_TOKEN
from runtime.mcp_server.sse import SseEndpoint, is_sse
from runtime.mcp_server.toolset import Listings
from runtime.model import Account, AccountId, Grant, TokenHash
from runtime.operations.api_tokens import ApiTokens
from runtime.operations.approvals.deciding import Decisions
from runtime.operations.approvals.staging import Staging
from runtime.operations.call_log import CallLog
from runtime.operations.calls import Calls
from runtime.operations.company_facts import CompanyFactsReader
from runtime.operations.company_mapping.clients import MappedClients
from runtime.operations.company_mapping.mapped_pairs import MappedPairs
from runtime.operations.file_links import FileLinks
from runtime.operations.finished_calls import FinishedCalls
from runtime.operations.journal import Journal
from runtime.operations.known_records import KnownRecords
from runtime.operations.mcp_servers import McpServers
from runtime.operations.own_answers import check_computed
from runtime.operations.purging import Purging
from runtime.operations.reversal import Reversal
from runtime.operations.scopes import CALL_TOOLS, may_use
from runtime.operations.server_tokens import ServerTokens
from runtime.operations.server_uses import ServerUses
from runtime.operations.settling import Settling
from runtime.operations.spending import Spending
from runtime.operations.tenant_calls import TenantCalls
from runtime.operations.undo import Undo
from runtime.operations.vendor_calls import VendorCalls
from runtime.operations.write_journal import WriteJournal
from runtime.operations.write_policies import WritePolicies
from runtime.recent import Recent
from runtime.safety.client_addresses import ClientAddresses
from runtime.safety.guesses import MOST_ADDRESSES, Guesses
from runtime.safety.once import Once
from runtime.server.authorization import Authorization
from runtime.server.metrics import LoopLag, Metrics, count_sent, make_gauges
from runtime.server.refusals import UNKNOWN_HOST
from runtime.server.reload import COMPILE, Reloader
from runtime.server.telemetry import find_mark, make_client, make_traces
from runtime.settings import LOOPBACK, Settings, find_shared_directory
from runtime.stores.condition import StorageHealth
from runtime.stores.embedded import Stores, make_hot, make_mailbox, open_stores
from runtime.upstream.behaviours import check_behaviours
from runtime.upstream.client import warm_up
from runtime.upstream.request import fill_address
from runtime.watching.counts import Counts
from runtime.watching.shared_counts import SharedCounts
from runtime.watching.telemetry import start_telemetry

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

PROBE_SECONDS = 5.0
"""How old the health may be: half of what load balancers usually wait between two questions."""
MOST_BASE_URLS = 10_000
"""Addresses of accounts that are remembered; beyond them all are made anew."""
GC_THRESHOLD = (20_000, 20, 20)
"""A call makes hundreds of objects that its end frees without the collector; looking for cycles 30 times less often
than Python does by default saves a tenth of its time.
"""
VERSION = version("ledgerport")


class Runtime:
    """The parts of one deployment, made from its settings. `close` gives everything back."""

    def __init__(self, settings: Settings, *, log: Log | None = None) -> None:
        self.settings = settings
        self.log = log or make_log(settings.log_format)
        self.keys = settings.make_keys()
        self._base_urls: Recent[AccountId, tuple[Integration, Account, str]] = Recent(MOST_BASE_URLS)
        self.catalog: Catalog = self.read_catalog()
        settings.check_integrations(self.catalog.integrations)
        check_behaviours(self.catalog.tools)
        check_computed(self.catalog.tools)
        self.stores: Stores = open_stores(settings, time.time(), self.keys)
        self.guesses = Guesses(
            make_hot(self.stores.link, MOST_ADDRESSES), most_failures=settings.wrong_tokens_per_minute
        )
        self.counts = Counts()
        self.telemetry = start_telemetry(settings.telemetry, VERSION) if settings.telemetry else None
        self.client = make_client(settings, self.telemetry)
        self.deployment = Deployment(settings, self.keys, self.stores, self.get_catalog, counts=self.counts)
        self.tokens = AccessTokens(self.deployment)
        self.authorization = Authorization(self.deployment, self.get_catalog)
        self.api_tokens = ApiTokens(self.stores, self.keys)
        self.spending = Spending(self.stores)
        self.uses = ServerUses(self.stores)
        self.addresses = ClientAddresses(settings.trusted_proxies)
        self.server_tokens = ServerTokens(self.deployment, McpServers(self.deployment))
        self.purging = Purging(self.stores, self.log)
        self.journal = WriteJournal(self.keys, self.stores, counts=self.counts)
        self.call_log = CallLog(self.stores, settings.log_days, dropped=self.counts.unlogged)
        self.finished = FinishedCalls(self.log, self.counts, self.call_log, mark=find_mark(self.telemetry))
        vendor = VendorCalls(
            self.client,
            self.tokens,
            self.stores.hot,
            self.find_base_url,
            once=Once(self.keys, self.stores),
            spending=self.spending,
            journal=self.journal,
            app_secrets=lambda integration: list_app_secrets(settings.find_for(integration)),
            counts=self.counts,
        )
        self.facts = CompanyFactsReader(vendor, self.get_catalog)
        self.journal_reader = Journal(self.deployment)
        self.settling = Settling(self.stores, self.journal, vendor, self.get_catalog, self.log)
        policies, known = WritePolicies(vendor, self.stores), KnownRecords()
        self.calls = Calls(
            catalog=self.get_catalog,
            vendor=vendor,
            max_answer_bytes=settings.max_answer_bytes,
            policies=policies,
            tenants=TenantCalls(self.stores.hot),
            waits=Staging(self.deployment, vendor, policies, known),
            known=known,
            deployment=self.deployment,
            clients=MappedClients(self.deployment),
            pairs=MappedPairs(self.deployment),
        )
        is_alone = not settings.postgres_url
        self.jobs = Jobs(self.stores, make_durable_engine, self.log, self.register_jobs, is_alone=is_alone)
        self.undo = Undo(self.stores, self.journal_reader, self.calls, self.get_catalog)
        self.reversal = Reversal(self.calls, self.get_catalog, self.undo)

    def register_jobs(self, jobs: Jobs) -> None:
        """Make the kinds of durable work known; imports the HTTP client."""
        from runtime.operations.deliveries import Deliveries
        from runtime.operations.webhook_sender import Sender
        from runtime.server.pending_changes import make_announcing, make_committing
        from runtime.server.scheduled_runs import make_report_runs

        sender = Sender(is_private_allowed=self.settings.webhook_private)
        deliveries = Deliveries(self.stores, self.keys, sender, self.log)
        jobs.add_kind(deliveries.job)
        jobs.add_source(deliveries.dispatch)
        runs = make_report_runs(self.deployment, self.calls, self.finished, self.facts, sender, self.log)
        jobs.add_kind(runs.job)
        jobs.add_source(runs.dispatch)
        changes = Changes(self.journal_reader, self.undo, self.reversal)
        for job in make_committing(self.deployment, self.calls, changes, self.finished, self.log).jobs:
            jobs.add_kind(job)
        for job in make_announcing(self.deployment, self.log).jobs:
            jobs.add_kind(job)

    def get_catalog(self) -> Catalog:
        """Return the catalog that calls are served from now."""
        return self.catalog

    def list_definitions(self) -> tuple[Path, ...]:
        """Return the folders that the catalog is made of."""
        return (BUILTIN_DEFINITIONS, *self.settings.definitions)

    def build_compiler_arguments(self) -> tuple[str, ...]:
        """Return the arguments of Python for a process that compiles them into the cache."""
        return ("-P", "-c", COMPILE, *map(str, self.list_definitions()), str(self.settings.data / "cache"))

    def read_catalog(self) -> Catalog:
        """Return the catalog as the definitions have it now. Raises DefinitionErrors."""
        return compile_catalog(self.list_definitions(), self.settings.data / "cache")

    def take(self, catalog: Catalog) -> None:
        """Serve from another catalog from now on. Raises SettingsError when it lacks what accounts may need."""
        self.settings.check_integrations(catalog.integrations)
        check_behaviours(catalog.tools)
        check_computed(catalog.tools)
        if gone := sorted(self.catalog.integrations.keys() - catalog.integrations.keys()):
            raise SettingsError(
                f"The integration {gone[0]} is gone, and its accounts with it. "
                "Restart the server to confirm the removal."
            )
        self.catalog = catalog

    def find_grant(self, token_hash: TokenHash) -> FoundGrant:
        """Return what the URL with this token lets through, or what to await for it; None for a token that is unknown,
        expired or revoked.
        """
        return self.stores.look_up.find_grant(token_hash, time.time())

    async def is_api_token(self, token: str, grant: Grant) -> bool:
        """Whether this is an API token of this deployment that may call the tools of the grant's account."""
        found = await self.api_tokens.identify(token)
        if found is None or not may_use(found, CALL_TOOLS, grant.account):
            return False
        if self.api_tokens.is_use_to_note(found):
            self.api_tokens.note_use(found)
        return True

    def report_misuse(self, grant: Grant, address: str) -> None:
        """Report that an MCP server was called from outside its networks, at most once an hour for each address."""
        if self.server_tokens.note_misuse(grant, address):
            self.log("mcp_server_misused", server=grant.server_id, account=grant.account.id, address=address)

    def find_base_url(self, integration: Integration, account: Account) -> str:
        """Where the vendor's API is for an account. Raises Conflict when it was connected somewhere else, and

        NotConnected or NeedsReauth where it has no connection.
        """
        check_connected(account, integration)
        known = self._base_urls.get(account.id)
        if known is None or known[0] is not integration or known[1] is not account:
            template = self.tokens.addresses.find_base_url(integration, account)
            known = (integration, account, fill_address(template, account.fields))
            self._base_urls.put(account.id, known)
        return known[2]

    async def close(self) -> None:
        """Store what was counted, and close connections and files."""
        await self.spending.flush()
        await self.uses.flush()
        await self.jobs.close()
        await self.call_log.flush()
        if self.telemetry is not None:
            await self.telemetry.close()
        await self.client.close()
        await self.tokens.close()
        await self.stores.disconnect()
        if self.stores.link is not None:
            await self.stores.link.close()
        self.stores.close()


class Application:
    """The ASGI application. Dispatches by path; the lifespan starts and ends the background work."""

    def __init__(
        self, runtime: Runtime, *, watches: bool = False, shared: SharedCounts | None = None
    ) -> None:
        self._runtime = runtime
        self.reloader = Reloader(runtime, runtime.log, watches=watches)
        self.mcp = McpEndpoint(
            McpServices(
                runtime.get_catalog,
                runtime.calls,
                Identity("ledgerport", VERSION),
                runtime.log,
                FileLinks(runtime.deployment),
                Changes(
                    runtime.journal_reader,
                    runtime.undo,
                    runtime.reversal,
                    Decisions(runtime.deployment),
                ),
                runtime.finished,
                make_traces(runtime.telemetry),
                runtime.settings.public_url,
            ),
            Access(
                runtime.keys.hash_token,
                runtime.find_grant,
                runtime.is_api_token,
                runtime.guesses,
                runtime.addresses,
                runtime.uses,
                runtime.report_misuse,
                runtime.authorization.bearers,
            ),
            Gate(runtime.settings.allowed_origins, _host_names(runtime.settings)),
            runtime.counts.requests,
        )
        mailbox = make_mailbox(runtime.stores.link, runtime.keys)
        self.sse = SseEndpoint(self.mcp, runtime.keys.hash_token, mailbox, runtime.log)
        self._lag, self.metrics = LoopLag(), Metrics(runtime.counts, shared)
        self.metrics.gauges += make_gauges(runtime, self._lag)
        self._api_and_pages: Asgi | None = None
        self._background: list[asyncio.Task[None]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request, or runs the lifespan."""
        if scope["type"] == "http":
            path = scope["path"]
            if is_sse(scope["method"], path) and path not in WITHOUT_TOKEN:
                await self.sse(scope, receive, send)
            elif path.startswith(PREFIX) or path in WITHOUT_TOKEN or is_company_path(path):
                await self.mcp(scope, receive, send)
            elif not self.mcp.gate.is_host_known(dict(scope["headers"])):
                await send_reply(send, UNKNOWN_HOST.reply(b""))
            else:
                answer = self._api_and_pages or self._make_api_and_pages()
                await answer(scope, receive, count_sent(self._runtime.counts.requests, scope, send))
        elif scope["type"] == "lifespan":
            await self._live(receive, send)

    def _make_api_and_pages(self) -> Asgi:
        """Return the management API and the pages; imported at their first request."""
        from runtime.api.routes import Watching, make_application
        from runtime.operations.accounts import Accounts
        from runtime.operations.readiness import Readiness
        from runtime.web.company_pages import CompanyServices
        from runtime.web.routes import make_missing_page, make_routes

        runtime, listing = self._runtime, Listings().describe
        accounts = Accounts(runtime.deployment, runtime.tokens)
        readiness = Readiness(
            runtime.stores,
            find_definition_fault=lambda: self.reloader.fault,
            has_redis=runtime.stores.link is not None,
        )
        self._api_and_pages = make_application(
            runtime.deployment,
            calls=runtime.calls,
            tokens=runtime.tokens,
            log=runtime.log,
            guesses=runtime.guesses,
            listing=listing,
            spending=runtime.spending,
            uses=runtime.uses,
            addresses=runtime.addresses,
            undo=runtime.undo,
            watching=Watching(readiness, runtime.finished, self.metrics.render),
            missing_page=make_missing_page(runtime.deployment, runtime.log),
            pages=[
                *make_routes(
                    runtime.deployment,
                    accounts.authorizations,
                    runtime.log,
                    runtime.guesses,
                    runtime.addresses,
                    CompanyServices(
                        runtime.calls,
                        runtime.finished,
                        runtime.facts,
                        runtime.undo,
                        listing=listing,
                        uses=runtime.uses,
                    ),
                ),
                *runtime.authorization.make_routes(
                    runtime.log, runtime.addresses, runtime.guesses, readiness
                ),
            ],
        )
        return self._api_and_pages

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await self._runtime.stores.connect()
        self._background = [asyncio.create_task(self._runtime.purging.run()), asyncio.create_task(warm_up())]
        self._background.append(asyncio.create_task(self._watch_storage()))
        self._background.append(asyncio.create_task(self._runtime.spending.run()))
        self._background.append(asyncio.create_task(self._runtime.call_log.run()))
        self._background.append(asyncio.create_task(self._lag.run()))
        self._background.append(asyncio.create_task(self.metrics.run()))
        self._background.append(asyncio.create_task(self._runtime.uses.run()))
        self._background.append(asyncio.create_task(self.reloader.run()))
        self._background.append(asyncio.create_task(self.sse.run()))
        self._background.append(asyncio.create_task(self._runtime.tokens.finish_interrupted()))
        self._background.append(asyncio.create_task(self._runtime.settling.run()))
        self._background.append(asyncio.create_task(self._runtime.jobs.run()))
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLD)
        if directory := find_shared_directory(self._runtime.settings):
            self._runtime.log("key_beside_database", directory=directory)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for task in self._background:
            task.cancel()
        await self.sse.drain()
        await self.mcp.drain()
        await self._runtime.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _watch_storage(self) -> None:
        """Probe the database now and then, for the health and so that the log says when it fails and works again."""
        known = StorageHealth()
        while True:
            await asyncio.sleep(PROBE_SECONDS)
            health = await self._runtime.stores.probe(time.time())
            if health != known:
                self._runtime.log("storage", status=health.status, reason=health.reason)
            known = health


def _host_names(settings: Settings) -> tuple[str, ...]:
    """Return the host names that a server on this machine answers to; none when it listens to the network.

    A web page may point its own name at 127.0.0.1. On the network a proxy decides which names are served.
    """
    if settings.host not in LOOPBACK:
        return ()
    return (*LOOPBACK, urlsplit(settings.public_url).hostname or "")
