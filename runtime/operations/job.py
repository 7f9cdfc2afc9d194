"""One call of a tool on its way: what is sent for it, what came back, and how large its answer may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from generator.catalog import Tool
from generator.vendor import Integration
from runtime.model import Account
from runtime.operations.allowance import PLAIN, Allowance, Form
from runtime.operations.answered import NO_LIMITS, Answer
from runtime.safety import masking
from runtime.upstream.client import VendorResponse
from runtime.upstream.files import OutgoingFile
from runtime.upstream.limits import Limits

NO_TOOLS: Mapping[str, Tool] = {}


@dataclass(slots=True)
class Job:
    """One call on its way."""

    tool: Tool
    integration: Integration
    account: Account
    arguments: dict[str, Any]
    budget: int
    """Bytes of the whole reply as its reader gets it."""
    once_key: str = ""
    """The idempotency key for the vendor."""
    caller: str = ""
    given_key: str = ""
    """The idempotency key of the caller, checked; empty when there is none."""
    body: bytes | None = None
    """The body, where it is not made from the arguments of one tool."""
    file: OutgoingFile | None = None
    changes_data: bool = True
    is_masked: bool = True
    """Whether what is sensitive in the answer is hidden."""
    cover: masking.Cover | None = None
    """What is hidden in the answer."""
    is_blind: bool = False
    """Whether it writes a record that the caller may not read."""
    secrets: list[str] = field(default_factory=list)
    """Stored values that the caller is not shown, where they were sent on its behalf."""
    form: Form = PLAIN
    """How its endpoint sends the answer."""
    tools: Mapping[str, Tool] = field(default_factory=lambda: NO_TOOLS)
    """The tools that its caller has."""
    given: Mapping[str, Any] = field(default_factory=dict)
    """The arguments as they were given."""
    notice: str = ""
    """What every answer of the call says beside what it came to."""
    limits: Limits = NO_LIMITS
    status: int = 0
    response: VendorResponse | None = None

    def answer(self, text: str = "", note: str = "") -> Answer:
        """The answer of this call with a text."""
        note = f"{self.notice} {note}".strip() if self.notice else note
        return Answer(text, self.status, limits=self.limits, note=note)

    def allowance(self, note: str = "") -> Allowance:
        """What the text of the answer may take, as soon as the vendor has answered."""
        return self.form.allowance(self.budget, self.answer(note=note))
