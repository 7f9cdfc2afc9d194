"""A waiting change names the records and the waiting changes that are like it, and is never refused for them."""

from __future__ import annotations

from dataclasses import replace

from runtime.approval import ApprovedChange
from runtime.model import McpServerId
from runtime.operations.approvals.committing import _refresh
from tests.operations.approvals.proposing_lines import ADVERTISING, BOB, spend

BILL = {"VendorRef": {"value": BOB}, "TxnDate": "2026-11-10", "Line": [spend(ADVERTISING, 750.5)]}


def test_an_allowed_duplicate_is_named_with_why_it_is_alike(company):
    company.call("create bills", **BILL, DocNumber="77")

    proposal = company.propose(
        "create bills", **BILL | {"TxnDate": "2026-11-12"}, DocNumber="77", allow_duplicate=True
    )

    (found,) = proposal.similar
    assert (found.resource, found.number, found.party) == ("bills", "77", "Bob's Burger Joint")
    assert (found.day, found.amount, found.currency) == ("2026-11-10", "750.50", "USD")
    assert found.why == "The same party, the same number and amount, 2 days earlier."
    assert company.answered["similar"][0]["id"] == found.id


def test_the_same_amount_under_another_number_is_alike(company):
    company.call("create bills", **BILL, DocNumber="77")

    proposal = company.propose("create bills", **BILL, DocNumber="78")

    assert [each.why for each in proposal.similar] == ["The same party, the same amount, on the same day."]


def test_the_guard_against_twins_has_read_what_is_compared(company):
    company.propose("create bills", **BILL, DocNumber="77")
    before = company.count_sent()

    company.propose("create bills", **BILL, DocNumber="79")

    asked = [
        each.url for each in company.client.requests[before:] if "from+Bill" in each.url or "Bill" in each.url
    ]
    assert len(asked) <= 2  # its number, and the bills near it


def test_another_party_or_amount_is_not_alike(company):
    company.call("create bills", **BILL, DocNumber="77")

    other = company.propose("create bills", **BILL | {"VendorRef": {"value": "30"}}, DocNumber="99")
    more = company.propose("create bills", **BILL | {"Line": [spend(ADVERTISING, 5)]}, DocNumber="98")

    assert other.similar == more.similar == ()


def test_at_most_three_records_are_named(company):
    for number in range(5):
        company.call("create bills", **BILL, DocNumber=f"A-{number}")

    proposal = company.propose("create bills", **BILL, DocNumber="B-1")

    assert len(proposal.similar) == 3


def test_an_equal_change_that_waits_is_named(company):
    company.propose("create bills", **BILL, DocNumber="77")
    first = company.answered["id"]

    proposal = company.propose("create bills", **BILL, DocNumber="78")

    (found,) = proposal.similar
    assert (found.id, found.is_pending, found.amount) == (first, True, "750.50")
    assert found.why == "The same party and amount, in a change that waits."


def test_another_change_of_the_same_record_is_named(company):
    company.propose("update vendors", id=BOB, CompanyName="One")
    company.propose("update vendors", id="30", CompanyName="Other")

    proposal = company.propose("update vendors", id=BOB, CompanyName="Two")

    assert [each.why for each in proposal.similar] == ["The same record, in a change that waits."]


def test_a_change_of_another_agent_is_for_people_only(company):
    company.propose("create bills", **BILL, DocNumber="77")
    company.grant = replace(company.grant, server_id=McpServerId("1" * 32))

    proposal = company.propose("create bills", **BILL, DocNumber="78")

    assert [each.is_readable for each in proposal.similar] == [False]
    assert "similar" not in company.answered


def test_what_comes_back_to_people_has_the_fresh_effects_and_similar_records(company):
    old = company.propose("create bills", **BILL, DocNumber="77")
    fresh = company.propose("create bills", **BILL | {"Line": [spend(ADVERTISING, 5)]}, DocNumber="78")
    approved = ApprovedChange("pch_1", "person", fresh=[replace(fresh, similar=fresh.similar[:0])])

    returned = _refresh(old, approved)

    assert returned.effects == fresh.effects
    assert returned.similar == ()
