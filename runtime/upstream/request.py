"""From a tool and its arguments to one HTTP request, by the definition alone.

`{name}` in an address, header or statement is filled from the call's own words (statement, start, limit …), the
arguments and the account's fields, in this order. A query parameter with nothing to fill it is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import orjson

from generator.catalog import Integration, Tool
from runtime.errors import InvalidArguments
from runtime.upstream.client import VendorRequest

Parts = tuple[tuple[bool, str], ...]


def build(
    tool: Tool,
    integration: Integration,
    base_url: str,
    values: Mapping[str, Any],
    arguments: Mapping[str, Any],
    *,
    authorization: Mapping[str, str],
    once_key: str = "",
) -> VendorRequest:
    """The request of one call. `values` fill placeholders; `arguments` fill the body.

    Raises InvalidArguments when an argument cannot stand in an address.
    """
    call = tool.call
    address = base_url + _filled_path(call.path, values)
    query = _query(integration, call.query, values)
    if once_key and integration.once_query:
        query.append(f"{quote(integration.once_query)}={quote(once_key, safe='')}")
    headers = {**integration.send_headers, **authorization}
    for name, template in call.headers:
        headers[name] = _filled(template, values)
    if once_key and integration.once_header:
        headers[integration.once_header] = once_key
    body = _body(tool, arguments)
    if body is not None:
        headers.setdefault("Content-Type", "application/json")
    changes_data = tool.risk != "read"
    has_once = bool(integration.once_query or integration.once_header)
    return VendorRequest(
        verb=call.verb,
        url=f"{address}?{'&'.join(query)}" if query else address,
        headers=headers,
        body=body,
        changes_data=changes_data,
        is_once=bool(once_key) and has_once,
    )


def base_address(template: str, fields: Mapping[str, str]) -> str:
    """A base URL with the account's fields filled in."""
    return _filled_path(template, fields)


def _query(
    integration: Integration, own: tuple[tuple[str, str], ...], values: Mapping[str, Any]
) -> list[str]:
    found = []
    for name, template in (*own, *integration.send_query.items()):
        if any(is_name and values.get(part) in (None, "", []) for is_name, part in _parts(template)):
            continue
        found.append(f"{quote(name)}={quote(_filled(template, values), safe='')}")
    return found


def _filled(template: str, values: Mapping[str, Any]) -> str:
    return "".join(_text(values[part]) if is_name else part for is_name, part in _parts(template))


def _filled_path(template: str, values: Mapping[str, Any]) -> str:
    pieces = []
    for is_name, part in _parts(template):
        if not is_name:
            pieces.append(part)
            continue
        text = _text(values[part])
        if text in ("", ".", ".."):
            raise InvalidArguments(
                f'Argument "{part}" cannot be {text!r}.', advice="Give the Id of a record."
            )
        pieces.append(quote(text, safe=""))
    return "".join(pieces)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(_text(each) for each in value)
    return str(value)


def _body(tool: Tool, arguments: Mapping[str, Any]) -> bytes | None:
    if tool.call.body == "none":
        return None
    content = {
        field: arguments[argument] for argument, field in tool.call.body_arguments if argument in arguments
    }
    if tool.call.body == "json_patch":
        return orjson.dumps(
            [{"op": "replace", "path": f"/{name}", "value": value} for name, value in content.items()]
        )
    return orjson.dumps({**content, **tool.call.fixed})


@lru_cache(maxsize=4096)
def _parts(template: str) -> Parts:
    """The literal and named parts of a template, in order."""
    found = re.split(r"\{(\w+)\}", template)
    return tuple((at % 2 == 1, part) for at, part in enumerate(found) if part)
