"""Short tools are compiled from one file each, laid over, and held to the tools that they call."""

from pathlib import Path

import pytest

from generator.compile import DefinitionErrors, check, compile_catalog
from generator.reports.show import show

FOLDERS = (Path("definitions"), Path("mine"))
FIND = """\
short_tool: find_book
title: Find a book
description: Find a book by a part of its title.
arguments:
  words: { type: string }
required: [words]
call: books.list
fill: { title_contains: "{words}", limit: 5 }
"""
READ = """\
short_tool: read_thing
title: Read a thing
description: Read one thing of the shelf.
arguments:
  kind: { type: string }
  number: { type: string }
required: [kind, number]
choose:
  by: kind
  values:
    Book: { call: books.get, aliases: [Paper back] }
fill: { id: "{number}" }
"""
ADD = """\
short_tool: add_book
title: Add a book
description: Put a book on the shelf.
arguments:
  name: { type: string }
required: [name]
call: books.create
fill: { title: "{name}" }
"""


@pytest.fixture
def write(shelf, tmp_path):
    """Write a short tool of the made-up vendor, or of an operator's layer."""

    def put(text, name="find_book", layer="definitions"):
        path = tmp_path / layer / "shelf" / "short" / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    return put


def compile_one(folders=FOLDERS[:1]):
    (found,) = compile_catalog(folders).short
    return found


def test_a_file_becomes_a_tool_that_fills_the_arguments_of_another(write):
    write(FIND)

    found = compile_one()

    assert (found.name, found.title, found.integration) == ("find_book", "Find a book", "shelf")
    assert found.input_schema == {
        "type": "object",
        "properties": {"words": {"type": "string"}},
        "required": ["words"],
        "additionalProperties": False,
    }
    (target,) = found.targets.values()
    assert target.tool == "list_all_shelf_books"
    assert target.fill == {"title_contains": "{words}", "limit": 5}


def test_the_values_that_choose_are_listed_and_known_by_their_other_names(write):
    write(READ)

    found = compile_one()

    assert found.input_schema["properties"]["kind"]["enum"] == ["Book"]
    assert found.aliases["kind"] == {"book": "Book", "paperback": "Book"}


def test_an_argument_that_is_passed_on_has_the_schema_of_the_tool(write):
    write(FIND + "pass_on: [limit]\n")
    properties = compile_one().input_schema["properties"]

    assert properties["limit"] == {"type": "integer", "minimum": 1, "maximum": 100}


def test_short_tools_are_part_of_a_stored_catalog_and_of_its_version(write, tmp_path):
    write(FIND)
    first = compile_catalog(FOLDERS[:1], tmp_path / "cache")
    again = compile_catalog(FOLDERS[:1], tmp_path / "cache")
    write(FIND.replace("Find a book\n", "Find books\n"))
    changed = compile_catalog(FOLDERS[:1], tmp_path / "cache")

    assert first.short == again.short
    assert changed.version != first.version
    assert changed.short[0].title == "Find books"


def test_an_operator_adds_a_short_tool(write):
    write(FIND)
    write(ADD, "add_book", "mine")

    assert [each.name for each in compile_catalog(FOLDERS).short] == ["add_book", "find_book"]


def test_an_operator_changes_a_short_tool_key_by_key(write):
    write(FIND)
    write("extends: find_book\ntitle: Look for a book\n", layer="mine")

    found = compile_one(FOLDERS)

    assert (found.title, found.description) == ("Look for a book", "Find a book by a part of its title.")


def test_an_operator_hides_a_short_tool(write):
    write(FIND)
    write("extends: find_book\nhidden: true\n", layer="mine")

    assert compile_catalog(FOLDERS).short == ()


def test_an_error_of_the_operator_is_reported_in_the_operators_file(write):
    write(FIND)
    write("extends: find_book\ncall: books.lisst\n", layer="mine")

    (found,) = map(str, check(FOLDERS))

    assert found.startswith(
        'mine/shelf/short/find_book.yaml:2: call: There is no tool "books.lisst" to call.'
    )
    assert found.endswith('Did you mean "books.list"?')


def test_what_is_extended_must_be_there(write):
    write("extends: find_bok\ntitle: Look\n", layer="mine")
    write(FIND)

    (found,) = map(str, check(FOLDERS))

    assert 'There is no short tool "find_bok" to extend. Did you mean "find_book"?' in found


WRONG = {
    "an unknown tool": (
        "call: books.list",
        "call: books.find",
        'call: There is no tool "books.find" to call.',
    ),
    "an argument that the tool does not have": (
        "title_contains:",
        "title_contain:",
        'list_all_shelf_books has no argument "title_contain". Did you mean "title_contains"?',
    ),
    "an argument that fills nothing": (
        'fill: { title_contains: "{words}", limit: 5 }',
        "fill: { limit: 5 }",
        'arguments.words: The argument "words" fills nothing.',
    ),
    "a name that is no argument": (
        '"{words}"',
        '"{word}"',
        '{word} is neither an argument nor a step. Did you mean "words"?',
    ),
    "a part that an argument does not have": (
        '"{words}"',
        '"{words.first}"',
        'there is no "first" in that argument.',
    ),
    "a required argument that is not there": (
        "required: [words]",
        "required: [words, more]",
        'There is no argument "more".',
    ),
    "an operator that is none": (
        '"{words}"',
        '{ $each: words, $then: "{words}" }',
        "$each and $then do not stand together.",
    ),
    "an unknown key": ("call:", "calls:", '"calls" is an unknown key for a short tool. Did you mean "call"?'),
    "a name that a tool has": ("short_tool: find_book", "short_tool: create_a_shelf_book", "is called"),
    "no tool at all": ("call: books.list\n", "", "It calls no tool."),
}


def test_a_short_tool_may_have_the_name_of_the_one_tool_that_it_is_a_short_form_of(write):
    write(FIND.replace("short_tool: find_book", "short_tool: list_all_shelf_books"))

    assert compile_one().name == "list_all_shelf_books"


@pytest.mark.parametrize("case", WRONG)
def test_an_error_is_reported_with_its_place_and_what_would_be_right(write, case):
    old, new, message = WRONG[case]
    assert FIND.count(old) == 1
    write(FIND.replace(old, new))

    found = list(map(str, check(FOLDERS[:1])))

    assert any(message in each for each in found), found
    assert all(each.startswith("definitions/shelf/short/find_book.yaml:") for each in found)


def test_an_argument_that_the_tool_needs_must_be_filled_for_certain(write):
    write(ADD.replace('fill: { title: "{name}" }', "fill: {}"), "add_book")
    never = list(map(str, check(FOLDERS[:1])))
    write(ADD.replace("required: [name]", "required: []"), "add_book")
    sometimes = list(map(str, check(FOLDERS[:1])))

    assert any('create_a_shelf_book needs "title", which is never filled.' in each for each in never)
    assert any('needs "title", and "name", which fills it, may be left out.' in each for each in sometimes)


def test_a_value_that_the_tool_refuses_is_an_error(shelf, write):
    shelf.change("book", "    filter: contains\n    sort: true\n", "    filter: contains\n    sort: true\n")
    write(FIND.replace("limit: 5", "order_by: cover"))
    constant = list(map(str, check(FOLDERS[:1])))
    with_enum = FIND.replace("limit: 5", 'order_by: "{order}"')
    write(with_enum.replace("required:", "  order: { type: string, enum: [title, cover] }\nrequired:"))
    chosen = list(map(str, check(FOLDERS[:1])))

    assert any('list_all_shelf_books does not take "cover" here.' in each for each in constant), constant
    assert any('list_all_shelf_books does not take "cover" as order_by.' in each for each in chosen), chosen


def test_a_step_reads_a_list_and_is_of_one_kind(write):
    step = "steps: { one: { call: books.get, for_each: words, spread: words } }\n"
    write(FIND + step)

    found = list(map(str, check(FOLDERS[:1])))

    assert any("A step has exactly one of for_each, spread, digits and find." in each for each in found)


def test_a_short_tool_is_shown_with_the_tools_that_it_calls(write):
    write(READ)

    shown = show(compile_catalog(FOLDERS[:1]), "read_thing")

    assert shown.startswith("read_thing: Read a thing\nBook: get_single_shelf_book_by_id\n")
    assert '"entity_type"' not in shown and '"number"' in shown


def test_a_file_with_an_error_makes_no_catalog(write):
    write(FIND.replace("books.list", "books.find"))

    with pytest.raises(DefinitionErrors):
        compile_catalog(FOLDERS[:1])


def test_a_file_that_is_no_yaml_is_reported_at_its_line(write):
    write("short_tool: find_book\ntitle: [")

    (found,) = check(FOLDERS[:1])

    assert (found.file, found.rule) == ("definitions/shelf/short/find_book.yaml", "yaml")


LENT = """\
short_tool: list_shelf
title: List the shelf
description: List books and what was lent, the newest first.
arguments:
  kind: { type: string }
  words: { type: string }
  last_day: { type: string, format: date }
answer: merged
merge: { by: day, until: last_day, name: things }
steps:
  named:
    find: words
    in: [title]
    call: books.list
    fill: { title_contains: "{words}" }
choose:
  by: kind
  values:
    Book:
      call: books.list
      fill: { lent_until: "{last_day}", limit: 100 }
      where: { named.id: [id] }
      row: { day: "{record.lent}", title: "{record.title}" }
"""
WRONG_LISTS = {
    "no merge": ("merge: { by: day, until: last_day, name: things }\n", "", '"merge" stand together'),
    "another answer": ("answer: merged\n", "", '"merge" stand together'),
    "a row without its day": ('day: "{record.lent}", ', "", 'It needs a row with "day".'),
    "a day that does not bound": ('lent_until: "{last_day}", ', "", 'Nothing of its fill is "{last_day}"'),
    "no limit": (", limit: 100", "", "It needs a limit"),
    "an argument that is not there": ("until: last_day", "until: last_dya", 'There is no "last_dya" here.'),
    "a row of something else": ("{record.title}", "{recrod.title}", 'There is no "recrod" here.'),
    "a step that is not there": ("named.id:", "name.id:", 'There is no "name" here. Did you mean "named"?'),
    "an argument that leaves it out": ("where:", "unless: wrds\n      where:", 'Did you mean "words"?'),
}


def test_merged_lists_are_compiled_with_how_they_are_merged(write):
    write(LENT, "list_shelf")

    found = compile_one()
    (target,) = found.targets.values()

    assert (found.merge.by, found.merge.until, found.merge.name) == ("day", "last_day", "things")
    assert target.where == {"named.id": ("id",)}
    assert target.row == {"day": "{record.lent}", "title": "{record.title}"}
    assert found.input_schema["properties"]["kind"]["enum"] == ["Book"]


@pytest.mark.parametrize("case", WRONG_LISTS)
def test_merged_lists_are_held_to_what_merging_takes(write, case):
    old, new, message = WRONG_LISTS[case]
    assert LENT.count(old) == 1
    write(LENT.replace(old, new), "list_shelf")

    found = list(map(str, check(FOLDERS[:1])))

    assert any(message in each for each in found), found


def test_what_only_merged_lists_have_is_an_error_elsewhere(write):
    write(READ.replace("aliases: [Paper back]", 'unless: kind, row: { day: "{number}" }'), "read_thing")

    found = " ".join(map(str, check(FOLDERS[:1])))

    assert '"row" is for merged lists alone.' in found and '"unless" is for merged lists alone.' in found
