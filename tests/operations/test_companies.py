"""Which companies a call is for, whatever it names and whatever companies are called."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.errors import Forbidden, InvalidArguments, LedgerportError
from runtime.model import Account, AccountId, Grant, McpServerId, ServerConfig
from runtime.operations.companies import (
    ALL,
    MOST_LISTED,
    MOST_NAMED,
    MOST_SUGGESTED,
    Chosen,
    choose_companies,
    find_default,
    refuse_missing_tool,
)
from runtime.safety.company import fold_name

ACCOUNT = Account(AccountId("acc-0"), "books", "production", "", "active", "", {}, b"", 0.0, 0.0)


def make_grant(*names: str, default: int = 0, **more: Any) -> Grant:
    """A grant of companies with these names."""
    grants = tuple(
        Grant(
            replace(ACCOUNT, id=AccountId(f"acc-{at}"), name=name, company=f"90{at}", **more),
            ServerConfig(),
            McpServerId(f"m{at}"),
        )
        for at, name in enumerate(names)
    )
    return replace(grants[default], companies=grants)


def choose(grant: Grant, named: Any) -> Chosen:
    return asyncio.run(choose_companies(grant, named))


def refuse(grant: Grant, named: Any) -> LedgerportError:
    with pytest.raises((Forbidden, InvalidArguments)) as refused:
        choose(grant, named)
    return refused.value


def is_reserved(name: str) -> bool:
    """Whether a text has a meaning of its own in the place of a name."""
    return fold_name(name) == ALL or name.lstrip().startswith("[") or not name.strip()


texts = st.text(min_size=1, max_size=30)


@settings(deadline=None, max_examples=300)
@given(names=st.lists(texts, min_size=1, max_size=8, unique_by=fold_name), data=st.data())
def test_every_company_is_reached_by_its_own_name_and_never_another(names, data):
    grant = make_grant(*names)
    place = data.draw(st.integers(0, len(names) - 1))
    name = names[place]
    others = {fold_name(each) for at in range(len(names)) for each in (f"acc-{at}", f"90{at}")}
    if is_reserved(name) or fold_name(name) in others:
        return
    assert choose(grant, f"  {name.upper() if name.isascii() else name} ").places == (place,)
    assert choose(grant, [name]) == Chosen((place,), is_fan_out=True)


@settings(deadline=None, max_examples=300)
@given(names=st.lists(texts, min_size=1, max_size=8), asked=texts)
def test_a_name_that_no_company_has_reaches_none_and_the_error_is_one_line(names, asked):
    grant = make_grant(*names)
    known = {fold_name(each) for at, name in enumerate(names) for each in (name, f"acc-{at}", f"90{at}")}
    if is_reserved(asked) or fold_name(asked) in known:
        return
    refused = refuse(grant, asked)
    assert refused.message.startswith("This access does not reach a company named ")
    assert "\n" not in refused.as_text()


@settings(deadline=None, max_examples=300)
@given(named=st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | texts, st.lists))
def test_whatever_is_named_is_answered_or_refused(named):
    grant = make_grant("Elm", "Oak")
    try:
        chosen = choose(grant, named)
    except (Forbidden, InvalidArguments):
        return
    assert set(chosen.places) <= {0, 1}
    assert chosen.places


@settings(deadline=None)
@given(order=st.permutations(range(5)), size=st.integers(1, 5))
def test_a_list_is_in_the_order_asked_and_names_each_company_once(order, size):
    grant = make_grant(*(f"Client {at}" for at in range(5)))
    asked = [f"client {at}" for at in order[:size]]
    assert choose(grant, [*asked, *reversed(asked)]).places == tuple(order[:size])
    assert choose(grant, json.dumps(asked)).places == tuple(order[:size])


@pytest.mark.parametrize("named", ["all", " ALL ", ["all"], '["All"]'])
def test_all_are_all_of_them(named):
    assert choose(make_grant("Elm", "Oak", "all"), named) == Chosen((0, 1, 2), is_fan_out=True)


def test_without_a_name_it_is_the_default_wherever_that_stands():
    assert choose(make_grant("Elm", "Oak", default=1), None) == Chosen((1,))


def test_a_grant_that_is_none_of_its_companies_has_no_default():
    grant = replace(make_grant("Elm", "Oak"), server_id=McpServerId("m9"))
    with pytest.raises(InvalidArguments, match="no default company"):
        find_default(grant)


def test_two_companies_of_one_name_are_named_by_their_ids():
    grant = make_grant("Elm", "elm ", "Oak")
    refused = refuse(grant, "ELM")
    assert (
        refused.message == '"ELM" means 2 companies here: Elm (acc-0), number 900, elm (acc-1), number 901.'
    )
    assert choose(grant, "acc-1").places == (1,)


def test_a_company_called_like_the_id_of_another_one_never_takes_its_place():
    assert choose(make_grant("Elm", "acc-0"), "acc-0").places == (0,)


def test_a_company_called_like_the_number_of_another_one_is_not_guessed():
    assert "means 2 companies" in refuse(make_grant("Elm", "900"), "900").message


def test_an_account_without_a_number_is_not_found_by_an_empty_one():
    grant = make_grant("", "Oak")
    assert refuse(grant, " ").code == "invalid_arguments"
    assert refuse(grant, "None").code == "forbidden"


def test_no_more_names_than_make_sense_are_looked_at():
    assert refuse(make_grant("Elm"), ["Elm"] * (MOST_NAMED + 1)).code == "invalid_arguments"
    assert choose(make_grant("Elm"), ["Elm"] * MOST_NAMED).places == (0,)


def test_few_of_many_near_names_are_offered():
    grant = make_grant(*(f"Elm Street Bakery {at}" for at in range(20)))
    assert refuse(grant, "Elm Street Bakery").as_text().count('"Elm Street Bakery ') == MOST_SUGGESTED


def test_an_error_repeats_neither_a_secret_nor_a_long_name():
    grant = make_grant("Elm")
    assert len(refuse(grant, "x" * 5_000).as_text()) < 400
    assert "lpm_" + "a" * 43 not in refuse(grant, "lpm_" + "a" * 43).as_text()


def test_the_companies_that_have_a_tool_are_listed_up_to_a_bound():
    accounts = [replace(ACCOUNT, id=AccountId(f"acc-{at}"), name="Elm") for at in range(MOST_LISTED + 5)]
    assert refuse_missing_tool("a_tool", ACCOUNT, accounts).advice.endswith("and 5 more.")
