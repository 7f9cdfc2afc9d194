"""What a reference page says: what matters first, in words that people use for types."""

from pathlib import Path

import pytest

from generator.compile import compile_catalog
from generator.reports.tool_pages import build_pages

ARTICLE = """\
  author:
    $ref: types.yaml#/types/Person
    description: Who wrote it.
"""
DEEP = """\
  author:
    type: object
    description: Who wrote it.
    sensitive: true
    required: [name]
    properties:
      name: { type: string, maxLength: 40, description: As on the cover. }
      born: { type: string, format: date }
      home: { type: object, properties: { value: { type: string } } }
      works:
        type: array
        items: { type: object, properties: { title: { type: string }, kind: { type: string, enum: [novel, play] } } }
"""


@pytest.fixture
def page(shelf):
    shelf.change("book", ARTICLE, DEEP)
    return build_pages(compile_catalog(Path("definitions")))["shelf/books"]


def test_a_page_begins_with_what_reads_and_ends_with_what_destroys(page):
    assert [part.tool.method for part in page.tools] == ["list", "get", "create", "update", "delete"]
    assert [part.risk for part in page.tools][0::4] == ["Reads only", "Cannot be undone"]


def test_a_page_says_what_the_resource_is_with_its_links_filled(page):
    assert (page.title, page.about.summary) == ("Books", "Something to read.")
    assert page.about.description == "A book is on the shelf or lent."


def test_what_is_masked_is_said(page):
    assert page.masked == ("author",)


def test_the_parts_of_an_argument_are_said_apart_from_it(page):
    create = next(part for part in page.tools if part.tool.method == "create")
    assert [(row.name, row.type, row.is_required) for row in create.arguments.rows] == [
        ("title", "text", True),
        ("author", "object", False),
        ("dry_run", "true or false", False),
    ]
    [parts] = create.further
    assert parts.title == "Parts of author"
    assert [(row.name, row.type, row.is_required, row.about) for row in parts.rows] == [
        ("author.name", "text, at most 40 characters", True, "As on the cover."),
        ("author.born", "date", False, ""),
        ("author.home", "object with value", False, ""),
        ("author.works", "list of object", False, ""),
        ("author.works[].title", "text", False, ""),
        ("author.works[].kind", "text", False, "One of: novel, play."),
    ]


def test_an_example_is_what_a_person_asks_and_the_arguments_that_answer_it(page):
    [example] = page.tools[0].examples
    assert example.ask == "Which books are about gardens?"
    assert example.arguments == '{\n  "title_contains": "garden"\n}'
