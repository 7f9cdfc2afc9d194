"""What a reference has and the definitions lack is said, with the reason where there is one."""

import json
from pathlib import Path

import pytest

from generator.diagnostics import Diagnostics
from generator.pipeline import assemble
from generator.reports.coverage import compare
from generator.reports.coverage_report import render_text, render_value
from generator.reports.vendor_reference import (
    USUAL_FORMAT,
    NoReference,
    ReferenceFormat,
    parse_format,
    read_reference,
)

FOLDER = Path("definitions")
NOTES = """\
operations: { query: list, read: get, change: update }
omitted:
  - fields: [Book.weight, "*.Person.born"]
    reason: Nobody asks for it.
"""


def named(name, **more):
    return {"name": name, "documented": True, "read_only": False, **more}


ENTITY = {
    "name": "Book",
    "operations": {"query": {}, "read": {}, "create": {}, "change": {}},
    "fields": [
        named("title"),
        named("author", type_name="Person"),
        named("weight"),
        named("lent", read_only=True),
        named("hidden", documented=False),
    ],
    "filterable": ["title", "lent"],
    "sortable": ["title"],
}
FACTS = {
    "entities": [ENTITY],
    "line_types": [],
    "nested_types": [
        {"name": "Person", "fields": [named("name"), named("born"), named("age", read_only=True)]}
    ],
}
REPORTS = {"reports": [{"name": "Loans", "parameters": [{"name": "year"}]}]}


def compared(tmp_path, facts=FACTS, reports=REPORTS):
    folder = tmp_path / "reference"
    folder.mkdir()
    (folder / "entities.json").write_text(json.dumps(facts), encoding="utf-8")
    (folder / "reports.json").write_text(json.dumps(reports), encoding="utf-8")
    diagnostics = Diagnostics()
    assembly = assemble((FOLDER,), diagnostics)
    assert not list(diagnostics)
    return compare(read_reference(folder), assembly.tools, assembly.coverage.get("shelf"))


def missing(coverage):
    return {(each.kind, each.name): each.why for each in coverage.missing}


def test_what_is_there_is_counted_and_what_is_not_is_named(shelf, tmp_path):
    coverage = compared(tmp_path)

    assert coverage.entities[0].counts == {
        "entities": (1, 1),
        "operations": (1, 4),
        "writable": (2, 3),
        "inside": (1, 2),
        "read_only": (1, 1),
        "filterable": (2, 2),
        "sortable": (1, 1),
    }
    assert missing(coverage) == {
        ("operations", "Book.query"): "",
        ("operations", "Book.read"): "",
        ("operations", "Book.change"): "",
        ("writable", "Book.weight"): "",
        ("inside", "Book.Person.born"): "",
        ("reports", "Loans"): "",
    }


def test_the_notes_translate_operations_and_give_reasons(shelf, tmp_path):
    shelf.write("coverage", NOTES)

    coverage = compared(tmp_path)

    assert missing(coverage) == {
        ("writable", "Book.weight"): "Nobody asks for it.",
        ("inside", "Book.Person.born"): "Nobody asks for it.",
        ("reports", "Loans"): "",
    }
    assert not coverage.diagnostics


def test_one_reason_may_stand_for_every_field_of_an_entity(shelf, tmp_path):
    shelf.write("coverage", 'omitted: [{ fields: ["Book.*"], reason: Nobody asks. }]\n')

    found = missing(compared(tmp_path))

    assert found["writable", "Book.weight"] == found["inside", "Book.Person.born"] == "Nobody asks."
    assert found["operations", "Book.read"] == ""


def test_a_reason_for_what_is_there_is_an_error_with_its_line(shelf, tmp_path):
    shelf.write("coverage", NOTES.replace("Book.weight", "Book.title"))

    (error,) = compared(tmp_path).diagnostics

    assert str(error) == (
        'definitions/shelf/coverage.yaml:3: omitted.0.fields.0: "Book.title" is not missing, so it needs no reason. '
        "Take it out."
    )


def test_an_operation_may_want_an_argument_of_its_method(shelf, tmp_path):
    shelf.write("coverage", "operations: { query: list, read: get with colour, change: update with title }\n")

    found = missing(compared(tmp_path))

    assert ("operations", "Book.read") in found
    assert ("operations", "Book.change") not in found


def test_a_field_may_be_taken_elsewhere(shelf, tmp_path):
    shelf.write("coverage", "mapped_fields: { Book.weight: author.name }\n")

    assert ("writable", "Book.weight") not in missing(compared(tmp_path))


def test_the_aims_are_every_entity_operation_and_report_and_98_percent_of_what_is_writable(shelf, tmp_path):
    shelf.write("coverage", "operations: { query: list, read: get, change: update }\n")
    facts = {**FACTS, "entities": [{**ENTITY, "fields": [named("title")]}]}

    coverage = compared(tmp_path, facts, {"reports": []})

    assert coverage.meets_target()
    assert render_text(coverage).endswith(
        "The aims are reached: every entity, operation and report, and 98 % of the writable fields "
        "(100.0 % of those of records, 100.0 % of those inside their objects and lines)."
    )


def test_fields_of_records_and_those_inside_them_reach_the_aim_each_by_themselves(shelf, tmp_path):
    shelf.write("coverage", "operations: { query: list, read: get, change: update }\n")
    many = [{"name": "Person", "fields": [named("name"), *(named(f"born{at}") for at in range(3))]}]
    own = {**FACTS, "entities": [{**ENTITY, "fields": [named("title"), named("weight")]}]}
    inside = {"entities": [{**ENTITY, "fields": [named("author", type_name="Person")]}], "nested_types": many}

    lacks_its_own = compared(tmp_path, own, {"reports": []})
    (tmp_path / "other").mkdir()
    lacks_inside = compared(tmp_path / "other", {**FACTS, **inside}, {"reports": []})

    assert (lacks_its_own.count("writable"), lacks_its_own.count("inside")) == ((1, 2), (0, 0))
    assert (lacks_inside.count("writable"), lacks_inside.count("inside")) == ((1, 1), (1, 4))
    assert not lacks_its_own.meets_target()
    assert not lacks_inside.meets_target()


def test_the_table_and_the_json_say_the_same(shelf, tmp_path):
    shelf.write("coverage", NOTES)
    coverage = compared(tmp_path)

    text, value = render_text(coverage), render_value(coverage)

    assert "Left out on purpose. Nobody asks for it.\n  writable fields: weight of Book" in text
    assert "Missing:\n  reports: Loans" in text
    assert value["totals"]["writable"] == {"have": 2, "of": 3, "left_out": 1, "percent": 66.7}
    assert value["meets_target"] is False


def test_the_fields_of_a_line_are_looked_for_under_their_own_key(shelf, tmp_path):
    line = {
        "name": "SaleLine",
        "detail_key": "Sale",
        "common_fields": ["Amount", "Link(Bill)"],
        "detail_fields": [{"name": "Qty"}],
        "used_by": ["Book"],
    }
    facts = {**FACTS, "line_types": [line], "entities": [{**ENTITY, "fields": [named("Line")]}]}

    (entity,) = read_reference_of(tmp_path, facts, ReferenceFormat(line_field="Line")).entities

    assert [(each.name, each.places) for each in entity.inside] == [
        ("Line.Amount", ("Line.Amount",)),
        ("Line.Link", ("Line.Link",)),
        ("SaleLine.Qty", ("Line.Sale.Qty",)),
    ]


def read_reference_of(tmp_path, facts, form=USUAL_FORMAT):
    (tmp_path / "entities.json").write_text(json.dumps(facts), encoding="utf-8")
    (tmp_path / "reports.json").write_text(json.dumps(REPORTS), encoding="utf-8")
    return read_reference(tmp_path, form)


@pytest.mark.parametrize("text", ["", "[]", '{"entities": [{}]}', "{"])
def test_a_folder_that_is_no_reference_is_a_sentence(tmp_path, text):
    (tmp_path / "entities.json").write_text(text, encoding="utf-8")
    (tmp_path / "reports.json").write_text("{}", encoding="utf-8")

    with pytest.raises(NoReference):
        read_reference(tmp_path)


def test_where_a_reference_has_lines_and_what_it_calls_a_write_are_facts_of_coverage_yaml(shelf, tmp_path):
    shelf.write(
        "coverage",
        "reference_format: { line_field: loans, write_operations: [lend], versioned_operations: [lend] }\n",
    )
    line = {
        "name": "Loan",
        "used_by": ["Book"],
        "common_fields": ["day"],
        "detail_key": "detail",
        "detail_fields": [{"name": "reader"}],
    }
    book = {
        **ENTITY,
        "operations": {"lend": {}},
        "fields": [named("loans"), named("version", concurrency=True)],
    }
    folder = tmp_path / "other"
    folder.mkdir()
    facts = {"entities": [book], "line_types": [line], "nested_types": []}
    (folder / "entities.json").write_text(json.dumps(facts), encoding="utf-8")
    (folder / "reports.json").write_text(json.dumps({"reports": []}), encoding="utf-8")
    notes = assemble((FOLDER,), Diagnostics()).coverage["shelf"]

    (usual,) = read_reference(folder).entities
    (described,) = read_reference(folder, parse_format(notes)).entities

    assert usual.writable == ()
    assert [field.name for field in described.writable] == ["loans", "version"]
    assert [field.places for field in described.inside] == [("loans.day",), ("loans.detail.reader",)]
