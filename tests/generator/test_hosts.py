"""What some host refuses in a tool that it is shown is found before anyone is shown it."""

from pathlib import Path

import pytest

from generator.compile import check
from generator.stages.lint_hosts import LARGEST_SCHEMA, find_orders, find_refused, find_wrong_hints

TEXT = {"type": "string"}


def tool(**properties):
    return {"type": "object", "properties": properties}


def nested(depth):
    return tool(a=nested(depth - 1)) if depth else TEXT


@pytest.mark.parametrize(
    ("schema", "place", "says"),
    [
        (tool() | {"additionalProperties": False}, "", "additionalProperties"),
        (tool(a=TEXT) | {"required": ["b"]}, "", '"b" in required'),
        (tool(a={"type": "object"}), "a", "without properties"),
        (tool(a={"type": "object", "properties": {}}), "a", "without properties"),
        (tool(a={"type": "array"}), "a", "without items"),
        (tool(a={"type": "array", "items": {"type": "object"}}), "a[]", "without properties"),
        (tool(a=tool(b=TEXT) | {"required": ["c"]}), "a", '"c" in required'),
        (tool(a=TEXT | {"format": "date"}), "a", "format date"),
        (tool(a=TEXT | {"format": "email"}), "a", "format email"),
        (tool(a={"type": ["string", "null"]}), "a", "one type"),
        (tool(a={"$ref": "#/x"}), "a", "$ref"),
        (tool(a={"type": "number", "exclusiveMinimum": 0}), "a", "exclusiveMinimum"),
        (tool(a=TEXT | {"default": "x"}), "a", "default"),
        (tool(a={"type": "integer", "enum": [1]}), "a", "enum of texts"),
        (tool(a=TEXT | {"enum": ["", "x"]}), "a", "none of them empty"),
        (tool(**{"a b": TEXT}), "a b", "this name"),
        (tool(**{"a" * 65: TEXT}), "a" * 65, "this name"),
        (tool(a=TEXT | {"description": "x" * LARGEST_SCHEMA}), "", "4,500 is the most"),
        (TEXT, "", "an object only"),
        (nested(6), "a.a.a.a.a", "5 levels"),
    ],
)
def test_what_a_host_refuses_is_found_with_its_place(schema, place, says):
    assert any(where == place and says in sentence for where, sentence in find_refused(schema))


def test_what_every_host_takes_is_not_reported():
    line = tool(kind=TEXT | {"enum": ["a", "b"]}, at=TEXT | {"format": "date-time"}) | {"required": ["kind"]}

    assert [*find_refused(tool())] == []
    assert [*find_refused(tool(lines={"type": "array", "items": line}) | {"required": ["lines"]})] == []
    assert [*find_refused(nested(5))] == []


@pytest.mark.parametrize(
    "text",
    [
        "Call this first to see whose books these are.",
        "It cannot be undone, so look with list_all_books first.",
        "It goes out at once, so be sure of the address.",
        "It cannot be changed; ask the person.",
        "You must read it.",
        "Read the list before calling this tool.",
        "IMPORTANT: needs a title.",
    ],
)
def test_an_order_to_the_model_is_found_in_every_text_that_it_is_shown(text):
    lines = {"type": "array", "items": tool(b=TEXT | {"description": text})}

    assert [place for place, _ in find_orders({"description": text, "inputSchema": tool()})] == [""]
    assert [place for place, _ in find_orders({"description": "A.", "inputSchema": tool(a=lines)})] == ["a.b"]


@pytest.mark.parametrize(
    "text",
    ["Find books by title; use this to look up the Id.", "The first day of the period.", "Needs Name."],
)
def test_what_a_tool_does_and_needs_is_no_order(text):
    assert [*find_orders({"description": text, "inputSchema": tool()})] == []


READS = {"readOnlyHint": True, "destructiveHint": False, "idempotentHint": True, "openWorldHint": False}
ADDS = READS | {"readOnlyHint": False, "idempotentHint": False}


@pytest.mark.parametrize(
    ("hints", "method", "verb", "says"),
    [
        ({}, "get", "GET", "without readOnlyHint, destructiveHint, idempotentHint, openWorldHint"),
        (READS | {"openWorldHint": None}, "get", "GET", "without openWorldHint"),
        (READS, "get", "PUT", "only reads changes nothing"),
        (READS | {"destructiveHint": True}, "get", "GET", "only reads changes nothing"),
        (READS | {"openWorldHint": True}, "get", "GET", "only reads changes nothing"),
        (READS, "void", "POST", "only reads changes nothing"),
        (ADDS, "update", "POST", "overwrite or destroy"),
        (ADDS, "delete", "POST", "overwrite or destroy"),
        (ADDS, "remove", "DELETE", "overwrite or destroy"),
        (ADDS | {"destructiveHint": True}, "send", "POST", "must be send"),
    ],
)
def test_hints_that_say_less_than_a_tool_does_are_found(hints, method, verb, says):
    assert any(says in sentence for sentence in find_wrong_hints({"annotations": hints}, method, verb))


@pytest.mark.parametrize(
    ("hints", "method", "verb"),
    [
        (READS, "get", "GET"),
        (READS, "search", "POST"),
        (ADDS, "create", "POST"),
        (ADDS | {"destructiveHint": True, "openWorldHint": True}, "send", "POST"),
    ],
)
def test_hints_that_say_what_a_tool_does_are_not_reported(hints, method, verb):
    assert [*find_wrong_hints({"annotations": hints}, method, verb)] == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "Read one book of the shelf.",
            "Read one book of the shelf. Look at the list first.",
            "orders to the model",
        ),
        (
            "  delete:\n    description",
            "  delete:\n    risk: create\n    description",
            "methods.delete.risk: It overwrites or ends something",
        ),
        (
            "  update:\n    description",
            "  update:\n    risk: read\n    description",
            "methods.update.risk: A tool that only reads changes nothing",
        ),
    ],
)
def test_a_definition_with_an_order_or_a_risk_too_small_is_an_error(shelf, old, new, says):
    shelf.change("book", old, new)

    assert any(says in str(each) for each in check([Path("definitions")]))


def test_a_definition_whose_tool_no_text_makes_small_enough_is_an_error(shelf):
    about = "x" * 200
    fields = "".join(f"  note{at}: {{ type: string, description: A{about}. }}\n" for at in range(30))
    shelf.change("book", "  title:", f"{fields}  title:")

    assert any("the most that every host shows whole" in str(each) for each in check([Path("definitions")]))
