"""How much a call may hold is checked before anything else, and errors are worked out for few of its places."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from generator.suggestions import LONGEST_COMPARED, MOST_COMPARED, find_nearest_name
from runtime.errors import InvalidArguments
from runtime.exchange.page_request import MOST_FIELDS, read_page_request
from runtime.operations.arguments import ArgumentChecker
from runtime.operations.structure import DEEPEST, MOST_MEMBERS, MOST_VALUES, find_structural_problem
from runtime.upstream.paging import LONGEST_CURSOR, make_cursor, read_position
from tests import made_up
from tests.builtin import builtin_catalog
from tests.growth import is_linear
from tests.made_up_calls import json_vendor, run

ANY_POSITION = re.compile(".*")
CATALOG = builtin_catalog()
CREATE = next(tool for tool in CATALOG.tools if tool.name == "create_a_quick_books_invoice")
LINE = {"Amount": 1, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": "1"}}}
WHOLE = made_up.tool(
    "whole",
    {
        "limit": {"type": "integer", "minimum": 1, "maximum": 50},
        "id": {"type": "integer"},
        "rows": {"type": "array", "items": {"type": "object", "properties": {"at": {"type": "integer"}}}},
    },
    made_up.GET.call,
    made_up.GET.returns,
)


def refused(arguments: dict[str, Any], tool=CREATE) -> InvalidArguments:
    with pytest.raises(InvalidArguments) as raised:
        ArgumentChecker().check(tool, arguments)
    return raised.value


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"a": nested(DEEPEST - 1)}, ""),
        ({"a": nested(DEEPEST)}, "nested too deeply: at most 32 levels"),
        ({"a": {"b": nested(900)}}, "nested too deeply: at most 32 levels"),
        ({"a": [0] * (MOST_VALUES - 1)}, ""),
        ({"a": [0] * MOST_VALUES}, "too many values: at most 400,000"),
        ({"a": [[]] * MOST_VALUES}, "too many values: at most 400,000"),
        ({"a": [{"b": 1}] * (MOST_VALUES // 2)}, "too many values: at most 400,000"),
        ({str(n): 0 for n in range(MOST_MEMBERS)}, ""),
        ({str(n): 0 for n in range(MOST_MEMBERS + 1)}, "too many names in one object: at most 1,000"),
        (
            {"a": [{str(n): 0 for n in range(MOST_MEMBERS + 1)}]},
            "too many names in one object: at most 1,000",
        ),
    ],
    ids=range(10),
)
def test_size_and_depth_have_a_bound_that_the_error_names(value, said):
    found = find_structural_problem(value)
    assert found.endswith(said)
    assert bool(found) is bool(said)


def test_a_transaction_of_as_many_lines_as_a_vendor_takes_passes():
    arguments = {"CustomerRef": {"value": "1"}, "Line": [LINE] * 10_000}
    assert ArgumentChecker().check(CREATE, arguments) == arguments


@pytest.mark.parametrize(
    "make",
    [
        lambda size: {"Line": list(range(size))},
        lambda size: {"Line": [{"Amount": "x", "DetailType": "y"}] * (size // 3)},
        lambda size: {"Line": [{f"Amoun{n}": 1 for n in range(100)}] * (size // 101)},
        lambda size: {"Line": [LINE] * (size // 6), "CustomerRef": {"value": "1"}},
        lambda size: {"Line": [{"SalesItemLineDetail": {"ItemRef": [1] * 9}}] * (size // 12)},
        lambda size: {"Line": [LINE] * (size // 6), "CustomerRef": 1},
    ],
)
def test_checking_takes_time_that_grows_with_the_number_of_values(make):
    checker = ArgumentChecker()

    def checking(size):
        arguments = make(size)

        def check() -> None:
            with contextlib.suppress(InvalidArguments):
                checker.check(CREATE, arguments)

        return check

    assert is_linear(checking, 40_000)


class CountingValidator:
    """A validator that counts the errors it makes: all that there are, before it hands over the first."""

    def __init__(self, inner: Any) -> None:
        self.is_valid, self.validate, self._inner = inner.is_valid, inner.validate, inner
        self.made = 0

    def iter_errors(self, value: Any) -> Iterator[Any]:
        found = list(self._inner.iter_errors(value))
        self.made += len(found)
        return iter(found)


def test_errors_are_worked_out_for_few_of_many_places(monkeypatch):
    arguments = {"CustomerRef": {"value": "1"}, "Line": [1] * 300_000}
    validators: list[CountingValidator] = []

    def counting(*given: Any, make: Any = jsonschema_rs.validator_for, **more: Any) -> CountingValidator:
        validators.append(CountingValidator(make(*given, **more)))
        return validators[-1]

    monkeypatch.setattr(jsonschema_rs, "validator_for", counting)

    with pytest.raises(InvalidArguments):
        ArgumentChecker().check(CREATE, arguments)

    assert 0 < sum(each.made for each in validators) < 100


def test_an_error_far_inside_a_list_is_named_by_its_own_place():
    lines: list[Any] = [LINE] * 5000 + [LINE | {"Amount": "x"}] + [LINE] * 3 + [LINE | {"Amount": "y"}]
    error = refused({"CustomerRef": {"value": "1"}, "Line": lines})
    assert [each["argument"] for each in error.details["errors"]] == [
        "Line[5000].Amount",
        "Line[5004].Amount",
    ]


def test_how_many_more_errors_there_are_is_exact_for_a_small_call_and_a_lower_bound_for_a_large_one():
    assert "And 1 more." in refused({"Line": [1] * 11, "CustomerRef": {"value": "1"}}).message
    assert "And at least " in refused({"Line": [1] * 5000, "CustomerRef": {"value": "1"}}).message


def test_a_list_that_is_too_long_says_so_although_few_of_its_elements_are_looked_at():
    tool = made_up.tool(
        "few", {"ids": {"type": "array", "maxItems": 30}}, made_up.GET.call, made_up.GET.returns
    )
    error = refused({"ids": [1] * 5000}, tool)
    assert 'Argument "ids" may have 30 elements at most, but has 5000.' in error.message
    assert len(error.message) < 500


def test_of_many_unknown_names_ten_are_worked_out_and_the_rest_counted():
    error = refused(
        {"CustomerRef": {"value": "1"}, "Line": [LINE], **{f"Lin{n}" * 30: n for n in range(900)}}
    )
    assert len(error.details["errors"]) == 10
    assert "And 890 more." in error.message
    assert len(error.message) < 6000


class TestWholeNumbers:
    @pytest.mark.parametrize(("given", "seen"), [(10.0, 10), (7, 7)])
    def test_one_with_a_fraction_of_zero_is_one(self, given, seen):
        found = ArgumentChecker().check(WHOLE, {"limit": given, "rows": [{"at": given}, {}]})
        assert found == {"limit": seen, "rows": [{"at": seen}, {}]}
        assert type(found["limit"]) is type(found["rows"][0]["at"]) is int

    @pytest.mark.parametrize("given", [10.5, -0.0, True, 1e300, "10.5", "ten", 51, [1], 2.0**70])
    def test_anything_else_is_refused(self, given):
        assert '"limit"' in refused({"limit": given}, WHOLE).message

    def test_one_that_is_too_large_to_be_exact_stays_as_it_is(self):
        assert ArgumentChecker().check(WHOLE, {"id": 1e300}) == {"id": 1e300}

    def test_nothing_is_copied_or_changed_in_what_was_given(self):
        given = {"limit": 10.0}
        ArgumentChecker().check(WHOLE, given)
        assert type(given["limit"]) is float


@pytest.mark.parametrize(
    "bait", ["a", "1", " ", "\n", "1a", "This Last ", "Next ", "é", "-", "2026-01-01T", "a@", "a.@"]
)
def test_no_pattern_or_format_of_a_tool_takes_more_than_linear_time(bait):
    checker = ArgumentChecker()
    by_rule: dict[str, tuple[Any, str]] = {}
    for tool in CATALOG.tools:
        for name, schema in tool.input_schema["properties"].items():
            for rule in (schema.get("pattern"), schema.get("format")):
                if rule:
                    by_rule.setdefault(rule, (tool, name))

    def checking(size):
        text = bait * (size // len(bait))

        def check() -> None:
            for tool, name in by_rule.values():
                with pytest.raises(InvalidArguments):
                    checker.check(tool, {name: text, "not_known": 1})

        return check

    assert len(by_rule) >= 4
    assert is_linear(checking, 100_000)


def test_a_name_is_compared_with_a_bounded_number_of_others_and_with_none_that_is_long():
    far = [f"Zzz{n}" for n in range(MOST_COMPARED)]
    assert find_nearest_name("Balence", [*far[:-1], "Balance"]) == "Balance"
    assert find_nearest_name("Balence", [*far, "Balance"]) == ""
    assert find_nearest_name("Bal", ["Balance" + "x" * LONGEST_COMPARED]) == ""


def test_more_names_of_fields_than_a_record_has_are_refused_before_anything_is_sent():
    with pytest.raises(InvalidArguments, match="has 201 names; at most 200 are allowed"):
        read_page_request(made_up.LIST, made_up.VENDOR, {"fields": [f"F{n}" for n in range(MOST_FIELDS + 1)]})
    read_page_request(made_up.LIST, made_up.VENDOR, {"fields": ["F"] * MOST_FIELDS})


def test_a_cursor_that_is_too_long_is_refused_also_when_it_is_one_of_the_call():
    cursor = make_cursor(made_up.LIST.name, {}, "x" * LONGEST_CURSOR)
    with pytest.raises(InvalidArguments, match="is not a cursor of this call"):
        read_position(made_up.LIST.name, {"next_cursor": cursor}, ANY_POSITION)
    short = make_cursor(made_up.LIST.name, {}, "x" * 100)
    assert read_position(made_up.LIST.name, {"next_cursor": short}, ANY_POSITION)


def test_a_call_with_arguments_nested_without_end_is_refused():
    [answer], server = run(json_vendor({}), (made_up.LIST.name, {"limit": nested(900)}))
    assert "nested too deeply" in answer.error.message
    assert not server.requests
