"""How many records match, in front of a page of a list that does not have all of them.

Called by `calls` for a list with the argument count. A list that is whole has its total in what it returns, and one
that is read on said it on its first page: neither is counted. Only a first page that is cut takes a read more, which is
counted, limited and paid for as any other; where it fails, the page says so and is not lost.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import orjson

from generator.catalog import Tool
from runtime.errors import LedgerportError
from runtime.exchange.allowance import PLAIN
from runtime.exchange.context import COUNT, CallContext, Request
from runtime.exchange.kinds import Kind
from runtime.exchange.tool_answer import Answer
from runtime.exchange.totals import (
    LONGEST_REASON,
    Head,
    prepare_count,
    read_head,
    read_statement,
    write_before,
)

Send = Callable[[Kind, CallContext, Request], Awaitable[Answer]]


class Totals:
    """Counts what lists find. One for the process."""

    def __init__(self, send: Send, kind_of: Callable[[Tool], Kind]) -> None:
        self._send = send
        self._kind_of = kind_of

    async def add(self, call: CallContext, answer: Answer) -> Answer:
        """Return an answer with `total`, or `total_unknown` and why, where its call asks for that; others as is."""
        if call.arguments.get(COUNT) is not True:
            return answer
        head = read_head(answer.text)
        if head.returned < 0 or call.arguments.get("next_cursor"):
            return answer
        if _is_whole(call, head):
            return answer._replace(text=write_before(answer.text, "total", head.returned))
        try:
            text = write_before(answer.text, "total", await self._count(call))
        except LedgerportError as error:
            text = write_before(answer.text, "total_unknown", error.message[:LONGEST_REASON])
        return answer._replace(text=text, limits=call.limits)

    async def _count(self, call: CallContext) -> int:
        request = prepare_count(call)
        part = replace(call, form=PLAIN, max_rows=0, max_answer_tokens=0, is_fenced=False)
        try:
            found = await self._send(self._kind_of(call.tool), part, request)
        finally:
            call.limits = part.limits
        return int(orjson.loads(found.text)["total"])


def _is_whole(call: CallContext, head: Head) -> bool:
    """Whether a page has all records: it is the last one, and begins with the first record."""
    statement = read_statement(call) if not head.next_cursor and call.arguments.get("query") else None
    begins_later = statement is not None and statement.start not in (None, 1)
    return not head.next_cursor and not begins_later
