"""The grammar of a query language: named by integration.yaml, held to the rules that the engine knows."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from generator import cache
from generator.compile import check, compile_catalog
from generator.reading.files import BUILTIN_DEFINITIONS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(BUILTIN_DEFINITIONS / "quickbooks", tmp_path / "quickbooks")
    return tmp_path


def change(folder: Path, old: str, new: str) -> list[str]:
    path = folder / "quickbooks" / "query.lark"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return [each.message for each in check(folder)]


def test_a_grammar_that_cannot_be_read_is_reported(folder):
    [message] = change(folder, "entity: NAME", "entity: NAME (")

    assert message.startswith("query.lark: ")


def test_a_grammar_that_is_ambiguous_is_reported(folder):
    [message] = change(folder, "?value: constant | bare", "?value: constant | bare | field")

    assert message.startswith("query.lark: ")


def test_a_rule_that_the_engine_does_not_know_is_reported(folder):
    messages = change(folder, "entity", "entitie")

    assert 'query.lark: No rule is called "entitie". Did you mean "entity"?' in messages
    assert 'query.lark: The rule "entity" is missing.' in messages


def test_a_grammar_that_is_not_there_is_reported_with_its_place(folder):
    (folder / "quickbooks" / "query.lark").rename(folder / "quickbooks" / "queries.lark")

    [error] = check(folder)

    assert error.where == "query.grammar" and error.message == "There is no file query.lark."


def test_a_grammar_that_is_too_large_is_not_read(folder):
    path = folder / "quickbooks" / "query.lark"
    path.write_text("// " + "x" * 20_000, encoding="utf-8")

    assert "A grammar has at most 20,000 bytes." in [each.message for each in check(folder)]


def test_a_grammar_is_part_of_what_a_stored_catalog_is_made_from(folder):
    before = cache.compute_key((folder,))

    change(folder, "// The query language", "// A query language")

    assert cache.compute_key((folder,)) != before
    assert "// A query" in compile_catalog(folder).integrations["quickbooks"].query_language.grammar


def test_fields_say_whether_a_query_may_filter_on_them(folder):
    catalog = compile_catalog(folder)

    def of(tool: str) -> dict[str, tuple[bool | None, bool | None]]:
        listing = catalog.by_name[tool].listing
        assert listing is not None
        return {each.path: (each.can_filter, each.can_sort) for each in listing.fields}

    items, files = of("list_all_quick_books_items"), of("list_all_quick_books_attachables")
    assert items["IncomeAccountRef"] == (False, None)
    assert items["Name"] == (True, True)
    assert items["Description"] == (None, None)
    assert files["AttachableRef"] == (None, None)
    assert of("list_all_quick_books_invoices")["Line"] == (False, False)
    assert of("query_quick_books") == {}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("DueDate_until: \"{yesterday}\"", "DueDat_until: \"{yesterday}\"", '"DueDat_until" is no filter of this list'),
        ("DueDate_until: \"{yesterday}\"", "DueDate_until: \"{yesterda}\"", "{yesterda} is no day that is known"),
    ],
)  # fmt: skip
def test_a_word_for_filters_that_there_are_not_is_reported(folder, old, new, said):
    path = folder / "quickbooks" / "invoice.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")

    [error] = check(folder)

    assert said in error.message and error.where.startswith("methods.list.named_filters.overdue")


def test_a_search_in_a_field_without_a_filter_is_reported(folder):
    path = folder / "quickbooks" / "customer.yaml"
    text = path.read_text(encoding="utf-8").replace("search: [DisplayName", "search: [Notes")
    path.write_text(text, encoding="utf-8")

    [error] = check(folder)

    assert 'A text cannot be searched in "Notes"' in error.message


def test_usual_words_are_those_whose_filters_a_list_has(folder):
    catalog = compile_catalog(folder)

    def named(tool: str) -> list[str]:
        listing = catalog.by_name[tool].listing
        return list(listing.named) if listing else []

    assert named("list_all_quick_books_customers") == []
    assert named("list_all_quick_books_payments")[:2] == ["today", "this_week"]
    assert named("list_all_quick_books_bills")[:2] == ["overdue", "unpaid"]
