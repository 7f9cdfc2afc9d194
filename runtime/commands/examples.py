"""The request that an example of a definition would send: `ledgerport show TOOL --example`. Nothing is sent.

It is prepared as any other call. What the account would fill in stays a `{placeholder}`, also in the headers by which
it signs in: there are no credentials here that could be shown.
"""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any
from urllib.parse import quote

from generator.catalog import Catalog, Tool
from generator.vendor import Integration
from runtime.errors import LedgerportError
from runtime.exchange.context import CallContext, build_vendor_request
from runtime.exchange.kinds import KINDS
from runtime.model import Account, AccountId
from runtime.operations.checks import Checks
from runtime.upstream.client import VendorRequest
from runtime.upstream.files import NO_FILES, FileBody

NEW_KEY = "{a new key for each call}"
ACCESS_TOKEN = "{access_token}"  # noqa: S105  a placeholder


def show_requests(catalog: Catalog, tool: Tool) -> str:
    """Return the request of each example of a tool, as text."""
    if not tool.examples:
        return (
            f'{tool.name} has no examples. They stand under "examples:" of methods.{tool.method} in the file of the '
            f"resource {tool.resource}, each with a prompt and arguments.\n"
        )
    parts = [f"{each.ask}\n{_request(catalog, tool, each.arguments)}" for each in tool.examples]
    return "\n\n".join(parts) + "\n"


def _request(catalog: Catalog, tool: Tool, given: dict[str, Any]) -> str:
    checks = Checks()
    call = _call_of(catalog, tool, given, checks)
    base = next(iter(call.integration.environments.values()))
    try:
        asyncio.run(checks.check(call, NO_FILES))
        prepared = KINDS[tool.returns.kind].prepare(call)
        request = build_vendor_request(call, prepared, base, _signed_in(call.integration))
    except LedgerportError as error:
        return f"  nothing is sent: {error.as_text()}"
    return _laid_out(request)


def _signed_in(integration: Integration) -> dict[str, str]:
    """Return the headers of the sign-in as they stand in the definition, with an access token as a placeholder."""
    return integration.auth.headers or {"Authorization": f"{integration.auth.scheme} {ACCESS_TOKEN}"}


def _call_of(catalog: Catalog, tool: Tool, given: dict[str, Any], checks: Checks) -> CallContext:
    """Return the call of an account whose fields are placeholders."""
    integration = catalog.integrations[tool.integration]
    fields = {each.name: f"{{{each.name}}}" for each in integration.account_fields}
    account = Account(AccountId("example"), integration.name, "", "", "active", "", fields, b"", 0, 0)
    key = "" if tool.is_read_only else NEW_KEY
    check, tools = checks.check_arguments, catalog.by_name
    return CallContext(tool, integration, account, given, check, tools, vendor_key=key)


def _laid_out(request: VendorRequest) -> str:
    lines = [f"{request.verb} {_readable(request.url)}"]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    if request.body is not None:
        lines += ["", _body(request.body)]
    return "\n".join(f"  {line}" for line in "\n".join(lines).split("\n"))


def _readable(url: str) -> str:
    """Return the address with its placeholders as people write them; everything else stays encoded."""
    url = url.replace(quote(NEW_KEY, safe=""), NEW_KEY)
    return re.sub(r"%7B(\w+)%7D", r"{\1}", url)


def _body(body: bytes | FileBody) -> str:
    if isinstance(body, FileBody):
        return f"({body.size:,} bytes)"
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body.decode("utf-8", "replace")
