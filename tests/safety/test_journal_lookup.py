"""The call that finds out what became of a write, and what the record it finds says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from runtime.safety.journal.lookup import find_lookup, holds_all, judge_found, judge_record
from tests import made_up
from tests.builtin import builtin_catalog

CREATE = replace(made_up.UPDATE, name="create_a_acme_invoice", method="create", risk="create")
UPDATE = made_up.UPDATE
DELETE = replace(made_up.UPDATE, name="delete_a_acme_invoice_by_id", method="delete", risk="destroy")
TOOLS = tuple(made_up.TOOLS.values())
SENT = {"Id": "7", "SyncToken": "3", "DueDate": "2026-12-31"}


def test_a_record_with_a_known_id_is_read_by_it() -> None:
    found = find_lookup(UPDATE, {"id": "7", "DueDate": "2026-12-31"}, SENT, TOOLS)
    assert found is not None
    assert found.as_dict() == {"tool": made_up.GET.name, "arguments": {"id": "7"}}


def test_a_new_record_is_looked_for_by_what_singles_it_out() -> None:
    content = {"DocNumber": "INV-1", "CustomerRef": {"value": "5"}, "Active": True, "Memo": "x", "Balance": 3}
    found = find_lookup(CREATE, content, content, TOOLS)
    assert found is not None
    assert found.as_dict() == {
        "tool": made_up.LIST.name,
        "arguments": {"DocNumber": "INV-1", "CustomerRef": "5"},
    }


def test_a_new_record_is_not_looked_for_by_the_name_of_a_client() -> None:
    catalog = builtin_catalog()
    content = {"DocNumber": "1001", "CustomerRef": {"value": "5"}}
    create = catalog.by_name["create_a_quick_books_invoice"]
    found = find_lookup(create, content, content, [catalog.by_name["list_all_quick_books_invoices"]])

    assert found is not None
    assert set(found.as_dict()["arguments"]) == {"CustomerRef", "DocNumber"}


@pytest.mark.parametrize("content", [{}, {"Active": True}, {"Memo": "x"}])
def test_what_nothing_singles_out_is_not_looked_for(content: dict[str, Any]) -> None:
    assert find_lookup(CREATE, content, content, TOOLS) is None


def test_only_tools_that_are_there_are_named() -> None:
    assert find_lookup(UPDATE, {"id": "7"}, SENT, ()) is None
    other = replace(made_up.GET, resource="bills")
    assert find_lookup(UPDATE, {"id": "7"}, SENT, (other,)) is None


@pytest.mark.parametrize(
    ("now", "outcome"),
    [
        (SENT | {"SyncToken": "4", "Balance": 9}, "settled_done"),
        (SENT | {"DueDate": "2026-01-01"}, "settled_not_done"),
        (SENT | {"SyncToken": "5", "DueDate": "2027-01-01"}, "indeterminate"),
        (None, "indeterminate"),
    ],
)
def test_an_update_was_made_when_everything_that_was_sent_is_there_in_another_version(
    now: dict[str, Any] | None, outcome: str
) -> None:
    assert judge_record(UPDATE, "SyncToken", SENT, None, now) == outcome


def test_an_update_was_not_made_when_its_fields_are_as_they_were_before() -> None:
    before = {"Id": "7", "SyncToken": "3", "DueDate": "2026-01-01"}
    assert judge_record(UPDATE, "SyncToken", SENT, before, before | {"SyncToken": "9"}) == "settled_not_done"


def test_a_deletion_was_made_when_the_record_is_gone() -> None:
    assert judge_record(DELETE, "SyncToken", SENT, None, None) == "settled_done"
    assert judge_record(DELETE, "SyncToken", SENT, None, SENT) == "settled_not_done"


def test_a_new_record_was_made_when_exactly_one_is_found_that_has_what_was_sent() -> None:
    content = {"DocNumber": "INV-1", "Memo": "x", "Line": [{"Amount": 1}]}
    assert judge_found(content, []) == "settled_not_done"
    assert judge_found(content, [{"Id": "1", "DocNumber": "INV-1", "Memo": "x"}]) == "settled_done"
    assert judge_found(content, [{"Id": "1", "DocNumber": "INV-1", "Memo": "y"}]) == "indeterminate"
    assert judge_found(content, [{"DocNumber": "INV-1"}, {"DocNumber": "INV-1"}]) == "indeterminate"


@pytest.mark.parametrize(
    ("meant", "now", "is_there"),
    [
        ({"a": {"b": 1}}, {"a": {"b": 1.0, "c": 2}}, True),
        ([{"a": 1}], [{"a": 1, "Id": "5"}, {"sum": 1}], True),
        ([{"a": 1}, {"a": 2}], [{"a": 1}], False),
        ("", None, True),
        ("x", "y", False),
        ({"a": 1}, None, False),
    ],
)
def test_what_the_vendor_adds_is_no_difference(meant: Any, now: Any, is_there: bool) -> None:
    assert holds_all(meant, now) is is_there
