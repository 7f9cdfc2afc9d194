"""What an analysis of both systems is where one may not be read: of the whole company, and it says why.

A mapping is of one tenant, a grant names the accounts that it reaches, and an API token reads the account of its call.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.journeys.agents import signing_agent
from tests.journeys.person import READ, Person
from tests.journeys.two_systems import Firm, Record, ask, map_as_a_person

TOOL = "client_profitability"


@pytest.fixture
def others(firm: Firm) -> Iterator[Record]:
    """The books of another tenant, which has mapped nothing."""
    account = firm.connect_books("others")
    yield account
    firm.delete(account)


@pytest.fixture(scope="module")
def owner(firm: Firm) -> Iterator[Person]:
    person = Person(firm.running.sign_in_link)
    yield person
    person.close()


def explain(answer: Record) -> str:
    """Why the work system was not read; fails the test where it was."""
    assert answer["figures"]["of"] == "whole company"
    assert "clients" not in answer["figures"]
    assert answer["complete"] is False
    return " ".join(each["why"] for each in answer["missing"] if each["what"].startswith("work"))


def test_the_mapping_of_another_tenant_is_never_used(firm, others):
    pair = next(each for each in firm.truths.pairs if each.how == "order")
    url = firm.open_url(others)
    with firm.watch_work() as requests:
        answer = ask(url, TOOL).value
        refused = ask(url, "list_all_quick_books_invoices", client=pair.company_name)
        own = ask(url, "list_all_quick_books_invoices", client=pair.customer_name, limit=1)

    assert "No work system is connected" in explain(answer)
    assert refused.error["code"] == "invalid_arguments"
    assert not own.is_error
    assert "work_ids" not in own.value["resolved"][0]
    assert requests == []


def test_a_work_system_that_is_not_mapped_is_not_read_and_after_it_is_disconnected_no_mapping_is_left(
    firm, others
):
    work, url = firm.connect_work("others"), firm.open_url(others)
    try:
        with firm.watch_work() as requests:
            before = explain(ask(url, TOOL).value)
        map_as_a_person(firm, "others", tuple(map(str, firm.truths.not_clients)))
        mapped = ask(url, TOOL).value
        left = firm.call("POST", f"/integrated-account/{work['id']}/disconnect")
        with firm.watch_work() as later:
            after = ask(url, TOOL).value
            alone = ask(url, "get_quick_books_profit_and_loss_report")
    finally:
        firm.delete(work)

    assert before
    assert mapped["figures"]["of"] == "clients"
    assert "mapping" in str(left)
    assert explain(after)
    assert not alone.is_error
    assert "No client was named" not in alone.text
    assert requests == later == []


def test_an_api_token_has_the_books_alone_and_learns_how_to_have_both(firm):
    with firm.watch_work() as requests:
        said = firm.call("POST", f"/integrated-account/{firm.books['id']}/tools/{TOOL}", {})

    assert "MCP server" in explain(_find_answer(said))
    assert requests == []


def _find_answer(said: Any) -> Record:
    """The answer of a tool, wherever the management API has it."""
    if isinstance(said, dict) and "figures" in said:
        return said
    found = [each for each in said.values() if isinstance(each, dict)]
    assert found, said
    return _find_answer(found[0])


def test_a_grant_of_the_books_does_not_read_the_work_system_and_one_of_both_does(firm, owner):
    def compute(*accounts: Record) -> Record:
        owner.scopes, owner.companies = (READ,), tuple(each["id"] for each in accounts)
        try:
            with signing_agent("python-sdk-2", f"{firm.demo.url}/mcp", owner.decide) as someone:
                said = someone.call(TOOL)
                assert not said.is_error, said.text
                found: Record = json.JSONDecoder().raw_decode(said.text)[0]
                return found
        finally:
            owner.revoke_all()

    with firm.watch_work() as requests:
        alone = compute(firm.books)

    assert "grant" in explain(alone)
    assert requests == []
    both = compute(firm.books, firm.work)
    assert both["figures"]["of"] == "clients", both["missing"]
