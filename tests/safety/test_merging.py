"""Whatever a record holds and whatever part of it an update names: nothing else is lost, in every entity."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.catalog import Tool
from runtime.safety.findings import Finding
from runtime.safety.merging import merge
from runtime.safety.updates import build_schema, prepare_update
from runtime.safety.write_options import WriteOptions
from tests.builtin import builtin_catalog

CATALOG = builtin_catalog()
QUICKBOOKS = CATALOG.integrations["quickbooks"]
RULES = QUICKBOOKS.updates
UPDATES = [tool for tool in CATALOG.tools if tool.is_guarded]
TEXTS = st.text("abcxyz é'\"", min_size=1, max_size=8)


def values(schema: dict[str, Any], depth: int = 3) -> st.SearchStrategy[Any]:
    """Return values that a schema describes, as deep as records are."""
    kind = schema.get("type")
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if kind == "object" and schema.get("properties") and depth:
        parts = {name: values(each, depth - 1) for name, each in schema["properties"].items()}
        if schema.get("required") == ["value"]:
            return st.fixed_dictionaries({"value": st.sampled_from(["1", "2", "3"])})
        return st.fixed_dictionaries({}, optional=parts).filter(bool)
    if kind == "array":
        return st.lists(values(schema.get("items", {}), depth - 1), min_size=1, max_size=3)
    if kind in ("number", "integer"):
        return st.integers(0, 99)
    if kind == "boolean":
        return st.booleans()
    return TEXTS


def lines_of(schema: dict[str, Any]) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Return lines with Ids of their own, as a vendor stores them."""
    line = values(schema["items"]).filter(lambda each: isinstance(each, dict))
    return st.lists(line, min_size=1, max_size=4).map(
        lambda found: [{**each, "Id": str(at + 1)} for at, each in enumerate(found)]
    )


@st.composite
def situations(draw: st.DrawFn, tool: Tool) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a stored record of a tool's entity, and the fields of an update of it."""
    fields = build_schema(tool)["properties"]
    names = draw(st.lists(st.sampled_from(sorted(fields)), min_size=1, max_size=6, unique=True))
    stored, given_ = {"Unknown": {"Deep": [1, {"a": "b"}]}}, {}
    for name in names:
        is_lines = name in RULES.entries and "Id" in fields[name].get("items", {}).get("properties", {})
        stored[name] = draw(lines_of(fields[name]) if is_lines else values(fields[name]))
        if not draw(st.booleans()):
            continue
        given_[name] = draw(values(fields[name]))
        if is_lines:
            known = [line["Id"] for line in stored[name]]
            chosen = draw(st.lists(st.sampled_from(known), max_size=2, unique=True))
            given_[name] = [
                {**each, **({"Id": chosen[at]} if at < len(chosen) else {})}
                for at, each in enumerate(
                    {n: v for n, v in line.items() if n != "Id"} for line in given_[name]
                )
            ]
    return stored, given_


def find_lost(stored: Any, given_: Any, merged: Any, path: str = "") -> list[str]:
    """Return what is stored, was not named, and is not in the result as it was: an independent reading of the rule."""
    if not isinstance(stored, dict):
        return []
    lost = []
    for name, value in stored.items():
        where = f"{path}.{name}"
        if not isinstance(given_, dict) or name not in given_:
            kind = stored.get("DetailType")
            is_former = (
                name == kind and isinstance(given_, dict) and given_.get("DetailType") not in (None, kind)
            )
            if merged.get(name) != value and not is_former:
                lost.append(where)
        elif name == "Line" and all("Id" in line for line in value):
            for line in value:
                after = [each for each in merged[name] if each.get("Id") == line["Id"]]
                change = next((each for each in given_[name] if each.get("Id") == line["Id"]), {})
                lost += (
                    find_lost(line, change, after[0], f"{where}[{line['Id']}]")
                    if len(after) == 1
                    else [where]
                )
        elif isinstance(value, dict) and isinstance(given_[name], dict) and set(value) != {"value"}:
            lost += find_lost(value, given_[name], merged[name], where)
    return lost


@pytest.mark.parametrize("tool", UPDATES, ids=lambda tool: tool.resource)
def test_no_field_that_was_not_named_is_lost_in_any_entity(tool):
    @settings(max_examples=25)
    @given(situations(tool))
    def holds(situation: tuple[dict[str, Any], dict[str, Any]]) -> None:
        stored, given_ = situation
        before = copy.deepcopy(stored)

        merged = merge(stored, given_, build_schema(tool), RULES, reference_id="value")

        assert merged.findings == []
        assert find_lost(stored, given_, merged.content) == []
        assert stored == before
        for name, value in given_.items():
            if not isinstance(value, (dict, list)):
                assert merged.content[name] == value

    holds()


def find(merged: list[Finding]) -> list[str]:
    """Return what was found."""
    return [each.found for each in merged]


SCHEMA = {
    "properties": {
        "Note": {"type": "string"},
        "Who": {"type": "object", "properties": {"value": {}}, "required": ["value"]},
        "Line": {
            "type": "array",
            "items": {"type": "object", "properties": {"Id": {}, "A": {}, "DetailType": {}}},
        },
    }
}


def merged(stored: dict[str, Any], given_: dict[str, Any], **options: Any) -> Any:
    return merge(stored, given_, SCHEMA, RULES, reference_id="value", **options)


def test_a_reference_is_taken_as_a_whole_without_the_name_of_the_former_one():
    stored = {"Who": {"value": "1", "name": "Amy"}}
    assert merged(stored, {"Who": {"value": "2"}}).content == {"Who": {"value": "2"}}
    assert merged(stored, {"Who": {"value": "1"}}).content == stored


def test_the_particulars_of_the_former_kind_of_a_line_are_dropped():
    stored = {"Line": [{"Id": "1", "DetailType": "X", "X": {"a": 1}, "A": 5}]}
    after = merged(stored, {"Line": [{"Id": "1", "DetailType": "Y", "Y": {"b": 2}}]}).content
    assert after == {"Line": [{"Id": "1", "DetailType": "Y", "Y": {"b": 2}, "A": 5}]}


def test_a_new_line_that_is_linked_as_another_one_is_added_beside_it():
    link = [{"TxnId": "9", "TxnType": "Estimate"}]
    stored = {"Line": [{"Id": "1", "A": 1, "LinkedTxn": link}]}
    after = merged(stored, {"Line": [{"A": 2, "LinkedTxn": link}]}).content["Line"]
    assert after == [*stored["Line"], {"A": 2, "LinkedTxn": link}]


def test_lines_without_ids_are_known_by_what_they_are_linked_to():
    lines = [{"A": at, "LinkedTxn": [{"TxnId": str(at), "TxnType": "Invoice"}]} for at in (1, 2)]
    after = merged({"Line": lines}, {"Line": [lines[1] | {"A": 9}]}, remove=["1"]).content["Line"]
    assert after == [lines[1] | {"A": 9}]


def test_a_line_that_is_named_twice_or_is_not_there_is_found():
    stored = {"Line": [{"Id": "1", "A": 1}]}
    twice = merged(stored, {"Line": [{"Id": "1", "A": 2}, {"Id": "1", "A": 3}]})
    assert find(twice.findings) == ["Line[1] is given twice."]
    absent = merged(stored, {"Line": [{"Id": "7", "A": 2}]})
    assert find(absent.findings) == ['Line[0] names line "7", which the record does not have.']
    assert find(merged(stored, {}, remove=["7"]).findings) == ['The record has no line "7".']


def test_a_line_of_a_group_inside_a_line_is_removed_by_its_id():
    group = {"Id": "5", "GroupLineDetail": {"Line": [{"Id": "6"}, {"Id": "7"}]}}
    after = merged({"Line": [group]}, {"Note": "x"}, remove=["6"]).content
    assert after["Line"][0]["GroupLineDetail"]["Line"] == [{"Id": "7"}]


def test_the_same_name_of_two_lines_removes_neither():
    lines = [
        {"A": at, "LinkedTxn": [{"TxnId": "3", "TxnType": kind}]}
        for at, kind in enumerate(("Bill", "Invoice"))
    ]
    after = merged({"Line": lines}, {"Note": "x"}, remove=["3"])
    assert after.content["Line"] == lines
    assert "Several lines" in after.findings[0].found


def test_what_a_replacement_would_clear_is_found_field_by_field():
    tool = next(each for each in UPDATES if each.resource == "bills")
    stored = {
        "Id": "1",
        "SyncToken": "0",
        "VendorRef": {"value": "1", "name": "Ann"},
        "DueDate": "2027-01-31",
        "PrivateNote": "",
        "Line": [{"Id": "1", "Amount": 1, "Description": "a"}, {"Id": "2", "Amount": 2}],
    }
    sent = {"Id": "1", "VendorRef": {"value": "2"}, "Line": [{"Id": "1", "Amount": 3, "DetailType": "X"}]}

    def lost(**options: Any) -> str:
        update = prepare_update(tool, QUICKBOOKS, stored, sent, WriteOptions(mode="replace", **options))
        return " ".join(find([each for each in update.findings if "would clear" in each.found]))

    assert lost() == "mode replace would clear DueDate, Line[1].Description, Line[2]."
    assert lost(clear=("DueDate", "Line[1].Description"), remove_lines=("2",)) == ""
    assert lost(clear=("Line", "DueDate")) == ""
