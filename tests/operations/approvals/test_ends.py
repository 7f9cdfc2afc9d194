"""What becomes of a change that waits when what it belongs to ends, moves, or gets another key."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from runtime.identity.people import People
from runtime.identity.sessions import Sessions
from runtime.jobs.work import Task
from runtime.model import AccountId, AuditEntry, McpServer, McpServerId, ServerConfig
from runtime.operations.api_tokens import Bounds
from runtime.operations.approvals.committing import Committing
from runtime.operations.approvals.deciding import COMMIT, Decider, Decisions
from runtime.operations.approvals.proposals import open_proposal
from runtime.operations.approvals.staging import ANNOUNCE, EXPIRE
from runtime.operations.key_rotation import KeyRotation
from runtime.operations.transfer import export_records, import_records
from runtime.stores.purge_records import DECIDED_STORED_SECONDS
from runtime.stores.tables import MCP_SERVER
from tests.deployment import NOON, deploy
from tests.identity.authorization import Place, opened
from tests.proposed import PROPOSAL, list_jobs, make_change, store_change

ANNA = Decider("person-anna", "anna@example.com", "owner", may_approve=True)


@dataclass
class Scene:
    place: Place
    account: str
    token: dict[str, str]
    browser: dict[str, str]

    def add(self, id_: str, server: str = "server-1", **more: Any) -> None:
        store_change(
            self.place.records, make_change(self.place.runtime.keys, id_, self.account, server, **more)
        )

    async def ask(self, method: str, path: str, who: dict[str, str], body: Any = None) -> Any:
        return await self.place.client.request(method, path, headers=who, json=body)

    async def approve(self, id_: str, version: int = 1) -> Any:
        return await self.ask("POST", f"/pending-change/{id_}/approve", self.browser, {"version": version})

    async def find_hindrance(self, id_: str) -> str:
        shown = await self.ask("GET", f"/pending-change/{id_}", self.token)
        return str(shown.json()["cannot_be_approved"])


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with opened(tmp_path) as place:
        account = place.add_company("Alder")
        place.set_status(account, "active")
        place.add_server(account, "server-1")
        browser = await place.sign_in(place.add_person("anna@example.com"))
        made = place.runtime.api_tokens.create("programs", bounds=Bounds())
        yield Scene(place, account, {"authorization": f"Bearer {made['token']}"}, browser)


@pytest.mark.anyio
async def test_a_deleted_company_takes_what_waits_with_it_and_no_job_stumbles(scene: Scene) -> None:
    scene.add("pch_1")
    scene.add("pch_2")
    assert (await scene.approve("pch_2")).status_code == 200

    deleted = await scene.ask("DELETE", f"/integrated-account/{scene.account}", scene.token)

    assert deleted.status_code == 200
    assert (await scene.ask("GET", "/pending-change", scene.token)).json()["result"] == []
    assert (await scene.approve("pch_1")).status_code == 404
    unused: Any = None
    committing = Committing(scene.place.runtime.deployment, unused, unused, unused, unused)
    due = scene.place.records.list_due_jobs(scene.place.clock() + 9e9, 0.0, 100)
    assert {each.name for each in due} >= {COMMIT, EXPIRE, ANNOUNCE}
    for each in due:
        if each.name in (COMMIT, EXPIRE):
            step = committing.commit if each.name == COMMIT else committing.expire
            await step(Task(each.id, each.args))


@pytest.mark.anyio
@pytest.mark.parametrize("how", ["revoked", "ended", "its person has left"])
async def test_a_change_of_an_oauth_grant_cannot_be_approved_once_that_has_ended(
    scene: Scene, how: str
) -> None:
    berta = scene.place.add_person("berta@example.com")
    hers = await scene.place.sign_in(berta)
    wanted = {"realm_id": scene.account, "ttl_minutes": 60}
    token = (await scene.ask("POST", "/api/session/token", hers, wanted)).json()["token"]
    with scene.place.records._reading.begin() as connection:
        wanted_server = select(MCP_SERVER.c.id).where(MCP_SERVER.c.grant_id.is_not(None))
        server = connection.execute(wanted_server).scalar_one()
    scene.add("pch_1", server, requested_by=berta)
    assert await scene.find_hindrance("pch_1") == "None"

    if how == "revoked":
        assert (await scene.ask("POST", "/api/session/revoke", hers, {"token": token})).status_code == 200
    elif how == "ended":
        scene.place.clock.pass_(3601)
    else:
        people = People(scene.place.runtime.deployment)
        anna = await find_signed_in(scene)
        await people.remove(anna, "default", berta)  # type: ignore[arg-type]

    assert "has ended" in await scene.find_hindrance("pch_1")
    refused = await scene.approve("pch_1")
    assert refused.status_code == 409 and "has ended" in refused.json()["message"]
    done = await scene.ask("POST", "/pending-change/pch_1/refuse", scene.browser, {"version": 1})
    assert done.json()["status"] == "refused"


def add_server(here: Any, account: str) -> str:
    made = McpServer(McpServerId("server-1"), AccountId(account), "Agent", ServerConfig(), None, NOON, NOON)
    noted = AuditEntry(NOON, "tests", "mcp_server.created", made.id)
    assert here.stores.records.add_mcp_server(made, here.keys.hash_token("server-1"), noted)
    return made.id


async def find_signed_in(scene: Scene) -> Any:
    cookie = scene.browser["cookie"].partition("=")[2]
    return await Sessions(scene.place.runtime.deployment).find(cookie)


@pytest.mark.anyio
async def test_who_has_left_decides_nothing_any_more_and_stays_named_as_one_who_was_there(
    scene: Scene,
) -> None:
    scene.add("pch_1", requested_by="somebody-who-was-erased")
    scene.add("pch_2")
    assert (await scene.approve("pch_2")).json()["decided_by"]["name"] == "anna@example.com"
    scene.place.remove_member("person-anna@example.com")  # type: ignore[arg-type]

    shown = (await scene.ask("GET", "/pending-change/pch_1", scene.token)).json()

    assert shown["requested_by"]["name"].startswith("former person")
    assert (await scene.approve("pch_1")).status_code in (401, 404)
    assert (await scene.ask("GET", "/pending-change/pch_1", scene.token)).json()["status"] == "waiting"


@pytest.mark.anyio
async def test_a_purge_takes_what_was_decided_a_quarter_ago_and_nothing_that_waits(scene: Scene) -> None:
    now = scene.place.clock()
    scene.add("pch_old", status="refused", finished_at=now - DECIDED_STORED_SECONDS)
    scene.add("pch_new", status="refused", finished_at=now - DECIDED_STORED_SECONDS + 60)
    scene.add("pch_waits", created_at=now - 2 * DECIDED_STORED_SECONDS)

    scene.place.records.purge(now)

    listed = (await scene.ask("GET", "/pending-change", scene.token)).json()["result"]
    assert sorted(each["id"] for each in listed) == ["pch_new", "pch_waits"]


@pytest.mark.anyio
async def test_what_waits_moves_to_another_database_and_is_approved_there(tmp_path: Path) -> None:
    secret = secrets.token_urlsafe(32)
    one, other = (deploy(tmp_path / name, LEDGERPORT_SECRET_KEY=secret) for name in ("one", "two"))
    desk = one.add_desk()["id"]
    server = add_server(one, desk)
    store_change(one.stores.records, make_change(one.keys, "pch_1", desk, server))

    def report(_done: int, _total: int) -> None:
        """Nobody looks."""

    export_records(one.stores, one.keys, tmp_path / "export.gz", report)
    import_records(other.stores, other.keys, tmp_path / "export.gz", report)

    account = other.stores.read_account(desk)
    assert account is not None
    decisions = Decisions(other.parts())
    assert (await decisions.approve(account, "pch_1", 1, ANNA)).status == "approved"
    records = other.stores.records
    assert len(list_jobs(records, other.clock())) == 1
    assert [each.args["change"] for each in list_jobs(records, other.clock() + 9e9, EXPIRE)] == ["pch_1"]
    for each in (one, other):
        await each.stores.disconnect()
        each.stores.close()


@pytest.mark.anyio
async def test_what_waits_is_read_and_approved_after_the_secret_key_was_rotated(tmp_path: Path) -> None:
    old, new = (secrets.token_urlsafe(32) for _ in range(2))
    first = deploy(tmp_path, LEDGERPORT_SECRET_KEY=old)
    desk = first.add_desk()["id"]
    server = add_server(first, desk)
    store_change(first.stores.records, make_change(first.keys, "pch_1", desk, server))
    first.stores.close()
    both = {"LEDGERPORT_SECRET_KEY": new, "LEDGERPORT_PREVIOUS_SECRET_KEYS": old}
    second = deploy(tmp_path, **both)

    assert KeyRotation(second.parts()).run().is_finished
    second.stores.close()
    third = deploy(tmp_path, LEDGERPORT_SECRET_KEY=new)

    found = third.stores.records.find_pending("pch_1")
    assert found is not None and open_proposal(third.keys, found) == PROPOSAL
    account = third.stores.read_account(desk)
    assert account is not None
    assert (await Decisions(third.parts()).approve(account, "pch_1", 1, ANNA)).status == "approved"
    await third.stores.disconnect()
    third.stores.close()
