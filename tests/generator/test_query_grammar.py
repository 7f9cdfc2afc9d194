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
