"""What some host refuses in a tool that it is shown is found before anyone is shown it."""

from pathlib import Path

import pytest

from generator.compile import check
from generator.hosts import LARGEST_SCHEMA, refused_in

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
    assert any(where == place and says in sentence for where, sentence in refused_in(schema))


def test_what_every_host_takes_is_not_reported():
    line = tool(kind=TEXT | {"enum": ["a", "b"]}, at=TEXT | {"format": "date-time"}) | {"required": ["kind"]}

    assert [*refused_in(tool())] == []
    assert [*refused_in(tool(lines={"type": "array", "items": line}) | {"required": ["lines"]})] == []
    assert [*refused_in(nested(5))] == []


def test_a_definition_whose_tool_no_text_makes_small_enough_is_an_error(shelf):
    about = "x" * 200
    fields = "".join(f"  note{at}: {{ type: string, description: A{about}. }}\n" for at in range(30))
    shelf.change("book", "  title:", f"{fields}  title:")

    assert any("the most that every host shows whole" in str(each) for each in check([Path("definitions")]))
