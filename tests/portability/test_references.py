"""References of another shape, and bare Ids: what the YAML of made-up vendors says of them, and what follows."""

from __future__ import annotations

import json

import pytest

from generator.catalog import Reference
from generator.stages.compact_schema import compact_schema
from generator.vendor import BARE_IDS, ReferenceForm
from runtime.errors import InvalidArguments
from runtime.operations.arguments import ArgumentChecker
from tests import made_up
from tests.portability.calling import CATALOG, changed_definitions
from tests.portability.harbor_server import Harbor
from tests.portability.test_made_up_vendors import run, value

CREATE, LIST = "create_a_harbor_boat", "list_all_harbor_boats"
GUID = "297c2dc5-cc47-4afd-8ec8-74990b8761e9"


def references(tool):
    return {".".join(each.path): each for each in CATALOG.by_name[tool].references}


def checked(tool, arguments):
    form = CATALOG.integrations[tool.integration].reference_form
    return ArgumentChecker().check(tool, arguments, (), form)


def test_the_catalog_says_of_what_parts_a_reference_is():
    assert CATALOG.integrations["harbor"].reference_form == ReferenceForm("id", "title")
    assert CATALOG.integrations["quay"].reference_form == BARE_IDS


def test_the_catalog_says_by_which_fields_people_know_a_record():
    assert CATALOG.integrations["harbor"].display_fields == {"boats": ("name",), "berths": ("code", "title")}
    assert CATALOG.integrations["cove"].display_fields == {}


def test_an_argument_says_which_resource_it_refers_to():
    found = references(CREATE)

    assert found["berth"] == Reference(("berth",), {"": "berths"})
    assert found["tug"] == Reference(("tug",), {"": "boats"})


def test_a_reference_to_one_of_several_resources_says_where_its_kind_stands():
    inside = references(CREATE)["payer"]
    beside = references("update_a_quay_crate_by_id")["beside.number"]

    assert inside == Reference(("payer",), {"boat": "boats", "berth": "berths"}, kind="kind")
    assert beside == Reference(("beside", "number"), {"Crate": "crates"}, kind_beside="what", is_bare=True)


def test_a_bare_id_is_a_reference_too():
    assert references("update_a_quay_crate_by_id")["under"] == Reference(
        ("under",), {"": "crates"}, is_bare=True
    )


def test_a_filter_on_a_reference_takes_the_id_in_the_type_that_the_vendor_gives_it():
    found, shown = references(LIST), CATALOG.by_name[LIST].input_schema["properties"]

    assert found == {
        "tug": Reference(("tug",), {"": "boats"}, is_bare=True),
        "tug_any_of": Reference(("tug_any_of",), {"": "boats"}, is_bare=True),
    }
    assert shown["tug"] == {"type": "integer", "description": "The boat that pulls it. Give its Id."}


def test_a_condition_on_a_reference_is_written_as_its_id():
    harbor = Harbor()

    run("harbor", harbor, (LIST, {"tug": 2}))

    assert harbor.asked[0]["conditions"] == "tug = 2"


@pytest.mark.parametrize("given", [4, "4", {"id": 4}, {"id": "4", "title": "North"}])
def test_an_id_alone_is_sent_as_a_reference_of_the_vendors_shape(given):
    [answer], [(_, _, body)] = run("harbor", Harbor(), (CREATE, {"name": "Loon", "berth": given}))

    value(answer)
    assert json.loads(body)["berth"]["id"] == 4


def test_a_name_alone_is_no_reference_and_nothing_is_sent():
    [answer], requests = run("harbor", Harbor(), (CREATE, {"name": "Loon", "berth": "North"}))

    assert answer.error.as_dict()["code"] == "invalid_arguments"
    assert requests == []


def test_a_shape_that_another_vendor_has_is_refused():
    with pytest.raises(InvalidArguments, match=r'"berth\.id" is missing'):
        checked(CATALOG.by_name[CREATE], {"name": "Loon", "berth": {"value": 4}})


def test_an_id_alone_stays_as_it_is_where_the_vendor_has_no_objects():
    whole = {"type": "object", "properties": {"value": {"type": "string"}}, "required": ["value"]}
    tool = made_up.tool("create", {"owner": whole}, made_up.GET.call, made_up.GET.returns)

    with pytest.raises(InvalidArguments, match="must be an object"):
        ArgumentChecker().check(tool, {"owner": "7"})


@pytest.mark.parametrize("given", [GUID, {"ref": GUID}, {"ref": GUID, "title": "Ann"}])
def test_a_guid_is_read_as_the_schema_declares_it(given):
    guid = {"type": "string", "format": "uuid"}
    part = {"ref": guid, "title": {"type": "string"}}
    properties = {"id": guid, "owner": {"type": "object", "properties": part, "required": ["ref"]}}
    tool = made_up.tool("create", properties, made_up.GET.call, made_up.GET.returns)

    read = ArgumentChecker().check(tool, {"id": given, "owner": given}, (), ReferenceForm("ref", "title"))

    assert read["id"] == read["owner"]["ref"] == GUID


def test_a_name_where_an_id_alone_belongs_is_refused():
    properties = {"id": {"type": "string", "format": "uuid"}}
    tool = made_up.tool("create", properties, made_up.GET.call, made_up.GET.returns)

    with pytest.raises(InvalidArguments, match="must be a text"):
        ArgumentChecker().check(tool, {"id": {"title": "Ann"}}, (), ReferenceForm("ref", "title"))


def test_a_reference_of_one_text_is_named_without_its_part_in_a_line_of_rare_arguments():
    owner = {"type": "object", "properties": {"ref": {"type": "string"}}, "required": ["ref"]}
    schema = {
        "type": "object",
        "properties": {"box": {"type": "object", "properties": {"owner": owner, "n": {}}}},
    }
    schema |= {"required": [], "additionalProperties": False}

    known, unknown = (
        compact_schema(schema, (), ("box",), reference=form).schema["properties"]["box"]["description"]
        for form in (ReferenceForm("ref"), BARE_IDS)
    )

    assert "{owner, n}" in known
    assert "{owner {ref}, n}" in unknown


WRONG = {
    "a resource that there is not": (
        "to: boats\n",
        "to: boots\n",
        'refers to "boots", which is no resource. Did you',
    ),
    "a kind that stands nowhere": (
        "{ kind: kind,",
        "{ kind: sort,",
        'kind names "sort", and there is no such field',
    ),
    "a kind that stands nowhere beside": (
        "{ kind: kind,",
        "{ kind_beside: sort,",
        'kind_beside names "sort", and there is no such field',
    ),
    "a part for the Id that a reference does not have": (
        "references: { id: id, name: title }",
        "references: { id: ref }",
        'It refers to a record, and has no part "ref" for its Id.',
    ),
    "an object where nothing says of what parts a reference is": (
        "references: { id: id, name: title }",
        "",
        "nothing says which part of that holds the Id",
    ),
    "a field that people cannot know a record by": (
        "display: name",
        "display: nam",
        'no field "nam" to know a record',
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_reference_that_cannot_work_is_reported(case, tmp_path):
    before, after, said = WRONG[case]

    found = changed_definitions(tmp_path, "harbor", (before, after))

    assert said in str(found)
