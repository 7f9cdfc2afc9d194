"""Files as multipart/form-data over real sockets: streamed, bounded, and gone afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from generator.catalog import Call, Catalog, Part, Tool
from runtime.api import uploads
from runtime.api.uploads import LARGEST_REST, Uploads
from runtime.errors import BodyTimeout
from runtime.exchange.tool_answer import Answer
from tests import made_up
from tests.api.harness import ApiHarness
from tests.deployment import CATALOG, TOOLS
from tests.hand_loop import run_by_hand
from tests.serving import served
from tests.waiting import wait_until

MOST = 8_000_000
FILE = bytes(range(256)) * 12_000
"""3 MB: on disk, not in memory."""
PART = Part("file", content="content", file_name="FileName", media_type="ContentType", max_bytes=MOST)
UPLOAD = replace(
    made_up.tool(
        "upload_a_file",
        {"content": {"type": "string"}, "Note": {"type": "string"}, "Refs": {"type": "array"}},
        Call("POST", "/upload", body="parts", parts=(PART,)),
        TOOLS[0].returns,
        risk="create",
    ),
    integration="books",
    former_names=("attach_a_file",),
)
WITH_UPLOAD = Catalog("2", CATALOG.integrations, (*TOOLS, UPLOAD))


@dataclass
class Reader:
    """Reads the file of each call, as the client to the vendor would, and waits where it is asked to."""

    seen: list[dict[str, Any]] = field(default_factory=list)
    hold: threading.Event | None = None
    began: threading.Event = field(default_factory=threading.Event)

    async def call(
        self,
        grant: Any,
        tools: Mapping[str, Tool],
        name: str,
        arguments: dict[str, Any],
        *,
        idempotency_key: str = "",
        carried: Any = None,
        form: Any = None,
    ) -> Answer:
        file = carried.get(arguments.get("content")) if carried else None
        self.began.set()
        if self.hold is not None:
            await asyncio.to_thread(self.hold.wait)
        content = b"".join([piece async for piece in file.content.read_pieces()]) if file else None
        self.seen.append(
            {"name": name, "arguments": arguments, "key": idempotency_key, "content": content, "file": file}
        )
        return Answer('{"Id":"9"}')


@contextmanager
def stand(tmp_path: Path, **more: Any) -> Iterator[tuple[httpx2.Client, Reader, str]]:
    """A client of a served management API, what reads the files, and the path of the tools."""
    reader = Reader()
    harness = ApiHarness(tmp_path, catalog=WITH_UPLOAD, calls=reader, **more)
    path = f"/integrated-account/{harness.account()}/tools/"
    with served(harness.application) as server:
        headers = {"Authorization": f"Bearer {harness.token}"}
        with httpx2.Client(base_url=f"http://127.0.0.1:{server.port}", headers=headers, timeout=30) as client:
            yield client, reader, path


def test_a_file_and_the_other_arguments_come_as_a_form(tmp_path):
    with stand(tmp_path) as (client, reader, path):
        answer = client.post(
            path + "upload_a_file",
            files={"content": ("Beleg für März.pdf", FILE, "application/pdf")},
            data={"Note": "123", "Refs": '[{"Id": "1"}]'},
            headers={"Idempotency-Key": "k1"},
        )

    assert (answer.status_code, answer.json()) == (200, {"Id": "9"})
    [seen] = reader.seen
    assert seen["content"] == FILE
    assert (seen["key"], seen["file"].name, seen["file"].media_type) == (
        "k1",
        "Beleg für März.pdf",
        "application/pdf",
    )
    assert seen["arguments"] == {
        "Note": "123",
        "Refs": [{"Id": "1"}],
        "content": seen["arguments"]["content"],
    }
    assert seen["arguments"]["content"].startswith("sha256:")


def test_a_file_reaches_a_tool_by_its_former_name(tmp_path):
    with stand(tmp_path) as (client, reader, path):
        answer = client.post(path + "attach_a_file", files={"content": ("a.pdf", FILE)})

    assert answer.status_code == 200
    assert [seen["content"] for seen in reader.seen] == [FILE]


def test_the_arguments_may_come_together_as_json(tmp_path):
    with stand(tmp_path) as (client, reader, path):
        answer = client.post(
            path + "upload_a_file",
            files={"file": ("a.pdf", b"small")},
            data={"arguments": '{"Note": "n", "Refs": []}'},
        )

    assert answer.status_code == 200
    assert reader.seen[0]["content"] == b"small"
    assert (reader.seen[0]["arguments"]["Note"], reader.seen[0]["arguments"]["Refs"]) == ("n", [])


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"data": {"Note": "n"}, "files": {"x": (None, "1")}}, "must come as one whole part"),
        ({"files": {"other": ("a", b"x")}}, 'the file is called "content"'),
        ({"files": [("content", ("a", b"x")), ("file", ("b", b"y"))]}, "Too many files"),
        ({"files": {"content": ("a", b"x")}, "data": {"Refs": "["}}, '"Refs" is not JSON'),
        ({"files": {"content": ("a", b"x")}, "data": {"Refs": "[" * 80 + "]" * 80}}, "levels deep"),
        ({"files": {"content": ("a", b"x")}, "data": {"arguments": "[]"}}, "must be a JSON object"),
        (
            {"files": {"content": ("a", b"x")}, "data": {"arguments": '{"Note":"a"}', "Note": "b"}},
            "given twice",
        ),
        (
            {"files": {"content": ("a", b"x")}, "data": {"arguments": '{"content":"QQ=="}'}},
            "must come as one whole part",
        ),
        ({"files": {"content": ("a", b"x")}, "data": {"Note": "x" * (LARGEST_REST + 1)}}, "maximum size"),
        (
            {"content": b"--XX\r\nnonsense", "headers": {"Content-Type": "multipart/form-data; boundary=XX"}},
            "one whole part",
        ),
        ({"content": b"x", "headers": {"Content-Type": "multipart/form-data"}}, "boundary"),
    ],
)
def test_a_form_that_is_wrong_is_refused_with_what_would_be_right(tmp_path, form, says):
    with stand(tmp_path) as (client, reader, path):
        answer = client.post(path + "upload_a_file", **form)

    assert answer.status_code == 400
    assert says in answer.json()["message"]
    assert reader.seen == []


def test_a_form_for_a_tool_without_a_file_or_without_an_account_is_refused(tmp_path):
    with stand(tmp_path) as (client, reader, path):
        other = client.post(path + "create_a_books_invoice", files={"content": ("a", b"x")})
        nowhere = client.post("/integrated-account/none/tools/upload_a_file", files={"content": ("a", b"x")})
        without_token = client.post(
            path + "upload_a_file", files={"content": ("a", b"x")}, headers={"Authorization": "Bearer no"}
        )

    assert [other.status_code, nowhere.status_code, without_token.status_code] == [415, 404, 401]
    assert reader.seen == []


def test_more_bytes_than_the_vendor_takes_are_refused_as_announced_and_as_counted(tmp_path):
    largest = MOST + LARGEST_REST
    kind = {"Content-Type": "multipart/form-data; boundary=XX"}
    head = b'--XX\r\nContent-Disposition: form-data; name="content"; filename="a"\r\n\r\n'
    with stand(tmp_path) as (client, reader, path):
        lines = f"POST {path}upload_a_file HTTP/1.1\r\nHost: x\r\nContent-Length: {largest + 1}\r\n"
        lines += f"Authorization: {client.headers['authorization']}\r\nContent-Type: {kind['Content-Type']}\r\n\r\n"
        announced = raw(client.base_url.port, lines.encode())
        lines = lines.replace(f"Content-Length: {largest + 1}", "Transfer-Encoding: chunked")
        chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
        counted = raw(
            client.base_url.port, lines.encode() + b"%x\r\n" % len(head) + head + b"\r\n" + chunk * 9
        )

    assert b" 413 " in announced.partition(b"\r\n")[0]
    assert b" 413 " in counted.partition(b"\r\n")[0]
    assert reader.seen == []


def raw(port: int | None, sent: bytes) -> bytes:
    """What comes back for some bytes, up to the end of the head of the answer."""
    with socket.create_connection(("127.0.0.1", port or 0), timeout=30) as connection:
        connection.sendall(sent)
        return connection.recv(65_536)


def test_uploads_beyond_the_bound_are_asked_to_wait_and_taken_when_the_others_are_done(tmp_path):
    for bound in (Uploads(most=1), Uploads(most_bytes=2 * len(FILE) - 1)):
        with stand(tmp_path / str(id(bound)), uploads=bound) as (client, reader, path):
            reader.hold = threading.Event()
            files = {"content": ("a.pdf", FILE)}
            first = threading.Thread(
                target=client.post, args=(path + "upload_a_file",), kwargs={"files": files}
            )
            first.start()
            reader.began.wait(30)
            refused = client.post(path + "upload_a_file", files=files)
            reader.hold.set()
            first.join(30)
            again = client.post(path + "upload_a_file", files=files)

        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert refused.json()["code"] == "busy"
        assert again.status_code == 200
        assert (bound.budget.bytes, bound.budget.count) == (0, 0)


def open_files() -> int:
    """How many files without a name this process holds."""
    gc.collect()
    found = 0
    for each in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            found += "deleted" in str(each.readlink())
    return found


def test_the_temporary_file_has_no_name_and_is_closed_when_the_call_is_done(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with stand(tmp_path / "data") as (client, reader, path):
        before = open_files()
        reader.hold = threading.Event()
        kwargs = {"files": {"content": ("a.pdf", FILE)}}
        call = threading.Thread(target=client.post, args=(path + "upload_a_file",), kwargs=kwargs)
        call.start()
        reader.began.wait(30)
        during, names = open_files(), [each.name for each in tmp_path.iterdir()]
        reader.hold.set()
        call.join(30)
        refused = client.post(path + "upload_a_file", files={"other": ("a.pdf", FILE)})
        after = open_files()

    assert names == ["data"]
    assert (during, after) == (before + 1, before)
    assert refused.status_code == 400
    assert reader.seen[0]["file"].content.file.closed


def test_the_temporary_file_is_gone_when_the_client_goes_away(tmp_path):
    bound = Uploads()
    with stand(tmp_path, uploads=bound) as (client, reader, path):
        before = open_files()
        head = b'--XX\r\nContent-Disposition: form-data; name="content"; filename="a"\r\n\r\n'
        lines = (
            f"POST {path}upload_a_file HTTP/1.1\r\nHost: x\r\nContent-Length: 7000000\r\nAuthorization: "
            f"{client.headers['authorization']}\r\nContent-Type: multipart/form-data; boundary=XX\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", client.base_url.port or 0)) as connection:
            connection.sendall(lines.encode() + head + b"x" * 3_000_000)
            wait_until(lambda: open_files() == before + 1)
        wait_until(lambda: open_files() == before)
        wait_until(lambda: bound.budget.bytes == 0)

    assert reader.seen == []


class SlowRequest:
    """A request whose body comes in pieces of 1 MB with pauses between them, and then stays open."""

    headers = {"content-length": "90000000"}

    def __init__(self, count: int, seconds: float) -> None:
        self._count, self._seconds = count, seconds

    async def stream(self) -> Any:
        for _ in range(self._count):
            await asyncio.sleep(self._seconds)
            yield b"x" * 1_000_000
        await asyncio.sleep(3600)


def received(request: SlowRequest) -> int:
    """Bytes that came before it was given up."""

    async def count() -> int:
        total = 0
        with Uploads().budget.open_share() as share, contextlib.suppress(BodyTimeout):
            async for piece in uploads._bounded(request, 100_000_000, share):  # type: ignore[arg-type]
                total += len(piece)
            raise AssertionError("it was waited for without end")
        return total

    return int(run_by_hand(count()))


def test_a_body_that_retains_coming_has_minutes_and_one_that_stops_has_not():
    assert received(SlowRequest(90, 3.9)) == 90_000_000  # in nearly six minutes
    assert received(SlowRequest(90, 8.0)) < 10_000_000
    assert received(SlowRequest(0, 1.0)) == 0


FULL = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from pathlib import Path
from tests.api.test_uploads import FILE, stand
with stand(Path(sys.argv[1])) as (client, reader, path):
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))
    answer = client.post(path + "upload_a_file", files={"content": ("a.pdf", FILE)})
    small = client.post(path + "upload_a_file", files={"content": ("a.pdf", b"x")})
    print(answer.status_code, answer.json()["code"], small.status_code, len(reader.seen))
"""


def test_a_full_disk_is_an_error_that_says_so_and_the_next_file_is_taken(tmp_path):
    found = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, timeout=120, check=False
    )

    assert found.stdout.split() == ["507", "no_space", "200", "1"], found.stderr


def test_the_document_says_that_files_come_as_forms(tmp_path):
    with stand(tmp_path) as (client, _, _):
        [post] = client.get("/openapi.json").json()["paths"]["/integrated-account/{id}/tools/{tool}"].values()

    assert "multipart/form-data" in post["requestBody"]["content"]
    assert {"503", "507"} <= post["responses"].keys()
