"""Arguments under `more` count like the others."""

from dataclasses import replace

import pytest

from generator.suggestions import suggest
from runtime.errors import InvalidArguments
from runtime.operations.arguments import ArgumentChecker
from tests import made_up

TOOL = replace(made_up.LIST, advanced=("DocNumber", "Active"))


def test_rare_arguments_may_stand_under_more():
    given = {"Balance_from": 1, "more": {"DocNumber": "7", "Active": True}}

    assert ArgumentChecker().check(TOOL, given) == {"Balance_from": 1, "DocNumber": "7", "Active": True}


def test_a_rare_argument_may_stand_by_itself_too():
    assert ArgumentChecker().check(TOOL, {"DocNumber": "7"}) == {"DocNumber": "7"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"more": "DocNumber"}, 'Argument "more" must be an object.'),
        (
            {"DocNumber": "7", "more": {"DocNumber": "8"}},
            'Argument "DocNumber" is given twice, by itself and under "more".',
        ),
        ({"more": {"DocNumbr": "7"}}, 'Did you mean "DocNumber"?'),
    ],
)
def test_an_error_under_more_is_said_like_any_other(given, said):
    with pytest.raises(InvalidArguments) as raised:
        ArgumentChecker().check(TOOL, given)

    assert said in str(raised.value.as_text())


@pytest.mark.parametrize(
    ("name", "names", "nearest"),
    [
        ("Balence_from", ["Balance_from", "Balance_until"], "Balance_from"),
        ("customer_id", ["CustomerRef", "Id"], "CustomerRef"),
        ("EntityRef", ["PaymentType", "AccountRef"], ""),
        ("CompanyId", ["CompanyAddr"], ""),
        ("EmployeeId", ["EmployeeNumber"], ""),
        ("CustomerMemo", ["CustomerRef"], ""),
        ("PaymentType", ["PayType"], ""),
        ("Bill", ["BillEmail", "BillableStatus"], ""),
        ("include", ["IncludeInAnnualTPAR"], ""),
        ("due_date", ["DueDate", "add_due_date"], "DueDate"),
        ("dueDateFrom", ["DueDate_until", "DueDate_from"], "DueDate_from"),
        ("Balance", ["CurrentBalance_from", "Balance_from", "Balance_until"], "Balance_from"),
        ("totalammt", ["TotalAmt", "Total"], "TotalAmt"),
        ("x" * 5000, ["Id"], ""),
        ("UnappliedAmt_from", ["TotalAmt_from", "TotalAmt_until"], ""),
        ("TotalAmount_from", ["TotalAmt_until", "TotalAmt_from"], "TotalAmt_from"),
    ],
)
def test_the_nearest_name_is_one_that_was_meant(name, names, nearest):
    assert "".join(suggest(name, names, suffix="Ref").names[:1]) == nearest


def test_what_must_be_digits_says_so():
    digits = made_up.tool(
        "get", {"id": {"type": "string", "pattern": r"^\d+$"}}, made_up.GET.call, made_up.GET.returns
    )
    with pytest.raises(InvalidArguments, match='"id" must be digits alone, but is "Norton Lumber"'):
        ArgumentChecker().check(digits, {"id": "Norton Lumber"})


def test_a_tool_without_rare_arguments_knows_no_more():
    with pytest.raises(InvalidArguments):
        ArgumentChecker().check(made_up.LIST, {"more": {}})


@pytest.mark.parametrize(
    ("rule", "given", "said"),
    [
        (
            {"type": "string", "maxLength": 1000},
            "x" * 1001,
            "may have 1000 characters at most, but has 1001.",
        ),
        ({"type": "array", "maxItems": 3}, ["xx"] * 5, "may have 3 elements at most, but has 5."),
    ],
)
def test_a_text_or_a_list_that_is_too_long_is_refused_with_its_limit_and_not_repeated(rule, given, said):
    tool = made_up.tool("get", {"note": rule}, made_up.GET.call, made_up.GET.returns)

    with pytest.raises(InvalidArguments) as refused:
        ArgumentChecker().check(tool, {"note": given})

    assert said in refused.value.message
    assert "xx" not in refused.value.message
