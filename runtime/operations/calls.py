"""Calling a tool: the one way in for every door. Checks, sends, reads the answer, bounds it, counts it.

A door turns an `Answer` into its own words: the MCP door into a tool result, the REST door into a status and body.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from runtime.errors import LedgerportError
from runtime.upstream.limits import Limits

NO_LIMITS = Limits((), (), ())


@dataclass(frozen=True, slots=True)
class File:
    """A file that a tool answered, such as the PDF of an invoice."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call came to.

    `text` is JSON for a record or a list. `status` is the vendor's own HTTP status (0 when nothing was sent).
    """

    text: str = ""
    status: int = 200
    error: LedgerportError | None = None
    file: File | None = None
    limits: Limits = field(default=NO_LIMITS)
