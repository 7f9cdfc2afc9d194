from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path
from typing import Any

import pytest

from runtime.connect.sealing import open_credentials
from runtime.errors import Conflict, InvalidRequest, NotFound
from runtime.model import AccountId
from runtime.operations.api_tokens import LONGEST, ApiTokens
from runtime.recent import Recent
from tests import deployment
from tests.deployment import NOON, Deployment, deploy


@pytest.fixture
def here(tmp_path: Path) -> Deployment:
    return deploy(tmp_path)


@pytest.fixture
def account_id(here: Deployment) -> str:
    found: str = here.accounts.create("Shop", "books")["id"]
    return found


def test_keys_of_a_vendor_are_sealed_and_never_answered(here: Deployment) -> None:
    made = here.add_desk()
    assert (made["status"], made["company"]) == ("active", "acme")
    assert made["fields"] == {"company": "acme", "public_key": "pub"}
    account = here.accounts.find(made["id"])
    assert open_credentials(here.keys, account).secrets == {
        "private_key": "prv-secret",
        "client_id": "cid-secret",
    }
    for file in here.settings.data.iterdir():
        assert b"prv-secret" not in file.read_bytes()


@pytest.mark.parametrize(
    ("integration", "fields", "words"),
    [
        ("desk", {}, "fields.company is missing: Company. The name you sign in with."),
        ("desk", {"compny": "x"}, 'Did you mean "company"?'),
        (
            "desk",
            {"company": "a b", "public_key": "x", "private_key": "x", "client_id": "x"},
            "not in the form",
        ),
        (
            "desk",
            {"company": "a", "public_key": "x\r\nX-Evil: 1", "private_key": "x", "client_id": "x"},
            "public_key",
        ),
        ("books", {"company_id": "123456"}, "does not ask for"),
        ("boks", {}, 'Did you mean "books"?'),
        ("", {}, "integration must say"),
    ],
)
def test_an_account_that_cannot_be_connected_is_not_made(
    here: Deployment, integration: str, fields: dict[str, str], words: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        here.accounts.create("Shop", integration, fields)
    assert words in refused.value.message
    assert here.accounts.list()["result"] == []


def test_without_an_app_at_the_vendor_no_account_is_left_behind(tmp_path: Path) -> None:
    here = deploy(tmp_path, LEDGERPORT_BOOKS_CLIENT_SECRET="")
    with pytest.raises(Conflict, match="LEDGERPORT_BOOKS_CLIENT_SECRET must be set"):
        here.accounts.create("Shop", "books")
    assert here.accounts.list()["result"] == []


def test_a_new_url_is_shown_once_and_opens_its_grant(here: Deployment, account_id: str) -> None:
    made = here.mcp_servers.create(
        account_id, " Agent ", {"methods": ["read"], "tags": ["crm"]}, "2030-01-01T00:00:00+02:00"
    )
    assert made["url"] == f"http://127.0.0.1:8000/mcp/{made['token']}"
    assert (made["name"], made["expires_at"]) == ("Agent", "2029-12-31T22:00:00.000Z")
    assert made["created_at"] == made["updated_at"] == "2027-01-15T08:00:00.000Z"
    grant = here.stores.look_up.find_grant(here.keys.hash_token(made["token"]), NOON)  # type: ignore[arg-type]
    assert grant is not None and grant.server_id == made["id"]
    shown = here.mcp_servers.get(account_id, made["id"])
    assert shown == {name: value for name, value in made.items() if name not in ("token", "url")}
    for file in here.settings.data.iterdir():
        assert made["token"].encode() not in file.read_bytes()


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"methods": ["write"], "tags": ["crm"]}, "No tool has one of these methods and one of these tags."),
        ({"methods": ["raed"]}, 'methods has "raed", which Books does not have. Did you mean "read"?'),
        ({"methods": ["delete"]}, 'methods has "delete"'),
        ({"tags": ["sale"]}, 'Did you mean "sales"?'),
        ({"tag": ["sales"]}, 'config has no "tag". Did you mean "tags"?'),
    ],
)
def test_a_filter_that_leaves_nothing_is_refused_with_the_words_there_are(
    here: Deployment, account_id: str, config: dict[str, Any], words: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        here.mcp_servers.create(account_id, "Agent", config)
    assert words in refused.value.message
    if "tag" not in config:
        assert refused.value.advice == (
            "Methods: custom, read, write, create, get, list, void. Tags: crm, purchases, sales."
        )


@pytest.mark.parametrize(
    "text",
    [
        "2020-01-01T00:00:00Z",
        "2027-01-15T08:00:59Z",
        "2030-01-01T00:00:00",
        "2030-01-01",
        "soon",
        "",
        "9999-12-31T23:59:59-23:59",
    ],
)
def test_an_expiry_must_be_a_time_with_a_zone_at_least_a_minute_ahead(
    here: Deployment, account_id: str, text: str
) -> None:
    with pytest.raises(InvalidRequest, match="expires_at"):
        here.mcp_servers.create(account_id, "Agent", {}, text)


def test_an_expiry_a_minute_ahead_is_taken(here: Deployment, account_id: str) -> None:
    assert here.mcp_servers.create(account_id, "Agent", {}, "2027-01-15T08:01:00Z")["expires_at"]


def test_a_change_is_laid_over_what_is_there(here: Deployment, account_id: str) -> None:
    made = here.mcp_servers.create(
        account_id, "Agent", {"methods": ["read"], "require_api_token_auth": True}, "2030-01-01T00:00:00Z"
    )
    here.clock.pass_(5)
    changed = here.mcp_servers.change(account_id, made["id"], config={"tags": ["sales"]})
    assert changed["config"] == made["config"] | {"tags": ["sales"]}
    assert (changed["expires_at"], changed["updated_at"]) == (made["expires_at"], "2027-01-15T08:00:05.000Z")
    assert here.mcp_servers.change(account_id, made["id"], expires_at=None)["expires_at"] is None
    assert here.mcp_servers.change(account_id, made["id"], name="Other")["name"] == "Other"


def test_a_change_that_would_leave_no_tool_or_a_past_expiry_changes_nothing(
    here: Deployment, account_id: str
) -> None:
    made = here.mcp_servers.create(account_id, "Agent", {"methods": ["write"]})
    with pytest.raises(InvalidRequest, match="No tool"):
        here.mcp_servers.change(account_id, made["id"], name="New", config={"tags": ["crm"]})
    with pytest.raises(InvalidRequest, match="60 seconds"):
        here.mcp_servers.change(account_id, made["id"], name="New", expires_at="2020-01-01T00:00:00Z")
    assert here.mcp_servers.get(account_id, made["id"])["name"] == "Agent"


@pytest.mark.parametrize(
    "config", [{"tool_exposure": "some"}, {"rate_limit_style": None}, {"tool_exposure": True}]
)
def test_a_switch_takes_its_own_words_only(here: Deployment, account_id: str, config: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest, match=r"config\.(tool_exposure|rate_limit_style) is "):
        here.mcp_servers.create(account_id, "A URL", config)


def test_short_tools_are_not_exposed_where_an_integration_has_none(here: Deployment, account_id: str) -> None:
    with pytest.raises(InvalidRequest, match="has no short tools"):
        here.mcp_servers.create(account_id, "A URL", {"tool_exposure": "short"})


def test_an_expired_a_foreign_and_an_unknown_server_are_not_found_alike(
    here: Deployment, account_id: str
) -> None:
    other = here.accounts.create("Other", "books")["id"]
    made = here.mcp_servers.create(account_id, "Agent", {}, "2027-01-15T09:00:00Z")
    said = set()
    for owner, server in ((other, made["id"]), (account_id, "nothing"), ("nothing", made["id"])):
        with pytest.raises(NotFound) as refused:
            here.mcp_servers.get(owner, server)
        said.add(refused.value.as_text())
    here.clock.pass_(3600)
    with pytest.raises(NotFound) as refused:
        here.mcp_servers.get(account_id, made["id"])
    assert said == {refused.value.as_text()}


def test_deleting_an_account_ends_its_urls(here: Deployment, account_id: str) -> None:
    made = here.mcp_servers.create(account_id, "Agent")
    deleted = asyncio.run(here.accounts.delete(account_id))
    assert deleted == {"id": account_id, "company_mappings_deleted": 0}
    assert here.stores.look_up.find_grant(here.keys.hash_token(made["token"]), NOON) is None  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        here.mcp_servers.list(account_id)


def test_lists_come_in_parts(here: Deployment, account_id: str) -> None:
    names = [here.mcp_servers.create(account_id, f"Agent {number}")["name"] for number in range(5)]
    seen, cursor = [], ""
    while True:
        part = here.mcp_servers.list(account_id, 2, cursor)
        seen += [each["name"] for each in part["result"]]
        cursor = part["next_cursor"]
        if cursor is None:
            break
    assert sorted(seen) == names


@pytest.mark.parametrize("cursor", ["x", "!!!", "WzFd", "bnVsbA", "WyJhIiwxXQ", "W05hTiwiYSJd", "é"])
def test_a_cursor_that_nobody_answered_is_refused(here: Deployment, cursor: str) -> None:
    with pytest.raises(InvalidRequest, match="next_cursor"):
        here.accounts.list(10, cursor)


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a\x00b", "x" * 201, "\u202eevil"])
def test_a_name_that_cannot_be_shown_is_refused(here: Deployment, name: str) -> None:
    with pytest.raises(InvalidRequest, match="name must be"):
        here.api_tokens.create(name)


def test_an_api_token_is_recognised_until_it_is_revoked(here: Deployment) -> None:
    made = here.api_tokens.create("ci", actor="somebody")
    found = asyncio.run(here.api_tokens.identify(made["token"]))
    assert found is not None and found.id == made["id"]
    assert here.api_tokens.list()["result"] == [
        {name: value for name, value in made.items() if name != "token"}
    ]
    assert here.api_tokens.revoke(made["id"]) == {"id": made["id"]}
    assert asyncio.run(here.api_tokens.identify(made["token"])) is None
    assert [asyncio.run(here.api_tokens.identify(each)) for each in ("", "x" * 10_000)] == [None, None]
    with pytest.raises(NotFound):
        here.api_tokens.revoke(made["id"])
    done = here.stores.records.list_audit(made["id"])
    assert [(entry.actor, entry.action) for entry in done] == [
        ("somebody", "api_token.created"),
        ("", "api_token.revoked"),
    ]


def test_the_actor_of_the_program_is_noted_where_a_call_names_none(here: Deployment) -> None:
    tokens = ApiTokens(here.stores, here.keys, actor="the program", clock=here.clock)
    made = tokens.create("ci")
    tokens.revoke(made["id"])
    assert [entry.actor for entry in here.stores.records.list_audit(made["id"])] == ["the program"] * 2


@pytest.mark.parametrize(
    ("length", "is_hashed"), [(0, False), (1, True), (LONGEST, True), (LONGEST + 1, False)]
)
def test_only_a_text_that_could_be_a_token_is_hashed_and_looked_up(
    here: Deployment, monkeypatch: pytest.MonkeyPatch, length: int, is_hashed: bool
) -> None:
    hashed: list[str] = []

    def hash_token(secret: str) -> bytes:
        hashed.append(secret)
        return b"h" * 32

    monkeypatch.setattr(here.keys, "hash_token", hash_token)
    assert asyncio.run(here.api_tokens.identify("x" * length)) is None
    assert bool(hashed) is is_hashed


def test_the_use_of_a_token_is_stored_again_only_after_five_minutes_from_the_last_attempt(
    here: Deployment,
) -> None:
    tokens = here.api_tokens
    token = asyncio.run(tokens.identify(tokens.create("ci")["token"]))
    assert token is not None
    assert tokens.is_use_to_note(token)
    tokens.note_use(token)
    here.clock.pass_(299)
    assert not tokens.is_use_to_note(token)
    assert not tokens.is_use_to_note(dataclasses.replace(token, last_used_at=NOON))
    here.clock.pass_(1)
    assert tokens.is_use_to_note(token)
    assert not tokens.is_use_to_note(dataclasses.replace(token, last_used_at=here.clock() - 299))
    here.stores.close()


def test_an_account_that_is_connected_by_keys_cannot_be_connected_by_a_person(here: Deployment) -> None:
    account_id = here.add_desk()["id"]
    with pytest.raises(InvalidRequest, match="connected by its fields"):
        here.accounts.connect(account_id)
    assert here.accounts.get(account_id)["status"] == "active"


def test_an_account_by_keys_without_any_field_says_which_are_missing(here: Deployment) -> None:
    with pytest.raises(InvalidRequest, match=r"fields\.company is missing"):
        here.accounts.create("Shop", "desk")


def test_the_only_integration_may_be_left_out_but_not_be_called_otherwise(
    here: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(deployment.CATALOG.integrations, "desk")
    assert here.accounts.create("Shop")["integration"] == "books"
    with pytest.raises(InvalidRequest, match="no integration"):
        here.accounts.create("Shop", "desk")


def test_of_several_integrations_that_of_the_books_is_meant_where_none_is_named(
    here: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InvalidRequest, match="which vendor"):
        here.accounts.create("Shop")
    ours = dataclasses.replace(deployment.CATALOG.integrations["books"], system="books")
    monkeypatch.setitem(deployment.CATALOG.integrations, "books", ours)
    assert here.accounts.create("Shop")["integration"] == "books"


def test_what_is_gone_by_the_time_of_its_change_is_not_found(
    here: Deployment, account_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = here.mcp_servers.create(account_id, "Agent")
    monkeypatch.setattr(here.stores.records, "add_mcp_server", lambda *_: False)
    monkeypatch.setattr(here.stores.records, "delete_account", lambda *_: False)
    with pytest.raises(NotFound, match="no such integrated account"):
        here.mcp_servers.create(account_id, "Agent")
    with pytest.raises(NotFound, match="no such integrated account"):
        asyncio.run(here.accounts.delete(account_id))
    assert here.mcp_servers.delete(account_id, made["id"]) == {"id": made["id"]}
    with pytest.raises(NotFound, match="no such MCP server"):
        here.mcp_servers.delete(account_id, made["id"])


def test_one_server_of_several_is_deleted_and_the_others_stay(here: Deployment, account_id: str) -> None:
    first, second = (here.mcp_servers.create(account_id, name) for name in ("First", "Second"))
    here.mcp_servers.delete(account_id, first["id"])
    assert [each["id"] for each in here.mcp_servers.list(account_id)["result"]] == [second["id"]]


def test_a_connection_that_the_vendor_did_not_end_is_noted_as_that(here: Deployment) -> None:
    account_id = here.add_desk()["id"]
    asyncio.run(here.accounts.delete(account_id))
    actions = [entry.action for entry in here.stores.records.list_audit(AccountId(account_id))]
    assert actions == [
        "account.created",
        "account.disconnected",
        "account.not_revoked",
        "account.deleted",
    ]


def test_the_longest_name_is_taken(here: Deployment) -> None:
    assert here.api_tokens.create("x" * 200)["name"] == "x" * 200


def test_the_tokens_whose_use_is_noted_in_memory_are_bounded(
    here: Deployment,
) -> None:
    tokens = here.api_tokens
    tokens._tried = Recent(3)
    found = [asyncio.run(tokens.identify(tokens.create(f"ci {number}")["token"])) for number in range(5)]
    sizes = []
    for token in found:
        assert token is not None
        tokens.note_use(token)
        sizes.append(len(tokens._tried))
    assert sizes == [1, 2, 3, 3, 3]
    here.stores.close()
