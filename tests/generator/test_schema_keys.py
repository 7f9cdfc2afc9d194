"""Every key of the definition format is explained, by the schema that editors complete from, and shows a value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft7Validator, FormatChecker

from generator.reading.grammar import bundle
from generator.reports.format_keys import PARTS, as_markdown, list_keys

SCHEMAS: dict[str, Any] = bundle("resource")["definitions"]
NAMES_A_VALUE = ("examples", "enum", "const", "default")


def keys(node: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each key that the schema lists under `properties`, with its place and its own schema."""
    if isinstance(node, list):
        for at, each in enumerate(node):
            yield from keys(each, f"{path}/{at}")
    if not isinstance(node, dict):
        return
    listed = node.get("properties")
    if isinstance(listed, dict) and not path.endswith("/properties"):
        yield from ((f"{path}/{name}", each) for name, each in listed.items())
    for name, each in node.items():
        if name != "examples":
            yield from keys(each, f"{path}/{name}")


def target(node: dict[str, Any]) -> dict[str, Any]:
    """The schema that `$ref` leads to, with what stands beside the reference laid over it."""
    if "$ref" not in node:
        return node
    found: Any = {"definitions": SCHEMAS}
    for step in node["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return {**target(found), **{name: each for name, each in node.items() if name != "$ref"}}


def shows_a_value(node: dict[str, Any], depth: int = 0) -> bool:
    whole = target(node)
    if depth > 8 or whole.get("type") == "boolean" or "properties" in whole:
        return True
    inner = [*whole.get("oneOf", []), whole.get("items"), whole.get("additionalProperties")]
    return any(name in whole for name in NAMES_A_VALUE) or any(
        shows_a_value(each, depth + 1) for each in inner if isinstance(each, dict)
    )


KEYS = [found for name, schema in SCHEMAS.items() for found in keys(schema, name)]


def test_every_key_says_what_it_does():
    bare = [path for path, node in KEYS if len(str(target(node).get("description", ""))) < 10]

    assert len(KEYS) > 300
    assert bare == []


def test_every_key_shows_a_value_or_the_keys_that_are_in_it():
    assert [path for path, node in KEYS if not shows_a_value(node)] == []


def test_every_description_is_a_sentence():
    loose = [path for path, node in KEYS if not str(target(node)["description"]).rstrip().endswith(".")]

    assert loose == []


def examples(node: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each schema that has examples of its own."""
    if isinstance(node, list):
        for at, each in enumerate(node):
            yield from examples(each, f"{path}/{at}")
    if isinstance(node, dict):
        if isinstance(node.get("examples"), list):
            yield path, node
        for name, each in node.items():
            if name != "examples" or not isinstance(each, list):
                yield from examples(each, f"{path}/{name}")


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_value_that_is_shown_is_one_that_the_key_takes(name):
    wrong = []
    for path, node in examples(SCHEMAS[name], name):
        validator = Draft7Validator({**node, "definitions": SCHEMAS}, format_checker=FormatChecker())
        wrong += [(path, each) for each in node["examples"] if not validator.is_valid(each)]

    assert wrong == []


def test_the_command_lists_every_key_of_the_schemas():
    listed = {key.place.rsplit(".", 1)[-1] for part in PARTS for key in list_keys(part)}
    known = {path.rsplit("/", 1)[-1] for path, _ in KEYS}

    assert known - listed == {"add_description", "add_tags"} - listed
    assert sum(len(list_keys(part)) for part in PARTS) > 230


def test_a_key_of_the_command_has_its_place_its_sentence_and_a_value():
    found = {key.place: key for key in list_keys("integration")}

    assert found["pagination.limit.max"].value == "1000"
    assert found["account.<name>.from"].description.startswith("Taken from the OAuth callback")
    assert found["pagination.style"].is_required
    assert "| `rate_limit.windows[].seconds` (required) | How long it lasts" in as_markdown("integration")
