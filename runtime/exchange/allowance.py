"""How large an answer may be, counted as its reader gets it: the frame around a text, and the text as it is escaped.

Hosts cut what is too large in the middle, without a remark. So nothing that a call answers is larger than its budget.
An endpoint says what its frame takes (`Form`); what is left for the text of one answer is an `Allowance`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace

import orjson

from runtime.errors import LedgerportError
from runtime.exchange.tool_answer import Answer
from runtime.safety.fences import close_fence

BYTES_PER_TOKEN = 2.2
"""Of an answer. Figures, dates and Ids take more tokens than sentences: o200k_base and cl100k_base take one for 2.29
bytes of a table of 1,000 invoices, and for 2.88 bytes of the same as records, measured with js-tiktoken. So an answer
within its bytes is within its tokens.
"""
LEAST_TOKENS = 2_000
"""Tokens of a text. A smaller limit of an MCP server counts as this one, for the same reason as `LEAST`."""
LEAST = 8_000
"""Bytes. A smaller budget counts as this one: a batch of 30 calls with an outcome for each takes most of it."""
LONGEST_MESSAGES = (8_000, 4_000, 2_000, 1_000, 400, 100)
"""Characters of an error's message that are tried, one after the other, until it fits."""
LONGEST_ADVICE = 400
"""Characters. The longest of ours has about 110; the rest is for names that it repeats."""
LONGEST_ESCAPE = 6
"""Bytes that one character takes in a JSON text at most, such as `\\u001f`."""
_ESCAPED = (b'"', b"\\", b"\n", b"\r", b"\t")
"""What takes one byte more inside of a JSON text. JSON has no other character that is escaped there."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """The bytes that one text may take where it is sent."""

    size: int
    is_escaped: bool = False
    """Whether the text goes out inside of a JSON text."""

    def measure(self, text: bytes) -> int:
        """Return the bytes that a JSON text takes where it is sent."""
        return len(text) + sum(map(text.count, _ESCAPED)) if self.is_escaped else len(text)

    def holds(self, text: bytes) -> bool:
        """Return whether a text fits."""
        return len(text) <= self.size and self.measure(text) <= self.size

    def split(self, count: int) -> Allowance:
        """Return what each of some texts may take when all take the same."""
        return replace(self, size=self.size // count - 1)

    def limit(self, size: int) -> Allowance:
        """Return it with no more bytes than these; 0 leaves it as it is."""
        return replace(self, size=size) if 0 < size < self.size else self

    def subtract(self, cost: int) -> Allowance:
        """Return what is left of it beside something of this cost."""
        return replace(self, size=self.size - cost)


@dataclass(frozen=True, slots=True)
class Form:
    """How an endpoint sends an answer. `size_of` is the bytes of the whole reply that an answer becomes."""

    size_of: Callable[[Answer], int]
    is_escaped: bool = False
    most_frame: int = 0
    """The bytes that are around any answer without an error and a note, at most; 0 where that is not known.

    The MCP endpoint sets it (`runtime.mcp_server.methods`). REST leaves it at 0: it sends the text by itself (`PLAIN`).
    """

    def holds_surely(self, text: bytes, budget: int, note: str) -> bool:
        """Return whether a text fits for certain, whatever has to be escaped in it, without writing its frame."""
        size = self.most_frame + 2 * len(text) + LONGEST_ESCAPE * len(note)
        return self.most_frame > 0 and size <= budget

    def compute_allowance(self, budget: int, beside: Answer) -> Allowance:
        """Return what is left for the text of an answer; `beside` is the answer with everything but the text."""
        frame = self.size_of(beside._replace(text="{}", error=None)) - len("{}")
        return Allowance(budget - frame, self.is_escaped)

    def reserve(self, size: int) -> Form:
        """Return the same with so many bytes set apart, for what is added to an answer later."""
        most = self.most_frame + size if self.most_frame else 0
        return Form(lambda answer: self.size_of(answer) + size, self.is_escaped, most)

    def fit(self, answer: Answer, budget: int) -> Answer:
        """Return the answer; an error that is too large without its details, then with less of its message."""
        if answer.error is None or self.size_of(answer) <= budget:
            return answer
        error = copy.copy(answer.error)
        error.details = {}
        answer = answer._replace(error=error)
        for longest in LONGEST_MESSAGES:
            if self.size_of(answer) <= budget:
                break
            shorten(error, longest)
        return answer


def shorten(error: LedgerportError, longest: int) -> None:
    """Cut the message of an error, in place, and its advice where that is long as well."""
    error.message = _cut(error.message, longest)
    error.advice = _cut(error.advice, min(longest, LONGEST_ADVICE))


def fit_error(error: LedgerportError, share: Allowance) -> bytes:
    """Return an error in its one shape; where that is too large, without details and with less of its message."""
    text = orjson.dumps(error.as_dict())
    if share.holds(text):
        return text
    error = copy.copy(error)
    error.details = {}
    for longest in LONGEST_MESSAGES:
        shorten(error, longest)
        text = orjson.dumps(error.as_dict())
        if share.holds(text):
            return text
    return orjson.dumps({"code": error.code})


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else close_fence(f"{text[: longest - 1]}…")


PLAIN = Form(lambda answer: len(answer.text.encode()))
"""An answer that is nothing but its text."""
