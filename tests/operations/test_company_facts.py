"""The facts of a company: read where the definitions say, cached, and the usual ones where they cannot be read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import pytest

from runtime.errors import VendorUnavailable
from runtime.model import Account
from runtime.operations.company_facts import (
    FACTS_SECONDS,
    FAILED_SECONDS,
    USUAL,
    CompanyFacts,
    CompanyFactsReader,
    make_facts,
)
from runtime.upstream.client import VendorRequest
from tests.builtin import builtin_catalog
from tests.company import Company, copy_books, make_landscaper
from tests.deployment import HandClock

RULES = builtin_catalog().integrations["quickbooks"].company
Story = Callable[[Company, CompanyFactsReader, HandClock, Account], Coroutine[Any, Any, None]]


def run(story: Story) -> None:
    company, clock = Company(copy_books(make_landscaper())), HandClock()
    reader = CompanyFactsReader(company.calls._vendor, builtin_catalog, clock=clock)
    asyncio.run(story(company, reader, clock, company.grant.account))


def test_the_facts_are_read_once_and_again_when_they_are_old() -> None:
    async def story(company: Company, reader: CompanyFactsReader, clock: HandClock, account: Account) -> None:
        assert await reader.read(account) == CompanyFacts("USD", "US")
        assert await reader.read(account) == CompanyFacts("USD", "US")
        assert company.count_sent() == 2
        clock.pass_(FACTS_SECONDS + 1)
        await reader.read(account)
        assert company.count_sent() == 4

    run(story)


def test_a_vendor_that_does_not_answer_is_not_asked_again_at_once() -> None:
    async def fail(_request: VendorRequest) -> None:
        raise VendorUnavailable("The vendor does not answer.")

    async def story(company: Company, reader: CompanyFactsReader, clock: HandClock, account: Account) -> None:
        company.client.before = fail
        assert await reader.read(account) == USUAL
        sent = company.count_sent()
        assert await reader.read(account) == USUAL
        assert company.count_sent() == sent
        clock.pass_(FAILED_SECONDS + 1)
        await reader.read(account)
        assert company.count_sent() > sent

    run(story)


def test_what_was_known_stays_while_the_vendor_fails() -> None:
    async def story(company: Company, reader: CompanyFactsReader, clock: HandClock, account: Account) -> None:
        reader._known.put(account.id, (CompanyFacts("CAD", "CA"), clock() - 1))

        async def fail(_request: VendorRequest) -> None:
            raise VendorUnavailable("The vendor does not answer.")

        company.client.before = fail
        assert await reader.read(account) == CompanyFacts("CAD", "CA")

    run(story)


def test_a_company_that_is_not_connected_is_not_asked() -> None:
    async def story(
        company: Company, reader: CompanyFactsReader, _clock: HandClock, account: Account
    ) -> None:
        assert await reader.read(replace(account, status="needs_reauth")) == USUAL
        assert company.count_sent() == 0

    run(story)


@pytest.mark.parametrize(
    ("currency", "country", "found"),
    [
        ("GBP", "GB", CompanyFacts("GBP", "GB")),
        ("GBP", "UK", CompanyFacts("GBP", "GB")),
        ("USD", "USA", CompanyFacts("USD", "US")),
        ("eur", "Deutschland", USUAL),
        (None, None, USUAL),
        ("<b>", {"a": 1}, USUAL),
    ],
)
def test_a_country_has_its_iso_code_and_what_is_none_is_the_usual_one(
    currency: Any, country: Any, found: CompanyFacts
) -> None:
    assert make_facts(RULES, currency, country) == found
