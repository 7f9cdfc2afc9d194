"""What is shown beside a new URL works as it is copied: the code, the command, the files, and the QR code."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import sys
from html import unescape
from pathlib import Path

import httpx2
import pytest
import segno

from runtime.operations.api_tokens import ApiTokens
from runtime.operations.server_snippets import make_snippets
from runtime.web.qr_codes import QUIET, make_qr_code
from tests.identity.authorization import list_names
from tests.identity.test_oauth_hosts import running
from tests.web.test_server_pages import find_url, send

URL = "https://books.example.com/mcp/lpm_secret"
KEYS = ("chatgpt", "claude", "claude-code", "cursor", "vscode", "remote", "python", "typescript")


def find_text(key: str, *, needs_api_token: bool = False) -> str:
    found = make_snippets("books", URL, needs_api_token=needs_api_token)
    return next(each.text for each in found if each.key == key)


def find_snippet(page: httpx2.Response, key: str) -> str:
    (found,) = re.findall(rf'<pre id="s-{key}"[^>]*>(.*?)</pre>', page.text, re.DOTALL)
    return unescape(found)


@pytest.mark.parametrize("second_factor", [False, True], ids=["the URL alone", "with an API token"])
def test_the_python_code_and_the_command_reach_the_url_as_they_are_shown(
    tmp_path: Path, second_factor: bool
) -> None:
    async def begin() -> None:
        async with running(tmp_path) as (here, address):
            company = here.add_company("Shop")
            browser = await here.sign_in(here.add_person("anna@shop.example"))
            wanted = {"require_api_token_auth": "yes"} if second_factor else {}
            page = await send(
                here, browser, f"/company/{company}/servers/new", name="Agent", methods="read", **wanted
            )
            tokens = ApiTokens(here.runtime.stores, here.runtime.keys, clock=here.clock)
            token = tokens.create("tests", ["tools:call"], company)["token"] if second_factor else "none"
            url = find_url(page)
            assert url.startswith(f"{address}/mcp/")

            code = find_snippet(page, "python").replace("YOUR_API_TOKEN", token)
            program = await asyncio.create_subprocess_exec(
                sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
            )
            printed, failed = await program.communicate()
            command = shlex.split(find_snippet(page, "claude-code").replace("YOUR_API_TOKEN", token))
            assert command[:6] == ["claude", "mcp", "add", "--transport", "http", "quickbooks"]
            header = dict([command[8].split(": ")]) if second_factor else {}
            body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
            given = {"accept": "application/json, text/event-stream", **header}
            async with httpx2.AsyncClient() as client:
                answer = await client.post(command[6], json=body, headers=given)
            assert command[7:8] == (["--header"] if second_factor else [])
            assert program.returncode == 0, failed.decode()
            assert printed.decode().split() == list_names(answer)
            assert len(list_names(answer)) > 20

    asyncio.run(begin())


def test_each_program_has_its_own_file_or_steps() -> None:
    assert tuple(each.key for each in make_snippets("books", URL)) == KEYS
    assert json.loads(find_text("cursor")) == {"mcpServers": {"books": {"url": URL}}}
    assert json.loads(find_text("vscode")) == {"servers": {"books": {"type": "http", "url": URL}}}
    remote = {"command": "npx", "args": ["-y", "mcp-remote", URL]}
    assert json.loads(find_text("remote")) == {"mcpServers": {"books": remote}}
    assert f'new URL("{URL}"))' in find_text("typescript")
    steps = {each.key: each.steps for each in make_snippets("books", URL)}
    assert "no authentication" in " ".join(steps["chatgpt"])
    assert len(steps["claude"]) == 3


def test_an_api_token_goes_with_the_url_where_the_server_asks_for_one() -> None:
    header = {"Authorization": "Bearer YOUR_API_TOKEN"}
    cursor = json.loads(find_text("cursor", needs_api_token=True))
    vs_code = json.loads(find_text("vscode", needs_api_token=True))
    remote = json.loads(find_text("remote", needs_api_token=True))
    assert cursor["mcpServers"]["books"]["headers"] == header
    assert vs_code["servers"]["books"]["headers"] == header
    assert remote["mcpServers"]["books"]["args"][-2:] == ["--header", "Authorization: Bearer YOUR_API_TOKEN"]
    assert json.dumps(header) in find_text("typescript", needs_api_token=True)
    said = [each.steps for each in make_snippets("books", URL, needs_api_token=True)[:2]]
    assert all("cannot send" in steps[0] for steps in said)


def test_an_address_without_https_is_allowed_to_the_program_that_refuses_it() -> None:
    found = make_snippets("books", "http://127.0.0.1:8000/mcp/lpm_secret")
    (remote,) = (json.loads(each.text) for each in found if each.key == "remote")
    assert "--allow-http" in remote["mcpServers"]["books"]["args"]


def test_a_qr_code_has_every_dark_module_of_its_text() -> None:
    code, rows = make_qr_code(URL), segno.make(URL, error="m", micro=False).matrix
    drawn = {
        (x, int(y))
        for start, y, length in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", code.path)
        for x in range(int(start), int(start) + int(length))
    }
    dark = {(x + QUIET, y + QUIET) for y, row in enumerate(rows) for x, module in enumerate(row) if module}
    assert drawn == dark
    assert code.side == len(rows) + 2 * QUIET
