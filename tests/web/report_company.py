"""The pages of reports over the real books of a simulator, in one process: for tests of what they show."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx2

from generator.catalog import Tool
from runtime.exchange.tool_answer import Answer
from runtime.model import Grant
from tests.company import NOON, Company, copy_books, make_landscaper
from tests.deployment import HandClock
from tests.identity.authorization import Place, opened

BASE = "/company/{}/reports"


class SimulatorCalls:
    """Calls tools for the company of a simulator, whichever account they are for, and notes what was asked."""

    def __init__(self, company: Company) -> None:
        self._company, self.asked = company, list[tuple[str, Mapping[str, Any]]]()

    async def call(
        self, grant: Grant, tools: Mapping[str, Tool], name: str, arguments: dict[str, Any], **more: Any
    ) -> Answer:
        self.asked.append((name, arguments))
        own = replace(grant, account=self._company.grant.account)
        return await self._company.calls.call(own, tools, name, arguments, **more)


class FixedCalls:
    """Answers every call with the same answer."""

    def __init__(self, answer: Answer) -> None:
        self.answer, self.asked = answer, list[tuple[str, Mapping[str, Any]]]()

    async def call(
        self, _grant: Grant, _tools: Any, name: str, arguments: dict[str, Any], **_: Any
    ) -> Answer:
        self.asked.append((name, arguments))
        return self.answer


@dataclass
class Office:
    """An owner whose browser is signed in, and the company whose reports are looked at."""

    here: Place
    calls: Any
    company: str
    browser: Mapping[str, str] = field(default_factory=dict)

    async def get(self, path: str = "", **headers: str) -> httpx2.Response:
        address = BASE.format(self.company) + path
        return await self.here.client.get(address, headers={**self.browser, **headers})


Story = Callable[[Office], Awaitable[None]]


def look(data: Path, story: Story, answer: Answer | None = None) -> None:
    """Run a story over the demo company, or over calls that all have one answer."""

    async def begin() -> None:
        company = Company(copy_books(make_landscaper())) if answer is None else None
        async with opened(data, HandClock(NOON)) as here:
            calls = SimulatorCalls(company) if company else FixedCalls(answer or Answer())
            here.runtime.calls = calls  # type: ignore[assignment]
            account = here.add_company("Elm Street Bakery")
            browser = await here.sign_in(here.add_person("anna@shop.example"))
            await story(Office(here, calls, account, browser))
        if company:
            await company.client.http.aclose()

    asyncio.run(begin())
