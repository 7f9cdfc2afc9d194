"""Pending changes at the management API: a token lists them, a person decides, and nobody else does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from runtime.operations.api_tokens import Bounds
from runtime.operations.approvals.rules import Approvers
from tests.identity.authorization import ADDRESS, Place, opened
from tests.proposed import PROPOSAL, list_jobs, make_change, store_change

pytestmark = pytest.mark.anyio


@dataclass
class Scene:
    place: Place
    account: str
    token: dict[str, str]
    anna: dict[str, str]
    """The browser of somebody who may approve."""

    def add(self, id_: str, account: str = "", server: str = "server-1", **more: Any) -> str:
        change = make_change(self.place.runtime.keys, id_, account or self.account, server, **more)
        return store_change(self.place.records, change).id

    async def ask(self, method: str, path: str, who: dict[str, str], body: Any = None) -> Any:
        return await self.place.client.request(method, path, headers=who, json=body)

    def make_token(self, *scopes: str, **bounds: Any) -> dict[str, str]:
        return make_token(self.place, *scopes, **bounds)


def make_token(place: Place, *scopes: str, **bounds: Any) -> dict[str, str]:
    made = place.runtime.api_tokens.create("programs", scopes or ("admin",), bounds=Bounds(**bounds))
    return {"authorization": f"Bearer {made['token']}"}


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with opened(tmp_path) as place:
        account = place.add_company("Alder")
        place.set_status(account, "active")
        place.add_server(account, "server-1")
        anna = await place.sign_in(place.add_person("anna@example.com"))
        yield Scene(place, account, make_token(place, "journal:read"), anna)


async def test_a_token_lists_what_is_within_its_reach_in_parts(scene: Scene) -> None:
    other = scene.place.add_company("Birch", tenant="other")
    scene.place.add_server(other, "server-2")
    for number in range(3):
        scene.add(f"pch_{number}", batch="b1" if number else "")
    scene.add("pch_other", other, "server-2", tenant_id="other")
    mine = scene.make_token("journal:read", tenant_id="default")

    first = (await scene.ask("GET", "/pending-change?limit=2", mine)).json()
    rest = (
        await scene.ask("GET", f"/pending-change?limit=2&next_cursor={first['next_cursor']}", mine)
    ).json()
    batch = (await scene.ask("GET", "/pending-change?batch=b1&status=waiting", mine)).json()

    assert [each["id"] for each in first["result"] + rest["result"]] == ["pch_2", "pch_1", "pch_0"]
    assert rest["next_cursor"] is None
    assert [each["id"] for each in batch["result"]] == ["pch_2", "pch_1"]
    absent = await scene.ask("GET", f"/pending-change?integrated_account_id={other}", mine)
    unknown = await scene.ask("GET", "/pending-change?integrated_account_id=nobody", mine)
    assert (absent.status_code, absent.json()["message"]) == (404, unknown.json()["message"])
    hidden = await scene.ask("GET", "/pending-change/pch_other", mine)
    assert hidden.status_code == 404
    assert hidden.json() == (await scene.ask("GET", "/pending-change/pch_none", mine)).json()
    assert len((await scene.ask("GET", "/pending-change", scene.token)).json()["result"]) == 4


async def test_a_change_says_what_it_would_do_and_where_it_is_decided(scene: Scene) -> None:
    scene.add("pch_1", requested_by="person-anna@example.com")

    shown = (await scene.ask("GET", "/pending-change/pch_1", scene.token)).json()

    assert shown["says"] == "Create invoice of Cool Cars, 500.00 USD" and shown["version"] == 1
    assert shown["approve_at"] == f"{ADDRESS}/company/{scene.account}/approvals/pch_1"
    assert shown["rules"] == ["mcp_server: risk create"] and shown["cannot_be_approved"] is None
    assert shown["requested_by"] == {"id": "person-anna@example.com", "name": "anna@example.com"}
    assert {"path": "Line[0].Amount", "kind": "amount", "value": "500"} in shown["editable"]


@pytest.mark.parametrize("path", ["pch_1/approve", "pch_1/refuse", "approve"])
async def test_an_api_token_decides_nothing_and_reads_who_does_and_where(scene: Scene, path: str) -> None:
    scene.add("pch_1")
    body = {"changes": [{"id": "pch_1", "version": 1}]} if path == "approve" else {"version": 1}

    for token in (scene.make_token(), scene.token, scene.token | scene.anna):
        refused = await scene.ask("POST", f"/pending-change/{path}", token, body)
        assert refused.status_code == 403
        assert "a person does, who is signed in" in refused.json()["message"]
        assert f"{ADDRESS}/company/" in refused.json()["advice"] and "approve_at" in refused.json()["advice"]
    assert (await scene.ask("GET", "/pending-change/pch_1", scene.token)).json()["status"] == "waiting"


async def test_what_an_agent_holds_of_its_person_decides_nothing(scene: Scene) -> None:
    scene.add("pch_1")
    issued = (await scene.ask("GET", "/api/session/token", scene.anna)).json()["token"]

    refused = await scene.ask(
        "POST", "/pending-change/pch_1/approve", {"authorization": f"Bearer {issued}"}, {"version": 1}
    )

    assert refused.status_code == 401
    assert not list_jobs(scene.place.records, scene.place.clock())


async def test_a_person_approves_once_and_hears_the_same_when_it_is_sent_again(scene: Scene) -> None:
    scene.add("pch_1")
    path, body = "/pending-change/pch_1/approve", {"version": 1}

    first = await scene.ask("POST", path, scene.anna, body)
    again = await scene.ask("POST", path, scene.anna, body)

    assert (first.status_code, first.json()["status"], first.json()["version"]) == (200, "approved", 2)
    assert again.json() == first.json()
    assert first.json()["decided_by"]["name"] == "anna@example.com"
    assert len(list_jobs(scene.place.records, scene.place.clock())) == 1
    assert len(scene.place.list_audit("pending_change.approved")) == 1
    berta = await scene.place.sign_in(scene.place.add_person("berta@example.com"))
    second = await scene.ask("POST", path, berta, body)
    assert second.status_code == 409 and "decided already" in second.json()["message"]


async def test_corrections_are_part_of_the_decision(scene: Scene) -> None:
    scene.add("pch_1")
    path = "/pending-change/pch_1/approve"
    edited = {"version": 1, "edits": {"Line[0].Amount": 510.5, "TxnDate": "2027-01-16"}}

    wrong = await scene.ask("POST", path, scene.anna, {"version": 1, "edits": {"DocNumber": "1"}})
    done = await scene.ask("POST", path, scene.anna, edited)

    assert wrong.status_code == 400 and "DocNumber cannot be edited" in wrong.json()["message"]
    assert "Line[0].Amount: 500 → 510.5" in done.json()["happened"][0]
    assert (await scene.ask("POST", path, scene.anna, edited)).json() == done.json()
    for other in ({}, {"Line[0].Amount": 999}):
        differs = await scene.ask("POST", path, scene.anna, {"version": 1, "edits": other})
        assert differs.status_code == 409, "another decision than the one that was made"


async def test_a_person_refuses_with_a_reason_that_is_answered(scene: Scene) -> None:
    scene.add("pch_1")
    path, body = "/pending-change/pch_1/refuse", {"version": 1, "reason": " Wrong customer "}

    first = await scene.ask("POST", path, scene.anna, body)

    assert (first.json()["status"], first.json()["refused_because"]) == ("refused", "Wrong customer")
    assert (await scene.ask("POST", path, scene.anna, body)).json() == first.json()
    assert (await scene.ask("POST", path, scene.anna, {"version": 1})).status_code == 409
    approved = await scene.ask("POST", "/pending-change/pch_1/approve", scene.anna, {"version": 1})
    assert approved.status_code == 409 and "it is refused" in approved.json()["message"]


async def test_several_are_approved_each_with_an_outcome_of_its_own(scene: Scene) -> None:
    scene.add("pch_1")
    scene.add("pch_2", version=3)
    scene.add("pch_3")
    chosen = [{"id": id_, "version": 1} for id_ in ("pch_1", "pch_2", "pch_none", "pch_3", "pch_1")]

    answer = await scene.ask("POST", "/pending-change/approve", scene.anna, {"changes": chosen})

    outcomes = answer.json()["result"]
    assert [each["ok"] for each in outcomes] == [True, False, False, True, True]
    assert (
        outcomes[1]["error"]["code"] == "conflict" and "not what you saw" in outcomes[1]["error"]["message"]
    )
    assert outcomes[2]["error"]["code"] == "not_found" and outcomes[2]["change"] is None
    assert len(list_jobs(scene.place.records, scene.place.clock())) == 2


async def test_what_cannot_be_approved_says_why_and_what_to_do(scene: Scene) -> None:
    scene.add("pch_1")
    scene.place.add_server(scene.account, "server-2")
    scene.add("pch_ended", server="server-2")
    await scene.ask("DELETE", f"/integrated-account/{scene.account}/mcp/server-2", scene.make_token())
    scene.add("pch_late", expires_at=scene.place.clock() + 5)
    scene.place.clock.pass_(5)

    async def approve(id_: str, version: int = 1) -> Any:
        return await scene.ask("POST", f"/pending-change/{id_}/approve", scene.anna, {"version": version})

    ended = (await scene.ask("GET", "/pending-change/pch_ended", scene.token)).json()
    late = (await scene.ask("GET", "/pending-change/pch_late", scene.token)).json()
    assert "has ended" in ended["cannot_be_approved"] and "propose it again" in ended["cannot_be_approved"]
    assert "has expired" in late["cannot_be_approved"]
    for id_, version, said in (
        ("pch_ended", 1, "has ended"), ("pch_late", 1, "has expired"), ("pch_1", 2, "not what you saw"),
    ):  # fmt: skip
        refused = await approve(id_, version)
        assert refused.status_code == 409 and said in refused.json()["message"] and refused.json()["advice"]
    scene.place.set_status(scene.account, "disconnected")
    gone = await approve("pch_1")
    assert gone.status_code == 409 and "not connected" in gone.json()["message"]
    assert (await approve("pch_none")).status_code == 404
    assert not list_jobs(scene.place.records, scene.place.clock())


async def test_only_who_may_approve_decides_and_never_whose_agent_asked(scene: Scene) -> None:
    cleo = await scene.place.sign_in(scene.place.add_person("cleo@example.com", "viewer"))
    stranger = await scene.place.sign_in(scene.place.add_person("dan@example.com", "owner", "other"))
    named = replace(PROPOSAL, approvers=Approvers((((), ("cleo@example.com", "dan@example.com")),)))
    scene.add("pch_roles")
    scene.add("pch_named", proposal=named)
    scene.add("pch_own", requested_by="person-anna@example.com")

    async def approve(id_: str, who: dict[str, str]) -> Any:
        return await scene.ask("POST", f"/pending-change/{id_}/approve", who, {"version": 1})

    assert (await approve("pch_roles", cleo)).status_code == 403
    own = await approve("pch_own", scene.anna)
    assert own.status_code == 403 and "Your own agent asked" in own.json()["message"]
    assert (await approve("pch_named", stranger)).status_code == 404, "named, and of another organization"
    assert (await scene.ask("GET", "/pending-change/pch_named", stranger)).status_code == 404
    assert (await approve("pch_named", cleo)).json()["status"] == "approved"
    assert (await scene.ask("GET", "/pending-change/pch_roles", cleo)).status_code == 403
    assert (await approve("pch_none", {})).status_code == 401


async def test_a_person_lists_the_changes_of_a_company_whose_books_they_see(scene: Scene) -> None:
    scene.add("pch_1")
    cleo = await scene.place.sign_in(scene.place.add_person("cleo@example.com", "viewer"))
    path = f"/pending-change?integrated_account_id={scene.account}"

    assert [each["id"] for each in (await scene.ask("GET", path, scene.anna)).json()["result"]] == ["pch_1"]
    assert (await scene.ask("GET", "/pending-change", scene.anna)).status_code == 400
    assert (await scene.ask("GET", path, cleo)).status_code == 403


async def test_no_page_of_another_site_has_a_browser_decide(scene: Scene) -> None:
    scene.add("pch_1")
    path = "/pending-change/pch_1/approve"

    for foreign in (
        {"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"},
        {"origin": "null"},
    ):  # fmt: skip
        assert (await scene.ask("POST", path, scene.anna | foreign, {"version": 1})).status_code == 403
        assert (await scene.ask("GET", "/pending-change/pch_1", scene.anna | foreign)).status_code == 403
    form = await scene.place.client.post(path, data={"version": "1"}, headers=scene.anna)
    plain = await scene.place.client.post(
        path, content='{"version": 1}', headers=scene.anna | {"content-type": "text/plain"}
    )
    assert (form.status_code, plain.status_code) == (415, 415)
    assert not list_jobs(scene.place.records, scene.place.clock())
    own = await scene.ask("POST", path, scene.anna | {"origin": ADDRESS}, {"version": 1})
    assert own.status_code == 200


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "version"),
        ({"version": "1"}, "version"),
        ({"version": 0}, "version"),
        ({"version": True}, "version"),
        ({"version": 1, "edit": {}}, "edits"),
        ({"version": 1, "edits": {"TxnDate": None}}, "edits"),
        ({"version": 1, "edits": {"TxnDate": "soon"}}, "YYYY-MM-DD"),
        ({"version": 1, "edits": {"Line[0].Amount": "NaN"}}, "a number"),
    ],
)
async def test_a_decision_that_is_none_is_refused_with_what_is_wrong(
    scene: Scene, body: dict[str, Any], said: str
) -> None:
    scene.add("pch_1")

    refused = await scene.ask("POST", "/pending-change/pch_1/approve", scene.anna, body)

    assert refused.status_code == 400 and said in refused.json()["message"]
    unknown = await scene.ask("GET", "/pending-change?status=open", scene.token)
    assert unknown.status_code == 400 and "status" in unknown.json()["message"]
