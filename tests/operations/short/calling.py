"""Short tools called at the simulated company, without an endpoint, as an agent with all tools would."""

from __future__ import annotations

from typing import Any

import orjson

from runtime.errors import LedgerportError
from runtime.exchange.allowance import PLAIN, Form
from runtime.exchange.tool_answer import Answer
from runtime.model import Grant
from runtime.operations.short.listing import list_short_tools
from runtime.operations.short.short_calls import ShortCall
from runtime.safety.write_options import Asked
from tests.company import Company


async def _is_no_repeat(_name: str, _asked: Asked) -> bool:
    return False


class ShortTools:
    """The short tools of a company. `called` are the calls that they made, each a tool with its arguments."""

    def __init__(self, company: Company, budget: int = 1_000_000) -> None:
        self.company, self._budget = company, budget
        self._listed = list_short_tools(company.catalog, "quickbooks", company.tools)
        self.called: list[tuple[str, dict[str, Any]]] = []

    def answer(self, name: str, /, **arguments: Any) -> Answer:
        """Return what a call comes to; an error of its own arguments, too."""
        made = ShortCall(
            self._listed[name],
            self.company.grant,
            arguments,
            PLAIN,
            self._budget,
            self._carry,
            _is_no_repeat,
            self._is_mapped,
            "http://localhost",
        )
        return self.company.run(_answer(made))

    def call(self, name: str, /, **arguments: Any) -> Any:
        """Return the answer as a value. Raises the error that it is."""
        answer = self.answer(name, **arguments)
        if answer.error is not None:
            raise answer.error
        return orjson.loads(answer.text)

    def refused(self, name: str, /, **arguments: Any) -> LedgerportError:
        """Return the error that a call ends in."""
        answer = self.answer(name, **arguments)
        assert answer.error is not None, answer.text
        return answer.error

    async def _is_mapped(self) -> bool:
        return await self.company.calls.is_mapped(self.company.grant.account)

    async def _carry(
        self, grant: Grant, tool: str, arguments: dict[str, Any], form: Form, _asked: Asked | None
    ) -> Answer:
        self.called.append((tool, arguments))
        return await self.company.calls.call(grant, self.company.tools, tool, arguments, form=form)


async def _answer(call: ShortCall) -> Answer:
    try:
        return await call.answer()
    except LedgerportError as error:
        return Answer(status=0, error=error)
