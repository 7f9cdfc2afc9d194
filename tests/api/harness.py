"""The management API in this process, over a real file, with calls that are answered by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from generator.catalog import Catalog, Tool
from runtime.api.routes import Watching, make_application
from runtime.api.uploads import Uploads
from runtime.exchange.tool_answer import Answer
from runtime.mcp_server.toolset import Listings
from runtime.model import Grant
from runtime.operations.call_log import CallLog
from runtime.operations.finished_calls import FinishedCalls
from runtime.operations.journal import Journal
from runtime.operations.readiness import Readiness
from runtime.operations.spending import Spending
from runtime.operations.undo import Undo
from runtime.safety.guesses import Guesses
from runtime.server.metrics import Metrics
from runtime.watching.counts import Counts
from tests.deployment import CATALOG, Deployment, HandClock, deploy


@dataclass
class Calls:
    """Answers every call with what it was given, and remembers it."""

    answer: Callable[[], Answer] = lambda: Answer('{"Id":"1"}')
    seen: list[tuple[str, dict[str, Any], str]] = field(default_factory=list)
    tools: list[str] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)

    async def call(
        self,
        grant: Grant,
        tools: Mapping[str, Tool],
        name: str,
        arguments: dict[str, Any],
        *,
        idempotency_key: str = "",
        carried: Any = None,
        form: Any = None,
    ) -> Answer:
        self.seen.append((name, arguments, idempotency_key))
        self.grants.append(grant)
        self.tools = sorted(tools)
        return self.answer()


class ApiHarness:
    """Sends one request after another, each with the API token unless said otherwise."""

    def __init__(
        self,
        data: Path,
        clock: HandClock | None = None,
        guesses: Guesses | None = None,
        *,
        catalog: Catalog = CATALOG,
        uploads: Uploads | None = None,
        calls: Any = None,
        counts_spending: bool = False,
        **variables: str,
    ) -> None:
        self.here: Deployment = deploy(data, clock, **variables)
        self.calls = calls or Calls()
        self.lines: list[str] = []
        parts = self.here.parts(catalog)

        def log(event: str, **fields: Any) -> None:
            self.lines.append(f"{event} {fields}")

        clock = self.here.clock
        self.call_log = CallLog(self.here.stores, 30, clock=clock)
        self.finished = FinishedCalls(log, Counts(), self.call_log, clock=clock)
        self.application = make_application(
            parts,
            uploads=uploads,
            calls=self.calls,
            tokens=self.here.tokens,
            log=log,
            guesses=guesses,
            listing=Listings().describe,
            spending=Spending(self.here.stores, clock=self.here.clock) if counts_spending else None,
            watching=Watching(
                Readiness(self.here.stores), self.finished, Metrics(self.finished.counts).render
            ),
            undo=Undo(self.here.stores, Journal(parts), None, parts.catalog),  # type: ignore[arg-type]
        )
        self.token: str = self.here.api_tokens.create("tests")["token"]

    def ask(self, method: str, path: str, **more: Any) -> httpx2.Response:
        """One request."""

        async def exchange() -> httpx2.Response:
            transport = httpx2.ASGITransport(app=self.application)
            async with httpx2.AsyncClient(transport=transport, base_url="http://ledger.test") as client:
                if not isinstance(headers := more.get("headers", {}), httpx2.Headers):
                    more["headers"] = {"Authorization": f"Bearer {self.token}", **headers}
                return await client.request(method, path, **more)

        return asyncio.run(exchange())

    def account(self) -> str:
        """A new pending account's id."""
        found: str = self.here.accounts.create("Shop", "books")["id"]
        return found
