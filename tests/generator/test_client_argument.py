"""Which reads can be limited to a client by its name: those that take Ids of what the integration calls clients."""

import json
from pathlib import Path

import pytest

from generator.compile import check, compile_catalog

READERS = """\
resource: readers
entity: Reader
path: readers
singular: reader
display: name
summary: Somebody who reads.
description: |
  A reader borrows books.
docs: https://shelf.example/readers
tags: [people]
fields:
  id:
    type: string
    access: read_only
    description: The number of the reader.
    filter: [equals, any_of]
  name:
    type: string
    description: What the reader is called.
    filter: contains
methods:
  list: { description: Find readers by name. }
"""
CLIENTS = """\
clients: { resource: readers, filters: [reader], full_name: name, separator: "/" }
"""
WRONG = {
    "a resource that no tool lists": (
        "resource: readers",
        "resource: reader",
        'clients.resource: No tool lists "reader". Did you mean "readers"?',
    ),
    "a filter that no read has": (
        "filters: [reader]",
        "filters: [reader, raeder]",
        'clients.filters.1: No read takes Ids of readers as "raeder". Did you mean "reader"?',
    ),
    "a name that is no filter": (
        "full_name: name",
        "full_name: names",
        'clients.full_name: "readers" cannot be filtered by a part of "names". Did you mean "name"?',
    ),
    "no separator": (', separator: "/"', "", "full_name and separator stand together."),
}


@pytest.fixture
def library(shelf):
    """The made-up vendor with readers, by whom the books are filtered."""
    shelf.write("readers", READERS)
    shelf.change(
        "book",
        "  lent:\n",
        "  reader:\n    type: string\n    description: Who has it.\n    references: readers\n"
        "    filter: equals\n  lent:\n",
    )
    shelf.change(
        "integration",
        'contains: "{field}~{value}"',
        'contains: "{field}~{value}", any_of: "{field} in {values}"',
    )
    shelf.change("integration", "methods:\n  list:", f"{CLIENTS}methods:\n  list:")
    return shelf


def tools():
    return compile_catalog(Path("definitions")).by_name


def test_a_list_with_a_filter_of_clients_and_their_own_list_take_a_name(library):
    found = {name: tool.client_filter for name, tool in tools().items() if tool.client_filter}

    books, readers = found["list_all_shelf_books"], found["list_all_shelf_readers"]
    assert set(found) == {"list_all_shelf_books", "list_all_shelf_readers"}
    assert (books.argument, books.beside, books.is_own) == ("client", ("reader",), False)
    assert (readers.argument, readers.beside, readers.is_own) == ("client", ("id_any_of", "id"), True)
    assert (books.resource, books.full_name, books.separator) == ("readers", "name", "/")


def test_the_name_becomes_a_condition_of_several_ids(library):
    listing = tools()["list_all_shelf_books"].listing

    (condition,) = [each for each in listing.conditions if each.argument == "client"]
    assert (condition.field, condition.operator) == ("reader", "any_of")


def test_it_stands_among_the_rare_arguments(library):
    shown = json.loads(tools()["list_all_shelf_books"].wire)["inputSchema"]["properties"]

    assert "client" not in shown
    assert "client (name)" in shown["more"]["description"]


def test_without_a_condition_of_several_ids_no_list_takes_a_client(library):
    library.change("integration", ', any_of: "{field} in {values}"', "")
    library.write("readers", READERS.replace("[equals, any_of]", "equals"))

    (found,) = map(str, check([Path("definitions")]))

    assert 'No read takes Ids of readers as "reader".' in found


def test_an_integration_that_says_nothing_of_clients_has_no_such_argument(shelf):
    assert not [tool for tool in tools().values() if tool.client_filter]


@pytest.mark.parametrize("case", WRONG)
def test_what_is_said_of_clients_must_be_there(library, case):
    old, new, message = WRONG[case]
    library.change("integration", old, new)

    found = list(map(str, check([Path("definitions")])))

    assert any(message in each for each in found), found


@pytest.mark.parametrize(
    ("full_name", "says"),
    [(', full_name: name, separator: "/"', "with those below it"), ("", "Only this client, by name.")],
)
def test_it_says_that_others_stand_below_a_client_only_where_they_do(library, full_name, says):
    library.change("integration", ', full_name: name, separator: "/"', full_name)

    schema = tools()["list_all_shelf_books"].input_schema["properties"]["client"]
    assert says in schema["description"]
    assert ("below" in schema["description"]) is bool(full_name)
