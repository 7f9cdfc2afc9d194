"""What a client may ask for: everything that is wrong is said to whom it concerns, and nobody is sent astray."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.identity.authorization import ADDRESS, BACK, READ, Place, opened, read_answer

Story = Callable[[Place, dict[str, str], str], Awaitable[None]]


def run(data: Path, story: Story) -> None:
    """Run a story with a person who is signed in, and a client."""

    async def begin() -> None:
        async with opened(data) as here:
            here.add_company("Shop")
            browser = await here.sign_in(here.add_person("anna@shop.example"))
            await story(here, browser, await here.register())

    asyncio.run(begin())


def test_a_person_who_is_not_signed_in_is_led_there_and_back_with_every_parameter(tmp_path: Path) -> None:
    async def story(here: Place, _browser: dict[str, str], client: str) -> None:
        state = "s" * 450
        page = await here.ask({}, client, state=state)
        assert page.status_code == 303
        assert urlsplit(page.headers["location"]).path == "/sign-in"
        back = read_answer(page)["return_to"]
        assert back.startswith("/oauth/authorize?") and state in back and client in back

    run(tmp_path, story)


def test_nothing_is_fetched_or_registered_for_somebody_who_is_not_signed_in(tmp_path: Path) -> None:
    async def story(here: Place, _browser: dict[str, str], _client: str) -> None:
        page = await here.ask({}, "http://127.0.0.1:1/document")
        assert page.status_code == 303
        assert here.list_events("oauth_refused") == []

    run(tmp_path, story)


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"client_id": "lpc_unknown"}, "invalid_client"),
        ({"client_id": None}, "invalid_request"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"redirect_uri": BACK + "/"}, "invalid_request"),
        ({"redirect_uri": BACK + "?next=x"}, "invalid_request"),
        ({"redirect_uri": "https://agent.example.evil.example/callback"}, "invalid_request"),
        ({"redirect_uri": "https://agent.example@evil.example/callback"}, "invalid_request"),
        ({"redirect_uri": "//evil.example/callback"}, "invalid_request"),
        ({"redirect_uri": "javascript:alert(1)"}, "invalid_request"),
        ({"redirect_uri": "https://AGENT.example/callback"}, "invalid_request"),
        ({"redirect_uri": BACK + "\n"}, "invalid_request"),
    ],
)
def test_nobody_is_sent_to_an_address_that_the_client_has_not_registered(
    tmp_path: Path, changed: dict[str, str | None], error: str
) -> None:
    async def story(here: Place, browser: dict[str, str], client: str) -> None:
        page = await here.ask(browser, **{"client_id": client, **changed})  # type: ignore[arg-type]
        assert "location" not in page.headers
        assert page.status_code in (400, 401)
        assert f"<code>{error}</code>" in page.text
        assert "evil" not in page.text

    run(tmp_path, story)


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"scope": "admin everything"}, "invalid_scope"),
        ({"resource": "https://other.example/mcp"}, "invalid_target"),
        ({"resource": f"{ADDRESS}/"}, "invalid_target"),
        ({"resource": f"{ADDRESS}/mcp/lpm_secret"}, "invalid_target"),
        ({"resource": f"{ADDRESS}/c/a/b/mcp"}, "invalid_target"),
    ],
)
def test_any_other_error_goes_back_to_the_client_with_its_state_and_who_says_it(
    tmp_path: Path, changed: dict[str, str | None], error: str
) -> None:
    async def story(here: Place, browser: dict[str, str], client: str) -> None:
        answer = await here.ask(browser, client, **changed)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith(BACK + "?")
        said = read_answer(answer)
        assert (said["error"], said["state"], said["iss"]) == (error, "a state", ADDRESS)
        assert said["error_description"].isascii() and '"' not in said["error_description"]

    run(tmp_path, story)


def test_a_parameter_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str], client: str) -> None:
        page = await here.ask(browser, client)
        query = str(page.request.url.query.decode())
        for doubled, is_page in (("redirect_uri=https://evil.example/", True), ("scope=tools:write", False)):
            answer = await here.client.get(f"/oauth/authorize?{query}&{doubled}", headers=browser)
            assert ("location" not in answer.headers) == is_page
            assert is_page or read_answer(answer)["error"] == "invalid_request"

    run(tmp_path, story)


@pytest.mark.parametrize("resource", [None, f"{ADDRESS}/mcp", f"{ADDRESS}/mcp/"])
@pytest.mark.parametrize(
    "scope", [None, READ, "tools:read offline_access", "openid tools:read", "offline_access"]
)
def test_what_clients_send_in_good_faith_shows_the_page(
    tmp_path: Path, resource: str | None, scope: str | None
) -> None:
    async def story(here: Place, browser: dict[str, str], client: str) -> None:
        page = await here.ask(browser, client, resource=resource, scope=scope)
        assert page.status_code == 200
        assert "Allow Agent to use your books?" in page.text

    run(tmp_path, story)


def test_a_program_on_the_persons_computer_may_listen_at_any_port(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str], _client: str) -> None:
        local = ["http://127.0.0.1/callback", "http://localhost/callback", "http://[::1]/callback"]
        client = await here.register(redirects=local)
        for uri in (
            "http://127.0.0.1:51234/callback",
            "http://localhost:3/callback",
            "http://[::1]:9/callback",
        ):
            page = await here.ask(browser, client, redirect_uri=uri)
            assert page.status_code == 200
            assert "a program on your own computer" in page.text
        for uri in (
            "http://127.0.0.1:51234/other",
            "http://127.0.0.2:1/callback",
            "https://127.0.0.1:1/callback",
        ):
            assert "location" not in (await here.ask(browser, client, redirect_uri=uri)).headers

    run(tmp_path, story)


def test_the_port_of_any_other_host_is_the_registered_one(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str], client: str) -> None:
        page = await here.ask(browser, client, redirect_uri="https://agent.example:8443/callback")
        assert page.status_code == 400

    run(tmp_path, story)


def test_an_address_with_a_query_of_its_own_has_the_answer_added(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str], _client: str) -> None:
        uri = "https://agent.example/callback?tab=1"
        client = await here.register(redirects=[uri])
        answer = await here.ask(browser, client, redirect_uri=uri, response_type="token")
        assert read_answer(answer)["tab"] == "1"
        assert answer.headers["location"].count("?") == 1

    run(tmp_path, story)


def test_a_request_of_thousands_of_parameters_is_refused(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str], client: str) -> None:
        many = "&".join(f"a{at}=1" for at in range(2_000))
        answer: httpx2.Response = await here.client.get(
            f"/oauth/authorize?client_id={client}&{many}", headers=browser
        )
        assert answer.status_code == 400

    run(tmp_path, story)
