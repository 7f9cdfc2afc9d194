"""An operator's folder laid over ours: what it adds, changes and hides, and how its errors are said."""

import json
from pathlib import Path

import pytest

from generator.compile import DefinitionErrors, check, compile_catalog

FOLDERS = (Path("definitions"), Path("mine"))
MINE = "mine/shelf/book.yaml"


@pytest.fixture
def mine(shelf, tmp_path):
    """Write a file into the operator's folder over the made-up vendor."""

    def write(text, name="book"):
        path = tmp_path / "mine" / "shelf" / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    return write


def said():
    return [str(error) for error in check(FOLDERS)]


def tools():
    return compile_catalog(FOLDERS).by_name


def test_a_method_can_be_hidden_and_links_to_it_still_lead_to_its_name(shelf, mine):
    shelf.change("book", "Find others with [[this.list]]", "Take one off with [[this.delete]]")
    mine("extends: books\nmethods: { delete: hidden }\n")

    found = tools()

    assert "delete_a_shelf_book_by_id" not in found
    assert "delete_a_shelf_book_by_id" in found["create_a_shelf_book"].description


def test_a_tag_can_be_added_to_a_resource_and_to_one_method(mine):
    mine("extends: shelf\ntags: { night: What the night shift may do. }\n", "integration")
    mine("extends: books\nadd_tags: [people]\nmethods: { get: { add_tags: [night] } }\n")

    found = tools()

    assert found["list_all_shelf_books"].tags == ("books", "people")
    assert found["get_single_shelf_book_by_id"].tags == ("books", "people", "night")


def test_a_description_can_be_overridden_and_the_rest_stays(mine):
    mine("extends: books\nmethods:\n  get:\n    description: Read a book, and mind the dust.\n")

    tool = tools()["get_single_shelf_book_by_id"]

    assert tool.description == "Read a book, and mind the dust."
    assert tool.call.path == "/books/{id}"


def test_sentences_can_be_added_behind_a_description(mine):
    mine(
        "extends: books\nadd_description: Ours stand upstairs.\n"
        "methods: { get: { add_description: Mind the dust of it. } }\n"
    )

    found = compile_catalog(FOLDERS)

    assert found.by_name["get_single_shelf_book_by_id"].description == (
        "Read one book of the shelf. Mind the dust of it."
    )
    (books,) = (each for each in found.resources if each.resource == "books")
    assert books.description == ("A book is on the shelf or lent.\n\nOurs stand upstairs.")


def test_a_description_can_be_replaced_and_added_to_by_two_folders(mine, tmp_path):
    mine("extends: books\nmethods: { get: { description: Read a book of ours. } }\n")
    theirs = tmp_path / "theirs" / "shelf" / "book.yaml"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("extends: books\nmethods: { get: { add_description: Mind the dust of it. } }\n")

    found = compile_catalog((*FOLDERS, Path("theirs"))).by_name

    assert found["get_single_shelf_book_by_id"].description == "Read a book of ours. Mind the dust of it."


def test_a_dead_link_in_an_added_sentence_is_said_where_it_was_added(mine):
    mine("extends: books\nmethods:\n  get:\n    add_description: Read one as [[books.lst]] gives it.\n")

    (error,) = said()

    assert error.startswith(f"{MINE}:4: methods.get.description: [[books.lst]] leads nowhere")


def test_guidance_can_be_added_and_not_beyond_its_length(mine):
    mine("extends: shelf\nadd_guidance: Be quiet in the library.\n", "integration")
    guidance = compile_catalog(FOLDERS).integrations["shelf"].guidance
    mine(f"extends: shelf\nadd_guidance: {'x' * 1850}\n", "integration")

    assert guidance == "A book is lent to a reader.\n\nBe quiet in the library."
    assert said() == [
        "mine/shelf/integration.yaml:2: guidance: This is 1,879 characters long; it may have at most 1,860."
    ]


def test_a_field_and_a_method_can_be_added(mine):
    mine(
        "extends: books\n"
        "fields: { shelf_mark: { type: string, description: Where it stands. } }\n"
        "methods:\n"
        '  lend: { request: "POST /{path}/{id}/lend", returns: { record: "" }, risk: create, '
        "description: Lend a book out now. }\n"
    )

    found = tools()

    assert "shelf_mark" in found["create_a_shelf_book"].input_schema["properties"]
    assert found["lend_a_shelf_book_by_id"].call.path == "/books/{id}/lend"


def test_an_entity_can_be_added_with_our_types_and_its_own(shelf, mine):
    text = shelf.texts["book"].replace("books", "readers").replace("book", "reader").replace("Book", "Reader")
    text = text.replace("types.yaml#/types/Person", "types.yaml#/types/Child").replace(
        "Find readers by title or", "Find those who read by title or"
    )
    mine(text.replace("tags: [readers]", "tags: [people]"), "reader")
    mine("types:\n  Child: { type: object, properties: { age: { type: integer } } }\n", "types")

    assert said() == []
    author = tools()["create_a_shelf_reader"].input_schema["properties"]["author"]
    assert author["properties"] == {"age": {"type": "integer"}}


def test_what_agents_are_said_can_be_changed(mine):
    mine("extends: shelf\nguidance: Be quiet in the library.\n", "integration")

    assert compile_catalog(FOLDERS).integrations["shelf"].guidance == "Be quiet in the library."


def test_without_the_folder_nothing_has_changed(mine):
    mine("extends: books\nmethods: { delete: hidden }\n")

    assert "delete_a_shelf_book_by_id" in compile_catalog(FOLDERS[0]).by_name
    assert compile_catalog(FOLDERS[0]).version != compile_catalog(FOLDERS).version


def test_an_integration_of_its_own_may_stand_in_an_operators_folder(shelf, mine, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "definitions" / "shelf").rename(tmp_path / "mine" / "desk")
    text = shelf.texts["integration"].replace("integration: shelf", "integration: desk")
    (tmp_path / "mine" / "desk" / "integration.yaml").write_text(text)

    assert list(compile_catalog(FOLDERS).integrations) == ["desk"]


ERRORS = {
    "a resource that is not there": (
        "extends: boks\nadd_tags: [people]\n",
        f'{MINE}:1: extends: There is no resource "boks" to extend. Did you mean "books"?',
    ),
    "a method that is not there": (
        "extends: books\nmethods:\n  delet: hidden\n",
        f'{MINE}:3: methods.delet: There is no method "delet" to hide. Did you mean "delete"?',
    ),
    "a misspelt word": (
        "extends: books\nadd_tag: [people]\n",
        f'{MINE}:2: add_tag: "add_tag" is an unknown key for a file that extends another. Did you mean "add_tags"?',
    ),
    "a whole of one word": (
        "extends: books\n",
        f"{MINE}:1: This has 1 entry; it must have at least 2.",
    ),
    "a method that is hidden by a misspelt word": (
        "extends: books\nmethods:\n  get: hiden\n",
        f'{MINE}:3: methods.get: This must be "hidden", but is "hiden". Did you mean "hidden"?',
    ),
    "tags of an integration without what they stand for": (
        "extends: shelf\ntags: [people]\n",
        f"{MINE}:2: tags: The tags of an integration are a mapping of each tag to what it stands for.",
    ),
    "a name that another tool has": (
        "extends: books\nmethods:\n  get:\n    tool_name: list_all_shelf_books\n",
        f'{MINE}:4: methods.get.tool_name: The tool "list_all_shelf_books" is made by definitions/shelf/book.yaml too.',
    ),
    "a tag that is not in the table": (
        "extends: books\n\nadd_tags: [peple]\n",
        f'{MINE}:3: tags: "peple" is not in the table of tags in integration.yaml. Did you mean "people"?',
    ),
    "a dead link in a description": (
        "extends: books\nmethods:\n  get:\n    description: Read one as [[books.lst]] gives it.\n",
        (
            f"{MINE}:4: methods.get.description: [[books.lst]] leads nowhere: there is no such tool. "
            'Did you mean "books.list"?'
        ),
    ),
    "a new method that is not complete": (
        "extends: books\nmethods:\n  lend: { title: Lend a book }\n",
        f'{MINE}:3: methods.lend: "description" is missing.',
    ),
    "an example that does not fit": (
        (
            "extends: books\nmethods:\n  list:\n"
            "    examples:\n      - { prompt: Which?, arguments: { title_contains: 7 } }\n"
        ),
        (
            f"{MINE}:5: methods.list.examples.0.arguments: The example does not fit the tool: title_contains: "
            '7 is not of type "string".'
        ),
    ),
    "a whole copy without extends": (
        "resource: books\n",
        (
            f'{MINE}:1: "entity" and "singular" and "summary" and "description" and "docs" and "tags" and "methods" '
            "are missing."
        ),
    ),
}


@pytest.mark.parametrize("case", ERRORS.values(), ids=ERRORS)
def test_an_error_of_the_operator_is_said_in_the_operators_file(mine, case):
    text, sentence = case
    mine(text)

    assert sentence in said()


def test_an_error_of_ours_is_still_said_in_our_file(shelf, mine):
    mine("extends: books\nadd_tags: [people]\n")
    shelf.change("book", "[[books.get]]", "[[books.gt]]")

    (error,) = said()

    assert error.startswith("definitions/shelf/book.yaml:38:")


def test_a_folder_that_is_laid_over_nothing_is_an_error(shelf, tmp_path):
    (tmp_path / "mine" / "shelv").mkdir(parents=True)
    (tmp_path / "mine" / "shelv" / "book.yaml").write_text("extends: books\nadd_tags: [people]\n")

    assert said() == [
        'mine/shelv:1: There is no integration "shelv" that this folder could be laid over. Did you mean "shelf"?'
    ]


def test_a_folder_that_is_laid_over_nothing_is_not_hidden_by_the_cache(shelf, tmp_path):
    (tmp_path / "mine").mkdir()
    compile_catalog(FOLDERS, tmp_path / "cache")
    (tmp_path / "mine" / "shelv").mkdir()
    (tmp_path / "mine" / "shelv" / "book.yaml").write_text("extends: books\nadd_tags: [people]\n")

    with pytest.raises(DefinitionErrors, match="laid over"):
        compile_catalog(FOLDERS, tmp_path / "cache")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "book.yaml",
            "mine/book.yaml:1: This file is not read. Put it into a folder that has the name of its integration.",
        ),
        ("shelf/book.yml", "mine/shelf/book.yml:1: This file is not read. Call it book.yaml."),
        ("shelf/book.YAML", "mine/shelf/book.YAML:1: This file is not read. Call it book.yaml."),
    ],
)
def test_a_file_that_is_not_read_is_an_error_also_when_a_catalog_is_stored(shelf, tmp_path, name, sentence):
    (tmp_path / "mine" / "shelf").mkdir(parents=True)
    compile_catalog(FOLDERS, tmp_path / "cache")
    (tmp_path / "mine" / name).write_text("extends: books\nadd_tags: [people]\n")

    assert said() == [sentence]
    with pytest.raises(DefinitionErrors):
        compile_catalog(FOLDERS, tmp_path / "cache")


def test_a_link_to_nothing_is_an_error_and_what_editors_and_systems_hide_is_none(shelf, tmp_path):
    folder = tmp_path / "mine" / "shelf"
    (folder / "..2026_11_21").mkdir(parents=True)
    (folder / "..2026_11_21" / "book.yaml").write_text("nonsense")
    (folder / "._book.yaml").write_bytes(b"\xff")
    (folder / ".#book.yaml").symlink_to("nobody@nowhere.1")
    (folder / "gone.yaml").symlink_to("nowhere")

    assert said() == ["mine/shelf/gone.yaml:1: The file cannot be read: No such file or directory."]


def test_types_that_are_there_already_are_not_taken_twice(mine):
    mine("types:\n  Person: { type: string }\n", "types")

    assert said() == [
        'mine/shelf/types.yaml:2: types.Person: "Person" is defined in definitions/shelf/types.yaml already.'
    ]


def test_a_layer_is_part_of_what_a_stored_catalog_is_known_by(mine, tmp_path):
    mine("extends: books\nadd_tags: [people]\n")
    cache = tmp_path / "cache"
    first = compile_catalog(FOLDERS, cache)
    mine("extends: books\nmethods: { delete: hidden }\n")

    second = compile_catalog(FOLDERS, cache)

    assert len(second.tools) == len(first.tools) - 1
    assert (
        json.loads(second.by_name["get_single_shelf_book_by_id"].wire)["name"]
        == "get_single_shelf_book_by_id"
    )
