"""The words of a condition. Called by `conditions.parser`."""

from __future__ import annotations

import re
from typing import Literal as Choice
from typing import NamedTuple

from runtime.simulators.connectwise.clock import normalise_moment
from runtime.simulators.connectwise.errors import make_bad_condition

Value = str | float | bool | None
Kind = Choice["text", "number", "boolean", "date", "null", "name", "sign", "end"]

SCANNED = re.compile(
    r"""\s*(?:
      (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<date>\[[^\]]*\])
    | (?P<number>[+-]?[0-9]{1,30}(?:\.[0-9]{1,30})?(?![\w/]))
    | (?P<name>[A-Za-z_][\w/]*)
    | (?P<sign><=|>=|!=|<>|[=<>(),])
    )""",
    re.VERBOSE | re.ASCII | re.DOTALL,
)
ESCAPED = re.compile(r"\\([\"'\\])")
CONSTANTS: dict[str, tuple[Kind, Value]] = {
    "true": ("boolean", True), "false": ("boolean", False), "null": ("null", None),
}  # fmt: skip
LONGEST_SHOWN = 60
"""Characters of a condition that a refusal repeats: enough to find the place."""


class Token(NamedTuple):
    """A word: what it is, and its value (for a name or a sign, its text)."""

    kind: Kind
    value: Value

    @property
    def word(self) -> str:
        """Return a name or a sign in lower case; empty for a value."""
        return str(self.value).lower() if self.kind in ("name", "sign") else ""


def list_tokens(text: str) -> list[Token]:
    """Return the words of a condition, ended by one of kind `end`; refuse what is no word."""
    tokens, at = [], 0
    stripped = text.rstrip()
    while at < len(stripped):
        match = SCANNED.match(stripped, at)
        if match is None:
            raise make_bad_condition(f"Syntax error near '{stripped[at : at + LONGEST_SHOWN].strip()}'.")
        tokens.append(_token(match))
        at = match.end()
    return [*tokens, Token("end", "")]


def _token(match: re.Match[str]) -> Token:
    kind, raw = match.lastgroup, match[match.lastgroup or 0]
    if kind == "text":
        return Token("text", ESCAPED.sub(r"\1", raw[1:-1]))
    if kind == "number":
        return Token("number", float(raw) if "." in raw else int(raw))
    if kind == "date":
        return Token("date", _date(raw[1:-1]))
    if kind == "name":
        return Token(*CONSTANTS.get(raw.lower(), ("name", raw)))
    return Token("sign", "!=" if raw == "<>" else raw)


def _date(raw: str) -> str:
    try:
        return normalise_moment(raw)
    except ValueError as error:
        shown = raw[:LONGEST_SHOWN]
        raise make_bad_condition(f"'{shown}' was not recognized as a valid DateTime.") from error
