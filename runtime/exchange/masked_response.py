"""A vendor's response as a kind of call may read it: what is sensitive in it is masked.

Calls `failures` first. Where nothing has to be hidden, the vendor's own text is passed on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from runtime.errors import LedgerportError
from runtime.exchange.context import CallContext, Request
from runtime.exchange.failures import explain_unreadable, read_value
from runtime.safety import masking
from runtime.upstream import answer as answers
from runtime.upstream.client import VendorResponse
from runtime.upstream.dates import write_iso_dates
from runtime.upstream.rows import QuickRows, read_quick_rows
from runtime.upstream.visible_text import show_in_json

Path = tuple[str, ...]
NO_CONTENT = 204
"""RFC 9110: a success without a body."""


@dataclass(frozen=True)
class MaskedResponse:
    """The response to a call, of which nothing that is hidden from the caller can be read."""

    call: CallContext
    request: Request
    raw: VendorResponse
    """The response itself: for kinds that answer a body as it is, and for errors."""
    others: tuple[MaskedResponse, ...] = ()
    """The responses to the other requests of the call."""

    def read_value(self, holds: Callable[[Any], bool]) -> Any:
        """Return the body as a value. Raises the error that it is, or that it does not hold what the call is for."""
        value = read_value(self.call, self._visible, is_exact=True)
        if not holds(value):
            raise self.explain_unreadable()
        return masking.cover_value(self.call.cover, self.raw.body, value)

    def read_record(self) -> Any:
        """Return the body as a value that holds a record or rows; None where a change is confirmed without one."""
        is_confirmed = self.call.changes_data and self.raw.status == NO_CONTENT
        path = self.call.tool.returns.path
        return self.read_value(
            lambda value: answers.holds_record(value, path) or (value is None and is_confirmed)
        )

    def cut_record(self, path: Path) -> bytes | None:
        """Return the record of a plain success as the vendor wrote it; None where it has to be read more closely."""
        cover = self.call.cover
        if cover is not None and masking.may_hide(cover, self.raw.body):
            return None
        return answers.record_text(self._show(), path, self.call.integration.errors)

    def read_quick_rows(self, path: Path, names: Sequence[str]) -> QuickRows | None:
        """Return the records of a plain success, read in one pass; None where they have to be read more closely."""
        cover, errors = self.call.cover, self.call.integration.errors
        if cover is None or ("*" in path and not masking.may_hide(cover, self.raw.body)):
            return read_quick_rows(self._visible, path, errors, names)
        if not names and not masking.may_hide(
            cover, self.raw.body
        ):  # one look in place of one for each record
            return read_quick_rows(self._visible, path, errors, names)
        if "*" in path:  # it is not known what the records are called, which a rule may be about
            return None
        return read_quick_rows(self._visible, path, errors, names, _Hiding(cover, path))

    @cached_property
    def _visible(self) -> VendorResponse:
        return self._show()

    def _show(self) -> VendorResponse:
        """Return the response with nothing unseen in it, and its moments as ISO 8601 writes them."""
        body = show_in_json(self.raw.body)
        shown = self.raw if body is self.raw.body else self.raw._replace(body=body)
        return write_iso_dates(shown, self.call.integration.dates)

    def read_link(self) -> str:
        """Return the Link header."""
        return answers.read_field(self.raw, "link")

    def explain_unreadable(self, cause: Exception | None = None) -> LedgerportError:
        """Return the error for a response that cannot be passed on."""
        return explain_unreadable(self.call, self.raw, cause)


@dataclass(frozen=True, slots=True)
class _Hiding:
    """Hides what is sensitive in single records of a list, as it would be hidden in the whole response."""

    cover: masking.Cover
    path: Path
    """The names around a record: a rule may be about them."""

    def may_hide(self, text: bytes) -> bool:
        """Return whether a record may hold something that is hidden."""
        return masking.may_hide(self.cover, b'["%b",%b]' % ('","'.join(self.path).encode(), text))

    def hide(self, record: Any) -> Any:
        """Return the record without what is hidden."""
        whole = record
        for step in reversed(self.path):
            whole = {step: whole}
        masking.hide(self.cover, whole)
        return record
