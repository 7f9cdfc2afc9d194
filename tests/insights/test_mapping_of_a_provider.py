"""The mapping of the provider's clients, as both simulators have them, against what is known of its plan."""

from __future__ import annotations

import pytest

from runtime.insights.name_matching import Party, match_parties
from runtime.operations.company_mapping.readings import list_parties
from tests.builtin import builtin_catalog
from tests.simulators.provider.business import SEEDS, list_customers, plan_of, records_of

LEAST_PRECISION, LEAST_RECALL = 0.98, 0.95
"""What was promised of links by themselves, and of links and suggestions together."""


def read_sides(seed: int) -> tuple[list[Party], list[Party]]:
    integrations = builtin_catalog().integrations
    work, books = (integrations[each].company.mapping for each in ("connectwise", "quickbooks"))
    return (
        list(list_parties(records_of(seed)["/company/companies"], work)),
        list(list_parties(list_customers(seed), books)),
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_links_are_right_and_with_suggestions_every_pair_is_found(seed: int) -> None:
    work, books = read_sides(seed)
    truths = {(str(each.company_id), each.customer_id) for each in plan_of(seed).truths.pairs}
    found = match_parties(work, books)

    links = {(each.work_id, each.customer_id) for each in found.links}
    suggested = {(each.work_id, each.customer_id) for each in found.suggestions}
    assert len(truths) >= 20
    assert len(links & truths) / len(links) >= LEAST_PRECISION
    assert len(truths & (links | suggested)) / len(truths) >= LEAST_RECALL


@pytest.mark.parametrize("seed", SEEDS)
def test_who_is_in_one_system_alone_is_linked_with_nobody(seed: int) -> None:
    truths = plan_of(seed).truths
    found = match_parties(*read_sides(seed))

    assert truths.only_in_work and truths.only_in_books
    linked = {each.work_id for each in found.links} | {each.customer_id for each in found.links}
    assert not linked & {str(each) for each in (*truths.only_in_work, *truths.not_clients)}
    assert not {each.customer_id for each in found.links} & set(truths.only_in_books)
