"""What templates become, and what each place was filled from."""

from typing import Any

import pytest

from generator.filling import ABSENT, Filler, list_paths, look_up

SCOPE = {
    "id": "7",
    "count": 3,
    "lines": [{"text": "one", "amount": 1.5}, {"text": "two", "extra": {"deep": "x"}}],
    "nothing": None,
    "empty": [],
}


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("plain", "plain"),
        (5, 5),
        ("{id}", "7"),
        ("{count}", 3),
        ("No. {count} of {id}", "No. 3 of 7"),
        ("{lines.1.extra.deep}", "x"),
        ("{lines.amount}", [1.5]),
        ("{absent}", ABSENT),
        ("{nothing}", ABSENT),
        ("{empty}", ABSENT),
        ("No. {absent}", ABSENT),
        (["{id}", "{absent}"], ["7"]),
        (["{absent}"], ABSENT),
        ([], []),
        ({"$first": ["{absent}", "{id}"]}, "7"),
        ({"$first": ["{absent}"]}, ABSENT),
        ({"$if": "id", "$then": "yes"}, "yes"),
        ({"$if": "absent", "$then": "yes"}, ABSENT),
        ({"$each": "lines", "$as": "{lines.text}"}, ["one", "two"]),
        ({"$each": "lines", "$as": {"a": "{lines.amount}"}}, [{"a": 1.5}]),
        ({"$each": "absent", "$as": "{absent.text}"}, ABSENT),
        (["first", {"$each": "lines", "$as": "{lines.text}"}], ["first", "one", "two"]),
        ({"a": {"kind": "fixed", "value": "{absent}"}, "b": "{id}"}, {"b": "7"}),
        ({"a": {"kind": "fixed"}}, {"a": {"kind": "fixed"}}),
    ],
)
def test_a_template_becomes_a_value(template: Any, value: Any) -> None:
    assert Filler(SCOPE).fill(template) == value or Filler(SCOPE).fill(template) is value


def test_the_scope_of_an_element_is_the_element_and_what_is_around_it() -> None:
    filled = Filler(SCOPE).fill({"$each": "lines", "$as": "{id}: {lines.text}"})

    assert filled == ["7: one", "7: two"]


def test_each_place_knows_the_argument_that_filled_it() -> None:
    filler = Filler(SCOPE)
    filler.fill(
        {"Ref": {"value": "{id}"}, "Line": ["x", {"$each": "lines", "$as": {"Text": "{lines.text}"}}]}
    )

    assert filler.origins == {
        "Ref.value": "id",
        "Line[1].Text": "lines[0].text",
        "Line[2].Text": "lines[1].text",
    }


def test_the_paths_of_a_template_begin_at_the_whole_list() -> None:
    template = {"$each": "record.Line", "$as": {"$if": "Line.Id", "$then": ["{Line.Ref.value} {id}"]}}

    assert list_paths(template) == [
        ("record", "Line"),
        ("record", "Line", "Id"),
        ("record", "Line", "Ref", "value"),
        ("id",),
    ]


def test_a_text_of_an_argument_is_no_template() -> None:
    assert Filler({"id": "{secret}", "secret": "x"}).fill("{id}") == "{secret}"
    assert look_up({"a": "text"}, "a.b") is ABSENT
