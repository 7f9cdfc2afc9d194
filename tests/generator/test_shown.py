"""A client is shown the same arguments in fewer words; what a call is checked against stays whole."""

import json
from pathlib import Path

import pytest

from generator.compile import check, compile_catalog
from generator.reports.show import show
from generator.stages.compact_schema import compact_schema
from generator.stages.lint_hosts import LARGEST_SCHEMA, find_refused
from generator.vendor import ReferenceForm
from runtime.commands.examples import show_requests

FOLDER = Path("definitions")
REFERENCE = {"type": "object", "properties": {"value": {"type": "string"}}, "required": ["value"]}


SHOWN_REFERENCE = {"type": "object", "properties": {"value": {"type": "string"}}}


def shown(properties, rare=(), required=(), as_text=(), *, is_change=False):
    schema = {"type": "object", "properties": properties, "required": list(required)}
    whole = schema | {"additionalProperties": False}
    return compact_schema(whole, rare, as_text, reference=ReferenceForm("value", "name"), is_change=is_change)


def text(about="Some text.", **more):
    return {"type": "string", "description": about, **more}


def test_limits_are_not_shown_and_a_reference_has_its_value():
    by_number = {**REFERENCE, "properties": {"value": {"type": "string", "pattern": r"^\d+$"}}}

    less = shown(
        {"name": text(maxLength=20), "who": {**REFERENCE, "description": "Who."}, "whose": by_number}
    )

    assert less.schema["properties"] == {
        "name": text(),
        "who": SHOWN_REFERENCE | {"description": "Who."},
        "whose": SHOWN_REFERENCE,
    }


def test_nothing_that_hosts_refuse_is_shown():
    given = {
        "on": text("When.", format="date"),
        "at": text("When.", format="date-time"),
        "to": text("Where to.", format="email"),
        "count": {"type": "integer", "default": 1, "minimum": 1, "description": "How many."},
        "month": text("Which month.", examples=["May"]),
        "line": {
            "type": "object",
            "properties": {"day": {"type": "string", "format": "date"}},
            "required": ["day"],
        },
        "rest": {"type": "object", "description": "All else."},
        "links": {"type": "array", "items": {"type": "object"}, "description": "What it bills."},
    }

    less = shown(given, required=["on"])

    assert less.schema == {
        "type": "object",
        "properties": {
            "on": text("When. YYYY-MM-DD."),
            "at": text("When.", format="date-time"),
            "to": text("Where to."),
            "count": {"type": "integer", "description": "How many."},
            "month": text("Which month. Such as May."),
            "line": {"type": "object", "properties": {"day": text("YYYY-MM-DD.")}, "required": ["day"]},
            "rest": text("All else. As JSON text of an object."),
            "links": {
                "type": "array",
                "items": text("As JSON text of an object."),
                "description": "What it bills.",
            },
        },
        "required": ["on"],
    }
    assert [*find_refused(less.schema)] == []


def test_an_object_that_takes_more_than_its_parts_is_shown_as_text():
    form = {"type": "object", "properties": {"info": REFERENCE, "note": text()}, "description": "A form."}

    less = shown({"form": form}, as_text=["form"])

    assert less.schema["properties"]["form"] == text("A form. As JSON text: {info, note}.")


def test_a_schema_that_is_too_large_retains_the_usual_kind_and_shows_the_others_as_text():
    def kind(about):
        return {"type": "object", "properties": {"item": REFERENCE, "about": text(about)}}

    address = {"type": "object", "properties": {f"line{at}": text("x" * 100) for at in range(3)}}
    parts = {"usual": kind("x" * 100), "other": kind("y" * 1000), "last": kind("z" * 1000)}
    line = {"type": "array", "items": {"type": "object", "properties": parts}}
    less = shown({"line": line, "at": address, **{f"field{n}": text("y" * 270) for n in range(12)}})

    assert len(json.dumps(less.schema, separators=(",", ":"))) <= LARGEST_SCHEMA
    found = less.schema["properties"]["line"]["items"]["properties"]
    assert found["usual"]["properties"]["item"] == SHOWN_REFERENCE
    assert [found["other"], found["last"]] == [text("As JSON text: {item, about}.")] * 2
    assert less.schema["properties"]["at"] == text("As JSON text: {line0, line1, line2}.")


def test_a_schema_that_fits_is_laid_out_whole():
    line = {
        "type": "object",
        "properties": {"one": {"type": "object", "properties": {"a": text(), "b": text()}}},
    }

    assert shown({"line": line}).schema["properties"]["line"] == line


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
    assert less.schema["properties"]["more"] == {
        "type": "string",
        "description": "Rare, as a JSON object: born_from/_until (date); mood (good|bad); nick; agent "
        "({value}); notes (list of {text}); is_shy (boolean).",
    }
    assert less.rare == tuple(rare)


def test_a_required_argument_is_never_rare_and_two_are_too_few_for_a_line():
    names = ("a", "b", "c")

    less = shown({name: text() for name in names}, names, ["a"])

    assert less.rare == ()
    assert list(less.schema["properties"]) == list(names)


def test_a_change_names_what_is_rare_and_not_what_it_holds():
    rare = {
        "count": {"type": "integer"},
        "agent": REFERENCE,
        "note": {"type": "object", "properties": {"a": text()}},
    }

    less = shown({"name": text(), **rare}, rare, is_change=True)

    assert less.schema["properties"]["more"] == text("Rare, as a JSON object: count, agent; note ({a}).")


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


def test_a_value_with_a_short_form_is_shown_in_it():
    less = shown({"order_by": text(enum=["Meta.Time", "Name", "Time"])})

    assert less.schema["properties"]["order_by"] == {"type": "string", "enum": ["Name", "Time"]}


def test_a_call_is_checked_against_all_of_it(shelf):
    shelf.change("integration", "tags: {", "advanced: [author, id]\ntags: {")
    tool = compile_catalog(FOLDER).by_name["update_a_shelf_book_by_id"]

    assert tool.advanced == ("author", "dry_run", "company")
    assert set(tool.input_schema["properties"]) == {"id", "title", "author", "dry_run", "company"}
    assert set(json.loads(tool.wire)["inputSchema"]["properties"]) == {"id", "title", "more"}


def test_a_rare_word_that_no_tool_takes_is_an_error(shelf):
    shelf.change("integration", "tags: {", "advanced: [titel]\ntags: {")

    assert [str(each) for each in check([FOLDER])] == [
        'definitions/shelf/integration.yaml:19: advanced.0: No tool takes "titel". Did you mean "title"?'
    ]


def test_a_name_to_show_as_text_that_no_tool_takes_is_an_error(shelf):
    shelf.change("integration", "tags: {", "json_text: [autor]\ntags: {")

    assert [str(each) for each in check([FOLDER])] == [
        'definitions/shelf/integration.yaml:19: json_text.0: No tool takes "autor". Did you mean "author"?'
    ]


def test_a_field_may_be_rare_in_one_resource_only(shelf):
    fields = "".join(
        f"  mark{at}: {{ type: string, description: A mark., advanced: true }}\n" for at in range(3)
    )
    shelf.change("book", "  title:", f"{fields}  title:")

    tool = compile_catalog(FOLDER).by_name["create_a_shelf_book"]

    assert tool.advanced == ("mark0", "mark1", "mark2", "dry_run", "company")
    assert "advanced" not in tool.schema.decode()


def test_a_tool_that_is_not_there_is_answered_with_the_nearest(shelf):
    catalog = compile_catalog(FOLDER)

    with pytest.raises(KeyError) as by_word:
        show(catalog, "delete_book")
    with pytest.raises(KeyError) as by_letters:
        show(catalog, "nosuch")

    assert by_word.value.args[0].startswith(
        'There is no tool "delete_book". The nearest are delete_a_shelf_book_by_id, '
    )
    assert by_letters.value.args[0].count("shelf") == 3


def test_a_tool_without_examples_says_where_they_stand(shelf):
    catalog = compile_catalog(FOLDER)

    said = show_requests(catalog, catalog.by_name["get_single_shelf_book_by_id"])

    assert said == (
        'get_single_shelf_book_by_id has no examples. They stand under "examples:" of methods.get in the file of the '
        "resource books, each with a prompt and arguments.\n"
    )
