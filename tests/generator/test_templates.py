"""Templates: what the compiler checks of them and what the runtime fills is the same."""

from __future__ import annotations

import pytest

from generator.templates import fill_known, fill_template, find_names


def test_the_names_of_a_template_are_given_in_their_order():
    assert find_names("/{company}/invoice/{id}?again={id}") == ["company", "id", "id"]


def test_a_template_is_filled_part_by_part():
    assert (
        fill_template("/{company}/invoice/{id}", {"company": "42", "id": "7"}.__getitem__) == "/42/invoice/7"
    )


def test_a_name_without_a_value_is_an_error_or_stays_as_the_caller_wants():
    with pytest.raises(KeyError):
        fill_template("{id}", {}.__getitem__)
    assert fill_known("{id} of {company}", {"company": "Elm"}) == "{id} of Elm"


def test_a_value_that_looks_like_a_name_is_not_filled_again():
    assert fill_known("{one} {two}", {"one": "{two}", "two": "2"}) == "{two} 2"
