"""FastMCP's own server made of an OpenAPI document, stateless and with JSON answers. Runs in an environment of its own.

`python -m tests.bench.servers.fast_mcp OPENAPI_FILE VENDOR_BASE_URL`
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import httpx2
from fastmcp import FastMCP

from tests.bench.servers.listening import run

HEADERS = {"Accept": "application/json", "Authorization": "Bearer bench"}


if __name__ == "__main__":
    client = httpx2.AsyncClient(
        base_url=sys.argv[2],
        headers=HEADERS,
        limits=httpx2.Limits(max_connections=4096, max_keepalive_connections=4096),
    )
    document = json.loads(Path(sys.argv[1]).read_bytes())
    server = FastMCP.from_openapi(document, client=client, name="bench")
    run(server.http_app(path="/mcp", stateless_http=True, json_response=True), lifespan="on")
