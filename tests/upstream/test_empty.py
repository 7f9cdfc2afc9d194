"""Records without their empty fields."""

from __future__ import annotations

import random
from typing import Any

import orjson
import pytest

from runtime.upstream.empty import drop_empty

NAMES = ["a", "b", ":null", '"', "{", ",", "\\", 'x",', "é"]
TEXTS = ["", "x", '":null,', ":null", ',":""', '{"a":null}', '\\"', "\\", '\\\\",":[],', "a,", '"', "{", "é"]


def without(value: Any) -> Any:
    """The rule itself, over values."""
    if isinstance(value, list):
        return [without(each) for each in value]
    if not isinstance(value, dict):
        return value
    members = {name: without(each) for name, each in value.items()}
    return {name: each for name, each in members.items() if each is not None and each not in ("", [], {})}


def make_value(chance: random.Random, depth: int) -> Any:
    kind = chance.randrange(8 if depth else 5)
    if kind < 2:
        return chance.choice(TEXTS)
    if kind < 5:
        return chance.choice([None, "", [], {}, 0, False])
    if kind == 5:
        return [make_value(chance, depth - 1) for _ in range(chance.randrange(4))]
    return {chance.choice(NAMES): make_value(chance, depth - 1) for _ in range(chance.randrange(5))}


def test_any_record_is_answered_without_its_empty_fields_and_with_all_else():
    chance = random.Random(11)
    for _ in range(20_000):
        record = {name: make_value(chance, 3) for name in chance.sample(NAMES, 4)}

        assert drop_empty(orjson.dumps(record)) == orjson.dumps(without(record)), record


@pytest.mark.parametrize(
    ("record", "rest"),
    [
        (b'{"a":null,"b":""}', b"{}"),
        (b'{"a":1,"b":null,"c":[],"d":2}', b'{"a":1,"d":2}'),
        (b'{"a":{"b":{"c":{}}},"d":[{},null,""]}', b'{"d":[{},null,""]}'),
        (b'{"a":"b,",":null,":1,"c":1.10}', b'{"a":"b,",":null,":1,"c":1.10}'),
    ],
)
def test_digits_and_texts_stay_as_they_are(record: bytes, rest: bytes):
    assert drop_empty(record) == rest
