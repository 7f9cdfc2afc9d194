"""`ledgerport stdio` as a host starts it: a process, its pipes, and a server on a real socket."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.commands import run_command
from tests.mcp_server.old_clients import Transport, serving
from tests.mcp_server.stand import MODERN, TOKEN, Stand, make_grant, message, shake
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[1]
CALL = {"name": "get_single_invoice_by_id", "arguments": {"id": "1"}}
SECRET = "lpm_0123456789abcdefghijklmnopqrstuvwxyz"


class Bridge:
    """The process, as its host sees it."""

    def __init__(self, *arguments: str, **variables: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "runtime", "stdio", *arguments],
            cwd=ROOT, env={**os.environ, **variables}, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def write(self, line: str) -> None:
        """Write a line to its standard input."""
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def send(self, method: str, params: dict[str, Any] | None = None, id: Any = 1) -> None:
        """Write a message of the older revisions, a notification when its id is None."""
        body = {"jsonrpc": "2.0", "method": method, "params": params or {}}
        self.write(json.dumps(body | ({} if id is None else {"id": id})))

    def read(self) -> dict[str, Any]:
        """The next line of its standard output."""
        assert self.process.stdout is not None
        value: dict[str, Any] = json.loads(self.process.stdout.readline())
        return value

    def ask(self, method: str, params: dict[str, Any] | None = None, id: Any = 1) -> dict[str, Any]:
        """Write a request and read the next line."""
        self.send(method, params, id)
        return self.read()

    def end(self) -> tuple[int, str, str]:
        """Close its standard input: its exit status, the rest of its output, and its errors."""
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err


@contextmanager
def bridge(*arguments: str, **variables: str) -> Iterator[Bridge]:
    """A bridge that is ended with the block."""
    made = Bridge(*arguments, **variables)
    try:
        yield made
    finally:
        made.process.kill()
        made.process.communicate()


class Recorder:
    """A server that records what is posted and answers what a test says: a status and a body, or nothing at all."""

    def __init__(self, answer: Callable[[dict[str, Any]], tuple[int, bytes] | None], port: int = 0) -> None:
        recorder = self
        self.messages: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.broken = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                recorder.headers.append({name.lower(): value for name, value in self.headers.items()})
                recorder.messages.append(body)
                answer = recorder.answer(body)
                if answer is None:
                    self.close_connection = True
                    if not self.connection.recv(1):
                        recorder.broken.set()
                    return
                self.send_response(answer[0])
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer[1])))
                self.end_headers()
                self.wfile.write(answer[1])

            def log_message(self, *_: Any) -> None:
                pass

        self.answer = answer
        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/mcp/{SECRET}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@contextmanager
def recording(answer: Callable[[dict[str, Any]], tuple[int, bytes] | None]) -> Iterator[Recorder]:
    """A recorder while the block runs."""
    made = Recorder(answer)
    try:
        yield made
    finally:
        made.server.shutdown()
        made.server.server_close()


def result(body: dict[str, Any]) -> tuple[int, bytes]:
    """An empty result, or 202 for a notification."""
    if "id" not in body:
        return 202, b""
    return 200, json.dumps({"jsonrpc": "2.0", "id": body["id"], "result": {}}).encode()


def error(status: int, code: int, text: str) -> tuple[int, bytes]:
    return status, json.dumps(
        {"jsonrpc": "2.0", "id": None, "error": {"code": code, "message": text}}
    ).encode()


def test_a_host_greets_lists_and_calls_and_the_process_ends_with_its_input() -> None:
    stand = Stand()
    with serving(Transport(stand)) as port, bridge(f"http://127.0.0.1:{port}/mcp/{TOKEN}") as host:
        greeting = host.ask("initialize", shake("2025-06-18"))
        host.send("notifications/initialized", id=None)
        listed = host.ask("tools/list", id="two")
        called = host.ask("tools/call", CALL, id=3)

        assert greeting["result"]["protocolVersion"] == "2025-06-18"
        assert (listed["id"], len(listed["result"]["tools"])) == ("two", 7)
        assert (called["id"], called["result"]["content"][0]["text"]) == (3, '{"Id":"1"}')
        assert host.end() == (0, "", "")


def test_a_host_of_the_newest_revision_is_answered_in_it() -> None:
    with serving(Transport(Stand())) as port, bridge(f"http://127.0.0.1:{port}/mcp/{TOKEN}") as host:
        for method, params in (("server/discover", None), ("tools/list", {}), ("tools/call", CALL)):
            host.write(message(method, params, revision=MODERN)[0].decode())
            assert host.read()["result"]["resultType"] == "complete"
        host.write(message("nothing", {}, revision=MODERN)[0].decode())
        assert host.read()["error"]["code"] == -32601
        assert host.end() == (0, "", "")


def test_the_headers_repeat_the_revision_the_method_and_the_name() -> None:
    def answer(body: dict[str, Any]) -> tuple[int, bytes]:
        found = {"jsonrpc": "2.0", "id": body.get("id"), "result": {"protocolVersion": "2025-03-26"}}
        return (200, json.dumps(found).encode()) if "id" in body else (202, b"")

    with recording(answer) as server, bridge(server.url, LEDGERPORT_API_TOKEN="lpa_token") as host:
        host.ask("initialize", shake("2025-03-26"))
        host.ask("tools/list")
        host.write(message("tools/call", {"name": "ünï", "arguments": {}}, revision=MODERN)[0].decode())
        host.read()

    first, second, third = server.headers
    assert "mcp-protocol-version" not in first
    assert second["mcp-protocol-version"] == "2025-03-26"
    assert (third["mcp-protocol-version"], third["mcp-method"]) == (MODERN, "tools/call")
    assert third["mcp-name"] == "=?base64?w7xuw68=?="
    assert first["authorization"] == "Bearer lpa_token"
    assert first["user-agent"].startswith("ledgerport-stdio/")


def test_requests_that_wait_are_answered_before_the_process_ends() -> None:
    release = threading.Event()

    def answer(body: dict[str, Any]) -> tuple[int, bytes]:
        release.wait(60)
        return result(body)

    with recording(answer) as server, bridge(server.url) as host:
        for id in range(5):
            host.send("tools/list", id=id)
        wait_until(lambda: len(server.messages) == 5)
        assert host.process.stdin is not None
        host.process.stdin.close()
        host.process.stdin = None
        release.set()
        status, out, _ = host.end()

    assert status == 0
    assert sorted(json.loads(line)["id"] for line in out.splitlines()) == [0, 1, 2, 3, 4]


def test_a_line_that_is_no_message_is_an_error_and_the_next_one_is_answered() -> None:
    with serving(Transport(Stand())) as port, bridge(f"http://127.0.0.1:{port}/mcp/{TOKEN}") as host:
        for line in ("nonsense", "", "[]", '{"jsonrpc":"1.0"}'):
            host.write(line)
            refused = host.read()
            assert (refused["id"], refused["error"]["code"]) == (None, -32700)
        assert host.ask("ping")["result"] == {}


@pytest.mark.parametrize(("status", "code", "text"), [
    (429, 429, "QuickBooks takes no more calls for 7 seconds."),
    (503, -32603, "The database cannot be read now."),
    (401, -32600, "This MCP server also wants an API token."),
])  # fmt: skip
def test_an_error_of_the_server_is_passed_on_and_the_session_goes_on(
    status: int, code: int, text: str
) -> None:
    answers = iter([error(status, code, text), None])

    with recording(lambda body: next(answers) or result(body)) as server, bridge(server.url) as host:
        refused = host.ask("tools/list", id="a")
        assert (refused["id"], refused["error"]) == ("a", {"code": code, "message": text})
        assert host.ask("tools/list", id="b") == {"jsonrpc": "2.0", "id": "b", "result": {}}
        ended = host.end()

    assert ended[:2] == (0, "")
    assert ended[2].endswith("ledgerport: The server answers again.\n")


def test_an_error_without_json_is_an_error_as_well() -> None:
    with recording(lambda body: (503, b"<h1>Bad gateway</h1>")) as server, bridge(server.url) as host:
        assert host.ask("tools/list")["error"]["code"] == -32603
        assert host.end() == (1, "", "ledgerport: The server is busy.\n")


def test_a_url_that_is_not_open_is_said_once_without_its_secret() -> None:
    with serving(Transport(Stand())) as port, bridge(f"http://127.0.0.1:{port}/mcp/{SECRET}") as host:
        for _ in range(3):
            assert "There is no MCP server at this address" in host.ask("initialize")["error"]["message"]
        assert host.end() == (1, "", "ledgerport: There is no MCP server at this URL.\n")


def test_an_api_token_comes_from_the_environment() -> None:
    stand = Stand(grants={TOKEN: make_grant(require_api_token_auth=True)})
    with serving(Transport(stand)) as port:
        url = f"http://127.0.0.1:{port}/mcp/{TOKEN}"
        with bridge(url, LEDGERPORT_API_TOKEN="good") as host:
            assert host.ask("ping")["result"] == {}
        with bridge(url) as host:
            assert "send Authorization: Bearer" in host.ask("ping")["error"]["message"]


def test_the_url_may_come_from_the_environment_and_is_not_in_the_list_of_processes() -> None:
    with recording(result) as server, bridge(LEDGERPORT_URL=server.url) as host:
        assert host.ask("ping")["result"] == {}

        assert SECRET not in Path(f"/proc/{host.process.pid}/cmdline").read_text()


def test_it_goes_on_with_a_server_that_was_restarted() -> None:
    first = Recorder(result)
    with bridge(first.url) as host:
        assert host.ask("ping")["result"] == {}
        first.server.shutdown()
        first.server.server_close()
        host.send("tools/list", id="while it is down")
        assert host.process.stderr is not None
        assert "cannot be reached" in host.process.stderr.readline()

        second = Recorder(result, port=first.server.server_port)
        assert host.read()["id"] == "while it is down"
        assert host.ask("ping")["result"] == {}
        second.server.shutdown()
        second.server.server_close()


def test_a_call_whose_connection_breaks_is_not_repeated() -> None:
    class Breaking(Recorder):
        pass

    server = Breaking(lambda body: None)
    original = server.server.RequestHandlerClass.do_POST  # type: ignore[attr-defined]

    def broken(handler: Any) -> None:
        handler.rfile.read(int(handler.headers["Content-Length"]))
        server.messages.append({})
        handler.close_connection = True

    server.server.RequestHandlerClass.do_POST = broken  # type: ignore[attr-defined]
    with bridge(server.url) as host:
        refused = host.ask("tools/call", CALL, id=5)
        server.server.RequestHandlerClass.do_POST = original  # type: ignore[attr-defined]
        server.answer = result

        assert (refused["id"], refused["error"]["code"]) == (5, -32000)
        assert "look before you repeat it" in refused["error"]["message"]
        assert len(server.messages) == 1
        assert host.ask("ping")["result"] == {}
    server.server.shutdown()
    server.server.server_close()


def test_a_cancellation_is_sent_to_the_server_in_the_older_revisions() -> None:
    release = threading.Event()

    def answer(body: dict[str, Any]) -> tuple[int, bytes]:
        if body["method"] == "tools/call":
            release.wait(60)
        return result(body)

    with recording(answer) as server, bridge(server.url) as host:
        host.send("tools/call", CALL, id=5)
        wait_until(lambda: len(server.messages) == 1)
        host.send("notifications/cancelled", {"requestId": 5}, id=None)
        wait_until(lambda: len(server.messages) == 2)

        assert server.messages[1]["params"] == {"requestId": 5}
        assert host.ask("ping", id=6)["id"] == 6
        status, out, _ = host.end()
        release.set()

    assert (status, out) == (0, "")


def test_a_cancellation_closes_the_request_in_the_newest_revision() -> None:
    with recording(lambda body: None) as server, bridge(server.url) as host:
        host.write(message("tools/call", CALL, revision=MODERN, id=5)[0].decode())
        wait_until(lambda: len(server.messages) == 1)

        host.send("notifications/cancelled", {"requestId": 5}, id=None)

        assert server.broken.wait(60)
        assert host.end()[:2] == (0, "")
        assert len(server.messages) == 1


def test_it_ends_when_its_host_has_gone() -> None:
    with recording(result) as server, bridge(server.url) as host:
        assert host.ask("ping")["result"] == {}
        assert host.process.stdout is not None
        host.process.stdout.close()
        host.process.stdout = None
        host.send("ping")
        wait_until(lambda: len(server.messages) == 2)

        assert host.end()[::2] == (0, "")


@pytest.mark.parametrize(("url", "said"), [
    ("", "Which MCP server? Give its URL as the argument or in LEDGERPORT_URL"),
    (SECRET, "The URL is not one of an MCP server"),
    (f"ftp://books.example.com/mcp/{SECRET}", "The URL is not one of an MCP server"),
    (f"https://books.example.com:x/mcp/{SECRET}", "The URL is not one of an MCP server"),
    (f"https://books.example.com/mcp/{SECRET}\n", "The URL is not one of an MCP server"),
    (f"http://books.example.com/mcp/{SECRET}", "Use https; http is for this machine only."),
    (f"https://books.example.com/sse/{SECRET}", "/mcp/ in place of /sse/"),
    (f"https://books.example.com/mcp/{SECRET}/sse", "/mcp/ in place of /sse/"),
])  # fmt: skip
def test_a_url_that_cannot_be_right_is_refused_in_a_sentence_without_its_secret(url: str, said: str) -> None:
    done = run_command("stdio", *([url] if url else []), environment={**os.environ})

    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert SECRET not in done.stderr
    assert not re.search("Traceback", done.stderr)


def test_no_other_command_imports_what_it_needs() -> None:
    code = "import sys, runtime.commands.cli; print(sorted({'mcp', 'httpx2', 'anyio'} & set(sys.modules)))"

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"
