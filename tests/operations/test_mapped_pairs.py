"""Analyses over both systems get the work system that people mapped with the books, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from runtime.insights.client_mapping import ClientLink
from runtime.operations.company_mapping.mapped_pairs import MappedPairs
from runtime.operations.insights.work_pairs import WorkPair
from runtime.tenancy import TenantId
from tests.deployment import deploy
from tests.operations.mapping_world import CATALOG, add_accounts
from tests.operations.test_company_mapping import Story


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    here = deploy(tmp_path)
    add_accounts(here.stores.records)
    yield Story(here)
    here.stores.close()


def find(story: Story, tenant: str = "") -> WorkPair | None:
    books = story.pair.books
    books = replace(books, tenant_id=TenantId(tenant)) if tenant else books
    return asyncio.run(MappedPairs(story.here.parts(CATALOG)).find(books))


def test_without_a_mapping_there_is_no_work_system(story: Story) -> None:
    assert find(story) is None


def test_a_mapping_says_which_client_is_which_customer(story: Story) -> None:
    story.map()
    story.decide(1, not_clients=("4",))

    found = find(story)
    assert found is not None and found.account.id == story.pair.work.id
    assert found.mapping.links["1"] == ClientLink("1", "linked", "a")
    assert found.mapping.links["4"] == ClientLink("4", "not_a_client")


def test_books_of_another_tenant_have_none(story: Story) -> None:
    story.map()

    assert find(story, "other") is None


def test_a_work_system_has_no_work_system(story: Story) -> None:
    story.map()

    pairs = MappedPairs(story.here.parts(CATALOG))
    assert asyncio.run(pairs.find(story.pair.work)) is None
