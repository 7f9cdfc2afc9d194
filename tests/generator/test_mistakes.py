"""Every kind of mistake in a definition, and the sentence it gets: file, line, place, what is wrong, the right word."""

from pathlib import Path

import pytest

from generator.compile import DefinitionMistakes, check, compile_catalog

BOOK, TYPES, INTEGRATION = (f"definitions/shelf/{name}.yaml" for name in ("book", "types", "integration"))

CASES = {
    "a misspelt word of a field": (
        "book",
        "    required_for: [create]",
        "    requierd_for: [create]",
        f'{BOOK}:15: title.requierd_for: "requierd_for" is not a word for a field. Did you mean "required_for"?',
    ),
    "a misspelt word of a method": (
        "book",
        "    columns: [id, title]",
        "    colums: [id, title]",
        f'{BOOK}:28: methods.list.colums: "colums" is not a word for a method. Did you mean "columns"?',
    ),
    "a word no field has": (
        "book",
        "    description: Who wrote it.",
        "    description: Who wrote it.\n    colour: green",
        f'{BOOK}:21: author.colour: "colour" is not a word for a field.',
    ),
    "a sensitive field that a list would tell by its filter": (
        "book",
        "    description: What stands on the cover. Give it in full.",
        "    description: What stands on the cover. Give it in full.\n    sensitive: true",
        f"{BOOK}:12: title: title is sensitive, so nobody may filter or sort by it.",
    ),
    "an unknown type of JSON": (
        "book",
        "  title:\n    type: string",
        "  title:\n    type: sting",
        (
            f'{BOOK}:13: title.type: "sting" is not one of string, number, integer, boolean, array, object. '
            'Did you mean "string"?'
        ),
    ),
    "an unknown shared type": (
        "book",
        "types.yaml#/types/Person",
        "types.yaml#/types/Persen",
        f'{BOOK}:18: author: There is no type "Persen" in types.yaml. Did you mean "Person"?',
    ),
    "an unknown group": (
        "book",
        "include: [record]",
        "include: [records]",
        f'{BOOK}:10: include.0: There is no group "records" in types.yaml. Did you mean "record"?',
    ),
    "a sentence without its full stop": (
        "book",
        "description: Who wrote it.",
        "description: Who wrote it",
        f'{BOOK}:20: author.description: "Who wrote it" must end with a full stop.',
    ),
    "a repeated key": (
        "book",
        "    description: Who wrote it.",
        "    description: Who wrote it.\n    description: Who is it.",
        f'{BOOK}:21: author.description: "description" is given twice; the first is on line 20.',
    ),
    "a dead link": (
        "book",
        "[[books.get]]",
        "[[book.get]]",
        (
            f"{BOOK}:38: methods.update.description: [[book.get]] leads nowhere: there is no such tool. "
            'Did you mean "books.get"?'
        ),
    ),
    "a field twice": (
        "book",
        "  lent:\n    $ref",
        "  id:\n    $ref",
        f'{BOOK}:21: id: The group "record" has a field "id" already; a field is defined once.',
    ),
    "a placeholder that nothing fills": (
        "integration",
        "    request: PATCH /{path}/{id}",
        "    request: PATCH /{path}/{idd}",
        f'{BOOK}:37: methods.update.request: {{idd}} is filled by nothing. Did you mean "id"?',
    ),
    "an address that no account field fills": (
        "integration",
        "https://{region}.shelf",
        "https://{place}.shelf",
        f"{INTEGRATION}:7: environments.live: {{place}} is filled by nothing: the account has no such field.",
    ),
    "an unknown tag": (
        "book",
        "tags: [books]",
        "tags: [boks]",
        f'{BOOK}:9: tags: "boks" is not in the table of tags in integration.yaml. Did you mean "books"?',
    ),
    "an unknown risk": (
        "integration",
        "risk: overwrite",
        "risk: overwite",
        (
            f'{INTEGRATION}:32: methods.update.risk: "overwite" is not one of read, create, overwrite, destroy, send. '
            'Did you mean "overwrite"?'
        ),
    ),
    "a column that is no field": (
        "book",
        "columns: [id, title]",
        "columns: [id, titel]",
        f'{BOOK}:28: methods.list.columns: "titel" is not a field of books. Did you mean "title"?',
    ),
    "an example that does not fit": (
        "book",
        "{ title_contains: garden }",
        "{ title_contains: 7 }",
        (
            f"{BOOK}:32: methods.list.examples.0.arguments: The example does not fit the tool: title_contains: "
            '7 is not of type "string".'
        ),
    ),
    "a method without its request": (
        "book",
        "  delete:\n",
        "  lend:\n",
        (
            f'{BOOK}:39: methods.lend: "request" and "returns" and "risk" are missing, and integration.yaml has no '
            'usual method "lend" to take it from. The usual methods are list, get, create, update, delete.'
        ),
    ),
    "a tool name that is too long": (
        "book",
        "  delete:\n",
        "  delete:\n    tool: take_off_the_shelf_for_good_and_never_put_it_back_again_please\n",
        (
            f'{BOOK}:40: methods.delete.tool: "take_off_the_shelf_for_good_and_never_put_it_back_again…" must be small '
            "letters, digits and underscores, 52 at most."
        ),
    ),
    "a resource whose tools get names that are too long": (
        "book",
        "singular: book\n",
        "singular: book_on_the_highest_shelf_of_them_all\n",
        (
            f'{BOOK}:33: methods.get: The tool name "get_single_shelf_book_on_the_highest_shelf_of_them_all_by_id" '
            'has 60 characters; 52 is the most. Give a shorter one with "tool".'
        ),
    ),
    "two tools that begin alike": (
        "book",
        "description: Read one book of the shelf.",
        "description: Find books by title or by when they were lent. Or one.",
        (
            f"{BOOK}:34: methods.get.description: The first sentence is the same as that of list_all_shelf_books, so a "
            "model cannot tell them apart."
        ),
    ),
    "a filter that the language lacks": (
        "book",
        "filter: contains",
        "filter: any_of",
        f'{BOOK}:27: methods.list: title is filtered by "any_of", for which query.conditions has no words.',
    ),
    "an anchor": (
        "book",
        "include: [record]",
        "include: &all [record]",
        f"{BOOK}:10: Anchors and aliases are not allowed. Share with $ref or include.",
    ),
    "a tag of YAML": (
        "book",
        "include: [record]",
        "include: !!python/object:os.system [record]",
        f'{BOOK}:10: The YAML tag "tag:yaml.org,2002:python/object:os.system" is not allowed; write plain values.',
    ),
    "a tab": (
        "book",
        "  title:\n    type: string",
        "  title:\n\ttype: string",
        f"{BOOK}:13: A tab stands where YAML wants spaces. Indent with two spaces.",
    ),
    "a second document": (
        "types",
        "groups:",
        "---\ngroups:",
        f"{TYPES}:8: A file holds one document; split it.",
    ),
    "a missing word": (
        "book",
        "singular: book\n",
        "",
        f'{BOOK}:1: "singular" is missing.',
    ),
    "an address that is no text": (
        "integration",
        "title: Shelf",
        "title: [Shelf]",
        f'{INTEGRATION}:2: title: This must be text, but is ["Shelf"].',
    ),
    "a link of a loop": (
        "types",
        "  Date: { type: string, format: date }",
        "  Date: { $ref: '#/types/Day' }\n  Day: { $ref: '#/types/Date' }",
        f"{TYPES}:3: types.Day: The types refer to each other in a circle: Date → Day → Date.",
    ),
    "a name that no provider takes": (
        "book",
        "  author:",
        "  the-author:",
        f'{BOOK}:18: the-author: The name "the-author" must be letters, digits and underscores, 64 at most.',
    ),
    "a field without a sentence": (
        "book",
        "    description: Who wrote it.\n",
        "",
        f'{BOOK}:18: author: The argument "author" of create_a_shelf_book needs a sentence.',
    ),
    "a comma that ends a sentence in braces": (
        "integration",
        "{ title: Key, description: From the settings., secret: true }",
        "{ title: Key, description: Ask, or look., secret: true }",
        f'{INTEGRATION}:11: account.key.or look.: "or look." is not a word for an account field.',
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_mistake_is_told_with_its_line_and_the_right_word(shelf, case):
    name, right, wrong, sentence = case
    shelf.change(name, right, wrong)

    told = [str(mistake) for mistake in check([Path("definitions")])]

    assert sentence in told


def test_the_made_up_vendor_has_no_mistake(shelf):
    assert check([Path("definitions")]) == []


def test_all_mistakes_of_a_run_are_told_at_once(shelf):
    shelf.change("book", "    required_for: [create]", "    requierd_for: [create]")
    shelf.change("book", "[[books.get]]", "[[book.get]]")
    shelf.change("book", "tags: [books]", "tags: [boks]")
    shelf.change("integration", "https://{region}.shelf", "https://{place}.shelf")

    with pytest.raises(DefinitionMistakes) as raised:
        compile_catalog(Path("definitions"))

    rules = {mistake.rule for mistake in raised.value.mistakes}
    assert {"word", "dead link", "tag", "placeholder"} <= rules
    assert len(str(raised.value).splitlines()) == len(raised.value.mistakes)


def test_a_broken_file_does_not_make_the_links_to_it_dead(shelf):
    shelf.write("reader", "resource: readers\ntags: 7\n")
    shelf.change("book", "[[books.get]]", "[[readers.get]]")

    told = check([Path("definitions")])

    assert {mistake.file for mistake in told} == {"definitions/shelf/reader.yaml"}


def test_a_folder_without_an_integration_is_a_mistake(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "definitions").mkdir()

    told = check([Path("definitions")])

    assert [str(each) for each in told] == [
        "definitions:1: There is no integration here: no folder with an integration.yaml."
    ]


def test_two_files_for_one_resource_are_a_mistake(shelf):
    shelf.write("again", shelf.texts["book"])

    told = [str(each) for each in check([Path("definitions")])]

    assert (
        f'{BOOK}:1: resource: The resource "books" is defined in definitions/shelf/again.yaml already.'
        in told
    )


@pytest.mark.parametrize(("style", "needed"), [("cursor", "cursor"), ("link_header", "parameter")])
def test_a_style_of_paging_says_where_the_next_page_begins(shelf, style, needed):
    shelf.change("integration", "pagination: { style: page,", f"pagination: {{ style: {style},")

    told = [str(each) for each in check([Path("definitions")])]

    assert told == [f'{INTEGRATION}:18: pagination.style: The style {style} needs "{needed}".']
