"""The rule of what waits, as it comes in: everything that is wrong is said at once, with the nearest that is right."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from runtime.approval import NO_APPROVAL, ApprovalRule, read_approval, write_approval
from runtime.errors import InvalidRequest
from runtime.operations.approval_config import (
    KNOWN,
    LARGEST_AMOUNT,
    MOST_HOURS,
    MOST_NAMES,
    read_approval_header,
    read_approval_rule,
)
from tests.builtin import builtin_catalog

TOOLS = builtin_catalog().list_tools("quickbooks")
WRITES = [each for each in TOOLS if not each.is_read_only]
READ = next(each for each in TOOLS if each.is_read_only)
TAG = WRITES[0].tags[0]


def read(given: Any) -> ApprovalRule:
    (rule,) = read_approval_rule(given, "config.approval", "mcp_server", TOOLS)
    return rule


def explain(given: Any) -> str:
    with pytest.raises(InvalidRequest) as refused:
        read(given)
    return refused.value.message


NO_AMOUNTS = ("", "x", "-1", "NaN", "inf", "1e9", "1_0", "\u0661\u0662")
EVERY_KEY: dict[str, Any] = {
    "risks": ["overwrite", "destroy"],
    "tags": [TAG],
    "tools": [WRITES[0].name],
    "above_amount": 500.5,
    "roles": ["admin", "owner"],
    "people": ["anna@shop.example"],
    "expires_after_hours": 24,
    "four_eyes": False,
    "confirm": ["send"],
}


def test_every_key_of_a_rule_is_read_stored_and_answered_as_it_was_given() -> None:
    rule = read(EVERY_KEY)
    assert rule.as_dict() == EVERY_KEY
    assert set(EVERY_KEY) == set(KNOWN)
    assert write_approval(read_approval(rule.as_dict(), "mcp_server"), "mcp_server") == EVERY_KEY


@pytest.mark.parametrize("given", [None, {}])
def test_nothing_and_an_empty_object_are_no_rule(given: Any) -> None:
    assert read_approval_rule(given, "config.approval", "mcp_server", TOOLS) == NO_APPROVAL


def test_what_a_rule_does_not_say_has_the_usual_values() -> None:
    rule = read({"risks": ["send"], "roles": None, "above_amount": None, "four_eyes": None})
    assert rule == ApprovalRule("mcp_server", ("send",))
    assert rule.four_eyes
    assert rule.expires_after_hours == 72


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"risk": ["send"]}, 'config.approval has no "risk". Did you mean "risks"?'),
        ({"risks": ["destory"]}, '"destory", which is none there. Did you mean "destroy"?'),
        ({"risks": ["read"]}, 'config.approval.risks has "read"'),
        ({"confirm": ["sent"], "risks": ["send"]}, 'Did you mean "send"?'),
        ({"roles": ["admn"], "risks": ["send"]}, 'roles has "admn", which is none there. Did you mean "admin"?'),
        ({"tags": [TAG + "x"]}, f'Did you mean "{TAG}"?'),
        ({"tools": [WRITES[0].name + "x"]}, f'Did you mean "{WRITES[0].name}"?'),
        ({"tools": [READ.name]}, f'config.approval.tools has "{READ.name}", which is none there.'),
        ({"source": "tenant", "risks": ["send"]}, 'config.approval has no "source".'),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_an_unknown_name_is_refused_with_the_nearest(given: dict[str, Any], said: str) -> None:
    assert said in explain(given)


@pytest.mark.parametrize("given", [[], "send", 5, True, ["risks"]])
def test_a_rule_that_is_no_object_is_refused(given: Any) -> None:
    assert explain(given) == "config.approval is an object."


@pytest.mark.parametrize(
    "amount",
    [-1, -0.01, float("nan"), float("inf"), Decimal("NaN"), Decimal("sNaN"), Decimal("-Infinity"), True, "500",
     LARGEST_AMOUNT + 1, 10**5000, [], {}],
    ids=lambda value: str(type(value).__name__),
)  # fmt: skip
def test_an_amount_is_a_number_within_bounds(amount: Any) -> None:
    assert "above_amount is a number from 0 to 1,000,000,000,000" in explain({"above_amount": amount})


@pytest.mark.parametrize("amount", [0, 0.01, 500, Decimal("12.50"), LARGEST_AMOUNT])
def test_an_amount_from_zero_on_is_a_rule_by_itself(amount: Any) -> None:
    assert read({"above_amount": amount}).above_amount == Decimal(str(amount))


@pytest.mark.parametrize("hours", [0, -1, MOST_HOURS + 1, 1.5, "24", True, float("nan"), []])
def test_hours_are_a_whole_number_within_a_month(hours: Any) -> None:
    said = explain({"risks": ["send"], "expires_after_hours": hours})
    assert said == "config.approval.expires_after_hours is a whole number of hours from 1 to 744."


@pytest.mark.parametrize("four_eyes", [0, 1, "yes", []])
def test_four_eyes_are_true_or_false(four_eyes: Any) -> None:
    assert (
        explain({"risks": ["send"], "four_eyes": four_eyes}) == "config.approval.four_eyes is true or false."
    )


@pytest.mark.parametrize(
    "email", ["", "anna", "@shop.example", "anna@", "a b@shop.example", "a@b@c", "a" * 65 + "@b.example"]
)
def test_what_is_no_email_address_is_refused(email: str) -> None:
    assert "which is no email address" in explain({"risks": ["send"], "people": [email]})


def test_an_address_is_stored_in_small_letters_and_every_name_once() -> None:
    people = [" Anna@Shop.example ", "anna@shop.example"]
    rule = read({"risks": ["send", "send"], "people": people, "roles": ["owner", "owner"]})
    assert (rule.people, rule.risks, rule.roles) == (("anna@shop.example",), ("send",), ("owner",))


@pytest.mark.parametrize("key", ["risks", "tags", "tools", "roles", "people", "confirm"])
@pytest.mark.parametrize("value", ["send", {"send": 1}, [1], [None], [["send"]], ["send"] * (MOST_NAMES + 1)])
def test_a_list_is_a_list_of_texts_that_ends(key: str, value: Any) -> None:
    assert f"config.approval.{key} is a list of at most 200" in explain({"above_amount": 1, key: value})


@pytest.mark.parametrize(
    "given",
    [
        {"confirm": ["send"]},
        {"roles": ["owner"]},
        {"four_eyes": True, "expires_after_hours": 5},
        {"risks": []},
    ],
)
def test_a_rule_by_which_nothing_waits_is_refused(given: dict[str, Any]) -> None:
    assert (
        explain(given) == "config.approval names no risk, tag, tool or amount, so that no write would wait."
    )


def test_everything_that_is_wrong_is_said_at_once() -> None:
    said = explain({"risks": ["x"], "above_amount": -1, "four_eyes": 3, "nothing": 1})
    for part in ("approval.risks", "approval.above_amount", "approval.four_eyes", 'no "nothing"'):
        assert part in said


def test_a_hostile_name_is_repeated_in_part() -> None:
    assert len(explain({"x" * 10_000: 1, "risks": ["y" * 10_000]})) < 400


@pytest.mark.parametrize(
    ("text", "risks", "amount"),
    [
        ("overwrite, destroy, above=500", ("overwrite", "destroy"), Decimal(500)),
        ("above=0", (), Decimal(0)),
        ("send,,send", ("send",), None),
        ("above=2500.75", (), Decimal("2500.75")),
    ],
)
def test_a_header_names_risks_and_an_amount(text: str, risks: tuple[str, ...], amount: Any) -> None:
    (rule,) = read_approval_header(text)
    assert (rule.source, rule.risks, rule.above_amount) == ("request", risks, amount)


@pytest.mark.parametrize("text", ["", " ", ",", " , ,"])
def test_an_empty_header_is_no_rule(text: str) -> None:
    assert read_approval_header(text) == NO_APPROVAL


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("destory", 'Did you mean "destroy"?'),
        ("SEND", 'Did you mean "send"?'),
        ("none", 'The approval header has "none".'),
        ("x" * 201, "more than 200 characters"),
        *((f"above={each}", f'no amount in "above={each}"') for each in NO_AMOUNTS),
        (f"above={LARGEST_AMOUNT + 1}", "no amount in"),
        ("above", "no amount in"),
    ],
)  # fmt: skip
def test_a_header_that_says_anything_else_is_refused(text: str, said: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_approval_header(text)
    assert said in refused.value.message
