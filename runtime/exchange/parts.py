"""A record that is larger than an answer: what of it fits, what is left out, and how to ask for that.

Nothing is cut inside of a value: small fields are shown first, then as many elements of a list or characters of a text
as fit. The rest is asked for by name, such as `fields: ["Line[80:]"]` on the list tool of the resource.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import orjson

from runtime.exchange.allowance import Allowance
from runtime.safety.fences import split_fenced
from runtime.upstream import figures

LONGEST_NAME = 60
"""Characters of a field's name that a remark repeats."""
MOST_NAMED = 5
"""Fields that a remark names: of a record that lacks more, a caller asks for what it needs."""
REMARK = 900
"""Bytes that a remark may take as it is sent; the sentences are made shorter until it does."""


@dataclass(frozen=True, slots=True)
class Part:
    """What is shown of a record, and a remark that says what is not."""

    text: bytes
    remark: str


def cut_record(text: bytes, allowance: Allowance, how: str = "") -> Part:
    """Return what of a record fits beside its remark. `how` says how to ask for the fields that the remark names."""
    try:
        members = figures.split_members(text)
    except ValueError:
        members = {}
    left = allowance.subtract(REMARK + allowance.measure(b"{}"))
    shown, lacking = _shown(members, left)
    return Part(_object(shown), _remark(len(text), lacking, how, allowance))


def _shown(
    members: dict[str, msgspec.Raw], left: Allowance
) -> tuple[dict[str, bytes], list[tuple[str, str]]]:
    """Return the members that fit, in their order, and (name to ask for, what it is) of what does not."""
    costs = {
        name: left.measure(b"%b:%b," % (orjson.dumps(name), bytes(each))) for name, each in members.items()
    }
    fitting: dict[str, bytes] = {}
    lacking: list[tuple[str, str]] = []
    for name in sorted(members, key=costs.__getitem__):
        if costs[name] <= left.size:
            fitting[name] = bytes(members[name])
            left = left.subtract(costs[name])
            continue
        cut = _begun(name, bytes(members[name]), left)
        if cut is not None:
            fitting[name], following, what = cut
            left = left.subtract(left.size)
            lacking.append((following, what))
        else:
            lacking.append((name, f"{len(bytes(members[name])):,} bytes"))
    return {name: fitting[name] for name in members if name in fitting}, lacking


def _begun(name: str, text: bytes, left: Allowance) -> tuple[bytes, str, str] | None:
    """Return what fits of a list or text, the name of the rest, and what that is; None when nothing fits."""
    base, start = _base(name)
    left = left.subtract(left.measure(orjson.dumps(name)) + 4)
    if text[:1] == b"[":
        elements = figures.split_elements(text)
        count = _count((left.measure(bytes(each)) + 1 for each in elements), left.size)
        if count:
            shown = b"[" + b",".join(bytes(each) for each in elements[:count]) + b"]"
            return (
                shown,
                f"{base}[{start + count}:]",
                f"{len(elements) - count:,} of {len(elements):,} elements",
            )
    if text[:1] == b'"' and (whole := _text_in(text)):
        characters, begin, end = split_fenced(whole)
        left = left.subtract(left.measure(_text(begin + end)))
        count = _count((left.measure(_text(each)) for each in characters), left.size)
        if count:
            rest = f"{len(characters) - count:,} of {len(characters):,} characters"
            part = f"{begin}{''.join(characters[:count])}{end}"
            return b'"%b"' % _text(part), f"{base}[{start + count}:]", rest
    return None


def _text_in(text: bytes) -> str:
    """Return the text that JSON writes; empty when it holds half of a character."""
    try:
        found: str = orjson.loads(text)
    except ValueError:
        return ""
    return found


def _base(name: str) -> tuple[str, int]:
    """Return the field that a name is about, and from which element on."""
    base, bracket, rest = name.rpartition("[")
    number = rest.removesuffix(":]")
    if bracket and rest.endswith(":]") and number.isascii() and number.isdigit():
        return base, int(number)
    return name, 0


def _text(value: str) -> bytes:
    return orjson.dumps(value)[1:-1]


def _count(costs: Iterator[int], size: int) -> int:
    """Return how many of the first fit."""
    count = 0
    for cost in costs:
        size -= cost
        if size < 0:
            break
        count += 1
    return count


def _object(members: dict[str, bytes]) -> bytes:
    return b"{" + b",".join(b"%b:%b" % (orjson.dumps(name), each) for name, each in members.items()) + b"}"


def _remark(size: int, lacking: list[tuple[str, str]], how: str, allowance: Allowance) -> str:
    """Return what is left out and how to ask for it, with as many names as the bytes of a remark hold."""
    for most in range(MOST_NAMED, -1, -1):
        text = _sentences(size, lacking, most, how)
        if allowance.measure(orjson.dumps(text)) <= REMARK:
            return text
    return f"A record of {size:,} bytes is shown in part."


def _sentences(size: int, lacking: list[tuple[str, str]], most: int, how: str) -> str:
    named = [f"{_short(name)} ({what})" for name, what in lacking[:most]]
    more = [f"{len(lacking) - most} more fields"] if len(lacking) > most else []
    text = (
        f"A record of {size:,} bytes is more than one answer holds. Left out: {', '.join([*named, *more])}."
    )
    if not how:
        return f"{text} It can be seen whole at the vendor."
    asked: Any = [_short(name) for name, _ in lacking[:most]]
    return f"{text} {how.replace('{fields}', orjson.dumps(asked).decode())}" if asked else text


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
