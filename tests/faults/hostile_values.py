"""Values that a client or a vendor may send in place of the right ones, drawn by a seeded generator."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Mapping
from typing import Any


class Raw:
    """JSON text, or what only looks like it, that is written as it stands."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __deepcopy__(self, _memo: object) -> Raw:
        return self


class Pairs:
    """An object in which a name may occur several times."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        self.pairs = pairs


def written(value: Any) -> bytes:
    """The value as JSON text. U+DC80 to U+DCFF in a `Raw` become single bytes, which are not UTF-8."""
    try:
        return json.dumps(value).encode()
    except TypeError:  # there is something in it that JSON does not have
        return _text(value).encode("utf-8", "surrogateescape")


def _text(value: Any) -> str:
    if isinstance(value, Raw):
        return value.text
    if isinstance(value, Pairs | dict):
        pairs = value.items() if isinstance(value, dict) else value.pairs
        return "{" + ",".join(f"{json.dumps(name)}:{_text(inner)}" for name, inner in pairs) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_text, value)) + "]"
    return json.dumps(value)


TEXTS = [
    "", " ", "\t\r\n", "0", "-1", "1", "00", "1.0", "10.0", "1e3", "1e400", "NaN", "Infinity", "null",
    "true", "none",
    "[]", "{}", "[null]", '{"a":', "²", "١٢٣", "\uff11", "½", "\0", "a\0b", "\x1b[31m", "\x7f", "\x85",
    "\u2028", "\ufeff",
    "\u202e", "\ud800", "\udfff\ud800", "💩", "é", "e\u0301", "ﷺ", "İ", "ß", "ǅ", "a\r\nX: y", "../..", "/",
    "\\", "%00", "%",
    "%s%n", "${7*7}", "{id}", "{{x}}", "{0}", "__proto__", "__class__", "' OR 1=1 --", "\\'", "'", '"', "`",
    ";", "--",
    "2026-02-30", "2026-03-31", "9999-12-31", "0000-00-00", "10000-01-01", "2026-01-01T00:00:00+99:99",
    "2026-01-01T00:00:00Z", "2026-W01", "••••1234", "***", "XXX-XX-1234", "sha256:" + "0" * 64, "sha256:",
    "SELECT * FROM Invoice", "select count(*) from Customer",
    "SELECT * FROM Invoice WHERE Id = '1' OR Id = '2'",
    "SELECT * FROM Employee WHERE SSN LIKE '1%'", "FROM", "ORDERBY", "MAXRESULTS", "aGVsbG8=", "====",
    "data:,x",
    "http://127.0.0.1/", "file:///etc/passwd", "javascript:1", "<script>", "<?xml version='1.0'?><a/>",
    "&amp;", "USD", "EUR",
    "a" * 300, "9" * 400, "-" * 70, "é" * 250, "=" * 129,
]  # fmt: skip
SCALARS: list[Any] = [
    None, True, False, 0, 1, -1, 2, 10, 2**31, 2**53 + 1, 2**63, 2**64 - 1, 2**64, -(2**63) - 1, 10**30,
        0.1, 1.0, 10.0,
    -0.0, 1e15, 1e16, 1e308, 5e-324, 0.1 + 0.2, [], {}, [None], [[]], [{}], {"": None}, {"a": {}}, [1, "1",
    None],
    Raw("1E-400"), Raw("1.0000000000000000000000001"), Raw("9" * 5_000),
    Raw("0." + "0" * 5_000 + "1"), Raw('"\\ud83d\\udca9"'), Raw('"é💩"'),
]  # fmt: skip
BROKEN = [
    Raw("NaN"), Raw("Infinity"), Raw("1e400"), Raw("-1e400"), Raw("-"), Raw("01"), Raw("1."), Raw(".1"),
    Raw("+1"), Raw("0x10"), Raw("'a'"), Raw("[1,]"),
    Raw("{,}"), Raw('"\\x"'), Raw('"\\u12"'), Raw('"a\nb"'), Raw('"\0"'), Raw('"\udcff"'),
    Raw('"\udcc0\udc80"'),
    Raw('"\udced\udca0\udc80"'), Raw(""), Raw("tru"), Raw("/**/1"), Raw("\udcef\udcbb\udcbf1"), Raw("1 1"),
]  # fmt: skip
PUMPS = [
    " ", "\t", "\n", "(", ")", "((", "'", "\\'", "''", '"', "\\", "%", "%25", "_", "-", "--", "a-", "a-1",
    "A1", "0", "9", "1,",
    ",", ", ", ".", "a.", "/", "*", "/*", "*/", " OR ", " AND ", " OR Id = '1'", " AND Id = '1'", " NOT ",
    "Id = '1' ",
    "Id IN ('1') ", "'1',", "a = 'b' OR ", "SELECT ", "WHERE ", " ORDERBY Id", "[", "]", "[]", "{", "{}",
    "{a}", "<a>", "</a>",
    "<a b='", "&amp;", "&#1;", "=", "==", "=1", "a=", ":", "::", "+", "e", "é", "💩", "\u0301", "\u200d",
    "İ", "ß", "\0", "\x1b",
    "\ud800", "@", "a@", "a.b@", "http://", "token=", "secret: ", "Bearer ", "lp_", "eyJ", "eyJa.", "1 ",
    "1-", "12 ",
    "1234 ", "DE12", "ssn ", "account number: ", "tax id ", "••••", "*", "X", "AA==", "QUFB", "\r\n", "a\n",
    "T", "Z",
    "2026-01-01", "create ", "invoice ", "list_all_", "${", "{{", "\\u0000",
]  # fmt: skip
STARTS = ["", "", "a", "'", '"', "(", "SELECT * FROM Invoice WHERE ", "SELECT",
    "select * from Customer where DisplayName = '",
    "SELECT * FROM Invoice WHERE Id IN (", "SELECT * FROM Vendor ORDERBY ", "<", "{", "[", "1",
    "Bearer "]  # fmt: skip
ENDS = ["", "", "!", "'", ")", " x", "\0", "=", "FROM Invoice", "MAXRESULTS 1"]


def pumped(chance: random.Random, size: int) -> str:
    """A text of about so many characters that repeats one or two units: what quadratic readers cannot bear."""
    unit = chance.choice(PUMPS) + (chance.choice(PUMPS) if chance.random() < 0.3 else "")
    return chance.choice(STARTS) + unit * (size // len(unit)) + chance.choice(ENDS)


def text(chance: random.Random) -> str:
    """A hostile text, mostly a short one."""
    form = chance.random()
    if form < 0.7:
        return chance.choice(TEXTS)
    if form < 0.85:
        return chance.choice(TEXTS) + chance.choice(TEXTS)
    return pumped(chance, chance.choice([20, 200, 2_000]))


def scalar(chance: random.Random) -> Any:
    """Anything small; now and then what makes the whole text no JSON."""
    if chance.random() < 0.02:
        return chance.choice(BROKEN)
    return text(chance) if chance.random() < 0.5 else copy.deepcopy(chance.choice(SCALARS))


def nested(chance: random.Random, depth: int) -> Raw:
    """A value so many levels deep."""
    front, back = chance.choice([("[", "]"), ('{"a":', "}"), ('[{"a":', "}]"), ('{"Line":[', "]}")])
    return Raw(front * depth + "1" + back * depth)


def large(chance: random.Random, size: int) -> Any:
    """A value of about so many bytes."""
    match chance.randrange(8):
        case 0 | 1 | 2:
            return pumped(chance, size)
        case 3:
            return [chance.choice([0, "1", None, "", [], {}, 1.5])] * (size // 4)
        case 4:
            return {f"{chance.choice('aZ_é')}{number}": number for number in range(size // 12)}
        case 5:
            return nested(chance, size // 8)
        case 6:
            return Pairs([("Id", "1")] * (size // 9))
        case _:
            return Raw(chance.choice(["9", "0.", "-", "1e", " "]) + "1" * size)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every element of every object and list in a value: what holds it, and its key."""
    found: list[tuple[Any, Any]] = []
    level = [value]
    while level:
        each = level.pop()
        keys = each.keys() if isinstance(each, dict) else range(len(each)) if type(each) is list else ()
        found += [(each, key) for key in keys]
        level += [each[key] for key in keys if isinstance(each[key], dict | list)]
    return found


def mutated(chance: random.Random, value: Any, times: int) -> Any:
    """A copy of a value with some of its elements replaced, added, repeated or left out."""
    held: dict[str, Any] = {"": copy.deepcopy(value)}
    for _ in range(times):
        held.setdefault("")
        _mutate(chance, chance.choice(places(held)[1:] or [(held, "")]))
    return held.get("")


def _mutate(chance: random.Random, place: tuple[Any, Any]) -> None:
    holder, key = place
    value = holder[key]
    match chance.randrange(13):
        case 0 | 1 | 2 | 3:
            holder[key] = scalar(chance)
        case 4:
            holder.pop(key)
        case 5:
            holder[key] = [value] * chance.choice([1, 2, 50])
        case 6:
            holder[key] = {chance.choice(["value", "Id", "a", ""]): value}
        case 7:
            holder[key] = (
                written(value).decode(errors="replace")
                if isinstance(value, dict | list | int | float)
                else [value]
            )
        case 8:
            holder[key] = nested(chance, chance.choice([3, 5, 9, 20, 28, 31, 33, 65, 260, 1_100]))
        case 9 if isinstance(holder, dict):
            holder[text(chance)] = value
        case 10 if isinstance(value, dict):
            holder[key] = Pairs([*value.items(), *value.items()])
        case 11 if isinstance(value, dict):
            value |= {
                f"{chance.choice(['a', 'Id', 'é', ''])}{n}": n for n in range(chance.choice([1, 20, 1_001]))
            }
        case 12 if isinstance(value, str):
            holder[key] = _changed(chance, value)
        case _:
            holder[key] = scalar(chance)


def _changed(chance: random.Random, value: str) -> str:
    at = chance.randrange(len(value) + 1)
    end = min(len(value), at + chance.choice([0, 0, 1, 5]))
    return value[:at] + chance.choice([*TEXTS, *PUMPS]) * chance.choice([1, 1, 2, 100]) + value[end:]


def fitting(chance: random.Random, schema: Mapping[str, Any], defs: Mapping[str, Any] | None = None) -> Any:
    """A value that fits a JSON Schema in its types, mostly, with hostile texts in it."""
    defs = schema.get("$defs", {}) if defs is None else defs
    if "$ref" in schema:
        return fitting(chance, defs[schema["$ref"].rpartition("/")[2]], defs)
    if found := schema.get("anyOf") or schema.get("oneOf"):
        return fitting(chance, chance.choice(found), defs)
    if "enum" in schema or "const" in schema:
        return chance.choice(schema.get("enum") or [schema["const"]])
    kinds = schema.get("type", "string")
    match chance.choice(kinds) if isinstance(kinds, list) else kinds:
        case "object":
            return _object(chance, schema, defs)
        case "array":
            return [
                fitting(chance, schema.get("items", {}), defs) for _ in range(chance.choice([0, 1, 1, 2, 5]))
            ]
        case "integer":
            return chance.choice([schema.get("minimum", 1), schema.get("maximum", 5), 1, 2, 1.0, "1", 10**20])
        case "number":
            return chance.choice([0, 1, 10.5, 0.001, "12.50", 1e21, -3])
        case "boolean":
            return chance.choice([True, False, "true"])
        case "null":
            return None
    return chance.choice([*map(str, schema.get("examples", ())), "1", "2", text(chance)])


def _object(chance: random.Random, schema: Mapping[str, Any], defs: Mapping[str, Any]) -> dict[str, Any]:
    properties = schema.get("properties", {})
    names = {name for name in schema.get("required", ()) if chance.random() < 0.97}
    optional = [name for name in properties if name not in names]
    names |= set(chance.sample(optional, min(len(optional), chance.choice([0, 1, 2, 4]))))
    return {name: fitting(chance, properties.get(name, {}), defs) for name in sorted(names)}
