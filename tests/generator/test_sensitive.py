"""What is hidden is marked by shared type, and a write knows which tools read what it writes."""

import pytest

from generator.compile import check, compile_catalog

LENT = "    $ref: types.yaml#/types/Date\n    access: read_only\n    description: When it was lent.\n    filter: range"
SECRET = "\n  Secret: { type: string, sensitive: true }\n  Code: { type: string, sensitive: whole }\ngroups:"
READER = """\
resource: readers
entity: Reader
path: readers
singular: reader
summary: A person who reads.
description: |
  A reader borrows books.
docs: https://shelf.example/readers
tags: [people]
include: [record]
fields:
  title:
    type: string
    description: How the reader is addressed.
    filter: equals
methods:
  list:
    description: Find readers by their form of address.
"""
ANYTHING = """\
resource: anything
entity: "*"
path: anything
singular: anything
summary: Any record.
description: |
  One tool that reads whatever is asked for.
docs: https://shelf.example/anything
tags: [books]
methods:
  get:
    request: GET /anything
    description: Read whatever there is on the whole shelf.
"""


@pytest.fixture
def marked(shelf):
    """A shelf where books have sensitive fields by shared type: a lone one, one in a list, one deep inside."""
    shelf.change("types", "\ngroups:", SECRET)
    shelf.change(
        "types",
        "      name: { type: string }",
        '      name: { type: string }\n      pin: { $ref: "#/types/Code" }',
    )
    fields = """\
  borrowed:
    type: array
    items: { $ref: types.yaml#/types/Secret }
    description: Numbers of cards.
  lent:
"""
    shelf.change("book", "  lent:\n", fields)
    return shelf


def tools(shelf):
    return {tool.name: tool for tool in compile_catalog(shelf.folder).tools}


def messages(shelf):
    return [f"{each}" for each in check(shelf.folder)]


def test_a_field_is_marked_by_the_type_that_it_points_to_in_lists_and_objects_too(marked):
    update = tools(marked)["update_a_shelf_book_by_id"]

    assert set(update.sensitive) == {("author", "pin"), ("borrowed",)}
    assert update.concealed == (("author", "pin"),)
    assert b"sensitive" not in update.schema


def test_a_tool_over_any_record_hides_what_any_resource_marks_but_not_a_plain_field_of_another(marked):
    marked.change("book", "    filter: contains\n    sort: true", "    sensitive: true")
    marked.change("book", "columns: [id, title]", "columns: [id]")
    marked.change(
        "book",
        "    examples:\n      - prompt: Which books are about gardens?\n"
        "        arguments: { title_contains: garden }\n",
        "",
    )
    marked.texts |= {"reader": READER, "anything": ANYTHING}
    marked.write("reader", READER)
    marked.write("anything", ANYTHING)

    found = tools(marked)["get_shelf_anything"]
    assert set(found.sensitive) == {("title",), ("author", "pin"), ("borrowed",)}
    assert found.public == (("Reader", "title"),)


@pytest.mark.parametrize("words", ["filter: equals", "sort: true"])
def test_neither_what_holds_something_sensitive_nor_what_is_in_it_is_filtered_or_sorted(marked, words):
    marked.change("book", "    description: Who wrote it.", f"    description: Who wrote it.\n    {words}")

    assert any(
        "author is sensitive, so nobody may filter or sort by it." in each for each in messages(marked)
    )


def test_what_is_inside_of_something_sensitive_is_not_filtered_either(shelf):
    shelf.change("types", "name: { type: string }", "name: { type: string, filter: equals }")
    shelf.change(
        "book", "    description: Who wrote it.", "    description: Who wrote it.\n    sensitive: true"
    )

    assert any("author.name is sensitive" in each for each in messages(shelf))


def test_a_field_that_is_as_good_as_a_method_names_its_tool(marked):
    marked.change("book", LENT, LENT.replace("    filter: range", "    visible_with: delete"))
    marked.change(
        "book", "Find books by title or by when they were lent.", "Find books by title, of any time."
    )

    assert tools(marked)["get_single_shelf_book_by_id"].gated == ((("lent",), "delete_a_shelf_book_by_id"),)
    marked.change("book", "visible_with: delete", "visible_with: burn")
    assert any('visible_with names "burn", which is no method' in each for each in messages(marked))


def test_a_write_knows_the_tools_that_read_its_records_and_an_update_how_to_read_one(marked):
    found = tools(marked)
    update = found["update_a_shelf_book_by_id"]

    assert update.read_by == ("list_all_shelf_books", "get_single_shelf_book_by_id")
    assert found["create_a_shelf_book"].read_by == update.read_by
    assert update.current.name == "get_single_shelf_book_by_id"
    assert update.current.wire == b""
    assert update.changing == ("title", "author", "borrowed")
    assert found["create_a_shelf_book"].current is None
    assert found["delete_a_shelf_book_by_id"].changing == ()


def test_a_tool_for_the_read_that_is_left_out_of_the_catalog_is_known_all_the_same(marked):
    marked.change("book", "  get:\n", "  get:\n    hidden: true\n")
    marked.change("book", "as [[books.get]] gives it", "as it was")

    found = tools(marked)
    assert "get_single_shelf_book_by_id" not in found
    assert found["update_a_shelf_book_by_id"].current.call.verb == "GET"


def test_an_update_that_would_clear_what_nobody_can_read_is_an_error(marked):
    marked.change(
        "integration", "    body: json_patch\n", "    body: whole_record\n    sparse_field: partial\n"
    )
    assert any('sparse_field names "partial", which is no argument.' in each for each in messages(marked))

    argument = (
        "    sparse_field: partial\n    arguments: { partial: { type: boolean, description: Only these. } }\n"
    )
    marked.change("integration", "    sparse_field: partial\n", argument)
    assert messages(marked) == []
    marked.change("book", "  get:\n    description: Read one book of the shelf.\n", "")
    marked.change("book", "as [[books.get]] gives it", "as it was")
    assert any("without a method get" in each for each in messages(marked))
