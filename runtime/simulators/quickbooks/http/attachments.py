"""Attachments: files uploaded in one multipart request, their metadata as Attachable records, signed links to them.

Called by `app` for links to files and by `http.endpoints` for uploads; `writes.changes` stores the record.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, replace
from typing import Any

import orjson

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Body, Store
from runtime.simulators.quickbooks.faults import (
    JSON,
    Fault,
    make_fault,
    make_not_found_fault,
    make_unsupported_fault,
)
from runtime.simulators.quickbooks.http import api
from runtime.simulators.quickbooks.http.messages import Answer, Request
from runtime.simulators.quickbooks.query import sql
from runtime.simulators.quickbooks.writes import changes

TYPES = frozenset(
    "ai csv doc docx eps gif jpeg jpg ods pdf png rtf tif txt xls xlsx xml".split()  # noqa: SIM905 (as the facts list them)
)
LINK_LIFE = 900
"""Seconds: a quarter of an hour, as documented."""
MOST_PARTS = 200
"""Two for each file, so that a request has at most 100 files."""
LONGEST_HEAD = 16 * 1024
"""Bytes of the header of one part, which has three short fields."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a multipart body."""

    name: str
    file_name: str | None
    content_type: str
    content: bytes


def parse_multipart(body: bytes, content_type: str) -> list[Part]:
    """Return the parts of a multipart body; clients that end lines with LF alone are understood too."""
    boundary = re.search(r'boundary="?([^";]+)"?', content_type)
    if not content_type.lower().startswith("multipart/") or boundary is None:
        raise make_fault("1050", f"Invalid Content Type : {content_type[:100]}")
    places = _places(body, b"--" + boundary[1].encode("latin-1"))
    if not places:
        raise make_fault("6041", "Invalid Uploaded File : the request has no parts")
    return [_part(body, start, end) for start, end in places]


def _places(body: bytes, mark: bytes) -> list[tuple[int, int]]:
    """Return where each part begins and ends. The body is not copied: it may have 100 MB."""
    places: list[tuple[int, int]] = []
    at = body.find(mark)
    while at >= 0 and (after := body.find(mark, at + len(mark))) >= 0:
        places.append((at + len(mark), after))
        if len(places) > MOST_PARTS:
            raise make_fault("6041", "Invalid Uploaded File : the request has too many parts")
        at = after
    return places


def _part(body: bytes, start: int, end: int) -> Part:
    """Return one part; its content is the one copy that is made."""
    front = body[start : min(end, start + LONGEST_HEAD)]
    blank = len(front) - len(front.lstrip(b" \t"))
    start += blank + len(front) - blank - len(front[blank:].removeprefix(b"\r").removeprefix(b"\n"))
    front = body[start : min(end, start + LONGEST_HEAD)]
    ends = [(front.find(mark), mark) for mark in (b"\r\n\r\n", b"\n\n") if mark in front]
    if not ends:
        raise make_fault("6041", "Invalid Uploaded File : a part has no headers")
    length, mark = min(ends)
    head = front[:length]
    end -= body[end - 1 : end] == b"\n"
    end -= body[end - 1 : end] == b"\r"
    content = body[start + length + len(mark) : end]
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in head.decode("utf-8", "replace").splitlines())
    }
    given = headers.get("content-disposition", "")
    if headers.get("content-transfer-encoding", "").lower() == "base64":
        try:
            content = base64.b64decode(content)
        except binascii.Error as error:
            raise make_fault("6041", "Invalid Uploaded File : the content is not base64") from error
    name, file_name = (re.search(rf'[; ]{key}="([^"]*)"', given) for key in ("name", "filename"))
    return Part(
        name[1] if name else "", file_name[1] if file_name else None, headers.get("content-type", ""), content
    )


def upload(service: api.Api, request: Request) -> Answer:
    """Answer POST /upload: pairs of `file_metadata_NN` and `file_content_NN`, each answered on its own."""
    if request.method != "POST" or len(request.segments) != 1:
        raise make_unsupported_fault(request.path)
    if "content-length" not in request.headers:
        raise make_fault("6020", "Content length missing in request")
    found = {
        part.name: part for part in parse_multipart(request.body, request.headers.get("content-type", ""))
    }
    numbers = sorted(
        {name.rpartition("_")[2] for name in found if name.startswith(("file_content_", "file_metadata_"))}
    )
    if not numbers:
        raise make_fault("6041", "Invalid Uploaded File : file_content_01 is missing")
    books = Books(service.store, request.realm)
    answers = [_one(books, found.get(f"file_metadata_{n}"), found.get(f"file_content_{n}")) for n in numbers]
    return Answer(200, JSON, orjson.dumps({"AttachableResponse": answers, "time": service.format_time()}))


def _one(books: Books, metadata: Part | None, content: Part | None) -> Body:
    try:
        return {"Attachable": _attached(books, _metadata(metadata), content)}
    except Fault as refusal:
        return {"Fault": refusal.to_json()}


def _metadata(part: Part | None) -> Body:
    if part is None:
        return {}
    try:
        found: Any = orjson.loads(part.content)
    except orjson.JSONDecodeError as error:
        raise make_fault("6040", "The file metadata must be of Attachable type") from error
    if not isinstance(found, dict):
        raise make_fault("6040", "The file metadata must be of Attachable type")
    return found


def _attached(books: Books, sent: Body, content: Part | None) -> Body:
    if content is None:
        raise make_fault("6041", "Invalid Uploaded File : the metadata comes without a file")
    file_name = str(sent.get("FileName") or content.file_name or "file.txt")
    if file_name.rpartition(".")[2].lower() not in TYPES:
        raise make_fault(
            "6041", f"Invalid Uploaded File : {file_name[:100]} is not of a supported type", "FileName"
        )
    kind = " ".join(
        str(sent.get("ContentType") or content.content_type or "application/octet-stream").split()
    )
    with books.store.begin_transaction():
        made = changes.create(books, "Attachable", {**sent, "FileName": file_name, "ContentType": kind})
        id = made["Id"]
        books.store.execute("insert into files values (?, ?, ?, ?)", (books.realm, id, kind, content.content))
        made["Size"] = len(content.content)
        made["FileAccessUri"] = f"/v3/company/{books.realm}/download/{id}"
        books.write_silently("Attachable", made)
    return add_link(books.store, books.realm, made, "")


def add_link(store: Store, realm: str, body: Body, origin: str) -> Body:
    """Return an Attachable with a fresh signed link, when it has a file."""
    if "FileAccessUri" not in body:
        return body
    return {**body, "TempDownloadUri": origin + make_link(store, realm, body["Id"])}


def add_links(store: Store, request: Request, found: sql.Answer) -> sql.Answer:
    """Return what a query found, each with a fresh link."""
    origin = get_origin(request)
    bodies = [
        orjson.dumps(add_link(store, request.realm, orjson.loads(body), origin)).decode()
        for body in found.bodies
    ]
    return replace(found, bodies=bodies)


def make_link(store: Store, realm: str, id: str) -> str:
    """Return a path below the origin that gives the file for 15 minutes to whoever has it."""
    expires = int(store.clock.read_seconds()) + LINK_LIFE
    return f"/temporary/{realm}/{id}?expires={expires}&signature={_signature(store, realm, id, expires)}"


def _signature(store: Store, realm: str, id: str, expires: int) -> str:
    key = store.read_setting("link key")
    if key is None:
        key = secrets.token_hex(32)
        store.remember("link key", key)
    return hmac.new(str(key).encode(), f"{realm}/{id}/{expires}".encode(), hashlib.sha256).hexdigest()


def download(service: api.Api, request: Request) -> Answer:
    """Answer GET /download/{id}: the signed link as plain text."""
    if request.method != "GET" or len(request.segments) != 2:
        raise make_unsupported_fault(request.path)
    id = request.segments[1]
    if _file(service.store, request.realm, id) is None:
        raise make_not_found_fault()
    text = get_origin(request) + make_link(service.store, request.realm, id)
    return Answer(200, "text/plain", text.encode())


def get_origin(request: Request) -> str:
    """Return the origin a client used."""
    return f"http://{request.headers.get('host', 'localhost')}"


def _file(store: Store, realm: str, id: str) -> tuple[str, bytes] | None:
    row = store.execute("select kind, content from files where realm = ? and id = ?", (realm, id)).fetchone()
    return (str(row[0]), bytes(row[1])) if row else None


def read_linked_file(
    store: Store, realm: str, id: str, expires: str, signature: str
) -> tuple[str, bytes] | None:
    """Return content type and bytes behind a signed link; None when it is wrong or has run out."""
    if (
        not (expires.isascii() and expires.isdecimal())
        or len(expires) > 15
        or int(expires) < store.clock.read_seconds()
    ):
        return None
    expected = _signature(store, realm, id, int(expires))
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        return None
    return _file(store, realm, id)
