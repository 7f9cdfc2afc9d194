"""A server informs a receiver of what happens, also of what had happened when it was killed."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from tests.engines import running_postgres
from tests.faults.process import ledgerport, new_token, serving
from tests.redis_server import running_redis
from tests.waiting import wait_until
from tests.webhook_receiver import Received, Receiver, receiving

PRIVATE = {"LEDGERPORT_WEBHOOK_PRIVATE": "on"}


def check_signature(secret: str, received: Received) -> None:
    headers = received.headers
    at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    signed = Webhook(secret).sign(headers["webhook-id"], at, received.body.decode())
    assert headers["webhook-signature"] == signed


def create(server: Any, receiver: Receiver) -> dict[str, Any]:
    made = server.api.post("/webhook", json={"url": receiver.url, "types": ["mcp_server.created"]})
    assert made.status_code == 201, made.text
    values: dict[str, Any] = made.json()
    return values


def count_delivered(server: Any, hook: dict[str, Any]) -> int:
    found = server.api.get(f"/webhook/{hook['id']}/deliveries?limit=200").json()["result"]
    return sum(each["status"] == "delivered" for each in found)


def test_what_happens_reaches_the_receiver_signed(tmp_path: Path) -> None:
    with receiving() as receiver, serving(tmp_path, **PRIVATE) as server:
        hook = create(server, receiver)
        url = server.create_url(server.account())

        wait_until(lambda: count_delivered(server, hook) == 1)

        (received,) = receiver.requests
        check_signature(hook["secret"], received)
        assert url["id"] in received.body.decode() and url["token"] not in received.body.decode()


def test_a_server_that_is_killed_delivers_everything_after_its_restart(tmp_path: Path) -> None:
    token = new_token(tmp_path)
    receiver = Receiver()
    with receiving(receiver):
        with serving(tmp_path, token, **PRIVATE) as server:
            hook = create(server, receiver)
            account = server.account()
            for _ in range(20):
                server.create_url(account)
            wait_until(lambda: len(receiver.requests) >= 2)
            server.process.kill()
            server.process.wait()
        receiver.holds.set()
        with serving(tmp_path, token, **PRIVATE) as server:
            wait_until(lambda: count_delivered(server, hook) == 20)
    sent = Counter(each.headers["webhook-id"] for each in receiver.requests)
    assert len(sent) == 20
    assert max(sent.values()) <= 2, (
        "what was under way when it was killed is sent once more, and nothing else"
    )


def test_of_two_servers_on_postgresql_each_event_is_delivered_once(tmp_path: Path) -> None:
    key = {"LEDGERPORT_SECRET_KEY": "A" * 43 + "="}
    with receiving() as receiver, running_postgres() as postgres, running_redis(tmp_path / "redis") as redis:
        places = {"LEDGERPORT_DATABASE_URL": postgres.make_database(), "LEDGERPORT_REDIS_URL": redis.url}
        variables = {**PRIVATE, **key, **places}
        token = new_token(tmp_path / "one", **variables)
        with (
            serving(tmp_path / "one", token, **variables) as one,
            serving(tmp_path / "two", token, **variables) as two,
        ):
            hook = create(one, receiver)
            account = one.account()
            for number in range(30):
                (one, two)[number % 2].create_url(account)
            wait_until(lambda: count_delivered(two, hook) == 30)
    assert len({each.headers["webhook-id"] for each in receiver.requests}) == len(receiver.requests) == 30


@pytest.mark.parametrize("is_json", [False, True])
def test_the_command_line_makes_tests_lists_and_removes_webhooks(tmp_path: Path, is_json: bool) -> None:
    more = ("--json",) if is_json else ()
    with receiving() as receiver:
        assert ledgerport(tmp_path, "webhook", "create", receiver.url).returncode == 1, "it is not public"
        made = ledgerport(tmp_path, "webhook", "create", receiver.url, *more, **PRIVATE)
        assert made.returncode == 0 and "whsec_" in made.stdout
        listed = ledgerport(tmp_path, "webhook", "list", *more)
        webhook_id = next(word for word in listed.stdout.replace('"', " ").split() if word.startswith("whk_"))
        assert "whsec_" not in listed.stdout
        tested = ledgerport(tmp_path, "webhook", "test", webhook_id, *more, **PRIVATE)
        assert tested.returncode == 0 and "delivered" in tested.stdout
        assert len(receiver.requests) == 1
        receiver.statuses = [500]
        assert ledgerport(tmp_path, "webhook", "test", webhook_id, *more, **PRIVATE).returncode == 1
        found = ledgerport(tmp_path, "webhook", "deliveries", webhook_id, *more)
        assert found.stdout.count("webhook.test") == 2
        delivery = next(word for word in found.stdout.replace('"', " ").split() if word.startswith("dlv_"))
        again = ledgerport(tmp_path, "webhook", "resend", webhook_id, delivery, *more)
        assert again.returncode == 0 and "pending" in again.stdout
        assert ledgerport(tmp_path, "webhook", "delete", webhook_id, *more).returncode == 0
        gone = ledgerport(tmp_path, "webhook", "delete", webhook_id)
        assert (gone.returncode, "There is no such webhook" in gone.stderr) == (1, True)
