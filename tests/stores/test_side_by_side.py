"""Two processes over one database at the same moment: what one has read stays true until it has stored its change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from runtime.approval import ApprovalRule
from runtime.errors import StorageUnavailable
from runtime.keys.crypto import Keys
from runtime.model import AccountId, Authorization, Spent, SpentKey, TokenHash
from runtime.safety.journal.chain import Head, find_breaks, hash_link
from runtime.stores import postgres
from runtime.stores.change_threads import ATTEMPTS, make_again
from runtime.stores.embedded import Stores
from runtime.stores.policy_use import Limits, Use
from runtime.tenancy import DEFAULT_TENANT, TenantLimits
from tests.deployment import deploy
from tests.safety.test_journal_chain import intent, outcome
from tests.stores.test_records import ACCOUNT, HASH, SERVER, noted

KEYS = Keys(bytes(32))
ROUNDS = 12
"""How often both try; a lost change shows within a few."""


@pytest.fixture
def pair(tmp_path: Path, database: dict[str, str]) -> Iterator[tuple[Stores, Stores]]:
    one, two = deploy(tmp_path, **database).stores, deploy(tmp_path, **database).stores
    one.records.add_account(ACCOUNT, noted())
    one.records.add_account(replace(ACCOUNT, id=AccountId("b2")), noted())
    yield one, two
    one.close()
    two.close()


def at_once(pair: tuple[Stores, Stores], work: Callable[[Stores, int], Any]) -> list[Any]:
    """What two of each process come to that begin together; a collision is made again, as everywhere."""
    ready = Barrier(4)

    def run(number: int) -> Any:
        ready.wait()
        return make_again(lambda: work(pair[number % 2], number))

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(run, range(4)))


def test_no_change_of_an_mcp_server_is_lost(pair: tuple[Stores, Stores]) -> None:
    pair[0].records.add_mcp_server(SERVER, HASH, noted())

    def rename(stores: Stores, _number: int) -> None:
        longer = lambda server: replace(server, name=server.name + "x")  # noqa: E731
        stores.records.change_mcp_server(ACCOUNT.id, SERVER.id, longer, noted())

    for _ in range(ROUNDS):
        at_once(pair, rename)
    found = pair[0].records.find_mcp_server(ACCOUNT.id, SERVER.id, 1.0)
    assert found is not None and found.name == SERVER.name + "x" * 4 * ROUNDS


def test_no_change_of_the_limits_of_a_tenant_is_lost_and_all_of_them_hold_in_both(
    pair: tuple[Stores, Stores],
) -> None:
    pair[0].records.add_mcp_server(SERVER, HASH, noted())
    values: list[dict[str, Any]] = [
        {"accounts": 7},
        {"approval": (ApprovalRule("tenant", ("send",)),)},
        {"mcp_servers": 9},
        {"calls_per_minute": 11},
    ]

    at_once(
        pair, lambda stores, number: stores.records.change_tenant(DEFAULT_TENANT, values[number], noted())
    )

    expected = TenantLimits(7, 9, 11, (ApprovalRule("tenant", ("send",)),))
    for stores in pair:
        account = stores.read_account(ACCOUNT.id)
        assert account is not None and account.tenant_limits == expected
        tenant = stores.records.find_tenant(DEFAULT_TENANT)
        assert tenant is not None and tenant.limits == expected


def test_a_limit_of_writes_is_never_exceeded(pair: tuple[Stores, Stores]) -> None:
    pair[0].records.add_mcp_server(SERVER, HASH, noted())

    def reserve(stores: Stores, number: int) -> bool:
        uses = [Use(f"{rounds[-1]}-{number}", 1)]
        return stores.records.reserve_use(SERVER.id, uses, Limits(writes=2 * (rounds[-1] + 1)), 10.0).is_made

    made, rounds = 0, [0]
    for round_ in range(ROUNDS):
        rounds.append(round_)
        made += sum(at_once(pair, reserve))
    assert made == 2 * ROUNDS, "each round lets two of four through"


def test_a_key_is_bound_by_one_and_read_by_the_others(pair: tuple[Stores, Stores]) -> None:
    for round_ in range(ROUNDS):
        key = b"key %d" % round_
        found = at_once(pair, lambda stores, number: stores.records.bind_key(key, b"%d" % number, 1.0, 2.0))  # noqa: B023
        assert [is_new for _, is_new in found].count(True) == 1
        assert len({bound for bound, _ in found}) == 1


def test_a_refresh_is_begun_once_and_a_link_used_once(pair: tuple[Stores, Stores]) -> None:
    before = ACCOUNT.sealed
    for round_ in range(ROUNDS):
        sealed, state = b"sealed %d" % round_, TokenHash(b"%032d" % round_)
        account = replace(ACCOUNT, sealed=sealed)
        assert pair[0].records.replace_credentials(ACCOUNT.id, before, sealed, 1.0)
        before = sealed
        begun = at_once(
            pair,
            lambda stores, number: stores.records.claim_refresh(account, f"process {number}", 1.0, 9.0, 99.0),  # noqa: B023
        )
        assert [claim.is_mine for claim in begun].count(True) == 1
        pair[0].records.add_authorization(state, Authorization(ACCOUNT.id, "http://x", 50.0))
        pair[0].records.open_authorization(state, HASH)
        used = at_once(pair, lambda stores, _: stores.records.use_authorization(state, HASH, 3.0))  # noqa: B023
        assert [each.used_at for each in used].count(None) == 1


def test_a_chain_that_many_add_to_is_whole_from_its_first_link_on(pair: tuple[Stores, Stores]) -> None:
    hash_of = partial(hash_link, KEYS)

    def add(stores: Stores, number: int) -> None:
        accounts = ["a1", "b2"] if number % 2 else ["b2", "a1"]
        first = 4 * rounds[-1] + number
        stores.records.add_links([intent(first, each) for each in accounts], hash_of)
        stores.records.add_links([outcome(first, each) for each in accounts], hash_of, is_lasting=False)

    rounds = [0]
    for round_ in range(ROUNDS):
        rounds.append(round_)
        at_once(pair, add)
    records = pair[1].records
    heads = [Head(*each) for each in records.read_journal_heads()]
    assert [(each.account_id, each.seq) for each in heads] == [("a1", 8 * ROUNDS), ("b2", 8 * ROUNDS)]
    assert list(find_breaks(records.read_journal_links(), heads, [], hash_of)) == []
    assert records.find_open_entries("another run") == []


def test_what_was_sent_is_added_up_whoever_sends(pair: tuple[Stores, Stores]) -> None:
    keys = [SpentKey(AccountId(account), "", "2001-01") for account in ("a1", "b2")]

    def add(stores: Stores, number: int) -> None:
        order = keys if number % 2 else keys[::-1]
        stores.records.add_spending([(key, Spent(1, 2)) for key in order])

    for _ in range(ROUNDS):
        at_once(pair, add)
    for key in keys:
        assert pair[0].records.read_spending(key.account_id) == {key: Spent(4 * ROUNDS, 8 * ROUNDS)}


def test_nothing_is_added_to_an_account_that_goes_at_the_same_moment(pair: tuple[Stores, Stores]) -> None:
    for round_ in range(ROUNDS):
        account = replace(ACCOUNT, id=AccountId(f"c{round_}"))
        pair[0].records.add_account(account, noted())

        def work(stores: Stores, number: int) -> bool:
            if number == 0:
                return stores.records.delete_account(account.id, noted())  # noqa: B023
            server = replace(SERVER, id=f"m{round_}-{number}", account_id=account.id)  # noqa: B023
            return stores.records.add_mcp_server(server, TokenHash(b"%016d%016d" % (round_, number)), noted())  # noqa: B023

        assert at_once(pair, work)[0] is True
        assert pair[1].records.list_mcp_servers(account.id, None, 10, 1.0) == []


def test_text_with_the_character_0_is_looked_for_and_stored_on_every_database(
    pair: tuple[Stores, Stores],
) -> None:
    records = pair[0].records
    assert records.find_account(AccountId("a1\0")) is None
    link = intent(1, "a1")
    link = link._replace(values={**link.values, "client": "an\0agent"})
    records.add_links([link], partial(hash_link, KEYS))
    heads = [Head(*each) for each in records.read_journal_heads()]
    assert list(find_breaks(records.read_journal_links(), heads, [], partial(hash_link, KEYS))) == []


def test_a_collision_is_made_again_and_any_other_failure_is_not() -> None:
    tried: list[int] = []

    def collide() -> None:
        tried.append(1)
        raise postgres.Collided("x", reason="x")

    def refuse() -> None:
        tried.append(2)
        raise StorageUnavailable("x", reason="x")

    for work in (collide, refuse):
        with pytest.raises(StorageUnavailable):
            make_again(work)
    assert tried == [1] * ATTEMPTS + [2]
