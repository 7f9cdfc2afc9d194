from __future__ import annotations

import json
from typing import Any

import pytest

from runtime.simulators.connectwise import facts
from runtime.simulators.connectwise.clock import Clock, normalise_moment
from runtime.simulators.connectwise.facts.distil import distil_entity
from runtime.simulators.connectwise.records.store import Store
from runtime.simulators.connectwise.schema import FACTS, list_references_to, load_entities

RESOURCES = (
    "company", "contact", "site", "companyType", "companyStatus", "agreement", "agreementType", "addition", "ticket",
    "timeEntry", "expenseEntry", "project", "member", "workRole", "workType", "board", "boardStatus", "invoice",
    "catalogItem", "product", "opportunity",
)  # fmt: skip


@pytest.mark.parametrize(
    "path",
    [
        "/finance/agreements/{parentId}/additions",
        "/finance/agreements/{id}/additions",
        "/finance/agreements/702/additions",
        "finance/Agreements/702/Additions/",
    ],
)
def test_what_stands_below_another_record_is_loaded_from_any_form_of_its_path(path: str) -> None:
    store = Store()
    store.load({path: [{"id": 8, "agreementId": 702, "quantity": 1.0}]})
    entity = load_entities()["addition"]

    assert [record["id"] for record in store.list_below(entity, 702)] == [8]
    assert store.find(entity, 8, 702) is not None
    assert store.find(entity, 8, 703) is None


def test_the_path_says_the_parent_of_a_record_that_does_not() -> None:
    store = Store()
    store.load({"/company/companies/4/sites": [{"id": 1, "name": "x"}]})

    assert store.find(load_entities()["site"], 1) == {"id": 1, "name": "x", "company": {"id": 4}}


@pytest.mark.parametrize(
    "records",
    [
        {"/nothing": []},
        {"/company/companies": [{"name": "x"}]},
        {"/company/companies": [{"id": "1"}]},
        {"/company/companies/{parentId}/sites": [{"id": 1}]},
        {"/time/entries": [{"id": 1, "timeStart": "soon"}]},
    ],
)
def test_records_that_cannot_be_loaded_are_refused_and_the_others_stay(records: dict[str, Any]) -> None:
    store = Store()
    store.load({"/company/companies": [{"id": 1}]})
    with pytest.raises(ValueError):
        store.load(records)

    assert store.find(load_entities()["company"], 1) == {"id": 1}


def test_records_are_listed_by_id_however_they_came() -> None:
    store, entity = Store(), load_entities()["company"]
    store.load({"/company/companies": [{"id": 9}, {"id": 2}]})
    store.put(entity, {"id": 5})
    store.put(entity, {"id": 11})

    assert [record["id"] for record in store.list_below(entity, None)] == [2, 5, 9, 11]
    assert store.make_id(entity) == 12


def test_loading_leaves_the_given_records_as_they_are_and_shares_equal_references() -> None:
    store, given = Store(), [{"id": id, "company": {"id": 1, "name": "x"}} for id in (1, 2)]
    store.load({"/service/tickets": given, "/company/companies": [{"id": 1}]})
    first, second = store.list_below(load_entities()["ticket"], None)

    assert first["company"] is second["company"]
    assert given[0]["company"] is not given[1]["company"]


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("2026-02-03", "2026-02-03T00:00:00Z"),
        ("2026-02-03T04:05:06", "2026-02-03T04:05:06Z"),
        ("2026-02-03T04:05:06.789Z", "2026-02-03T04:05:06Z"),
        ("2026-02-03T04:05:06+02:00", "2026-02-03T02:05:06Z"),
        ("1800-01-01T08:00:00Z", "1800-01-01T08:00:00Z"),
    ],
)
def test_a_moment_has_one_form(given: str, stored: str) -> None:
    assert normalise_moment(given) == stored


@pytest.mark.parametrize(
    "given", ["", "soon", "2026-02-30", "0001-01-01T00:00:00+14:00", "2026-02-03T04:05:99Z"]
)
def test_what_is_no_moment_is_refused(given: str) -> None:
    with pytest.raises(ValueError):
        normalise_moment(given)


def test_the_clock_moves_with_its_offset() -> None:
    assert Clock(offset=90, frozen=0).read_stamp() == "1970-01-01T00:01:30Z"


def test_every_resource_of_the_integration_is_served() -> None:
    entities = load_entities()

    assert set(RESOURCES) <= entities.keys()
    for name in RESOURCES:
        assert {"list", "read", "count", "create", "update"} <= entities[name].operations, name


def test_the_rules_name_entities_and_fields_that_are_there() -> None:
    entities = load_entities()
    rules = json.loads((FACTS / "rules.json").read_text("utf-8"))
    one_table = rules.pop("one_table")
    named = [
        (name, field)
        for rule in rules.values()
        if isinstance(rule, dict)
        for name, fields in rule.items()
        for field in ([fields] if isinstance(fields, str) else fields)
    ]

    assert [each for each in named if each[0] not in entities] == []
    missing = [f"{name}.{field}" for name, field in named if field not in entities[name].fields]
    assert [each for each in missing if each.split(".")[0] not in rules["locked"]] == []
    assert {*rules["revalidated"], *one_table} <= entities.keys()


def test_each_entity_below_another_knows_its_parent() -> None:
    orphans = [each.name for each in load_entities().values() if ("{}" in each.segments) != bool(each.parent)]

    assert orphans == []
    assert all(each.find_parent_entity() for each in load_entities().values() if each.parent)
    assert "ticket" in {entity.name for entity, _ in list_references_to("company")}


def test_facts_are_trimmed_to_what_is_read() -> None:
    entity = {
        "schema": "Thing", "path": "/things", "operations": {"list": {}, "create": {}},
        "requiredObserved": [{"field": "size"}],
        "fields": [
            {"name": "id", "type": "integer", "readOnly": True, "src": "x"},
            {"name": "size", "type": "string", "maxLength": "5", "note": "required on update"},
        ],
    }  # fmt: skip

    assert facts.__doc__
    assert distil_entity(entity) == {
        "schema": "Thing", "path": "/things", "operations": ["create", "list"],
        "fields": {"id": {"t": "integer", "ro": True}, "size": {"t": "string", "m": "5", "u": True, "q": True}},
    }  # fmt: skip
