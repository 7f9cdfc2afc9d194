"""What a call comes to, for endpoints to send: a text, a file or an error, with the state of the limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from runtime.errors import LedgerportError
from runtime.upstream.limits import Limits

NO_LIMITS = Limits((), (), ())


@dataclass(frozen=True, slots=True)
class File:
    """A file that a tool answered, such as the PDF of an invoice."""

    name: str
    media_type: str
    content: bytes


class Answer(NamedTuple):
    """What a call came to.

    `text` is JSON for a record or a list. `status` is the vendor's own HTTP status (0 when nothing was sent).
    """

    text: str = ""
    status: int = 200
    error: LedgerportError | None = None
    file: File | None = None
    limits: Limits = NO_LIMITS
    note: str = ""
    """What the caller should know about a record that was written, in sentences."""
