"""A new definition lacks its sentences and nothing else."""

from pathlib import Path

import pytest

from generator.compile import check, compile_catalog
from generator.reading.documents import read_documents
from generator.reports.scaffold import Wanted, derive_names, draft_resource, find_sample

SAMPLE = {
    "id": 7,
    "card_number": "A-1",
    "joined": "2026-01-31",
    "seen": "2026-01-31T10:00:00Z",
    "is_child": False,
    "fee": 1.5,
    "loans": 3,
    "guardian": {"id": 1, "name": "Ann"},
    "address": {"street": "x", "geo": {"lat": 1.0}},
    "notes": [{"text": "x"}],
    "tags": [],
    "no-name": 1,
}


@pytest.fixture
def written(shelf):
    """Write the skeleton of a reader, with or without a sample, and give its text."""

    def write(sample=SAMPLE, methods=("list", "get", "create", "update", "delete")):
        documents = read_documents((Path("definitions/shelf"),), [])
        file = Path("definitions/shelf/reader.yaml")
        wanted = Wanted("reader", "readers", "Reader", methods, ("people",), sample)
        text = draft_resource(wanted, documents.integration, documents.types, file)
        file.write_text(text, encoding="utf-8")
        return text

    return write


def finish(text):
    """The text with a sentence of its own for each that is to be written."""
    pieces = text.split("TODO")
    said = [f"{piece}This is sentence {at} of a reader." for at, piece in enumerate(pieces[:-1])]
    Path("definitions/shelf/reader.yaml").write_text("".join(said) + pieces[-1], encoding="utf-8")


@pytest.mark.parametrize("sample", [SAMPLE, {}, {"name": "x"}], ids=["a record", "no sample", "one field"])
def test_the_checker_names_exactly_the_sentences_to_write_and_then_nothing(written, sample):
    text = written(sample)
    places = [at for at, line in enumerate(text.splitlines(), 1) if line.endswith(": TODO")]

    found = check([Path("definitions")])

    assert [(error.line, error.rule) for error in found] == [(line, "unwritten") for line in places]
    finish(text)
    assert check([Path("definitions")]) == []


def test_types_are_guessed_from_the_values_of_the_sample(written):
    finish(written())

    fields = compile_catalog(Path("definitions")).by_name["create_a_shelf_reader"].input_schema["properties"]

    kinds = {name: given.get("format") or given["type"] for name, given in fields.items()}
    assert kinds == {
        "card_number": "string",
        "joined": "date",
        "seen": "date-time",
        "is_child": "boolean",
        "fee": "number",
        "loans": "integer",
        "guardian": "object",
        "address": "object",
        "notes": "array",
        "tags": "array",
        "dry_run": "boolean",
        "company": "string",
    }
    assert fields["tags"]["items"] == {"type": "string"}
    assert fields["address"]["properties"]["geo"]["properties"] == {"lat": {"type": "number"}}


def test_shared_types_and_groups_are_used_where_they_fit(written):
    text = written()

    assert "include: [record]" in text
    assert "  guardian:\n    $ref: types.yaml#/types/Person\n" in text
    assert "\n  id:" not in text


def test_a_word_that_the_usual_note_wants_is_to_be_written_too(shelf, written):
    shelf.change("integration", "note: Filters are joined.", 'note: "Such as {query_example}."')

    assert "  list:\n    query_example: TODO\n    description: TODO\n" in written()


def test_an_identifier_that_no_group_has_is_a_field(shelf, written):
    shelf.change("types", "groups:\n  record:\n    id:", "groups:\n  record:\n    key:")
    shelf.change(
        "book", "include: [record]\nfields:", "fields:\n  id: { type: integer, description: Its number. }"
    )

    assert "  id:\n    type: integer\n    access: read_only\n" in written()


@pytest.mark.parametrize(
    ("name", "guessed"),
    [
        ("purchase order", ("purchase_order", "purchase_orders", "PurchaseOrder")),
        ("JournalEntry", ("journal_entry", "journal_entries", "JournalEntry")),
        ("tax", ("tax", "taxes", "Tax")),
        ("day", ("day", "days", "Day")),
        ("Straße", ("strasse", "strasses", "Strasse")),
        ("café table", ("cafe_table", "cafe_tables", "CafeTable")),
    ],
)
def test_names_are_guessed_from_what_a_person_calls_it(name, guessed):
    assert derive_names(name) == guessed


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, "b": 2}',
        '{"Book": {"a": 1, "b": 2}, "time": "x"}',
        '[{"a": 1, "b": 2}]',
        '{"r": {"x": [{"a": 1, "b": 2}]}}',
    ],
)
def test_the_record_is_found_in_its_envelope(text):
    assert find_sample(text.encode(), "Book") == {"a": 1, "b": 2}


@pytest.mark.parametrize("text", ["", "[]", "7", "null", '{"a": []}', "[" * 100_000, b"\xff\xfe"])
def test_a_sample_that_holds_no_record_is_a_sentence(text):
    with pytest.raises(ValueError, match=r"sample .*\."):
        find_sample(text if isinstance(text, bytes) else text.encode(), "Book")


def test_what_else_is_wrong_in_a_new_file_is_found_beside_its_unwritten_sentences(shelf, written):
    text = written()
    Path("definitions/shelf/reader.yaml").write_text(text.replace("singular:", "singlar:"), encoding="utf-8")

    rules = {error.rule for error in check([Path("definitions")])}

    assert {"unwritten", "unknown key", "required"} == rules


def test_lists_in_lists_end_where_the_depth_does(written):
    finish(written({"deep": [[[[[[[{"a": 1}]]]]]]]}))

    assert check([Path("definitions")]) == []


def test_a_name_that_yaml_would_read_as_something_else_is_quoted(shelf):
    documents = read_documents((Path("definitions/shelf"),), [])
    file = Path("definitions/shelf/null.yaml")
    wanted = Wanted("null", "nulls", "null", ("get",), ("people",), {})

    file.write_text(draft_resource(wanted, documents.integration, documents.types, file), encoding="utf-8")

    assert {error.rule for error in check([Path("definitions")])} == {"unwritten"}
