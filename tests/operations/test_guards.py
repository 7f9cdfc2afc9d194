"""Guards that the endpoints check before as well: they hold for every other caller, too."""

from __future__ import annotations

import pytest

from runtime.errors import Busy, InvalidRequest
from runtime.operations.budget import Budget
from runtime.operations.scopes import checked_scopes
from runtime.operations.structure import excerpt, whole_path


@pytest.mark.parametrize(
    ("scopes", "account", "said"),
    [
        ([], None, "needs a scope"),
        (["admn"], None, 'no scope "admn"'),
        (["admin", "everything"], None, 'no scope "everything"'),
        (["admin", "tools:call"], "a1", "cannot be combined"),
        (["tools:call"], None, "bound to one integrated account"),
        (["admin"], "a1", "cannot be bound"),
    ],
)
def test_scopes_that_would_grant_something_else_than_they_say_are_refused(scopes, account, said):
    with pytest.raises(InvalidRequest, match=said):
        checked_scopes(scopes, account)


def test_a_budget_can_be_used_up_to_its_last_byte_and_is_given_back():
    budget = Budget(10, 2)
    with budget.share() as one, budget.share() as other:
        one.grow(4)
        other.grow(6)
        with pytest.raises(Busy):
            other.grow(7)
        assert (budget.bytes, budget.count) == (10, 2)
    assert (budget.bytes, budget.count) == (0, 0)


def test_a_list_in_the_element_of_a_path_begins_at_the_next_step_and_others_at_their_first():
    value = [[0], [*range(100)], [*range(50, 90)]]
    path = [1, 70, "x"]
    found = excerpt(value, path)
    assert found == [[70, 71, 72, 73], [50, 51, 52, 53]]
    assert whole_path([0, 0], path) == [1, 70]
    assert whole_path([1, 2], path) == [2, 2]
