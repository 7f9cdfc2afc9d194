"""Real clients at a server where writes wait: one that sees only text, and one that leads its user to the page."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp_types import ElicitResult

from runtime.deployment import Deployment
from runtime.model import AccountId
from runtime.operations.approvals.deciding import Decider, Decisions
from runtime.settings import Settings
from runtime.stores.embedded import open_stores
from tests.builtin import builtin_catalog
from tests.journeys.agents import agent
from tests.journeys.conftest import Stage
from tests.waiting import wait_for

ANNA = Decider("person-anna", "anna@example.com", "owner", may_approve=True)
CREATE, STATUS = "create_a_quick_books_customer", "get_pending_change"
WAITS = {"risks": ["create"]}


class Approver:
    """Somebody who decides in another process than the server."""

    def __init__(self, stage: Stage) -> None:
        settings = Settings.load(
            {"LEDGERPORT_DATA": str(stage.demo.data), "LEDGERPORT_PUBLIC_URL": stage.demo.url}
        )
        keys = settings.make_keys()
        self.stores = open_stores(settings, 0.0, keys)
        self._decisions = Decisions(Deployment(settings, keys, self.stores, builtin_catalog))
        self._account = AccountId(stage.running.account["id"])

    async def approve(self, change_id: str) -> None:
        """Approve a change as it is now."""
        account = await self.stores.look_up.find_account(self._account)
        assert account is not None
        found = await self._decisions.find(account, change_id)
        await self._decisions.approve(account, change_id, found.change.version, ANNA)

    def wait_for_end(self, change_id: str) -> str:
        """Return what a change has come to."""
        return wait_for(lambda: self.stores.records.find_pending(change_id), lambda each: each.is_over).status


@pytest.fixture
def approver(stage: Stage) -> Iterator[Approver]:
    stage.control("snapshot", {"name": "before approvals"})
    found = Approver(stage)
    yield found
    found.stores.close()
    stage.control("restore", {"name": "before approvals"})


@pytest.mark.usefixtures("clients")
@pytest.mark.parametrize("kind", ["python-sdk-1", "python-sdk-1-sse", "mcp-remote"])
def test_a_client_that_sees_only_text_reads_where_it_is_decided_and_then_what_came_of_it(
    kind: str, stage: Stage, approver: Approver
) -> None:
    with agent(kind, stage.server(approval=WAITS)["url"]) as someone:
        said = someone.call(CREATE, DisplayName=f"Text only by {kind}", why="The customer wrote.").value
        asyncio.run(approver.approve(said["id"]))
        ended = approver.wait_for_end(said["id"])
        after = someone.call(STATUS, id=said["id"]).value

    assert said["approve_at"].endswith(f"/approvals/{said['id']}")
    assert said["note"].startswith("Nothing was changed.")
    assert (ended, after["status"]) == ("committed", "committed")
    assert after["answer"]["DisplayName"] == f"Text only by {kind}"


def test_the_call_of_a_client_that_opens_the_page_returns_the_record(
    stage: Stage, approver: Approver
) -> None:
    pages: list[str] = []

    async def open_page(_context: Any, params: Any) -> ElicitResult:
        pages.append(params.url)
        change_id = params.url.rpartition("/")[2]
        await approver.approve(change_id)
        await asyncio.to_thread(approver.wait_for_end, change_id)
        return ElicitResult(action="accept")

    async def call() -> Any:
        url = stage.server(approval=WAITS)["url"]
        async with Client(url, elicitation_callback=open_page) as client:
            return await client.call_tool(CREATE, {"DisplayName": "Approved on its page"})

    result = asyncio.run(call())

    assert json.loads(result.content[0].text)["DisplayName"] == "Approved on its page"
    assert [httpx2.get(each).status_code for each in pages] == [303]  # the page asks a stranger to sign in


def test_an_agent_cannot_approve_with_its_own_token(stage: Stage) -> None:
    server = stage.server(approval=WAITS)
    with agent("python-sdk-2", server["url"]) as someone:
        said = someone.call(CREATE, DisplayName="Approved by itself").value
    headers = {"Authorization": f"Bearer {server['token']}"}

    answers = [
        httpx2.request(method, said["approve_at"] + path, headers=headers, data={"version": "1"})
        for method, path in [("GET", ""), ("POST", ""), ("POST", "/approve")]
    ]

    assert [each.status_code for each in answers if each.status_code == 200] == []
    with agent("python-sdk-2", server["url"]) as someone:
        assert someone.call(STATUS, id=said["id"]).value["status"] == "waiting"
