"""Characters that nobody sees, made visible: what a vendor's texts hide from people, a model would read all the same.

Each is written as its number, such as `[U+202E]`: controls except line feeds and tabs, marks of direction, characters
without width, tags, variation selectors that follow no emoji, and halves of characters. Nothing is dropped, so that a
text that hides something looks like one. Called by `exchange` before anything else reads what the vendor answered.
"""

from __future__ import annotations

import re

BOM = b"\xef\xbb\xbf"
_PLAIN = bytes(range(0x7F))
"""Every byte of a text in ASCII but the control character at its end."""
_SUSPECTS = re.compile(
    rb"\x7f|\xc2[\x80-\x9f\xad]|\xcd\x8f|\xd8\x9c|\xe1(?:\x85[\x9f\xa0]|\x9e[\xb4\xb5]|\xa0[\x8b-\x8f])"
    rb"|\xe2(?:\x80[\x8b-\x8f\xa8-\xae]|\x81[\xa0-\xaf])|\xe3\x85\xa4"
    rb"|\xef(?:\xb8[\x80-\x8f]|\xbb\xbf|\xbe\xa0|\xbf[\xb0-\xbb])|\xf0(?:\x9b\xb2|\x9d\x85[\xb3-\xba])|\xf3\xa0"
)
"""The same characters as in `_UNSEEN`, in UTF-8. It may find more; what it does not find is not looked at again."""
_UNSEEN = (
    r"\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_PICTURE = (
    r"[\xa9\xae\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u24c2\u25aa-\u27bf\u2934\u2935\u2b05-\u2b55"
    r"\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
)
_EMOJI = rf"{_PICTURE}[\ufe0e\ufe0f]?(?:\u200d{_PICTURE}[\ufe0e\ufe0f]?)*|[0-9#*]\ufe0f\u20e3"
_CONTROLS = r"\x00-\x08\x0b\x0c\x0e-\x1f"
_IN_JSON = re.compile(rf"{_EMOJI}|(?P<unseen>[{_UNSEEN}])")
_IN_TEXT = re.compile(rf"{_EMOJI}|(?P<unseen>[{_CONTROLS}{_UNSEEN}\ud800-\udfff]|\r(?!\n))")
_MAY_ESCAPE = re.compile(rb"\\[bfru]")
_ESCAPES = re.compile(
    r"(?P<line>(?:\\r|\\u000[dD])(?:\\n|\\u000[aA]))"
    r"|\\u(?P<high>[dD][89abAB][0-9a-fA-F]{2})\\u(?P<low>[dD][c-fC-F][0-9a-fA-F]{2})"
    r"|\\(?:u(?P<code>[0-9a-fA-F]{4})|(?P<short>.))"
)
_SHORT = {"b": "\b", "f": "\f", "r": "\r"}
_LEFT = frozenset("\n\t")


def is_plain(body: bytes) -> bool:
    """Return whether a JSON text in UTF-8 is certain to hold no such character. One look, 0.1 ms for a megabyte."""
    if b"\\" in body and _MAY_ESCAPE.search(body):
        return False
    if body.isascii():
        return b"\x7f" not in body
    return _SUSPECTS.search(body.translate(None, _PLAIN)) is None


def show_in_json(body: bytes) -> bytes:
    """Return a JSON text with these characters made visible, and the escapes of all others beyond ASCII undone.

    A text that is no UTF-8 comes back as it is: nobody can read it.
    """
    if is_plain(body):
        return body
    try:
        text = body.removeprefix(BOM).decode()
    except UnicodeDecodeError:
        return body
    if "\\" in text:
        text = _ESCAPES.sub(_read_escape, text)
    return _IN_JSON.sub(_show_found, text).encode()


def show_unseen(text: str) -> str:
    """Return a text, not JSON, with these characters made visible."""
    if text.isascii() and text.isprintable():
        return text
    return _IN_TEXT.sub(_show_found, text)


def _show_found(found: re.Match[str]) -> str:
    return _show(found["unseen"]) if found["unseen"] else found[0]


def _show(character: str) -> str:
    return f"[U+{ord(character):04X}]"


def _read_escape(found: re.Match[str]) -> str:
    """Return what an escape stands for where that is beyond ASCII, visible where it would not be."""
    if found["line"]:
        return r"\r\n"
    if found["high"]:
        return chr(0x10000 + ((int(found["high"], 16) - 0xD800) << 10) + int(found["low"], 16) - 0xDC00)
    if found["short"]:
        return _show(_SHORT[found["short"]]) if found["short"] in _SHORT else found[0]
    character = chr(int(found["code"], 16))
    if character >= "\x80":
        return _show(character) if "\ud800" <= character <= "\udfff" else character
    is_seen = character.isprintable() or character in _LEFT
    return found[0] if is_seen else _show(character)
