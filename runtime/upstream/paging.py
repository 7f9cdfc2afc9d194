"""Pages of a long list: which one is asked for, and the cursor that leads to the next.

A cursor is opaque to the caller. It holds where the next page begins and a digest of the call it belongs to, so
that a cursor given to another call is an error and not a wrong answer.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from runtime.errors import InvalidArguments

_LINK = re.compile(r"""<([^<>]*)>[^<,]*?;\s*rel\s*=\s*["']?([^"';,]+)""", re.IGNORECASE)
NOT_OF_THE_CALL = frozenset({"next_cursor", "limit", "fields", "detail", "format", "max_tokens", "count"})
"""Arguments that may change from page to page."""
LONGEST_CURSOR = 8192
"""Characters. Ours hold a position, which may be a cursor of the vendor's own, and a digest."""


def make_cursor(tool_name: str, arguments: Mapping[str, Any], position: str) -> str:
    """Return the cursor that asks for the page beginning at `position` of the same call."""
    text = f"{position}:{_digest(tool_name, arguments)}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_position(
    tool_name: str, arguments: Mapping[str, Any], form: re.Pattern[str]
) -> re.Match[str] | None:
    """Where the page asked for begins, by the form of such a position; None for the first.

    Raises InvalidArguments for a cursor that was made up, or that belongs to another call.
    """
    cursor = arguments.get("next_cursor")
    if not cursor:
        return None
    if len(cursor) > LONGEST_CURSOR:
        raise _foreign(cursor)
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        position, digest = text.rsplit(":", 1)
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise _foreign(cursor) from None
    found = form.fullmatch(position)
    if digest != _digest(tool_name, arguments) or found is None:
        raise _foreign(cursor)
    return found


def find_next(link: str, parameter: str) -> str:
    """Where the next page begins, by a Link header (RFC 8288): a parameter of the address of `rel="next"`.

    Only the parameter is taken and never the address, so that no cursor can lead to another place of the vendor.
    """
    for address, relation in _LINK.findall(link):
        if "next" in relation.lower().split():
            return str((parse_qs(urlsplit(address).query).get(parameter) or [""])[0])
    return ""


def _digest(tool_name: str, arguments: Mapping[str, Any]) -> str:
    bound = {name: value for name, value in arguments.items() if name not in NOT_OF_THE_CALL}
    content = orjson.dumps([tool_name, bound], option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(content, digest_size=8).hexdigest()


def _foreign(cursor: str) -> InvalidArguments:
    return InvalidArguments(
        f'Argument "next_cursor" is not a cursor of this call: {cursor[:40]!r}.',
        advice="Pass next_cursor on unchanged, with the same other arguments, or leave it out for the first page.",
    )
