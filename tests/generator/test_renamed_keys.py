"""A definition with the former name of a key is answered with the name that it has now."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from generator.compile import check
from generator.reading.files import list_schema_files
from generator.reading.renamed_keys import RENAMED_KEYS, find_new_key
from tests.offenders import report_offenders


def known_keys() -> Iterator[set[str]]:
    """The keys of every mapping that the grammar describes."""
    waiting = [json.loads(path.read_bytes()) for path in list_schema_files()]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            if isinstance(properties := node.get("properties"), dict):
                yield set(properties)
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node


KNOWN = list(known_keys())


def test_every_former_key_leads_to_the_new_one_wherever_the_grammar_has_it():
    def find(renamed):
        old, new = renamed
        places = [keys for keys in KNOWN if new in keys and old not in keys]
        if not any(find_new_key(old, keys) == new for keys in places):
            yield f"leads to {new} in none of {len(places)} places"

    report_offenders([(old, new) for old, news in RENAMED_KEYS.items() for new in news], find)


CASES = {
    "response_only": ("integration", "tags: {", "answered: [shown]\ntags: {"),
    "idempotency": ("integration", "tags: {", "once: { header: Key }\ntags: {"),
    "unquoted_types": (
        "integration",
        '  strings: { quote: "" }\n',
        '  strings: { quote: "" }\n  bare: [number]\n',
    ),
    "advanced": ("book", "    filter: contains\n", "    filter: contains\n    rare: true\n"),
    "argument_groups": ("book", "  get:\n", "  get:\n    takes: [record]\n"),
    "prompt": ("book", "      - prompt: Which", "      - ask: Which"),
}


@pytest.mark.parametrize("new", CASES)
def test_check_names_the_new_key_for_an_old_one(shelf, new):
    shelf.change(*CASES[new])

    suggestions = {each.suggestion for each in check([Path("definitions")]) if each.rule == "unknown key"}

    assert suggestions == {f'It is called "{new}" now.'}


def test_a_key_that_was_not_renamed_where_it_stands_is_answered_by_the_nearest_one(shelf):
    shelf.change("book", "    filter: contains\n", "    filter: contains\n    titel: true\n")

    (found,) = check([Path("definitions")])

    assert found.rule == "unknown key"
    assert "is called" not in found.suggestion
