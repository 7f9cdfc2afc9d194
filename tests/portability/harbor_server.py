"""The made-up vendor's side of the wire: boats in memory, page numbers, JSON Patch, bare records, plain refusals."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

from tests.vendor_server import http

KEY = "Basic cGllcitwdWI6cHJ2LXNlY3JldA=="  # pier+pub:prv-secret


class Harbor:
    """Five boats, and what was asked of them."""

    def __init__(self) -> None:
        names = ("Gull", "Heron", "Ibis", "Jacana", "Kite")
        self.boats = {
            at: {"id": at, "name": name, "length": 8.0 + at, "_info": {"by": "x"}}
            for at, name in enumerate(names, 1)
        }
        self.asked: list[dict[str, str]] = []
        self.seen_keys: list[str] = []
        self.is_busy = False

    def __call__(self, line: str, headers: dict[str, str], body: bytes) -> bytes:
        verb, target, _ = line.split(" ")
        address = urlsplit(target)
        self.asked.append({name: values[0] for name, values in parse_qs(address.query).items()})
        if headers.get("authorization") != KEY or headers.get("x-client") != "cid":
            return _refused(401, "Unauthorized", "The key is not known.")
        if self.is_busy:
            return http(429, b'{"code":"Busy","message":"Slow down."}', "application/json", "X-Retry-In: 7")
        if "idempotency-key" in headers:
            self.seen_keys.append(headers["idempotency-key"])
        return self._answer(verb, address.path, body)

    def _answer(self, verb: str, path: str, body: bytes) -> bytes:
        if path == "/fleet/boats":
            return self._page() if verb == "GET" else self._enter(json.loads(body))
        at = int(path.rsplit("/", 1)[1])
        if at not in self.boats:
            return _refused(404, "NotFound", f"Boat {at} is not here.")
        if verb == "PATCH":
            for change in json.loads(body):
                assert change["op"] == "replace"
                self.boats[at][change["path"].lstrip("/")] = change["value"]
        if verb == "DELETE":
            del self.boats[at]
            return http(204, b"")
        return _json(200, self.boats[at])

    def _page(self) -> bytes:
        asked = self.asked[-1]
        size, page = int(asked["pageSize"]), int(asked["page"])
        return _json(200, list(self.boats.values())[(page - 1) * size : page * size])

    def _enter(self, boat: dict[str, object]) -> bytes:
        if any(each["name"] == boat["name"] for each in self.boats.values()):
            error = {"code": "InvalidObject", "message": "name is taken", "field": "name"}
            return _json(400, {"code": "Bad", "message": "See errors.", "errors": [error]})
        at = max(self.boats) + 1
        self.boats[at] = {"id": at, **boat}
        return _json(201, self.boats[at])


def _json(status: int, value: object) -> bytes:
    return http(status, json.dumps(value).encode())


def _refused(status: int, code: str, message: str) -> bytes:
    body = json.dumps({"code": code, "message": message}).encode()
    return http(status, body, "application/json", "X-Trace: t-1")
