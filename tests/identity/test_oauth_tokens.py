"""Codes, refresh tokens and access tokens: each is good for what it was made for, once or for a while."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey

from runtime.identity.oauth_tokens import REFRESH_SECONDS
from runtime.identity.signing_keys import FRESH_SECONDS, TOKEN_SECONDS, SigningKeys
from runtime.keys.crypto import Keys
from runtime.tenancy import TenantId
from tests.commands import run_command
from tests.identity.authorization import ADDRESS, BACK, READ, VERIFIER, WRITE, Place, open_place, opened

Story = Callable[[Place, dict[str, str], str, str], Awaitable[None]]


def run(data: Path, story: Story) -> None:
    """Run a story with a person's browser, a company and a client."""

    async def begin() -> None:
        async with opened(data) as here:
            company = here.add_company("Shop")
            browser = await here.sign_in(here.add_person("anna@shop.example"))
            await story(here, browser, company, await here.register())

    asyncio.run(begin())


def test_a_token_says_for_whom_for_what_and_until_when_it_is(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str], company: str, client: str) -> None:
        tokens = await here.get_tokens(browser, company, client)
        assert (tokens["token_type"], tokens["expires_in"], tokens["scope"]) == (
            "Bearer",
            TOKEN_SECONDS,
            READ,
        )
        keys = KeySet.import_key_set((await here.client.get("/.well-known/jwks.json")).json())
        found = jwt.decode(tokens["access_token"], keys, algorithms=["ES256"])
        assert found.header == {"alg": "ES256", "typ": "at+jwt", "kid": keys.keys[0].kid}
        now, claims = int(here.clock()), found.claims
        assert (claims["iss"], claims["aud"]) == (ADDRESS, f"{ADDRESS}/mcp")
        assert (claims["sub"], claims["client_id"]) == ("person-anna@shop.example", client)
        assert (claims["iat"], claims["exp"], claims["scope"]) == (now, now + 900, READ)
        assert claims["jti"] and claims["grant_id"]

    run(tmp_path, story)


def test_the_published_keys_have_no_private_half(tmp_path: Path) -> None:
    async def story(here: Place, _browser: dict[str, str], _company: str, _client: str) -> None:
        found = (await here.client.get("/.well-known/jwks.json")).json()["keys"]
        assert [key["kty"] for key in found] == ["EC"]
        assert all("d" not in key for key in found)

    run(tmp_path, story)


def test_a_token_ends_after_a_quarter_of_an_hour(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str], company: str, client: str) -> None:
        token = (await here.get_tokens(browser, company, client))["access_token"]
        here.clock.pass_(TOKEN_SECONDS - 1)
        assert (await here.call(token)).status_code == 200
        here.clock.pass_(1)
        ended = await here.call(token)
        assert ended.status_code == 401
        assert 'error="invalid_token"' in ended.headers["www-authenticate"]

    run(tmp_path, story)


def test_a_code_that_comes_again_ends_the_tokens_of_its_first_use(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str], company: str, client: str) -> None:
        code = await here.get_code(browser, client, company)
        tokens = (await here.use_code(client, code)).json()
        again = await here.use_code(client, code)
        assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
        assert (await here.call(tokens["access_token"])).status_code == 401
        assert (await here.refresh(client, tokens["refresh_token"])).json()["error"] == "invalid_grant"
        assert len(here.list_audit("oauth_grant.reuse_detected")) == 1
        assert len(here.list_events("oauth_reuse_detected")) == 1

    run(tmp_path, story)


def test_of_two_that_bring_a_code_at_once_one_is_answered_and_both_end(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str], company: str, client: str) -> None:
        code = await here.get_code(browser, client, company)
        answers = await asyncio.gather(*(here.use_code(client, code) for _ in range(2)))
        assert sorted(answer.status_code for answer in answers) == [200, 400]
        winner = next(answer.json() for answer in answers if answer.status_code == 200)
        assert (await here.call(winner["access_token"])).status_code == 401

    run(tmp_path, story)


def test_a_code_is_good_for_a_minute(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str], company: str, client: str) -> None:
        code = await here.get_code(browser, client, company)
        here.clock.pass_(60)
        assert (await here.use_code(client, code)).json()["error"] == "invalid_grant"

    run(tmp_path, story)


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_verifier": ""}, "invalid_grant"),
        ({"code_verifier": "w" * 43}, "invalid_grant"),
        ({"code_verifier": VERIFIER + "v"}, "invalid_grant"),
        ({"redirect_uri": BACK + "/"}, "invalid_grant"),
        ({"resource": f"{ADDRESS}/c/other/mcp"}, "invalid_target"),
        ({"code": "lpo_unknown"}, "invalid_grant"),
        ({"code": "x" * 5_000}, "invalid_grant"),
        ({"code": ""}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
    ],
)
def test_a_code_that_does_not_fit_is_refused_and_stays_good_for_who_has_it(
    tmp_path: Path, changed: dict[str, str], error: str
) -> None:
    async def story(here: Place, browser: dict[str, str], company: str, client: str) -> None:
        code = await here.get_code(browser, client, company)
        refused = await here.use_code(client, **{"code": code, **changed})
        assert (refused.status_code, refused.json()["error"]) == (400, error)
        assert refused.json()["error_description"].endswith(".")
        assert (await here.use_code(client, code)).status_code == 200

    run(tmp_path, story)


def test_the_code_of_one_client_serves_no_other(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str], company: str, client: str) -> None:
        code = await here.get_code(browser, client, company)
        thief = await here.register("Thief")
        assert (await here.use_code(thief, code)).json()["error"] == "invalid_grant"

    run(tmp_path, story)


def test_a_refresh_token_is_replaced_at_each_use(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str], company: str, client: str) -> None:
        tokens = await here.get_tokens(browser, company, client)
        here.clock.pass_(TOKEN_SECONDS)
        for _ in range(3):
            before, answer = tokens["refresh_token"], await here.refresh(client, tokens["refresh_token"])
            tokens = answer.json()
            assert tokens["refresh_token"] != before
            assert (await here.call(tokens["access_token"])).status_code == 200

    run(tmp_path, story)


def test_a_stolen_refresh_token_ends_everything_at_its_second_use(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str], company: str, client: str) -> None:
        first = await here.get_tokens(browser, company, client)
        thief = (await here.refresh(client, first["refresh_token"])).json()
        owner = await here.refresh(client, first["refresh_token"])
        assert owner.json()["error"] == "invalid_grant"
        assert (await here.refresh(client, thief["refresh_token"])).json()["error"] == "invalid_grant"
        for tokens in (first, thief):
            assert (await here.call(tokens["access_token"])).status_code == 401

    run(tmp_path, story)


def test_a_refresh_token_serves_its_client_and_resource_alone_and_is_not_used_up_by_others(
    tmp_path: Path,
) -> None:
    async def story(here: Place, browser: dict[str, str], company: str, client: str) -> None:
        token = (await here.get_tokens(browser, company, client))["refresh_token"]
        thief = await here.register("Thief")
        assert (await here.refresh(thief, token)).json()["error"] == "invalid_grant"
        assert (await here.refresh(client, token, resource="https://x.example")).json()[
            "error"
        ] == "invalid_target"
        assert (await here.refresh(client, token, resource=f"{ADDRESS}/mcp")).status_code == 200

    run(tmp_path, story)


def test_a_refresh_token_that_nobody_uses_ends_after_a_month(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str], company: str, client: str) -> None:
        token = (await here.get_tokens(browser, company, client, ends="never"))["refresh_token"]
        here.clock.pass_(REFRESH_SECONDS - 1)
        token = (await here.refresh(client, token)).json()["refresh_token"]
        here.clock.pass_(REFRESH_SECONDS)
        assert (await here.refresh(client, token)).json()["error"] == "invalid_grant"

    run(tmp_path, story)


def test_no_token_outlives_what_was_granted(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str], company: str, client: str) -> None:
        tokens = await here.get_tokens(browser, company, client, ends="hour")
        here.clock.pass_(3_600 - 60)
        late = (await here.refresh(client, tokens["refresh_token"])).json()
        assert late["expires_in"] == 60
        here.clock.pass_(60)
        assert (await here.call(late["access_token"])).status_code == 401
        assert (await here.refresh(client, late["refresh_token"])).json()["error"] == "invalid_grant"

    run(tmp_path, story)


def test_a_refresh_may_ask_for_less_and_not_for_more(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str], company: str, client: str) -> None:
        tokens = await here.get_tokens(browser, company, client, scope=[READ, WRITE])
        more = await here.refresh(client, tokens["refresh_token"], scope="tools:custom")
        assert more.json()["error"] == "invalid_scope"
        less = (await here.refresh(client, tokens["refresh_token"], scope=READ)).json()
        assert less["scope"] == READ
        named = {"name": "delete_a_quick_books_invoice_by_id", "arguments": {"id": "1"}}
        assert (await here.call(less["access_token"], "tools/call", **named)).status_code == 403
        whole = (await here.refresh(client, less["refresh_token"])).json()
        assert whole["scope"] == f"{READ} {WRITE}"

    run(tmp_path, story)


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_a_revoked_token_of_either_kind_ends_the_grant(tmp_path: Path, kind: str) -> None:
    async def story(here: Place, browser: dict[str, str], company: str, client: str) -> None:
        tokens = await here.get_tokens(browser, company, client)
        form = {"client_id": client, "token": tokens[kind], "token_type_hint": "made_up"}
        assert (await here.client.post("/oauth/revoke", data=form)).status_code == 200
        assert (await here.call(tokens["access_token"])).status_code == 401
        assert (await here.refresh(client, tokens["refresh_token"])).json()["error"] == "invalid_grant"
        assert (await here.client.post("/oauth/revoke", data=form)).status_code == 200
        assert len(here.list_audit("oauth_grant.revoked")) == 1

    run(tmp_path, story)


def test_each_tenant_reads_in_its_log_that_its_companies_were_granted_and_revoked(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str], company: str, client: str) -> None:
        person = here.records.find_person_by_email("anna@shop.example").id
        here.add_member(person, "owner", "rival")
        other = here.add_company("Rival", "rival")
        tokens = await here.get_tokens(browser, [company, other], client)
        await here.client.post("/oauth/revoke", data={"client_id": client, "token": tokens["refresh_token"]})
        for tenant, mine in (("default", company), ("rival", other)):
            found = here.records.list_audit_of_tenant(TenantId(tenant), 9, None, ("oauth_grant",))
            said = [(each.entry.action, each.entry.details["integrated_account_ids"]) for each in found]
            assert said == [("oauth_grant.revoked", [mine]), ("oauth_grant.created", [mine])]
            assert {each.entry.details["client"] for each in found} == {"Agent"}

    run(tmp_path, story)


def test_an_unknown_token_is_revoked_already_and_another_clients_is_not_touched(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str], company: str, client: str) -> None:
        tokens, thief = await here.get_tokens(browser, company, client), await here.register("Thief")
        for token in ("unknown", "eyJx.y.z", "lpr_" + "x" * 43):
            answer = await here.client.post("/oauth/revoke", data={"client_id": client, "token": token})
            assert answer.status_code == 200
        for kind in ("access_token", "refresh_token"):
            form = {"client_id": thief, "token": tokens[kind]}
            assert (await here.client.post("/oauth/revoke", data=form)).status_code == 400
        assert (await here.call(tokens["access_token"])).status_code == 200

    run(tmp_path, story)


def _forge(kind: str, token: str, public: dict[str, Any]) -> str:
    header, claims, signature = token.split(".")
    decoded = json.loads(base64.urlsafe_b64decode(claims + "=="))
    kid = public["kid"]
    if kind == "another key":
        mine = ECKey.generate_key("P-256", {"kid": kid}, private=True)
        return jwt.encode({"alg": "ES256", "typ": "at+jwt", "kid": kid}, decoded, mine)
    if kind == "the public key as a secret":
        secret = OctKey.import_key(json.dumps(public))
        return jwt.encode({"alg": "HS256", "typ": "at+jwt", "kid": kid}, decoded, secret)
    if kind == "no signature":
        none = {"alg": "none", "typ": "at+jwt", "kid": kid}
        return base64.urlsafe_b64encode(json.dumps(none).encode()).decode().rstrip("=") + f".{claims}."
    if kind == "another content":
        more = json.dumps(decoded | {"scope": "tools:read tools:write"}).encode()
        return f"{header}.{base64.urlsafe_b64encode(more).decode().rstrip('=')}.{signature}"
    return f"{header}.{claims}.{signature[:-8]}AAAAAAAA"


@pytest.mark.parametrize(
    "kind",
    ["another key", "the public key as a secret", "no signature", "another content", "a changed signature"],
)
def test_a_forged_token_opens_nothing(tmp_path: Path, kind: str) -> None:
    async def story(here: Place, browser: dict[str, str], company: str, client: str) -> None:
        token = (await here.get_tokens(browser, company, client))["access_token"]
        public = (await here.client.get("/.well-known/jwks.json")).json()["keys"][0]
        forged = await here.call(_forge(kind, token, public))
        assert forged.status_code == 401
        assert 'error="invalid_token"' in forged.headers["www-authenticate"]

    run(tmp_path, story)


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://other.example"},
        {"iss": None},
        {"aud": None},
        {"exp": None},
        {"grant_id": None},
        {"exp": 1},
    ],
)
def test_a_token_that_our_key_signed_for_something_else_opens_nothing(
    tmp_path: Path, changed: dict[str, Any]
) -> None:
    async def story(here: Place, browser: dict[str, str], company: str, client: str) -> None:
        token = (await here.get_tokens(browser, company, client))["access_token"]
        key = await SigningKeys(here.runtime.deployment).find_signer()
        claims = {**jwt.decode(token, key).claims, **changed}
        made = {name: value for name, value in claims.items() if value is not None}
        signed = jwt.encode({"alg": "ES256", "typ": "at+jwt", "kid": key.kid}, made, key)
        assert (await here.call(signed)).status_code == 401
        other_type = jwt.encode(
            {"alg": "ES256", "typ": "JWT", "kid": key.kid}, jwt.decode(token, key).claims, key
        )
        assert (await here.call(other_type)).status_code == 401

    run(tmp_path, story)


@pytest.mark.parametrize(
    "token", ["eyJ", "eyJhbGciOiJub25lIn0.e30.", "eyJ" + "x" * 50_000, "eyJ.é", "nonsense"]
)
def test_nonsense_in_place_of_a_token_is_refused_as_any_other(tmp_path: Path, token: str) -> None:
    async def story(here: Place, _browser: dict[str, str], _company: str, _client: str) -> None:
        answer = await here.client.post(
            "/mcp",
            json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"},
            headers={"authorization": b"Bearer " + token.encode(), "accept": "application/json"},
        )
        assert answer.status_code == 401

    run(tmp_path, story)


def test_a_new_signing_key_signs_and_the_one_before_verifies_until_its_last_token_has_ended(
    tmp_path: Path,
) -> None:
    async def story(here: Place, browser: dict[str, str], company: str, client: str) -> None:
        old = await here.get_tokens(browser, company, client)
        SigningKeys(here.runtime.deployment).replace_used("tests")
        new = (await here.refresh(client, old["refresh_token"])).json()
        heads = [token["access_token"].partition(".")[0] for token in (old, new)]
        assert heads[0] != heads[1]
        assert len((await here.client.get("/.well-known/jwks.json")).json()["keys"]) == 2
        here.clock.pass_(FRESH_SECONDS + 1)
        for tokens in (old, new):
            assert (await here.call(tokens["access_token"])).status_code == 200
        here.clock.pass_(TOKEN_SECONDS)
        assert len((await here.client.get("/.well-known/jwks.json")).json()["keys"]) == 1

    run(tmp_path, story)


def test_a_key_that_is_over_verifies_nothing_also_in_a_process_that_knew_it(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str], company: str, client: str) -> None:
        tokens = await here.get_tokens(browser, company, client)
        stolen = await SigningKeys(here.runtime.deployment).find_signer()
        assert (await here.call(tokens["access_token"])).status_code == 200
        SigningKeys(here.runtime.deployment).replace_used("tests")
        here.clock.pass_(TOKEN_SECONDS + FRESH_SECONDS)
        claims = jwt.decode(tokens["access_token"], stolen).claims | {"exp": int(here.clock()) + 900}
        forged = jwt.encode({"alg": "ES256", "typ": "at+jwt", "kid": stolen.kid}, claims, stolen)
        assert (await here.call(forged)).status_code == 401

    run(tmp_path, story)


def test_two_processes_that_need_the_first_key_at_once_have_the_same(tmp_path: Path) -> None:
    async def story(here: Place, _browser: dict[str, str], _company: str, _client: str) -> None:
        other = open_place(here.runtime.settings.data, here.clock)
        both = [SigningKeys(each.runtime.deployment).find_signer() for each in (here, other)]
        first, second = await asyncio.gather(*both)
        assert first.kid == second.kid
        await other.runtime.close()

    run(tmp_path, story)


def test_the_private_half_is_stored_sealed(tmp_path: Path) -> None:
    async def story(here: Place, _browser: dict[str, str], _company: str, _client: str) -> None:
        key = await SigningKeys(here.runtime.deployment).find_signer()
        secret = str(key.as_dict(private=True)["d"])
        stored = here.records.list_signing_keys()[0]
        assert secret.encode() not in stored.sealed
        opened_again = here.runtime.keys.open(stored.sealed, f"signing key {stored.id}")
        assert json.loads(opened_again)["d"] == secret
        assert isinstance(here.runtime.keys, Keys)

    run(tmp_path, story)


def test_the_command_that_rotates_keys_replaces_the_one_that_signs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def begin() -> str:
        async with opened(tmp_path) as here:
            return str((await SigningKeys(here.runtime.deployment).find_signer()).kid)

    before = asyncio.run(begin())
    monkeypatch.setenv("LEDGERPORT_DATA", str(tmp_path))
    done = run_command("rotate-keys")
    assert "signed with a new key" in done.stdout
    assert asyncio.run(begin()) != before


@pytest.mark.parametrize(
    ("content", "kind", "error"),
    [
        (b"{}", "application/json", "invalid_request"),
        (b"grant_type=refresh_token&grant_type=authorization_code", None, "invalid_request"),
        (b"&".join(b"a%d=1" % at for at in range(100)), None, "invalid_request"),
        (b"x" * 20_000, None, "invalid_request"),
        (b"", None, "unsupported_grant_type"),
        (b"\xff\xfe=\x00", None, "unsupported_grant_type"),
    ],
)
def test_bad_input_is_an_error_of_the_rfc_with_a_sentence(
    tmp_path: Path, content: bytes, kind: str | None, error: str
) -> None:
    async def story(here: Place, _browser: dict[str, str], _company: str, _client: str) -> None:
        headers = {"content-type": kind or "application/x-www-form-urlencoded"}
        answer = await here.client.post("/oauth/token", content=content, headers=headers)
        assert 400 <= answer.status_code < 500
        assert answer.json()["error"] == error
        assert answer.json()["error_description"].endswith(".")
        assert answer.headers["cache-control"] == "no-store"

    run(tmp_path, story)


def test_no_secret_is_in_what_is_logged_or_audited(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str], company: str, client: str) -> None:
        code = await here.get_code(browser, client, company)
        tokens = (await here.use_code(client, code)).json()
        await here.call(
            tokens["access_token"], "tools/call", name="get_single_quick_books_invoice_by_id", arguments={}
        )
        later = (await here.refresh(client, tokens["refresh_token"])).json()
        await here.refresh(client, tokens["refresh_token"])
        await here.call("")
        secrets = [
            code,
            VERIFIER,
            *(each[k] for each in (tokens, later) for k in ("access_token", "refresh_token")),
        ]
        said = json.dumps(here.logged) + repr(here.list_audit("oauth_grant.created"))
        said += here.runtime.settings.database.read_bytes().decode("latin-1")
        assert here.logged
        assert [secret for secret in secrets if secret in said] == []

    run(tmp_path, story)
