"""A server that is asked to stop under load: calls in flight come to their end, and nobody else holds it up."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2

from tests.bench.deployment import Deployment, prepare
from tests.builtin import store_builtin_catalog
from tests.faults.process import ROOT
from tests.vendor_server import Vendor, http, vendor
from tests.waiting import wait_until

CALLS, IDLE = 12, 3
PATIENCE = 120
"""Seconds after which it hangs; on a loaded machine each step takes a while."""
HELD = 2.0
"""Seconds that the vendor goes on without an answer: a stop that waits for nobody is over by then."""
TERMS = {"QueryResponse": {"Term": [{"Id": "1", "SyncToken": "0", "Name": "Net 30"}], "maxResults": 1}}


def start(deployment: Deployment, log: Path) -> subprocess.Popen[bytes]:
    store_builtin_catalog(deployment.data)
    with log.open("wb") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "runtime", "serve"],
            cwd=ROOT, env={**os.environ, **deployment.environment}, stdout=out, stderr=out,
        )  # fmt: skip


async def open_idle(port: int) -> asyncio.StreamReader:
    """A connection that has had an answer, and may ask again."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    await reader.readuntil(b'"ok"}')
    return reader


async def open_stream(port: int, path: str) -> asyncio.StreamReader:
    """A stream of the older transport."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path.replace('/mcp/', '/sse/')} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    await reader.readuntil(b"event: endpoint")
    return reader


def is_served(port: int) -> bool:
    with socket.socket() as probe:
        return not probe.connect_ex(("127.0.0.1", port))


async def stop_under_load(data: Path, at_vendor: Vendor, release: asyncio.Event) -> dict[str, Any]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    deployment = await asyncio.to_thread(prepare, data, port, at_vendor.url)
    server = start(deployment, data / "log")
    try:
        await asyncio.to_thread(wait_until, lambda: is_served(port))
        idle = [await open_idle(port) for _ in range(IDLE)]
        stream = await open_stream(port, deployment.path)
        async with httpx2.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE, trust_env=False
        ) as client:
            params = {"name": "list_all_quick_books_terms", "arguments": {"limit": 1}}
            message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
            calls = [asyncio.create_task(client.post(deployment.path, json=message)) for _ in range(CALLS)]
            await asyncio.to_thread(wait_until, lambda: len(at_vendor.requests) == CALLS)
            server.send_signal(signal.SIGTERM)
            async with asyncio.timeout(PATIENCE):
                ended = [await each.read() for each in (*idle, stream)]
            await asyncio.to_thread(wait_until, lambda: not is_served(port))
            await asyncio.sleep(HELD)
            waiting = sum(not each.done() for each in calls)
            is_alive = server.poll() is None
            release.set()
            answers = [await each for each in calls]
        status = await asyncio.to_thread(server.wait, PATIENCE)
    finally:
        server.kill()
    return {"ended": ended, "waiting": waiting, "is_alive": is_alive, "answers": answers, "status": status}


def test_a_stop_finishes_the_calls_in_flight_and_closes_what_is_idle(tmp_path):
    release = asyncio.Event()

    async def answer(_line: str, _headers: dict[str, str], _body: bytes) -> bytes:
        await release.wait()
        return http(200, json.dumps(TERMS).encode())

    async def run() -> dict[str, Any]:
        async with vendor(answer) as at_vendor:
            return await stop_under_load(tmp_path, at_vendor, release)

    found = asyncio.run(run())

    assert len(found["ended"]) == IDLE + 1
    assert (found["waiting"], found["is_alive"]) == (CALLS, True)
    for each in found["answers"]:
        result = each.json()["result"]
        assert (each.status_code, result.get("isError", False)) == (200, False), result
        assert "Net 30" in result["content"][0]["text"]
    assert found["status"] == 0
    assert '"event":"stopped"' in (tmp_path / "log").read_text()
