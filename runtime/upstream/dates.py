"""Moments that a vendor writes in a form of its own, as ISO 8601: `/Date(1518685950940)/`, 2018-02-15T09:12:30.940Z.

Called by `exchange.masked_response`, before a record is read. Which texts are moments is a fact of the definition
(`dates`). Only a whole text of the JSON is one, never a part of it, and never a name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

from runtime.upstream.client import VendorResponse

LONGEST = 64
"""Bytes of a text that may be a moment; the usual form has 28."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TEXT = re.compile(rb'"((?:[^"\\]++|\\.)*+)"(\s*:)?', re.DOTALL)
_OFFSET = re.compile(r"([+-])([0-9]{2}):?([0-9]{2})")


def write_iso_dates(response: VendorResponse, patterns: tuple[str, ...]) -> VendorResponse:
    """Return the response with its moments written in ISO 8601; the same object where no text can be one."""
    if not patterns or response.body.lstrip()[:1] not in (b"{", b"["):
        return response
    pattern = _compiled(patterns)

    def written(found: re.Match[bytes]) -> bytes:
        text = found[1]
        is_name = found[2] is not None
        moment = "" if is_name or len(text) > LONGEST else _moment_in(pattern, text)
        return b'"%b"' % moment.encode() if moment else found[0]

    return response._replace(body=_TEXT.sub(written, response.body))


def write_iso_date(parts: Mapping[str, str | None]) -> str:
    """Return the moment that the groups of a pattern say, in ISO 8601; empty when there is no such moment."""
    milliseconds, seconds = parts.get("milliseconds"), parts.get("seconds")
    try:
        zone = _zone(parts.get("offset") or "")
        since = (
            timedelta(milliseconds=int(milliseconds))
            if milliseconds
            else timedelta(seconds=int(seconds or ""))
        )
        moment = (_EPOCH + since).astimezone(zone)
    except (ValueError, OverflowError):
        return ""
    return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds").replace(
        "+00:00", "Z"
    )


def _zone(offset: str) -> timezone:
    """Return the zone of an offset such as +0200; UTC when there is none. Raises ValueError."""
    if not offset:
        return UTC
    found = _OFFSET.fullmatch(offset)
    if found is None or int(found[3]) > 59:
        raise ValueError("no offset")
    ahead = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(-ahead if found[1] == "-" else ahead)


def _moment_in(pattern: re.Pattern[str], text: bytes) -> str:
    found = pattern.fullmatch(text.decode("utf-8", "replace").replace("\\/", "/"))
    return write_iso_date(_groups(found)) if found else ""


def _groups(found: re.Match[str]) -> dict[str, str | None]:
    """Return the named groups, without the number of the pattern that they belong to."""
    return {name.rpartition("_")[0]: said for name, said in found.groupdict().items() if said is not None}


@lru_cache(maxsize=64)
def _compiled(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """Return one pattern for all, whose groups have the number of their pattern behind their name."""
    numbered = (re.sub(r"\(\?P<(\w+)>", rf"(?P<\g<1>_{at}>", each) for at, each in enumerate(patterns))
    return re.compile("|".join(f"(?:{each})" for each in numbered))
