"""The stylesheet and the script of the pages: small files of our own, read once, cached by browsers for a year.

Called by `routes`. The address of a file has a hash of its content, so that a new version has a new address.
"""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

STATIC_PATH = "/static"
_FOLDER = Path(__file__).with_name("static")
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
_FOREVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file as it is served."""

    content: bytes
    packed: bytes
    media_type: str
    version: str


class StaticFiles:
    """The files there are. Nothing else is read, whatever the address."""

    def __init__(self) -> None:
        self._files = {path.name: _read(path) for path in _FOLDER.iterdir() if path.suffix in _TYPES}

    def find_address(self, name: str) -> str:
        """Return the address of a file, which changes with its content."""
        return f"{STATIC_PATH}/{name}?v={self._files[name].version}"

    def read(self, name: str) -> bytes:
        """Return the content of a file."""
        return self._files[name].content

    def make_routes(self) -> list[BaseRoute]:
        """Return the route of the files."""
        return [Route(STATIC_PATH + "/{name}", self._answer, methods=["GET"])]

    async def _answer(self, request: Request) -> Response:
        found = self._files.get(request.path_params["name"])
        if found is None:
            return Response("There is no such file.", 404, media_type="text/plain")
        is_version = request.query_params.get("v") == found.version
        headers = {
            "Cache-Control": _FOREVER if is_version else "no-cache",
            "X-Content-Type-Options": "nosniff",
            "Vary": "Accept-Encoding",
        }
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            return Response(found.packed, headers=headers, media_type=found.media_type)
        return Response(found.content, headers=headers, media_type=found.media_type)


def _read(path: Path) -> StaticFile:
    content = path.read_bytes()
    version = hashlib.sha256(content).hexdigest()[:12]
    return StaticFile(content, zlib.compress(content, 9, 31), _TYPES[path.suffix], version)
