"""Base64 as agents and programs write it, decoded strictly, once and in pieces.

Taken: line breaks and blanks, the URL alphabet (`-` and `_`), missing padding at the end, a `data:` address in front.
Anything else is an error that says where. Decoding in pieces lets other work of the process run between them.
"""

from __future__ import annotations

import binascii
import re

PIECE = 192 * 1024
"""Characters decoded at a time, half a millisecond's work: what else runs need not wait longer for the interpreter."""
LONGEST_PREFIX = 200
"""Characters in which the comma of a `data:` address must come."""
_BLANKS = b" \t\r\n"
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_WRONG = re.compile(rb"[^A-Za-z0-9+/=_\-\s]")
_DATA = re.compile(rb"data:([a-z0-9.+-]+\\?/[a-z0-9.+-]+)?((?:;[a-z0-9=_.+-]+)*),", re.IGNORECASE)
_ESCAPES = ((rb"\/", b"/"), (rb"\n", b""), (rb"\r", b""), (rb"\t", b""))
"""How JSON may write what base64 has."""


class NotBase64(ValueError):
    """A text is not base64. Its message ends the sentence that begins with the name of the argument."""


def split_data_address(text: memoryview) -> tuple[str, int]:
    """Return the media type that a `data:` address names, and where its base64 begins; nothing and 0 for plain
    base64.

    Raises NotBase64 for a `data:` address of another encoding.
    """
    found = _DATA.match(bytes(text[:LONGEST_PREFIX]))
    if found is None:
        return "", 0
    if not found[2].lower().endswith(b";base64"):
        raise NotBase64("is a data: address that is not in base64")
    return (found[1] or b"").decode().lower().replace("\\", ""), found.end()


def decode(text: memoryview, start: int = 0, *, is_json: bool = False) -> bytearray:
    """Return the bytes behind a text of base64 from `start` on. `is_json` when its slashes and breaks may be escaped.

    Raises NotBase64.
    """
    out, rest, at, is_padded = bytearray(), b"", start, False
    while at < len(text):
        piece = bytes(text[at : at + PIECE])
        if is_json and piece.endswith(b"\\"):
            piece = bytes(text[at : at + PIECE + 1])
        clean = rest + _cleaned(piece, is_json=is_json)
        if is_padded and clean:
            raise NotBase64(f"continues after its padding, at character {at + 1}")
        whole = len(clean) & ~3
        out += _strictly(clean[:whole], piece, at)
        is_padded = clean[:whole].endswith(b"=")
        rest, at = clean[whole:], at + len(piece)
    if not rest:
        return out
    digits = rest.rstrip(b"=")
    if is_padded or len(digits) < 2:
        raise NotBase64("is cut short: no file has a text of this length")
    out += _strictly(digits + b"=" * (4 - len(digits)), rest, len(text) - len(rest))
    return out


def _cleaned(piece: bytes, *, is_json: bool) -> bytes:
    if is_json and b"\\" in piece:
        for escaped, plain in _ESCAPES:
            piece = piece.replace(escaped, plain)
    return piece.translate(_TO_STANDARD, _BLANKS)


def _strictly(clean: bytes, piece: bytes, at: int) -> bytes:
    try:
        return binascii.a2b_base64(clean, strict_mode=True)
    except binascii.Error:
        wrong = _WRONG.search(piece)
        if wrong is None:
            raise NotBase64("is cut short, or has its padding in the middle") from None
        shown = wrong[0].decode("ascii", "replace")
        raise NotBase64(f"has {shown!r} as character {at + wrong.start() + 1}") from None
