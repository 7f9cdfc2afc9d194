"""Which tools appear, vanish or change between two folders, and which of it breaks callers."""

import shutil
from pathlib import Path

import pytest

from generator.compile import compile_catalog
from generator.reports.diff import compare_catalogs, render_text, render_value

FOLDER = Path("definitions")
CREATE, LIST = "create_a_shelf_book", "list_all_shelf_books"


@pytest.fixture
def changed(shelf, tmp_path):
    """The difference that one change of a file makes."""
    shutil.copytree(FOLDER, tmp_path / "before")

    def change(name, old, new):
        shelf.change(name, old, new)
        return compare_catalogs(compile_catalog(tmp_path / "before"), compile_catalog(FOLDER))

    return change


def said(found, name):
    (tool,) = [each for each in found.tools if each.name == name]
    return [(each.kind, each.text, each.is_breaking) for each in tool.changes]


def test_nothing_is_different_between_equals(shelf):
    found = compare_catalogs(compile_catalog(FOLDER), compile_catalog(FOLDER))

    assert found.tools == []
    assert render_text(found) == "No tool is different."


def test_a_vanished_tool_breaks_callers_and_a_new_one_does_not(changed):
    found = changed("book", "  delete:\n    description: Take a book off the shelf for good.\n", "")
    back = compare_catalogs(compile_catalog(FOLDER), compile_catalog(Path("before")))

    assert said(found, "delete_a_shelf_book_by_id") == [("vanished", "It is gone.", True)]
    assert said(back, "delete_a_shelf_book_by_id") == [("new", "It is new.", False)]
    assert found.is_breaking
    assert not back.is_breaking
    assert found.tokens_after < found.tokens_before


def test_a_tool_with_another_name_is_said_as_renamed(changed):
    found = changed("book", "  get:\n", "  get:\n    tool_name: read_a_shelf_book\n")

    assert said(found, "get_single_shelf_book_by_id") == [
        ("renamed", "It is called read_a_shelf_book now.", True)
    ]


def test_a_tool_that_still_answers_to_its_former_name_breaks_no_caller_until_that_name_is_gone(changed):
    old = "get_single_shelf_book_by_id"
    found = changed(
        "book", "  get:\n", f"  get:\n    tool_name: read_a_shelf_book\n    former_names: [{old}]\n"
    )
    later = changed("book", f"    former_names: [{old}]\n", "")

    assert said(found, old) == [
        ("renamed", "It is called read_a_shelf_book now, and calls by its old name are answered.", False)
    ]
    assert not found.is_breaking
    assert said(later, old) == [("renamed", "It is called read_a_shelf_book now.", True)]


def test_a_former_name_that_is_taken_away_breaks_callers(changed, tmp_path):
    given = "    former_names: [read_it]\n"
    changed("book", "  get:\n", "  get:\n" + given)
    shutil.copytree(FOLDER, tmp_path / "between")
    changed("book", given, "")
    found = compare_catalogs(compile_catalog(tmp_path / "between"), compile_catalog(FOLDER))

    text = "Calls by its former name read_it are refused now."
    assert said(found, "get_single_shelf_book_by_id") == [("former name", text, True)]


CASES = {
    "an argument that is gone": (
        ("book", "  author:\n    $ref", "  writer:\n    $ref"),
        ("argument removed", "author is gone.", True),
    ),
    "an argument that is new": (
        ("book", "  author:\n    $ref", "  writer:\n    $ref"),
        ("argument added", "writer is new.", False),
    ),
    "an argument that must be given now": (
        (
            "book",
            "    description: Who wrote it.",
            "    description: Who wrote it.\n    required_for: [create]",
        ),
        ("newly required", "author must be given now.", True),
    ),
    "an argument that may be left out now": (
        ("book", "    required_for: [create]\n", ""),
        ("no longer required", "title may be left out now.", False),
    ),
    "another type": (
        ("book", "  title:\n    type: string", "  title:\n    type: integer"),
        ("type", "title is integer and was string.", True),
    ),
    "a wider type inside": (
        ("types", "id: { type: integer }", "id: { type: number }"),
        ("type", "author.id is number and was integer.", False),
    ),
    "values that are gone": (
        ("types", "name: { type: string }", "name: { type: string, enum: [Ann] }"),
        ("enum", "author.name takes other values.", True),
    ),
    "a shorter text": (
        ("book", "  title:\n    type: string", "  title:\n    type: string\n    maxLength: 9"),
        ("maxLength", "title has maxLength 9.", True),
    ),
    "other words": (
        ("book", "Put a new book on the shelf.", "Put one more book on the shelf."),
        ("description", "Its description says something else.", False),
    ),
    "another request": (
        ("integration", '"POST /{path}"', '"POST /{path}/new"'),
        ("request", "It asks POST /books/new in another way than before.", False),
    ),
    "another risk": (
        ("integration", 'returns: { record: "" }, risk: create', 'returns: { record: "" }, risk: send'),
        ("annotations", "Its risk is send and was create.", False),
    ),
    "another default": (
        ("book", "    required_for: [create]\n", "    required_for: [create]\n    default: Untitled\n"),
        ("default", 'title is "Untitled" when left out, and was null.', False),
    ),
    "other masks": (
        ("book", "    description: Who wrote it.", "    description: Who wrote it.\n    sensitive: true"),
        ("masked", "Other parts of its answers than before are masked.", False),
    ),
    "another tag": (("book", "tags: [books]", "tags: [people]"), ("tags", "The tag people is new.", False)),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_change_is_said_with_whether_it_breaks_callers(changed, case):
    change, wanted = case

    assert wanted in said(changed(*change), CREATE)


def test_a_record_that_may_not_be_sent_back_as_it_was_read_breaks_callers(shelf):
    without = shelf.texts["integration"]
    shelf.change("integration", "tags: {", "response_only: [shown_at]\ntags: {")
    before = compile_catalog(FOLDER)
    shelf.write("integration", without)

    found = compare_catalogs(before, compile_catalog(FOLDER))

    assert said(found, "update_a_shelf_book_by_id") == [
        ("no longer dropped", "A record that is sent back with shown_at is refused now.", True)
    ]


def test_what_every_update_must_send_now_breaks_callers(changed):
    found = changed(
        "book",
        "    description: Correct the title of a book, as",
        "    always_send: [title]\n    description: Correct the title of a book, as",
    )

    assert ("always sent", "Every update must send title now.", True) in said(
        found, "update_a_shelf_book_by_id"
    )


def test_a_value_that_is_taken_no_more_is_named(changed, shelf):
    shelf.change("book", "    required_for: [create]\n", "    required_for: [create]\n    enum: [a, b]\n")
    first = compile_catalog(FOLDER)
    shelf.change("book", "enum: [a, b]", "enum: [b, c]")

    found = compare_catalogs(first, compile_catalog(FOLDER))

    assert ("enum", "title does not take a any more.", True) in said(found, CREATE)


def test_the_text_marks_what_breaks_and_the_json_says_the_same(changed):
    found = changed("types", "      filter: equals\n", "")

    text, value = render_text(found), render_value(found)

    assert f"{LIST} (breaks callers): " in text
    assert "  ! id is gone." in text
    assert "0 new, 0 gone, 1 changed; 1 break callers." in text
    assert value["breaking"] is True
    assert value["tools"][0]["name"] == LIST
