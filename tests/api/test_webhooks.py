"""Webhooks over the management API: made, listed, changed, tested, and their deliveries looked at and sent again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.events import Event
from tests.api.harness import ApiHarness
from tests.deployment import NOON

URL = "https://hook.example/in"


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiHarness]:
    monkeypatch.setenv("LEDGERPORT_WEBHOOK_PRIVATE", "off")
    made = ApiHarness(tmp_path)
    yield made
    made.here.stores.close()


def test_a_webhook_shows_its_secret_once(api: ApiHarness) -> None:
    made = api.ask(
        "POST", "/webhook", json={"url": URL, "types": ["account.needs_reauth"], "tenant_id": "acme"}
    )

    assert made.status_code == 201
    values = made.json()
    assert values["secret"].startswith("whsec_")
    assert made.headers["location"] == f"/webhook/{values['id']}"
    assert (values["types"], values["tenant_id"], values["status"]) == (
        ["account.needs_reauth"],
        "acme",
        "enabled",
    )
    read = api.ask("GET", f"/webhook/{values['id']}")
    listed = api.ask("GET", "/webhook").json()["result"]
    assert "secret" not in read.json() and values["secret"] not in read.text + str(listed)
    assert listed == [read.json()]
    assert api.ask("GET", "/webhook?tenant_id=other").json()["result"] == []
    assert values["secret"] not in str(api.lines) and "/in" not in str(api.lines)


def test_a_webhook_is_changed_rotated_and_removed(api: ApiHarness) -> None:
    made = api.ask("POST", "/webhook", json={"url": URL}).json()
    path = f"/webhook/{made['id']}"

    changed = api.ask(
        "PATCH", path, json={"url": f"{URL}2", "types": ["budget.reached"], "enabled": False}
    ).json()
    assert (changed["url"], changed["types"], changed["status"]) == (
        f"{URL}2",
        ["budget.reached"],
        "disabled",
    )
    assert api.ask("PATCH", path, json={"enabled": True}).json()["status"] == "enabled"
    entries = len(api.here.stores.records.list_audit(made["id"]))
    api.ask("PATCH", path, json={"enabled": True})
    assert len(api.here.stores.records.list_audit(made["id"])) == entries == 3, "nothing was changed"
    rotated = api.ask("POST", f"{path}/rotate-secret").json()
    assert rotated["secret"] != made["secret"] and rotated["previous_secret_until"]
    assert api.ask("DELETE", path).json() == {"id": made["id"]}
    for method, each in (
        ("GET", path),
        ("DELETE", path),
        ("GET", f"{path}/deliveries"),
        ("POST", f"{path}/test"),
    ):
        assert api.ask(method, each).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {}, {"url": "http://hook.example/"}, {"url": "https://169.254.169.254/"}, {"url": URL, "types": ["other"]},
        {"url": URL, "secret": "mine"}, {"url": URL, "tenant_id": ""},
    ],
)  # fmt: skip
def test_what_no_webhook_can_be_is_refused_with_a_sentence(api: ApiHarness, body: dict[str, object]) -> None:
    refused = api.ask("POST", "/webhook", json=body)
    assert refused.status_code == 400
    assert refused.json()["message"]
    assert api.ask("GET", "/webhook").json()["result"] == []


def test_no_api_token_without_the_scope_reaches_a_webhook(api: ApiHarness) -> None:
    made = api.ask("POST", "/webhook", json={"url": URL}).json()
    secret = api.here.api_tokens.create("agent", ["tools:call"], api.account())["token"]
    for method, path in (("GET", "/webhook"), ("GET", f"/webhook/{made['id']}"), ("POST", "/webhook")):
        refused = api.ask(method, path, headers={"Authorization": f"Bearer {secret}"}, json={"url": URL})
        assert refused.status_code == 403


def test_a_test_says_what_came_of_it_and_stands_in_the_list_of_deliveries(api: ApiHarness) -> None:
    made = api.ask("POST", "/webhook", json={"url": "https://nowhere.invalid/in"}).json()

    sent = api.ask("POST", f"/webhook/{made['id']}/test")

    assert sent.status_code == 200
    assert (sent.json()["status"], sent.json()["error"]) == ("failed", "The name of the host is not known.")
    assert api.ask("GET", f"/webhook/{made['id']}/deliveries").json()["result"] == [sent.json()]


def test_a_delivery_is_listed_and_sent_again(api: ApiHarness) -> None:
    made = api.ask("POST", "/webhook", json={"url": URL}).json()
    records = api.here.stores.records
    records.add_event(Event("account.connected", NOON, {}))
    records.dispatch_events(NOON)

    path = f"/webhook/{made['id']}/deliveries"
    (listed,) = api.ask("GET", path).json()["result"]
    assert (listed["type"], listed["status"], listed["attempts"], listed["code"]) == (
        "account.connected", "pending", 0, None,
    )  # fmt: skip
    again = api.ask("POST", f"{path}/{listed['id']}/resend")
    assert again.status_code == 200 and again.json()["next_at"]
    assert api.ask("POST", f"{path}/dlv_other/resend").status_code == 404


def test_what_was_done_to_a_webhook_is_in_the_audit(api: ApiHarness) -> None:
    made = api.ask("POST", "/webhook", json={"url": URL}).json()
    api.ask("POST", f"/webhook/{made['id']}/rotate-secret")
    api.ask("DELETE", f"/webhook/{made['id']}")
    found = api.here.stores.records.list_audit(made["id"])
    assert [each.action for each in found] == ["webhook.created", "webhook.secret_rotated", "webhook.deleted"]
    assert made["secret"] not in str(found) and all(each.actor.startswith("api_token:") for each in found)


def test_a_token_of_one_tenant_has_its_webhooks_and_no_other(api: ApiHarness) -> None:
    everyone = api.ask("POST", "/webhook", json={"url": URL}).json()["id"]
    other = api.ask("POST", "/webhook", json={"url": URL, "tenant_id": "other"}).json()["id"]
    made = api.ask(
        "POST", "/api-token", json={"name": "acme", "scopes": ["admin"], "tenant_id": "acme"}
    ).json()
    headers = {"Authorization": f"Bearer {made['token']}"}

    mine = api.ask("POST", "/webhook", json={"url": URL}, headers=headers).json()

    assert mine["tenant_id"] == "acme"
    refused = api.ask("POST", "/webhook", json={"url": URL, "tenant_id": "other"}, headers=headers)
    assert refused.status_code == 403
    assert [each["id"] for each in api.ask("GET", "/webhook", headers=headers).json()["result"]] == [
        mine["id"]
    ]
    assert api.ask("GET", "/webhook?tenant_id=other", headers=headers).json()["result"] == []
    unknown = api.ask("GET", "/webhook/whk_unknown", headers=headers)
    records = api.here.stores.records
    records.add_event(Event("account.connected", NOON, {}))
    records.dispatch_events(NOON)
    delivery = api.ask("GET", f"/webhook/{everyone}/deliveries").json()["result"][0]["id"]
    for each in (everyone, other):
        for method, path, body in (
            ("GET", "", None), ("PATCH", "", {"enabled": False}), ("DELETE", "", None), ("GET", "/deliveries", None),
            ("POST", "/rotate-secret", None), ("POST", "/test", None), ("POST", f"/deliveries/{delivery}/resend", None),
        ):  # fmt: skip
            more = {} if body is None else {"json": body}
            found = api.ask(method, f"/webhook/{each}{path}", headers=headers, **more)
            assert (found.status_code, found.json()["message"]) == (404, unknown.json()["message"])
    resent = api.ask("POST", f"/webhook/{mine['id']}/deliveries/{delivery}/resend", headers=headers)
    assert resent.status_code == 404
    assert api.ask("GET", f"/webhook/{everyone}").json()["status"] == "enabled"
