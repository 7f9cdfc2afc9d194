"""A client is shown the same arguments in fewer words; what a call is checked against stays whole."""

import json
from pathlib import Path

from generator.compile import check, compile_catalog
from generator.shown import show_less

FOLDER = Path("definitions")
REFERENCE = {"type": "object", "properties": {"value": {"type": "string"}}, "required": ["value"]}


def shown(properties, rare=(), required=(), *, is_change=False):
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return show_less(schema, rare, is_change=is_change)


def text(about="Some text.", **more):
    return {"type": "string", "description": about, **more}


def test_limits_and_the_inside_of_a_reference_are_not_shown():
    by_number = {**REFERENCE, "properties": {"value": {"type": "string", "pattern": r"^\d+$"}}}

    less = shown(
        {"name": text(maxLength=20), "who": {**REFERENCE, "description": "Who."}, "whose": by_number}
    )

    assert less.schema["properties"] == {
        "name": text(),
        "who": {"type": "object", "required": ["value"], "description": "Who."},
        "whose": {"type": "object", "required": ["value"]},
    }


def test_only_the_first_filter_on_a_field_is_described():
    less = shown({name: text() for name in ("due_from", "due_until", "name", "name_contains", "id_any_of")})

    described = [name for name, given in less.schema["properties"].items() if "description" in given]
    assert described == ["due_from", "name", "id_any_of"]


def test_rare_arguments_stand_in_one_line_with_what_they_hold():
    rare = {
        "born_from": text(format="date"),
        "born_until": text(format="date"),
        "mood": text(enum=["good", "bad"]),
        "nick": text(),
        "agent": REFERENCE,
        "notes": {"type": "array", "items": {"type": "object", "properties": {"text": text()}}},
        "is_shy": {"type": "boolean"},
    }

    less = shown({"name": text(), **rare}, ["born", "mood", "nick", "agent", "notes", "is_shy"])

    assert list(less.schema["properties"]) == ["name", "more"]
    assert less.schema["properties"]["more"]["description"] == (
        "Rare: born_from/_until (date); mood (good|bad); nick; agent ({value}); notes (list of {text}); "
        "is_shy (boolean)."
    )
    assert less.rare == tuple(rare)


def test_a_required_argument_is_never_rare_and_two_are_too_few_for_a_line():
    names = ("a", "b", "c")

    less = shown({name: text() for name in names}, names, ["a"])

    assert less.rare == ()
    assert list(less.schema["properties"]) == list(names)


def test_a_change_names_the_inside_of_an_object_and_does_not_lay_it_out():
    line = {
        "type": "object",
        "properties": {
            "id": text(),
            "sale": {"type": "object", "properties": {"qty": text()}},
            "who": REFERENCE,
        },
    }

    less = shown({"lines": {"type": "array", "items": line, "description": "What is sold."}}, is_change=True)

    assert less.schema["properties"]["lines"] == {
        "type": "array",
        "items": {"type": "object"},
        "description": "What is sold. Holds id, sale {qty}, who.",
    }


def test_rare_parts_of_an_object_stand_in_its_description():
    line = {
        "type": "object",
        "properties": {"qty": {"type": "number"}, "mark": text(), "on": text(format="date")},
    }

    less = shown({"line": {**line, "description": "One."}}, ["mark", "on"])

    assert less.schema["properties"]["line"] == {
        "type": "object",
        "properties": {"qty": {"type": "number"}},
        "description": "One. Rare: mark; on (date).",
    }


def test_the_parts_of_an_object_of_texts_are_named():
    address = {"type": "object", "properties": {"street": text(), "town": text()}, "description": "Where."}

    assert shown({"at": address}).schema["properties"]["at"] == {
        "type": "object",
        "description": "Where. Holds street, town.",
    }


def test_a_value_with_a_short_form_is_shown_in_it():
    less = shown({"order_by": text(enum=["Meta.Time", "Name", "Time"])})

    assert less.schema["properties"]["order_by"] == {"type": "string", "enum": ["Name", "Time"]}


def test_a_call_is_checked_against_all_of_it(shelf):
    shelf.change("integration", "tags: {", "rare: [title, author, id]\ntags: {")
    tool = compile_catalog(FOLDER).by_name["update_a_shelf_book_by_id"]

    assert tool.rare == ()
    assert set(tool.input_schema["properties"]) == {"id", "title", "author"}
    assert "more" not in json.loads(tool.wire)["inputSchema"]["properties"]


def test_a_rare_word_that_no_tool_takes_is_a_mistake(shelf):
    shelf.change("integration", "tags: {", "rare: [titel]\ntags: {")

    assert [str(each) for each in check([FOLDER])] == [
        'definitions/shelf/integration.yaml:19: rare.0: No tool takes "titel". Did you mean "title"?'
    ]
