"""The request that an example of a definition would send: `ledgerport show TOOL --example`. Nothing is sent.

What the account would fill in stays a `{placeholder}`, and headers that prove who asks are left out.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from generator.catalog import Catalog, Tool
from generator.vendor import Integration
from runtime.errors import LedgerportError
from runtime.operations import batch, files
from runtime.operations.arguments import ArgumentChecker
from runtime.operations.lists import page_request
from runtime.upstream.client import VendorRequest
from runtime.upstream.files import NO_FILES, MultipartBody, OutgoingFile
from runtime.upstream.request import build

ONCE = "{a new key for each call}"


def requests_of(catalog: Catalog, tool: Tool) -> str:
    """The request of each example of a tool, as text."""
    if not tool.examples:
        return f"{tool.name} has no examples.\n"
    parts = [f"{each.ask}\n{_request(catalog, tool, each.arguments)}" for each in tool.examples]
    return "\n\n".join(parts) + "\n"


def _request(catalog: Catalog, tool: Tool, given: dict[str, Any]) -> str:
    integration, checker = catalog.integrations[tool.integration], ArgumentChecker()
    try:
        arguments, file = asyncio.run(_checked(tool, integration, checker, given))
        body = None
        if tool.returns.kind == "batch":
            body = batch.body_of(
                batch.items_of(arguments, catalog.by_name, integration, checker), integration
            )
        words: Mapping[str, str] = {}
        if tool.returns.kind == "records" and tool.listing is not None:
            words = page_request(tool, integration, arguments).values
        account = {each.name: f"{{{each.name}}}" for each in integration.account_fields}
        base = next(iter(integration.environments.values()))
        request = build(
            tool,
            integration,
            base,
            {**account, **arguments, **words},
            arguments,
            authorization={},
            once_key="" if tool.is_read_only else ONCE,
            body=body,
            file=file,
        )
    except LedgerportError as error:
        return f"  nothing is sent: {error.as_text()}"
    return _laid_out(request)


async def _checked(
    tool: Tool, integration: Integration, checker: ArgumentChecker, given: dict[str, Any]
) -> tuple[dict[str, Any], OutgoingFile | None]:
    """The arguments of a call as they would be sent, and its file. Raises InvalidArguments."""
    taken = await files.set_apart(tool, given, NO_FILES)
    arguments = checker.checked(tool, taken.arguments)
    return await files.checked(tool, integration, files.SetApart(arguments, taken.file))


def _laid_out(request: VendorRequest) -> str:
    lines = [f"{request.verb} {_readable(request.url)}"]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    if request.body is not None:
        lines += ["", _body(request.body)]
    return "\n".join(f"  {line}" for line in "\n".join(lines).split("\n"))


def _readable(url: str) -> str:
    """The address with its placeholders as people write them; everything else stays encoded."""
    url = url.replace(quote(ONCE, safe=""), ONCE)
    return re.sub(r"%7B(\w+)%7D", r"{\1}", url)


def _body(body: bytes | MultipartBody) -> str:
    if isinstance(body, MultipartBody):
        return f"({body.size:,} bytes)"
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body.decode("utf-8", "replace")
