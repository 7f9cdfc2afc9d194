"""The records of people, over both kinds of database: of two changes at once the second sees the first."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from runtime.errors import Conflict
from runtime.identity.people import Operator, People
from runtime.model import AuditEntry
from runtime.people import SESSION_IDLE_SECONDS, Passkey, Person, PersonId, SignIn
from runtime.stores import people_records
from runtime.stores.people_tables import INVITATION, SESSION, SIGN_IN
from runtime.tenancy import TenantId
from tests.deployment import NOON, Deployment, deploy, deployed

HERE, OPERATOR = TenantId("acme"), Operator("tests")


async def add_owner(here: Deployment, email: str) -> Person:
    people = People(here.parts())
    made = await people.invite(OPERATOR, HERE, email, "owner")
    return await people.accept(made.link.rpartition("/")[2], None)


@pytest.mark.parametrize("change", ["removed", "lowered", "both"])
def test_of_two_owners_who_leave_at_once_one_stays(
    tmp_path: Path, database: dict[str, str], change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_have_counted, check = threading.Barrier(2, timeout=1), people_records._check_owners

    def check_and_wait(*given: Any) -> None:
        """Where the second may count before the first is done, both find two owners."""
        check(*given)
        with contextlib.suppress(threading.BrokenBarrierError):
            both_have_counted.wait()

    monkeypatch.setattr(people_records, "_check_owners", check_and_wait)

    async def story() -> None:
        async with deployed(tmp_path, **database) as here:
            ids = [(await add_owner(here, f"{each}@example.com")).id for each in ("anna", "bo")]
            other = deploy(tmp_path, here.clock, **database)
            both = [People(here.parts()), People(other.parts())]

            def leave(place: int) -> Any:
                is_removed = change == "removed" or (change == "both" and place == 0)
                if is_removed:
                    return both[place].remove(OPERATOR, HERE, ids[place])
                return both[place].change_role(OPERATOR, HERE, ids[place], "viewer")

            done = await asyncio.gather(leave(0), leave(1), return_exceptions=True)
            assert sum(isinstance(each, Conflict) for each in done) == 1, done
            members = here.stores.records.list_members(HERE)
            assert [member.role for _, member in members].count("owner") == 1
            await other.tokens.close()
            other.stores.close()

    asyncio.run(story())


def test_of_two_who_use_a_link_at_once_one_gets_in(tmp_path: Path, database: dict[str, str]) -> None:
    async def story() -> None:
        async with deployed(tmp_path, **database) as here:
            people = People(here.parts())
            secret = (await people.invite(OPERATOR, HERE, "anna@example.com", "member")).link.rpartition("/")[
                2
            ]
            done = await asyncio.gather(
                *(people.accept(secret, None) for _ in range(4)), return_exceptions=True
            )
            assert sum(isinstance(each, Person) for each in done) == 1
            assert len(here.stores.records.list_members(HERE)) == 1

    asyncio.run(story())


def test_a_sign_in_is_taken_once_in_time_and_in_its_browser(tmp_path: Path, database: dict[str, str]) -> None:
    async def story() -> None:
        async with deployed(tmp_path, **database) as here:
            records, hash_token = here.stores.records, here.keys.hash_token
            state, mine, other = hash_token("state"), hash_token("mine"), hash_token("other")
            records.add_sign_in(state, SignIn("oidc", b"sealed", mine, "/account", NOON + 600))
            assert records.take_sign_in(state, "oidc", other, NOON) is None
            assert records.take_sign_in(state, "passkey-use", mine, NOON) is None
            assert records.take_sign_in(state, "oidc", mine, NOON + 600) is None
            found = records.take_sign_in(state, "oidc", mine, NOON)
            assert found is not None and found.return_to == "/account"
            assert records.take_sign_in(state, "oidc", mine, NOON) is None

    asyncio.run(story())


def test_of_two_uses_of_a_passkey_with_the_same_counter_one_counts(
    tmp_path: Path, database: dict[str, str]
) -> None:
    async def story() -> None:
        async with deployed(tmp_path, **database) as here:
            person, records = await add_owner(here, "anna@example.com"), here.stores.records
            audit = AuditEntry(NOON, "tests", "person.passkey_added", person.id)
            assert records.add_passkey(Passkey("key", person.id, b"k", 0, "Key", NOON), 20, audit)
            used = [records.note_passkey_use("key", count, NOON) for count in (0, 0, 5, 5, 4, 0, 6)]
            assert used == [True, True, True, False, False, False, True]

    asyncio.run(story())


def test_a_link_into_a_further_tenant_ends_passkeys_of_whoever_came_by_a_link_before(
    tmp_path: Path, database: dict[str, str]
) -> None:
    async def story() -> None:
        async with deployed(tmp_path, **database) as here:
            person, records = await add_owner(here, "anna@example.com"), here.stores.records
            audit, people = AuditEntry(NOON, "tests", "person.passkey_added", person.id), People(here.parts())
            assert records.add_passkey(Passkey("key", person.id, b"k", 0, "Key", NOON), 20, audit)
            await add_owner(here, "anna@example.com")
            assert len(records.list_passkeys(person.id)) == 1
            made = await people.invite(OPERATOR, TenantId("other"), "anna@example.com", "owner")
            assert await people.accept(made.link.rpartition("/")[2], None) == person
            assert records.list_passkeys(person.id) == []

    asyncio.run(story())


def test_what_has_ended_is_purged(tmp_path: Path, database: dict[str, str]) -> None:
    async def story() -> None:
        async with deployed(tmp_path, **database) as here:
            person, records = await add_owner(here, "anna@example.com"), here.stores.records
            await People(here.parts()).invite(OPERATOR, HERE, "bo@example.com", "member")
            from runtime.identity.sessions import Sessions

            await Sessions(here.parts()).begin(person.id, "invitation")
            records.add_sign_in(here.keys.hash_token("x"), SignIn("oidc", b"s", b"b", "/", NOON + 600))

            def count(table: Any) -> int:
                with records._reading.begin() as connection:
                    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())

            tables = (INVITATION, SESSION, SIGN_IN)
            records.purge(NOON + 599)
            assert [count(each) for each in tables] == [2, 1, 1]
            records.purge(NOON + SESSION_IDLE_SECONDS)
            assert [count(each) for each in tables] == [2, 0, 0]
            records.purge(NOON + 3 * 86_400)
            assert [count(each) for each in tables] == [0, 0, 0]
            assert records.find_person(PersonId(person.id)) == person

    asyncio.run(story())
