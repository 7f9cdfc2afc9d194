"""What a call comes to, for endpoints to send: a text, a file or an error, with the state of the limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from generator.catalog import Tool
from runtime.errors import LedgerportError
from runtime.upstream.limits import Limits

NO_LIMITS = Limits((), (), ())


@dataclass(frozen=True, slots=True)
class File:
    """A file that a tool answered, such as the PDF of an invoice; and the call, checked, that it answers."""

    name: str
    media_type: str
    content: bytes
    tool: Tool | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)


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
    preface: str = ""
    """What a model has to know before it reads the text."""
    company: Mapping[str, str] | None = None
    """Of a write, the company that it reached: `id`, and `name` where it is known."""
    is_structured: bool = False
    """Whether the text, a JSON object, is answered as structured content as well, for hosts that read it there."""
    pending_id: str = ""
    """The pending change that the call was stored as, where it waits for a person; the text says what it is."""
    question: str = ""
    """What its user has to confirm before the call is carried out; nothing was sent."""

    @property
    def is_held(self) -> bool:
        """Whether the call is not carried out yet: it waits for a person, or for its user to confirm it."""
        return bool(self.pending_id or self.question)
