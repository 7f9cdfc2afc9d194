"""What clients shape otherwise is read as the schema declares it, where that has one certain meaning."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from generator.vendor import ReferenceForm
from runtime.errors import InvalidArguments
from runtime.operations.arguments import ArgumentChecker
from tests import made_up
from tests.growth import is_linear

REFERENCE = {
    "type": "object",
    "properties": {"value": {"type": "string", "pattern": r"^\d+$"}},
    "required": ["value"],
}
LINE = {
    "type": "object",
    "properties": {
        "Amount": {"type": "number"},
        "Detail": {"type": "object", "properties": {"ItemRef": REFERENCE, "Note": {"type": "string"}}},
        "LineNum": {"type": "integer"},
        "Id": {"type": "string"},
    },
    "required": ["Amount"],
}
PROPERTIES: dict[str, Any] = {
    "id": {"type": "string", "pattern": r"^\d+$"},
    "SyncToken": {"type": "string"},
    "CustomerRef": REFERENCE,
    "Vendor": {"type": "string", "pattern": r"^\d+$"},
    "Line": {"type": "array", "items": LINE},
    "fields": {"type": "array", "items": {"type": "string"}},
    "limit": {"type": "integer", "minimum": 1},
    "Rate": {"type": "number"},
    "Active": {"type": "boolean"},
    "DueDate": {"type": "string", "format": "date"},
    "Time": {"type": "string", "format": "date-time"},
    "Kind": {"type": "string", "enum": ["Service", "Inventory", "NonInventory"]},
    "Name": {"type": "string"},
    "Extra": {"type": "object"},
    "Clearable": {"type": ["string", "null"]},
}
READ = made_up.tool("get", PROPERTIES, made_up.GET.call, made_up.GET.returns)
CREATE = replace(READ, risk="create")
UPDATE = replace(READ, risk="overwrite")


def checked(arguments: dict[str, Any], tool: Any = CREATE) -> dict[str, Any]:
    return ArgumentChecker().check(tool, arguments, (), ReferenceForm("value", "name"))


def refused(arguments: dict[str, Any], tool: Any = CREATE) -> str:
    with pytest.raises(InvalidArguments) as raised:
        checked(arguments, tool)
    return raised.value.message


LINES = [{"Amount": 50, "Detail": {"ItemRef": {"value": "2"}}}]


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"Line": json.dumps(LINES)}, {"Line": LINES}),
        ({"Line": [json.dumps(LINES[0])]}, {"Line": LINES}),
        ({"Line": [{"Amount": 50, "Detail": json.dumps(LINES[0]["Detail"])}]}, {"Line": LINES}),
        ({"Line": json.dumps([json.dumps(LINES[0])])}, {"Line": LINES}),
        ({"CustomerRef": '{"value": "3"}'}, {"CustomerRef": {"value": "3"}}),
        ({"Extra": ' {"a": null}'}, {"Extra": {"a": None}}),
        ({"fields": '["Id", "Name"]'}, {"fields": ["Id", "Name"]}),
        ({"limit": "2"}, {"limit": 2}),
        ({"Rate": "12.50"}, {"Rate": 12.5}),
        ({"Rate": "-3"}, {"Rate": -3}),
        ({"Active": "false"}, {"Active": False}),
        ({"Active": "True"}, {"Active": True}),
        ({"id": 3}, {"id": "3"}),
        ({"id": 3.0}, {"id": "3"}),
        ({"SyncToken": 0}, {"SyncToken": "0"}),
        ({"Name": 1037}, {"Name": "1037"}),
        ({"CustomerRef": {"value": 3}}, {"CustomerRef": {"value": "3"}}),
        ({"CustomerRef": "12"}, {"CustomerRef": {"value": "12"}}),
        ({"CustomerRef": 12}, {"CustomerRef": {"value": "12"}}),
        ({"Vendor": {"value": "12", "name": "Acme"}}, {"Vendor": "12"}),
        ({"Line": LINES[0]}, {"Line": LINES}),
        ({"fields": "Id"}, {"fields": ["Id"]}),
        ({"DueDate": "2026-01-31T00:00:00"}, {"DueDate": "2026-01-31"}),
        ({"DueDate": "2026-01-31T00:00:00.000Z"}, {"DueDate": "2026-01-31"}),
        ({"DueDate": "2026-01-31 00:00:00-08:00"}, {"DueDate": "2026-01-31"}),
        ({"Kind": "service"}, {"Kind": "Service"}),
        ({"duedate": "2026-01-31"}, {"DueDate": "2026-01-31"}),
        ({"Line": [{"amount": "50"}]}, {"Line": [{"Amount": 50}]}),
        ({"wait_for_previous": True, "limit": 2}, {"limit": 2}),
    ],
)
def test_one_certain_meaning_is_accepted(given, read):
    for tool in (READ, CREATE, UPDATE):
        assert checked(given, tool) == read


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"Rate": "$1,200.00"}, 'but is "$1,200.00". Write 1200.00.'),
        ({"Rate": "1,200"}, "Write 1200."),
        ({"Rate": "ten"}, 'must be a number, but is "ten".'),
        ({"Rate": True}, "must be a number, but is true."),
        ({"Rate": "\u0661\u0662"}, "must be a number"),
        ({"DueDate": "\u0660\u0661/\u0663\u0661/2026"}, "must be a date written YYYY-MM-DD"),
        ({"Rate": "1e400"}, "must be a number"),
        ({"limit": "3.5"}, "must be a whole number, but is 3.5."),
        ({"Active": "yes"}, "must be true or false"),
        ({"Active": 1}, "must be true or false"),
        ({"DueDate": "01/31/2026"}, "Write 2026-01-31."),
        ({"DueDate": "02/03/2026"}, "Write 2026-02-03 or 2026-03-02, whichever is meant."),
        ({"DueDate": "2026-01-31T09:30:00"}, "must be a date written YYYY-MM-DD"),
        ({"DueDate": 20260131}, "must be a date written YYYY-MM-DD"),
        ({"CustomerRef": "Acme Corp"}, 'Argument "CustomerRef" must be an object'),
        ({"CustomerRef": True}, 'Argument "CustomerRef" must be an object'),
        ({"CustomerRef": "\u0661\u0662"}, 'Argument "CustomerRef" must be an object'),
        ({"Vendor": {"value": "12", "type": "x"}}, 'Argument "Vendor" must be a text'),
        ({"Line": '[{"Amount": 50'}, "begins like JSON and is not valid JSON"),
        ({"Line": '[{"Amount": NaN}]'}, "begins like JSON and is not valid JSON"),
        ({"Line": '[{"Amount": 1e999}]'}, "begins like JSON and is not valid JSON"),
        ({"Line": '[{"Note": "\\ud800"}]'}, "begins like JSON and is not valid JSON"),
        ({"Line": '{"Amount": "ten"}'}, 'Argument "Line[0].Amount" must be a number'),
        ({"Name": 3.5}, "must be a text, but is 3.5."),
        ({"Name": True}, "must be a text, but is true."),
        ({"Kind": "services"}, 'Did you mean "Service"?'),
        ({"Nam": "x"}, 'Argument "Nam" is not known. Did you mean "Name"?'),
        ({"name": "x", "Name": "y"}, 'Argument "name" is not known.'),
        ({"Line": [None]}, 'Argument "Line[0]" must be an object'),
    ],
)
def test_what_could_mean_two_things_stays_refused_and_says_how_to_write_it(given, said):
    for tool in (READ, CREATE, UPDATE):
        assert said in refused(given, tool)


@pytest.mark.parametrize("tool", [READ, CREATE, UPDATE])
def test_null_is_left_out_at_every_declared_depth_unless_the_schema_takes_it(tool):
    given = {
        "id": "7",
        **dict.fromkeys(set(PROPERTIES) - {"id", "Line", "Extra"}),
        "Line": [{"Amount": 1, "LineNum": None, "Detail": {"ItemRef": {"value": None}, "Note": None}}],
        "Extra": {"open": None},
    }

    assert checked(given, tool) == {
        "id": "7",
        "Clearable": None,
        "Line": [{"Amount": 1}],
        "Extra": {"open": None},
    }


@pytest.mark.parametrize("tool", [READ, CREATE])
def test_an_empty_text_is_left_out_where_no_record_is_changed(tool):
    empty = {"id": "7", **dict.fromkeys(set(PROPERTIES) - {"id", "Line", "Clearable"}, "")}
    nested = {"Line": [{"Amount": 1, "Id": "", "Detail": {"ItemRef": {"value": ""}}}]}

    assert checked(empty | nested, tool) == {"id": "7", "Line": [{"Amount": 1}]}


def test_an_empty_text_clears_a_field_of_text_in_a_change_and_is_left_out_elsewhere():
    given = {"id": "7", "Name": "", "Rate": "", "Active": "", "CustomerRef": "", "Line": ""}

    assert checked(given, UPDATE) == {"id": "7", "Name": ""}


def test_something_empty_that_is_needed_is_missing():
    needs = made_up.tool(
        "make", PROPERTIES, made_up.GET.call, made_up.GET.returns, required=["CustomerRef"], risk="create"
    )

    for empty in (None, "", {"value": None}, {"value": ""}, '{"value": ""}'):
        assert 'Argument "CustomerRef" is missing.' in refused({"CustomerRef": empty}, needs)


def test_empty_lists_and_objects_are_passed_on():
    assert checked({"Line": [], "Extra": {}}) == {"Line": [], "Extra": {}}


def test_a_text_that_holds_too_many_values_is_refused_before_anything_looks_at_them():
    assert "hold too many values" in refused({"Line": "[" + "1," * 400_001 + "1]"})


@pytest.mark.parametrize("text", ["[" * 200_000, '{"a":' * 200_000, '[{"Amount":' * 20])
def test_json_text_of_any_depth_is_refused(text):
    assert '"Line' in refused({"Line": text})


@pytest.mark.parametrize("unit", ["[1],", '{"Amount":"1"},', '"a",', "["])
def test_reading_a_text_takes_twice_as_long_for_twice_as_much(unit):
    def reading(size: int) -> Any:
        given = {"Line": "[" + unit * (size // len(unit)) + "1]"}

        def read() -> None:
            with pytest.raises(InvalidArguments):
                checked(given)

        return read

    assert is_linear(reading, 100_000)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"order_by": "Balance DESC"}, {"order_by": "Balance", "descending": True}),
        ({"order_by": "balance asc"}, {"order_by": "Balance", "descending": False}),
        ({"order_by": "Balance desc", "descending": "true"}, {"order_by": "Balance", "descending": True}),
        ({"order_by": "balance"}, {"order_by": "Balance"}),
    ],
)
def test_an_order_with_its_direction_is_read_as_both_arguments(given, read):
    assert checked(given, made_up.LIST) == read


@pytest.mark.parametrize(
    "given",
    [{"order_by": "Balance desc", "descending": False}, {"order_by": "Balance; Id"}, {"order_by": "x desc"}],
)
def test_an_order_that_contradicts_itself_or_names_no_field_is_refused(given):
    assert 'Argument "order_by" cannot be' in refused(given, made_up.LIST)
