"""From YAML to a catalog, on a made-up vendor: names, arguments, requests, facts, and the stored catalog."""

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import generator.pipeline as building
from generator import cache
from generator.catalog import Condition
from generator.compile import DefinitionErrors, compile_catalog
from generator.reports.show import show
from generator.stages.file_arguments import format_size
from generator.vendor import AccountField, Advice, RateLimit

FOLDER = Path("definitions")


def properties(tool):
    return tool.input_schema["properties"]


def test_the_usual_names_are_made_of_prefix_and_resource(shelf):
    assert list(compile_catalog(FOLDER).by_name) == [
        "create_a_shelf_book",
        "delete_a_shelf_book_by_id",
        "get_single_shelf_book_by_id",
        "list_all_shelf_books",
        "update_a_shelf_book_by_id",
    ]


def test_another_method_is_named_after_itself_and_tool_overrides(shelf):
    more = """\
  lend: { request: "POST /{path}/{id}/lend", returns: { record: "" }, risk: create, description: Lend a book out now. }
  label:
    tool_name: print_a_shelf_label
    title: Print a label
    request: POST /labels
    returns: { nothing: true }
    risk: create
    description: Print a label for the shelf.
  shake: { request: POST /shake, returns: { nothing: true }, risk: create, description: Shake the whole shelf. }
"""
    shelf.write("book", shelf.texts["book"] + more)

    tools = compile_catalog(FOLDER).by_name

    assert tools["lend_a_shelf_book_by_id"].title == "Lend a book"
    assert tools["print_a_shelf_label"].title == "Print a label"
    assert tools["shake_shelf_book"].title == "Shake the book"
    assert tools["lend_a_shelf_book_by_id"].method_class == "custom"


def test_an_argument_that_is_a_file_says_how_large_it_may_be_and_of_which_kinds(shelf):
    more = """\
  scan:
    request: POST /scans
    body:
      parts:
        - { name: meta, json: [title] }
        - name: page
          file: picture
          file_name: title
          media_type: kind
          max_bytes: 2500000
          types: { tif: [image/tiff], jpg: [image/jpeg, image/jpg] }
    arguments:
      picture: { type: string, required_for: [scan], description: The bytes in base64. }
      kind: { type: string, description: Its media type. }
    returns: { nothing: true }
    risk: create
    description: Scan a page of a book.
"""
    shelf.write("book", shelf.texts["book"] + more)

    tool = compile_catalog(FOLDER).by_name["scan_shelf_book"]

    assert properties(tool)["picture"]["description"] == "The bytes in base64. At most 2 MB. One of jpg, tif."
    assert tool.file_part is not None
    assert (tool.file_part.max_bytes, tool.file_part.types["jpg"]) == (2_500_000, ("image/jpeg", "image/jpg"))


@pytest.mark.parametrize(
    ("count", "text"), [(100_000_000, "100 MB"), (2_999_999, "2 MB"), (64_000, "64 kB"), (999, "999 bytes")]
)
def test_a_size_is_shown_as_people_write_it_and_never_as_more(count, text):
    assert format_size(count) == text


def test_a_list_takes_filters_order_pages_and_fields(shelf):
    tool = compile_catalog(FOLDER).by_name["list_all_shelf_books"]

    assert list(properties(tool)) == [
        "title_contains",
        "lent_from",
        "lent_until",
        "id",
        "order_by",
        "descending",
        "limit",
        "next_cursor",
        "fields",
        "format",
        "detail",
        "max_tokens",
        "sum",
    ]
    assert tool.listing.conditions == (
        Condition("title_contains", "title", "contains", "string"),
        Condition("lent_from", "lent", "from", "date"),
        Condition("lent_until", "lent", "until", "date"),
        Condition("id", "id", "equals", "number"),
    )
    assert properties(tool)["order_by"]["enum"] == ["title", "id"]
    assert properties(tool)["limit"]["maximum"] == 100
    assert tool.call.query == (
        ("where", "{conditions}"),
        ("sort", "{order_by}"),
        ("page", "{page}"),
        ("size", "{limit}"),
    )


def test_a_filter_says_what_the_field_is_and_not_how_to_write_it(shelf):
    tool = compile_catalog(FOLDER).by_name["list_all_shelf_books"]

    said = properties(tool)["title_contains"]["description"]

    assert said == "What stands on the cover. Any part of it."


def test_create_takes_the_writable_fields_with_the_required_first(shelf):
    tool = compile_catalog(FOLDER).by_name["create_a_shelf_book"]

    assert list(properties(tool)) == ["title", "author", "dry_run", "company"]
    assert tool.input_schema["required"] == ["title"]
    assert tool.call.body_arguments == (("title", "title"), ("author", "author"))
    assert properties(tool)["author"]["properties"] == {"id": {"type": "integer"}, "name": {"type": "string"}}


def test_update_names_the_record_in_the_address_and_tolerates_what_was_read(shelf):
    tool = compile_catalog(FOLDER).by_name["update_a_shelf_book_by_id"]

    assert tool.call.path == "/books/{id}"
    assert tool.call.body == "json_patch"
    assert [argument for argument, _ in tool.call.body_arguments] == ["title", "author"]
    assert tool.ignored_arguments == ("lent",)
    assert tool.input_schema["required"] == ["id"]


def test_an_identifier_may_have_a_name_of_its_own(shelf):
    shelf.change("integration", "tags: {", "identifier: { argument: book_id, field: id }\ntags: {")
    text = (
        shelf.texts["integration"]
        .replace("{id}", "{book_id}")
        .replace("body: json_patch", "body: whole_record")
    )
    shelf.write("integration", text.replace("PATCH /{path}/{book_id}", "PUT /{path}"))

    tools = compile_catalog(FOLDER).by_name

    assert list(properties(tools["get_single_shelf_book_by_id"])) == ["book_id"]
    assert tools["update_a_shelf_book_by_id"].call.body_arguments[0] == ("book_id", "id")
    assert "id" in tools["update_a_shelf_book_by_id"].ignored_arguments


def test_tags_of_the_resource_and_of_the_method_are_joined(shelf):
    tools = compile_catalog(FOLDER).by_name

    assert tools["delete_a_shelf_book_by_id"].tags == ("books", "destructive")
    assert tools["create_a_shelf_book"].tags == ("books",)


def test_links_become_the_names_of_tools(shelf):
    tools = compile_catalog(FOLDER).by_name

    assert tools["create_a_shelf_book"].description.endswith("Find others with list_all_shelf_books.")
    assert "get_single_shelf_book_by_id" in tools["update_a_shelf_book_by_id"].description


def test_the_note_of_a_usual_method_follows_its_description(shelf):
    tool = compile_catalog(FOLDER).by_name["list_all_shelf_books"]

    assert tool.description == "Find books by title or by when they were lent. Filters are joined."


def test_arguments_beside_the_record_go_where_the_request_leaves_space(shelf):
    more = """\
  search:
    request: GET /search?words={words}
    arguments:
      words: { type: string, description: What to look for., required_for: [search] }
      shelves: { type: array, items: { type: string }, separator: "|", description: Where to look. }
    returns: { behaviour: shelf.report_rows, paged: true }
    risk: read
    description: Search the text of all books.
"""
    shelf.write("book", shelf.texts["book"] + more)

    tool = compile_catalog(FOLDER).by_name["search_shelf_book"]

    assert tool.call.query == (("words", "{words}"), ("shelves", "{shelves}"))
    assert tool.call.joins == {"shelves": "|"}
    assert list(properties(tool)) == ["words", "shelves", "limit", "next_cursor", "max_tokens"]
    assert tool.input_schema["required"] == ["words"]
    assert (tool.returns.behaviour, tool.returns.paged) == ("shelf.report_rows", True)


def test_the_facts_of_the_vendor_are_in_the_catalog(shelf):
    integration = compile_catalog(FOLDER).integrations["shelf"]

    assert integration.environments == {"live": "https://{region}.shelf.example/v1"}
    assert integration.auth.headers == {"X-Key": "{key}"}
    assert integration.account_fields[1] == AccountField("key", "Key", "From the settings.", secret=True)
    assert integration.rate_limit == RateLimit()
    assert integration.errors.advice == {"404": Advice("not_found", "There is no such book.")}
    assert integration.guidance == "A book is lent to a reader."


def test_show_says_a_tool_in_words_and_as_a_client_sees_it(shelf):
    catalog = compile_catalog(FOLDER)
    tool = catalog.by_name["list_all_shelf_books"]

    found = show(catalog, tool.name)

    assert found.startswith("list_all_shelf_books: List books\nclass read, risk read (low), tags books; ")
    assert "GET /books?where={conditions}&sort={order_by}&page={page}&size={limit}" in found
    assert json.loads(found[found.index("{\n") :]) == json.loads(tool.wire)


def test_show_names_the_nearest_tool(shelf):
    with pytest.raises(KeyError, match="create_a_shelf_book"):
        show(compile_catalog(FOLDER), "create_shelf_book")


def test_a_stored_catalog_is_the_one_that_was_compiled(shelf, tmp_path):
    compiled = compile_catalog(FOLDER, tmp_path / "cache")

    stored_one = cache.load(tmp_path / "cache", cache.compute_key((FOLDER,)))

    assert stored_one == compiled
    assert compile_catalog(FOLDER, tmp_path / "cache") == compiled


def test_a_damaged_stored_catalog_is_made_anew(shelf, tmp_path):
    compiled = compile_catalog(FOLDER, tmp_path / "cache")
    (file,) = (tmp_path / "cache").iterdir()
    content = bytearray(file.read_bytes())
    for damage in (b"", b"nonsense", bytes(content[:-1]), bytes(content[:40] + b"\xff" + content[41:])):
        file.write_bytes(damage)
        assert compile_catalog(FOLDER, tmp_path / "cache") == compiled
        assert file.read_bytes() == bytes(content)


def test_a_changed_definition_is_never_answered_from_the_cache(shelf, tmp_path):
    before = compile_catalog(FOLDER, tmp_path / "cache")
    shelf.change("book", "Put a new book on the shelf.", "Add a book to the shelf.")

    after = compile_catalog(FOLDER, tmp_path / "cache")

    assert after.version != before.version
    assert after.by_name["create_a_shelf_book"].description.startswith("Add a book")


def test_what_changes_while_it_is_compiled_is_not_stored_under_what_it_was(shelf, tmp_path, monkeypatch):
    right, wrong = "Put a new book on the shelf.", "Add a book to the shelf."
    build = building.build

    def change_and_build(*given):
        shelf.change("book", right, wrong)
        return build(*given)

    monkeypatch.setattr(building, "build", change_and_build)
    compile_catalog(FOLDER, tmp_path / "cache")
    monkeypatch.setattr(building, "build", build)
    shelf.change("book", wrong, right)

    tool = compile_catalog(FOLDER, tmp_path / "cache").by_name["create_a_shelf_book"]

    assert tool.description.startswith(right)


def test_several_that_compile_into_one_cache_at_once_all_find_it_whole(shelf, tmp_path):
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: compile_catalog(FOLDER, tmp_path / "cache"), range(24)))

    assert all(each == found[0] for each in found)
    (file,) = (tmp_path / "cache").iterdir()
    assert cache.load(tmp_path / "cache", cache.compute_key((FOLDER,))) == found[0], file


def test_what_a_killed_process_left_in_the_cache_is_cleared_away(shelf, tmp_path):
    (tmp_path / "cache").mkdir()
    for name, age in ((".unfinished-old", 7200), (".unfinished-new", 0)):
        (tmp_path / "cache" / name).write_bytes(b"half")
        then = time.time() - age
        os.utime(tmp_path / "cache" / name, (then, then))

    compile_catalog(FOLDER, tmp_path / "cache")

    assert [path.name for path in (tmp_path / "cache").glob(".*")] == [".unfinished-new"]


def test_a_broken_definition_is_not_hidden_by_the_cache(shelf, tmp_path):
    compile_catalog(FOLDER, tmp_path / "cache")
    shelf.change("book", "tags: [books]", "tags: [boks]")

    with pytest.raises(DefinitionErrors):
        compile_catalog(FOLDER, tmp_path / "cache")


def test_a_cache_that_cannot_be_written_does_no_harm(shelf, tmp_path):
    (tmp_path / "cache").write_text("a file, not a folder", encoding="utf-8")

    assert compile_catalog(FOLDER, tmp_path / "cache").tools


def test_old_stored_catalogs_are_forgotten(shelf, tmp_path):
    for number in range(cache.MOST_STORED + 3):
        text = shelf.texts["book"].replace("Something to read.", f"Something to read, {number}.")
        shelf.write("book", text)
        compile_catalog(FOLDER, tmp_path / "cache")

    assert len(list((tmp_path / "cache").iterdir())) == cache.MOST_STORED


def test_tools_are_named_by_the_patterns_of_their_integration(shelf):
    shelf.change("integration", "tags: {", 'tool_names: { list: "find_{prefix}_{resources}" }\ntags: {')

    names = {tool.name for tool in compile_catalog(FOLDER).tools}

    assert {"find_shelf_books", "create_a_shelf_book"} <= names


def test_synonyms_of_the_tool_search_are_data_of_their_integration(shelf):
    shelf.change("integration", "tags: {", "synonyms: { volume: [book] }\ntags: {")

    assert compile_catalog(FOLDER).integrations["shelf"].synonyms == {"volume": ("book",)}
