"""Company mappings: both sides are read whole, what is certain is linked, what people decide holds, and is audited."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from runtime.errors import Conflict, InvalidArguments, InvalidRequest, NotFound, RateLimited
from runtime.operations.clients import ClientMatch
from runtime.operations.company_mapping.changes import Decisions, Wish
from runtime.operations.company_mapping.clients import MappedClients
from runtime.operations.company_mapping.mappings import Asker, CompanyMappings
from runtime.operations.company_mapping.pairs import Chosen, Pair
from runtime.tenancy import DEFAULT_TENANT, TenantId
from tests.deployment import Deployment, deploy
from tests.operations.mapping_world import CATALOG, LEDGER, WORK, World, add_accounts

FIRMS = [
    {"id": 1, "name": "Acme, Inc."},
    {"id": 2, "name": "Harbor Dental"},
    {"id": 3, "name": "Stone Legal Group"},
    {"id": 4, "name": "Our own office"},
]
CUSTOMERS = [
    {"id": "a", "name": "ACME"},
    {"id": "b", "name": "Harbor Dentl"},
    {"id": "c", "name": "Stone Legal"},
    {"id": "d", "name": "Nobody we know"},
    {"id": "e", "name": "Acme warehouse", "parent": {"id": "a"}},
]
HOURS = [
    {"firm": {"id": 2}, "spent": "1.5"},
    {"firm": {"id": 2}, "spent": 2},
    {"firm": {"id": 1}, "spent": 9},
]


class Story:
    """A deployment whose two systems are answered by hand."""

    def __init__(self, here: Deployment) -> None:
        self.here, self.world = here, World(list(FIRMS), list(CUSTOMERS), list(HOURS))
        self.mappings = CompanyMappings(here.parts(CATALOG))
        self.asker = Asker("anna", self.world.call_tool)

    @property
    def pair(self) -> Pair:
        return asyncio.run(self.mappings.choose(DEFAULT_TENANT, Chosen()))

    def map(self, version: int = 0) -> Any:
        return asyncio.run(self.mappings.map_automatically(self.pair, version, self.asker))

    def suggest(self) -> Any:
        return asyncio.run(self.mappings.suggest(self.pair, self.asker, is_fresh=True))

    def decide(self, version: int, **decisions: Any) -> Any:
        return asyncio.run(self.mappings.decide(self.pair, version, Decisions(**decisions), self.asker))

    def find(self, name: str, account: Any = None) -> ClientMatch | None:
        return asyncio.run(
            MappedClients(self.here.parts(CATALOG)).find_client(account or self.pair.books, name)
        )


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    here = deploy(tmp_path)
    add_accounts(here.stores.records)
    yield Story(here)
    here.stores.close()


def list_pairs(found: Any) -> list[tuple[str, str]]:
    return [(each.work_id, each.customer_id) for each in found.pairs]


def test_what_is_certain_is_linked_and_every_page_of_both_sides_is_read(story: Story) -> None:
    mapping, linked, incomplete = story.map()

    assert (linked, incomplete, mapping.version) == (1, [], 1)
    assert [(each.work_id, each.customer_id, each.how, each.by) for each in mapping.links.values()] == [
        ("1", "a", "normalised", "anna")
    ]
    assert [name for name, _ in story.world.asked].count("list_all_books_customers") == 3
    assert story.map(1)[1] == 0


@pytest.mark.parametrize("tool", ["list_all_desk_firms", "list_all_books_customers"])
def test_a_rate_limit_is_reported_and_nothing_is_linked_by_half(story: Story, tool: str) -> None:
    story.world.errors[tool] = RateLimited("Asked too often.", retry_after=7)
    mapping, linked, incomplete = story.map()
    found = story.suggest()

    assert (linked, mapping.version) == (0, 0)
    assert "Only 2" in incomplete[0]
    assert "Asked too often." in incomplete[0]
    assert "Asked too often." in found.incomplete[0]


def test_what_is_likely_is_suggested_with_score_and_reason(story: Story) -> None:
    story.map()
    found = story.suggest()

    assert set(list_pairs(found)) == {("2", "b"), ("3", "c")}
    assert all(each.score >= 60 and each.reason.endswith(".") for each in found.pairs)


def test_what_is_not_mapped_is_shown_in_amounts(story: Story) -> None:
    story.map()
    found = story.suggest()

    assert [(each.id, each.amount) for each in found.work] == [
        ("2", Decimal("3.5")), ("4", Decimal(0)), ("3", Decimal(0)),
    ]  # fmt: skip
    assert [each.id for each in found.money] == ["b", "d", "c"], (
        "neither a mapped customer nor what is below it"
    )
    assert {each.amount for each in found.money} == {None}
    assert "No report of it has the revenue" in found.incomplete[0]


def test_suggestions_are_confirmed_and_refused_one_by_one(story: Story) -> None:
    story.map()
    mapping = story.decide(1, confirm=(("2", "b"),), refuse=(("3", "c"),), not_clients=("4",))

    assert [(each.work_id, each.customer_id, each.status, each.how) for each in mapping.links.values()] == [
        ("1", "a", "linked", "normalised"), ("2", "b", "linked", "confirmed"), ("4", None, "not_a_client", "manual"),
    ]  # fmt: skip
    assert list_pairs(story.suggest()) == [], "what was refused does not return"


def test_all_above_a_score_are_confirmed(story: Story) -> None:
    story.map()
    scores = {each.work_id: each.score for each in story.suggest().pairs}

    mapping = story.decide(1, above=min(scores.values()) + 1)

    assert [each for each in mapping.links if each != "1"] == [max(scores, key=lambda one: scores[one])]


def test_several_clients_may_be_one_customer_and_a_link_is_undone(story: Story) -> None:
    mapping = story.decide(0, confirm=(("1", "a"), ("2", "a")))
    assert {each.customer_id for each in mapping.links.values()} == {"a"}

    assert list(story.decide(1, unlink=("1",)).links) == ["2"]
    assert list(story.decide(2, refuse=(("2", "a"),)).links) == []


def test_new_companies_are_suggested_when_they_appear(story: Story) -> None:
    story.map()
    story.world.firms.append({"id": 9, "name": "Nobody we knew"})

    assert ("9", "d") in list_pairs(story.suggest())


def test_of_two_who_decide_at_once_the_later_one_is_refused(story: Story) -> None:
    story.map()
    story.decide(1, confirm=(("2", "b"),))

    with pytest.raises(Conflict, match="was changed since you read it"):
        story.decide(1, confirm=(("3", "c"),))
    with pytest.raises(Conflict):
        story.map(1)


def test_links_are_set_by_hand_and_what_is_as_before_stays(story: Story) -> None:
    story.map()
    wishes = [Wish("1", "a", "linked"), Wish("3", "d", "linked")]
    mapping = asyncio.run(story.mappings.set_links(story.pair, 1, wishes, story.asker))

    assert [(each.work_id, each.customer_id, each.how) for each in mapping.links.values()] == [
        ("1", "a", "normalised"), ("3", "d", "manual"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "wish", [Wish("77", "a", "linked"), Wish("1", "zz", "linked"), Wish("1", None, "linked")]
)
def test_what_is_on_neither_side_cannot_be_linked(story: Story, wish: Wish) -> None:
    with pytest.raises(InvalidRequest, match="There is no"):
        asyncio.run(story.mappings.set_links(story.pair, 0, [wish], story.asker))


def test_every_change_is_in_the_audit_without_a_name(story: Story) -> None:
    story.map()
    story.decide(1, confirm=(("2", "b"),))

    found = story.here.stores.records.list_audit(story.pair.id)
    assert [(each.action, each.actor) for each in found] == [
        ("company_mapping.mapped", "anna"), ("company_mapping.decided", "anna"),
    ]  # fmt: skip
    assert "Harbor" not in str([each.details for each in found])


def test_names_are_stored_sealed(story: Story) -> None:
    story.map()
    stored = story.here.stores.records.find_mapping(story.pair.id)

    assert stored is not None
    assert b"Acme" not in stored.sealed


def test_hostile_records_are_cleaned_or_left_out(story: Story) -> None:
    story.world.firms = [
        {"id": 1, "name": "Acme\x00\u202e\n<b>" + "x" * 5000},
        {"id": None, "name": "no id"},
        {"id": 2, "name": ["a list"]},
        {"id": True, "name": "a boolean"},
        {"id": {"x": 1}, "name": 7},
        "no record",
        None,
        {"id": 1, "name": "the same id again"},
    ]
    found = story.suggest()

    [client] = found.work
    assert (client.id, client.name[:8], len(client.name) <= 300) == ("1", "Acme <b>", True)


def test_both_systems_have_to_be_connected(tmp_path: Path) -> None:
    here = deploy(tmp_path)
    mappings = CompanyMappings(here.parts(CATALOG))
    with pytest.raises(NotFound, match="no work system is connected"):
        asyncio.run(mappings.choose(TenantId("nobody"), Chosen()))
    here.stores.close()


def test_of_several_accounts_one_is_named(story: Story) -> None:
    add_accounts(story.here.stores.records, suffix="x")
    with pytest.raises(InvalidRequest, match="Several accounts") as refused:
        story.pair  # noqa: B018
    assert str(WORK) in str(refused.value.advice)

    chosen = asyncio.run(story.mappings.choose(DEFAULT_TENANT, Chosen(WORK, LEDGER)))
    assert (chosen.work.id, chosen.books.id) == (WORK, LEDGER)
    with pytest.raises(NotFound, match="No account with this id"):
        asyncio.run(story.mappings.choose(DEFAULT_TENANT, Chosen(LEDGER, WORK)))


def test_a_client_is_found_by_its_name_in_either_system(story: Story) -> None:
    assert story.find("Acme") is None
    story.decide(0, confirm=(("1", "a"), ("2", "a"), ("3", "c")), not_clients=("4",))

    assert story.find("acme") == story.find("Harbor Dental") == ClientMatch(("a",), ("1", "2"), "ACME")
    assert story.find("Stone Legal Grp", story.pair.work) == ClientMatch(("c",), ("3",), "Stone Legal")


@pytest.mark.parametrize(
    ("name", "message", "advice"),
    [
        ("Stone Legl", "No client is called", "Stone Legal"),
        ("Our own office", "marked as no client", "change the mapping"),
        ("", "No client is called", "Look at the company mapping"),
    ],
)
def test_a_name_that_is_no_client_is_refused_with_near_names(
    story: Story, name: str, message: str, advice: str
) -> None:
    story.decide(0, confirm=(("1", "a"), ("3", "c")), not_clients=("4",))
    with pytest.raises(InvalidArguments, match=message) as refused:
        story.find(name)
    assert advice in str(refused.value.advice)
