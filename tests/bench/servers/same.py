"""The bare Starlette application: one route that answers the bytes of a file to any GET.

`python -m tests.bench.servers.same FILE`
"""

from __future__ import annotations

import sys
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.bench.servers.listening import run


def application(body: bytes) -> Starlette:
    """The application."""

    async def answer(request: Request) -> Response:
        return Response(body, media_type="application/json")

    return Starlette(routes=[Route("/{path:path}", answer)])


if __name__ == "__main__":
    run(application(Path(sys.argv[1]).read_bytes()))
