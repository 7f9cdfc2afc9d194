"""Files of every size through both endpoints to the simulator and back, and what they cost in memory."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import socket
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.journeys.agents import agent

TOOL = "upload_a_quick_books_file"
LINK = "get_a_quick_books_file_link_by_id"
MB = 1_000_000


def file_of(size: int) -> bytes:
    return random.Random(size).randbytes(size)


def stored(stage: Any, id: str) -> bytes:
    """The file as the simulator has it."""
    answer = rest(stage, LINK, json={"id": id})
    with urllib.request.urlopen(answer.json()["url"], timeout=60) as response:
        content: bytes = response.read()
    return content


def rest(stage: Any, tool: str, **form: Any) -> httpx2.Response:
    """A call at the management API."""
    running = stage.running
    url = f"{running.api.url}/integrated-account/{running.account['id']}/tools/{tool}"
    headers = {"Authorization": f"Bearer {running.api.token}", **form.pop("headers", {})}
    return httpx2.post(url, headers=headers, timeout=120, **form)


def message(content: bytes, name: str) -> bytes:
    """A tools/call with a file."""
    arguments = {"content": base64.b64encode(content).decode(), "FileName": name}
    params = {"name": TOOL, "arguments": arguments}
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).encode()


def post(url: str, body: bytes) -> httpx2.Response:
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    return httpx2.post(url, content=body, headers=headers, timeout=120)


class Peak:
    """The most memory that the server's process has had since this was made."""

    def __init__(self, stage: Any) -> None:
        self._process = Path(f"/proc/{stage.running.processes[1].pid}")
        (self._process / "clear_refs").write_text("5")
        self._before = self._read()

    def growth(self) -> int:
        """Bytes above what it had."""
        return self._read() - self._before

    def _read(self) -> int:
        lines = (self._process / "status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * 1024


@pytest.mark.parametrize("size", [3 * MB, 10 * MB])
def test_an_agent_attaches_a_large_receipt_to_a_bill(stage, size):
    content = file_of(size)
    with agent("python-sdk-2", stage.server()["url"]) as someone:
        bill = someone.call("list_all_quick_books_bills", limit=1).value["records"][0]
        made = someone.call(
            TOOL,
            content=base64.b64encode(content).decode(),
            FileName="receipt.pdf",
            AttachableRef=[{"EntityRef": {"type": "Bill", "value": bill["Id"]}}],
        ).value

    assert (made["Size"], made["ContentType"]) == (size, "application/pdf")
    assert stored(stage, made["Id"]) == content


def test_an_agent_that_sees_three_tools_attaches_one_too(stage):
    content = file_of(4 * MB)
    with agent("python-sdk-2", stage.server(tool_exposure="discovery")["url"]) as someone:
        arguments = {"content": base64.b64encode(content).decode(), "FileName": "a.png"}
        made = someone.call("call_write_tool", name=TOOL, arguments=arguments).value

    assert stored(stage, made["Id"]) == content


def test_a_file_near_the_limit_is_streamed_through_the_management_api(stage, tmp_path):
    path = tmp_path / "scan.tif"
    path.write_bytes(file_of(99 * MB))
    peak = Peak(stage)
    with path.open("rb") as file:
        answer = rest(
            stage, TOOL, files={"content": ("scan.tif", file, "image/tiff")}, data={"Note": "large"}
        )
    growth = peak.growth()

    made = answer.json()
    assert (answer.status_code, made["Size"], made["Note"]) == (200, 99 * MB, "large")
    found = hashlib.sha256(stored(stage, made["Id"])).hexdigest()
    assert found == hashlib.sha256(path.read_bytes()).hexdigest()
    assert growth < 50 * MB  # some 6 as a rule; the file alone is 99


def test_a_file_beyond_the_limit_is_refused_before_it_is_sent(stage, tmp_path):
    path = tmp_path / "scan.tif"
    path.write_bytes(bytes(100 * MB))
    stage_requests = _uploads(stage)
    with path.open("rb") as file:
        answer = rest(stage, TOOL, files={"content": ("scan.tif", file)})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_arguments")
    assert "the vendor takes 100,000,000" in answer.json()["message"]
    assert _uploads(stage) == stage_requests


def test_the_same_key_uploads_a_file_once_and_the_vendor_refuses_what_it_does_not_attach_to(stage):
    once = {"headers": {"Idempotency-Key": "receipt-17"}, "files": {"content": ("a.txt", b"x" * MB * 2)}}
    first, again = rest(stage, TOOL, **once), rest(stage, TOOL, **once)
    refs = json.dumps([{"EntityRef": {"type": "Term", "value": "1"}}])
    refused = rest(stage, TOOL, files={"content": ("a.txt", b"x")}, data={"AttachableRef": refs})

    assert first.json()["Id"] == again.json()["Id"]
    assert (refused.status_code, refused.json()["vendor_code"]) == (400, "6050")


def test_five_files_that_stay_unfinished_hold_the_budget_and_the_others_are_refused(stage):
    url, body = urlsplit(stage.server()["url"]), message(file_of(20 * MB), "statement.pdf")
    head = f"POST {url.path} HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Type: application/json\r\n"
    head += f"Accept: application/json, text/event-stream\r\nContent-Length: {len(body)}\r\n\r\n"
    peak = Peak(stage)
    with ExitStack() as held:
        places = [socket.create_connection((url.hostname, url.port), timeout=120) for _ in range(16)]
        for place in places:
            held.enter_context(place)
            with suppress(ConnectionError):  # a refused body is not read to its end
                place.sendall(head.encode() + body[:-1])
        refused = [_answer(place) for place in places[5:]]
        growth = peak.growth()
        for place in places[:5]:
            place.sendall(body[-1:])
        done = [_answer(place) for place in places[:5]]

    assert [status for status, _ in done + refused] == [200] * 5 + [503] * 11
    assert all("retry-after" in fields for _, fields in refused)
    assert growth < 300 * MB  # the bodies of all sixteen are 427 MB


def _answer(place: socket.socket) -> tuple[int, str]:
    """The status and the head of an answer."""
    with place.makefile("rb") as stream:
        lines = [line.decode() for line in iter(stream.readline, b"\r\n")]
    return int(lines[0].split()[1]), "".join(lines)


def test_sixteen_files_at_once_all_come_through_when_those_refused_are_sent_again(stage):
    # Sixteen bodies of 15 MB in base64 are 320 MB, more than are held at once; larger ones only take longer.
    url, body = stage.server()["url"], message(file_of(15 * MB), "statement.pdf")

    def upload(_at: int) -> str:
        for _ in range(600):
            answer = post(url, body)
            if answer.status_code != 503:
                result = answer.json()["result"]
                return result["content"][0]["text"] if result["isError"] else "done"
            assert int(answer.headers["retry-after"]) > 0
            time.sleep(0.1)
        return "refused for a minute"

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(upload, range(16)))

    assert outcomes == ["done"] * 16


def _uploads(stage: Any) -> int:
    with urllib.request.urlopen(f"{stage.demo.simulator_url}/_simulator/requests", timeout=30) as response:
        return response.read().count(b"/upload")
