"""A company becomes read only, and writable again, while it is in use: by REST, on its page and on the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from runtime.commands.accounts import account as account_commands
from runtime.deployment import Deployment
from runtime.model import AuditEntry, Grant, ServerConfig
from tests.identity.authorization import READ, WRITE, list_names, open_place
from tests.portability.mixed_vendor import LIST, UPDATE, Site, run


def test_no_tool_that_writes_is_left_in_any_process_once_the_answer_has_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(site: Site) -> None:
        account = await site.add()
        browser = await site.here.sign_in(site.here.add_person("olga@shop.example", "owner"))
        token = (await site.here.get_tokens(browser, account, scope=[READ, WRITE]))["access_token"]
        made = await site.rest("POST", f"/integrated-account/{account}/mcp", json={"name": "Agent"})
        secret = "/" + made.json()["url"].split("/", 3)[3]
        other = open_place(tmp_path)  # another process of the deployment

        async def list_tools(path: str = "/mcp", bearer: str = token) -> set[str]:
            found = [list_names(await each.call(bearer, path=path)) for each in (site.here, other)]
            assert found[0] == found[1]
            return set(found[0])

        assert UPDATE in await list_tools()
        assert UPDATE in await list_tools(secret, "")
        done = await site.rest("PATCH", f"/integrated-account/{account}", json={"read_only": True})
        assert done.json()["read_only"] is True
        for left in (await list_tools(), await list_tools(secret, "")):
            assert LIST in left
            assert not [name for name in left if name.startswith(("create", "update", "delete"))]
        called = await other.call("", "tools/call", secret, name=UPDATE, arguments={"id": 1, "name": "Bo"})
        assert called.json()["result"]["isError"] is True
        listed = await site.rest(
            "GET", f"/integrated-account/{account}/tools", site.make_token(["tools:call"], account)
        )
        assert UPDATE not in listed.text
        page = await site.here.client.get(f"/company/{account}/explorer/tools/{UPDATE}", headers=browser)
        assert page.status_code == 404
        tools = {tool.name: tool for tool in site.here.runtime.get_catalog().list_tools("pier")}
        grant = Grant(site.account, ServerConfig())
        refused = await site.here.runtime.calls.call(grant, tools, UPDATE, {"id": 1, "name": "Bo"})
        assert refused.error is not None
        assert refused.error.code == "forbidden"
        assert site.pier.asked == []
        await site.rest("PATCH", f"/integrated-account/{account}", json={"read_only": False})
        assert UPDATE in await list_tools()
        noted = [
            json.loads(row[1])["changes"]["read_only"] for row in site.here.list_audit("account.changed")
        ]
        assert noted == [{"before": False, "after": True}, {"before": True, "after": False}]
        await other.client.aclose()
        await other.runtime.close()

    run(tmp_path, monkeypatch, story)


def test_a_token_that_is_bound_to_the_company_makes_it_read_only_and_not_writable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(site: Site) -> None:
        path = f"/integrated-account/{await site.add()}"
        bound = site.make_token(["accounts:write"], site.company)
        assert (await site.rest("PATCH", path, bound, json={"read_only": True})).status_code == 200
        refused = await site.rest("PATCH", path, bound, json={"read_only": False})
        assert refused.status_code == 403
        assert site.account.is_read_only
        assert (await site.rest("PATCH", path, json={"read_only": "no"})).status_code == 400

    run(tmp_path, monkeypatch, story)


def test_an_admin_switches_it_on_the_page_and_nobody_below(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(site: Site) -> None:
        page = f"/company/{await site.add()}/connection"
        admin = await site.here.sign_in(site.here.add_person("adam@shop.example", "admin"))
        clerk = await site.here.sign_in(site.here.add_person("mia@shop.example", "billing_admin"))
        on = await site.send(admin, page, f"{page}/read-only", {"read_only": "yes"})
        assert (on.headers["location"], site.account.is_read_only) == (f"{page}?done=read-only", True)
        shown = (await site.here.client.get(page, headers=clerk)).text
        assert "Read only: no MCP server has a tool that writes" in shown
        assert "Allow writing" not in shown
        assert (await site.send(clerk, page, f"{page}/read-only", {"read_only": "no"})).status_code == 403
        assert site.account.is_read_only
        off = await site.send(admin, page, f"{page}/read-only", {"read_only": "no"})
        assert (off.headers["location"], site.account.is_read_only) == (f"{page}?done=writable", False)

    run(tmp_path, monkeypatch, story)


def test_a_person_who_connects_again_meanwhile_does_not_end_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(site: Site) -> None:
        await site.add()
        before = site.account
        site.accounts.change(site.company, is_read_only=True)
        noted = AuditEntry(site.here.clock(), "person", "account.connected", before.id)
        assert site.here.records.connect_account(before, noted)
        assert site.account.is_read_only

    run(tmp_path, monkeypatch, story)


def test_the_command_switches_it_and_the_list_shows_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(site: Site) -> None:
        account = await site.add()

        @contextmanager
        def give() -> Iterator[Deployment]:
            yield site.here.runtime.deployment

        monkeypatch.setattr("runtime.commands.accounts.open_deployment", give)
        runner = CliRunner()
        done = runner.invoke(account_commands, ["read-only", account])
        assert done.output == "North is read only.\n"
        assert "read-only" in runner.invoke(account_commands, ["list"]).output
        done = runner.invoke(account_commands, ["read-only", account, "--off", "--json"])
        assert json.loads(done.output)["read_only"] is False

    run(tmp_path, monkeypatch, story)
