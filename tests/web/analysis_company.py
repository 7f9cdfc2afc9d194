"""The pages of analyses over answers that are given by hand: for tests of what they show."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import orjson

from runtime.errors import LedgerportError
from runtime.exchange.tool_answer import Answer
from runtime.model import Grant
from runtime.operations.insights.dismissals import Dismissals, Dismisser
from runtime.people import Role
from tests.deployment import NOON, HandClock
from tests.identity.authorization import Place, opened
from tests.web.analysis_answers import ANSWERS, make_answer
from tests.web.visitors import read_forms

OWNER = "anna@shop.example"


@dataclass
class AnalysisCalls:
    """Answers calls of analyses with given answers, and of everything else with nothing; notes what was asked."""

    answers: dict[str, Any] = field(
        default_factory=lambda: {name: make_answer(figures) for name, figures in ANSWERS.items()}
    )
    estimate: Mapping[str, Any] = field(
        default_factory=lambda: {"estimate": 26, "records": 5212, "calls_used": 1}
    )
    asked: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    errors: list[LedgerportError] = field(default_factory=list)
    """Errors of the next calls, one each."""

    async def call(
        self, _grant: Grant, _tools: Any, name: str, arguments: dict[str, Any], **_: Any
    ) -> Answer:
        self.asked.append((name, arguments))
        if name in self.answers and self.errors:
            return Answer(status=0, error=self.errors.pop(0))
        value = self.estimate if arguments.get("estimate") else self.answers.get(name, {"records": []})
        return Answer(orjson.dumps(value).decode())

    @property
    def runs(self) -> list[tuple[str, Mapping[str, Any]]]:
        """The analyses that were asked for, without estimates."""
        return [each for each in self.asked if each[0] in self.answers and "estimate" not in each[1]]


@dataclass
class Desk:
    """Somebody whose browser is signed in, and the company whose analyses are looked at."""

    here: Place
    calls: AnalysisCalls
    company: str
    browser: Mapping[str, str] = field(default_factory=dict)
    who: str = ""

    @property
    def base(self) -> str:
        """The address of the list of analyses."""
        return f"/company/{self.company}/analysis"

    async def get(self, path: str = "") -> httpx2.Response:
        """The page below the list of analyses."""
        return await self.here.client.get(self.base + path, headers={**self.browser, "accept": "text/html"})

    async def send(
        self, page: httpx2.Response, action: str, values: Mapping[str, str], nth: int = 0
    ) -> httpx2.Response:
        """What a form of a page comes to, with some values; one that the page has not is an error."""
        forms = [hidden for leads_to, hidden in read_forms(page) if leads_to == self.base + action]
        return await self.post(action, forms[nth] | values)

    async def post(self, action: str, values: Mapping[str, str]) -> httpx2.Response:
        """What a form comes to."""
        headers = {**self.browser, "accept": "text/html"}
        return await self.here.client.post(self.base + action, data=dict(values), headers=headers)

    async def follow(self, answer: httpx2.Response) -> httpx2.Response:
        """The page that an answer leads to."""
        assert answer.status_code == 303, answer.text
        return await self.get(answer.headers["location"].removeprefix(self.base))

    @property
    def dismissals(self) -> Dismissals:
        """What is dismissed."""
        return Dismissals(self.here.runtime.deployment)

    async def dismiss(self, finding: str, reason: str) -> None:
        """Have somebody dismiss a finding."""
        who = Dismisser(f"person:{self.who}")
        await self.dismissals.dismiss(self.company, finding, reason, who, "Two bills")  # type: ignore[arg-type]


def look(
    data: Path,
    story: Callable[[Desk], Awaitable[None]],
    calls: AnalysisCalls | None = None,
    role: Role = "owner",
) -> None:
    """Run a story at a desk."""

    async def run() -> None:
        async with opened(data, HandClock(NOON)) as here:
            made = calls or AnalysisCalls()
            here.runtime.calls = made  # type: ignore[assignment]
            company, person = here.add_company("Shop"), here.add_person(OWNER, role)
            await story(Desk(here, made, company, await here.sign_in(person), person))

    asyncio.run(run())
