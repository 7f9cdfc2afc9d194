"""The kinds of calls: what a definition's `returns` names, and the module that prepares and reads such a call.

The one place that chooses by kind. A new kind is a module and a line here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from runtime.exchange import batch, file, listing, nothing, record, rows, text
from runtime.exchange.context import CallContext, Request
from runtime.exchange.masked_response import MaskedResponse
from runtime.exchange.tool_answer import Answer


class Kind(Protocol):
    """How calls of one kind are sent and read. Each is a module."""

    def prepare(self, call: CallContext, /) -> Request:
        """Return what is sent for a checked call. Raises InvalidArguments; nothing has been sent then."""
        ...

    def read(self, call: CallContext, response: MaskedResponse, /) -> Answer:
        """Return what the response says. Raises the error that it is, and UnexpectedShape for any other response."""
        ...


KINDS: Mapping[str, Kind] = {
    "record": record,
    "records": listing,
    "behaviour": rows,
    "file": file,
    "text": text,
    "nothing": nothing,
    "batch": batch,
}
