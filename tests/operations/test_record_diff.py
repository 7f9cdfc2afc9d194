"""What a write changed, in names: nested objects, lists with and without Ids, references, long texts, masks."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from runtime.operations.formats import MINUS, Formats
from runtime.operations.record_diff import (
    MOST_CHANGES,
    Diff,
    DiffRules,
    Masked,
    compare_records,
    make_rules,
    mark_masked,
)
from runtime.operations.text_pieces import LONGEST_TEXT, Piece, split_texts
from runtime.operations.value_texts import make_writer
from tests.builtin import builtin_catalog

RULES = DiffRules(
    "Id", frozenset({"Version"}), reference_id="value", reference_name="name", reference_suffix="Ref"
)


def read(pieces: tuple[Piece, ...]) -> str:
    return "".join(each.text for each in pieces)


def show(diff: Diff) -> list[tuple[str, str, str, str]]:
    """Each change: its group, its label, and what stood there before and after."""
    return [
        (group.name, each.label, read(each.before), read(each.after))
        for group in diff.groups
        for each in group.changes
    ]


def compare(before: Any, after: Any, rules: DiffRules = RULES) -> list[tuple[str, str, str, str]]:
    return show(compare_records(before, after, rules))


def test_a_field_is_named_in_its_parts_and_a_nested_one_by_its_place() -> None:
    before = {"PrivateNote": "a", "BillAddr": {"City": "Bayshore", "Line1": "2 Main St"}}
    after = {"PrivateNote": "b", "BillAddr": {"City": "Elm", "Line1": "2 Main St"}}
    assert compare(before, after) == [
        ("", "Private note", "a", "b"),
        ("", "Bill addr › City", "Bayshore", "Elm"),  # noqa: RUF001
    ]


def test_a_reference_is_its_name_and_the_same_one_with_another_name_is_no_change() -> None:
    cool, farm = {"value": "3", "name": "Cool Cars"}, {"value": "4", "name": "Farm"}
    assert compare({"CustomerRef": cool}, {"CustomerRef": farm}) == [("", "Customer", "Cool Cars", "Farm")]
    assert compare({"CustomerRef": cool}, {"CustomerRef": {"value": "3"}}) == []
    assert compare({}, {"CustomerRef": {"value": "9"}}) == [("", "Customer", "", "9")]


def test_lines_are_matched_by_their_ids_wherever_they_stand() -> None:
    before = [{"Id": "1", "Amount": 10}, {"Id": "2", "Amount": 20}, {"Id": "3", "Amount": 30}]
    after = [{"Id": "3", "Amount": 30}, {"Id": "1", "Amount": 11}, {"Id": "4", "Amount": 40}]
    diff = compare_records({"Line": before}, {"Line": after}, RULES)
    assert show(diff) == [
        ("Line 2", "Amount", "10", "11"),
        ("Line 3", "Id", "", "4"),
        ("Line 3", "Amount", "", "40"),
        ("Line 2", "Id", "2", ""),
        ("Line 2", "Amount", "20", ""),
    ]
    assert [each.kind for each in diff.groups] == ["changed", "added", "removed"]
    assert diff.unchanged == 2  # the line with the Id 3, and the Id of the first one


def test_lines_without_ids_are_matched_by_what_they_hold_then_by_kind_then_by_place() -> None:
    rules = replace(RULES, kind="Kind")
    before = [{"Kind": "Tax", "Amount": 1}, {"Kind": "Sum", "Amount": 300}]
    after = [{"Kind": "Sum", "Amount": 312}, {"Kind": "Tax", "Amount": 1}]
    assert compare({"Line": before}, {"Line": after}, rules) == [("Line 1", "Amount", "300", "312")]
    assert compare({"Line": [{"A": 1}]}, {"Line": [{"A": 2}]}) == [("Line", "A", "1", "2")]


def test_the_particulars_of_a_line_are_shown_as_its_own() -> None:
    rules = replace(RULES, kind="DetailType")
    before = {"Line": [{"Id": "1", "DetailType": "SalesLine", "SalesLine": {"Qty": 2}}]}
    after = {"Line": [{"Id": "1", "DetailType": "SalesLine", "SalesLine": {"Qty": 3}}]}
    assert compare(before, after, rules) == [("Line", "Qty", "2", "3")]


def test_a_list_of_texts_is_one_value() -> None:
    assert compare({"Tags": ["a", "b"]}, {"Tags": ["a", "c"]}) == [("", "Tags", "a, b", "a, c")]


def test_what_is_empty_is_not_there_and_a_hundred_is_a_hundred() -> None:
    before = {"A": None, "B": "", "C": {}, "D": 100, "E": {"x": None}}
    after = {"D": 100.0, "E": None}
    diff = compare_records(before, after, RULES)
    assert (show(diff), diff.unchanged) == ([], 1)


def test_a_record_that_is_made_is_added_whole_and_one_that_goes_is_removed_whole() -> None:
    record = {"Name": "Farm", "Line": [{"Id": "1", "Amount": 5}]}
    made, gone = compare_records(None, record, RULES), compare_records(record, None, RULES)
    assert [each.kind for group in made.groups for each in group.changes] == ["added"] * 3
    assert [each.kind for group in gone.groups for each in group.changes] == ["removed"] * 3


def test_fields_that_say_nothing_of_the_books_are_left_out_and_quiet_ones_unless_they_are_figures() -> None:
    rules = replace(RULES, quiet=frozenset({"Balance", "Domain"}))
    before = {"Version": "1", "Balance": 10.5, "Domain": "x"}
    after = {"Version": "2", "Balance": 20.0, "Domain": "y"}
    assert compare(before, after, rules) == [("", "Balance", "10.50", "20.00")]


def test_the_parts_of_a_text_that_changed_are_marked_and_the_others_are_not() -> None:
    change = (
        compare_records({"Note": "Diesel truk 4"}, {"Note": "Diesel truck 4"}, RULES).groups[0].changes[0]
    )
    assert [each.text for each in change.before if each.is_changed] == ["truk"]
    assert [each.text for each in change.after if each.is_changed] == ["truck"]


def test_texts_that_share_little_and_long_ones_are_shown_whole() -> None:
    assert split_texts("alpha", "omega") == ((Piece("alpha"),), (Piece("omega", True),))
    long = "word " * 500
    assert split_texts(long, long + "x") == ((Piece(long),), (Piece(long + "x", True),))
    change = compare_records({}, {"Note": "x" * 5_000}, RULES).groups[0].changes[0]
    assert read(change.after) == "x" * LONGEST_TEXT + "… (5,000 characters)"


def test_a_masked_value_is_compared_by_what_it_hides_and_never_shown() -> None:
    old, new = {"TaxId": "123-45-6789", "Name": "A"}, {"TaxId": "987-65-4321", "Name": "A"}
    masked = {"TaxId": "•••", "Name": "A"}
    before, after = mark_masked(old, dict(masked)), mark_masked(new, dict(masked))
    diff = compare_records(before, after, RULES)
    assert show(diff) == [("", "Tax id", "•••", "••• (another value)")]
    assert "6789" not in repr(diff) + repr(before)
    assert compare(before, mark_masked(old, dict(masked))) == []
    assert isinstance(before["TaxId"], Masked)


def test_characters_that_nobody_sees_are_shown() -> None:
    assert compare({}, {"Note": "pay\u202enow"}) == [("", "Note", "", "pay[U+202E]now")]


def test_amounts_and_days_are_written_as_the_pages_do() -> None:
    rules = replace(RULES, write=make_writer(Formats(country="DE", currency="EUR")))
    before = {"Amount": 1234.5, "Day": "2026-11-26", "Open": True, "Date": "2026-13-45"}
    assert compare(before, {"Amount": -2.125, "Day": "2026-12-01", "Open": False}, rules) == [
        ("", "Amount", "1.234,50", f"{MINUS}2,125"),
        ("", "Day", "26 Nov 2026", "1 Dec 2026"),
        ("", "Open", "yes", "no"),
        ("", "Date", "2026-13-45", ""),
    ]


def test_more_changes_than_anybody_reads_are_cut_and_counted() -> None:
    diff = compare_records({}, {f"F{at}": at + 1 for at in range(MOST_CHANGES + 7)}, RULES)
    assert (diff.count, diff.left_out) == (MOST_CHANGES, 7)


def test_the_rules_come_from_the_definitions() -> None:
    catalog = builtin_catalog()
    tool = catalog.by_name["update_a_quick_books_invoice_by_id"]
    rules = make_rules(catalog.integrations["quickbooks"], tool)
    before = {"SyncToken": "1", "MetaData": {"x": 1}, "domain": "QBO", "TotalAmt": 10, "DocNumber": "1"}
    after = {"SyncToken": "2", "MetaData": {"x": 2}, "domain": "Q", "TotalAmt": 12, "DocNumber": "1"}
    assert compare(before, after, rules) == [("", "Total amt", "10", "12")]


def make_value(chance: random.Random, levels: int) -> Any:
    """Something that a record may hold, also what none does."""
    plain = [None, True, 0, 7, -2.5, "", "a", "b c", {"value": "1", "name": "x"}]
    if not levels or chance.random() < 0.4:
        return chance.choice(plain)
    if chance.random() < 0.5:
        return [make_value(chance, levels - 1) for _ in range(chance.randrange(4))]
    return make_record(chance, levels - 1)


def make_record(chance: random.Random, levels: int = 4) -> dict[str, Any]:
    names = [each for each in ("Id", "A", "value", "Line") if chance.random() < 0.6]
    return {name: make_value(chance, levels) for name in names}


def test_any_two_records_can_be_compared_and_one_with_itself_has_no_change() -> None:
    chance = random.Random(14)
    for _ in range(500):
        before, after = make_record(chance), make_record(chance)
        assert compare_records(before, before, RULES).groups == (), before
        changes = [each for group in compare_records(before, after, RULES).groups for each in group.changes]
        assert all(each.before or each.after for each in changes), (before, after)
