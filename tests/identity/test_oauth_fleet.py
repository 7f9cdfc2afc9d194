"""Two processes that share PostgreSQL and Redis: what one of them changes holds in the other at once."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from runtime.identity.signing_keys import SigningKeys
from tests.deployment import HandClock
from tests.engines import running_postgres
from tests.identity.authorization import READ, WRITE, Place, list_names, opened
from tests.redis_server import running_redis

Story = Callable[[Place, Place, str, dict[str, str]], Awaitable[None]]


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], dict[str, str]]]:
    with running_postgres() as postgres, running_redis(tmp_path_factory.mktemp("redis")) as redis:
        yield lambda: {
            "LEDGERPORT_DATABASE_URL": postgres.make_database(),
            "LEDGERPORT_REDIS_URL": redis.url,
            "LEDGERPORT_SECRET_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        }


def run(data: Path, variables: dict[str, str], story: Story) -> None:
    """Run a story with two processes, a company and the browser of its owner."""

    async def begin() -> None:
        clock = HandClock()
        async with (
            opened(data / "one", clock, **variables) as one,
            opened(data / "other", clock, **variables) as other,
        ):
            company = one.add_company("Shop")
            await story(one, other, company, await one.sign_in(one.add_person("anna@shop.example")))

    asyncio.run(begin())


def test_what_one_process_revokes_another_refuses_at_once(
    tmp_path: Path, engines: Callable[[], dict[str, str]]
) -> None:
    async def story(one: Place, other: Place, company: str, browser: dict[str, str]) -> None:
        for _ in range(5):
            tokens = await one.get_tokens(browser, company)
            for each in (other, one):
                assert (await each.call(tokens["access_token"])).status_code == 200
            form = {"client_id": tokens["client_id"], "token": tokens["access_token"]}
            assert (await one.client.post("/oauth/revoke", data=form)).status_code == 200
            assert (await other.call(tokens["access_token"])).status_code == 401

    run(tmp_path, engines(), story)


def test_a_role_that_is_lowered_or_removed_holds_at_once_in_the_other(
    tmp_path: Path, engines: Callable[[], dict[str, str]]
) -> None:
    async def story(one: Place, other: Place, company: str, browser: dict[str, str]) -> None:
        person = one.add_person("bert@shop.example")
        one.set_tools_role("viewer")
        tokens = await one.get_tokens(await one.sign_in(person), company, scope=[READ, WRITE])
        token = tokens["access_token"]
        assert "create_a_quick_books_customer" in list_names(await other.call(token))
        await asyncio.to_thread(one.change_role, person, "viewer")
        assert "create_a_quick_books_customer" not in list_names(await other.call(token))
        await asyncio.to_thread(one.remove_member, person)
        assert (await other.call(token)).status_code == 403

    run(tmp_path, engines(), story)


def test_a_code_and_a_refresh_token_are_used_once_by_all_processes_together(
    tmp_path: Path, engines: Callable[[], dict[str, str]]
) -> None:
    async def story(one: Place, other: Place, company: str, browser: dict[str, str]) -> None:
        client = await one.register()
        code = await one.get_code(browser, client, company)
        answers = await asyncio.gather(one.use_code(client, code), other.use_code(client, code))
        assert sorted(each.status_code for each in answers) == [200, 400]
        token = (await one.get_tokens(browser, company, client))["refresh_token"]
        answers = await asyncio.gather(one.refresh(client, token), other.refresh(client, token))
        assert sorted(each.status_code for each in answers) == [200, 400]

    run(tmp_path, engines(), story)


def test_both_sign_with_the_one_key_that_the_first_of_them_has_made(
    tmp_path: Path, engines: Callable[[], dict[str, str]]
) -> None:
    async def story(one: Place, other: Place, company: str, browser: dict[str, str]) -> None:
        keys = [SigningKeys(each.runtime.deployment).find_signer() for each in (one, other)]
        first, second = await asyncio.gather(*keys)
        assert first.kid == second.kid
        assert len(one.records.list_signing_keys()) == 1

    run(tmp_path, engines(), story)
