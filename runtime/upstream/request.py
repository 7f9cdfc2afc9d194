"""From a tool and its arguments to one HTTP request, by the definition alone.

`{name}` in an address, header or statement is filled from the call's own words (statement, start, limit …), the
arguments and the account's fields, in this order. A query parameter with nothing to fill it is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from generator.catalog import SPREAD, Tool
from generator.templates import fill_template, find_names
from generator.vendor import Integration
from runtime.connect.headers import fill_always_sent
from runtime.errors import InvalidArguments
from runtime.upstream import figures
from runtime.upstream.client import VendorRequest
from runtime.upstream.files import FileBody, MultipartBody, OutgoingFile

NO_JOINS: Mapping[str, str] = {}
ORIGIN = "{origin}"
LONGEST_ADDRESS = 60_000
"""Characters. Servers read the head of a request up to 64 KiB, many less; a statement that names a thousand Ids of ten
digits makes an address of about 22,000.
"""
LONGEST_HEADER = 4096
"""Characters of a header field that an argument fills. Servers read 8 KiB of a field, or of all together."""


class RequestExtras(NamedTuple):
    """What a request carries beside the arguments of its call."""

    authorization: Mapping[str, str]
    once_key: str = ""
    """The idempotency key; empty for none."""
    body: bytes | None = None
    """The body where the arguments do not make it."""
    file: OutgoingFile | None = None
    changes_data: bool = False

    def __repr__(self) -> str:
        """Show nothing of the credentials."""
        return "RequestExtras(…)"


def build(
    tool: Tool,
    integration: Integration,
    base_url: str,
    values: Mapping[str, Any],
    arguments: Mapping[str, Any],
    extras: RequestExtras,
) -> VendorRequest:
    """Return the request of one call. `values` fill placeholders; `arguments` fill the body, unless `extras` has one.

    Raises InvalidArguments when an argument cannot stand in an address or a header field, or a file is too large.
    """
    call = tool.call
    query = _query(tool, integration, values)
    headers = {**fill_always_sent(integration.send_headers, values), **extras.authorization}
    once_key = extras.once_key
    body: bytes | FileBody | None = extras.body
    for name, template in call.headers:
        headers[name] = _checked_header(name, _filled(template, values))
    if once_key and integration.idempotency_query_param:
        query = f"{query}&{quote(integration.idempotency_query_param)}={quote(once_key, safe='')}"
    if once_key and integration.idempotency_header:
        headers[integration.idempotency_header] = once_key
    if call.body in ("parts", "file"):
        whole = _body_with_file(tool, arguments, extras.file)
        headers["Content-Type"], body = whole.content_type, whole.join() or whole
    elif body is None and call.body != "none":
        body = build_body(tool, record(tool, arguments))
    if body is not None:
        headers.setdefault("Content-Type", "application/json")
    address = _address(base_url, call.path, values)
    return VendorRequest(
        verb=call.verb,
        url=_checked_address(f"{address}?{query.lstrip('&')}" if query else address),
        headers=headers,
        body=body,
        changes_data=extras.changes_data,
        is_once=bool(once_key and (integration.idempotency_query_param or integration.idempotency_header)),
    )


def fill_address(template: str, fields: Mapping[str, str]) -> str:
    """Return a base URL with the account's fields filled in."""
    return _filled_path(template, fields)


def _query(tool: Tool, integration: Integration, values: Mapping[str, Any]) -> str:
    """Return the query of a request, what is always the same ready-made and the rest behind it."""
    fixed, open_ones = _query_plan(tool.call.query, tuple(integration.send_query.items()))
    if not open_ones:
        return fixed
    joins = dict(tool.call.joins)
    found = [fixed] if fixed else []
    for name, template, names in open_ones:
        if any(values.get(each) in (None, "", []) for each in names):
            continue
        if (name, template) == SPREAD:  # parameters that are encoded already, one for each condition
            found.append(str(values["conditions"]))
        else:
            found.append(f"{name}={quote(_filled(template, values, joins), safe='')}")
    return "&".join(found)


@lru_cache(maxsize=4096)
def _query_plan(
    own: tuple[tuple[str, str], ...], always: tuple[tuple[str, str], ...]
) -> tuple[str, tuple[tuple[str, str, tuple[str, ...]], ...]]:
    """Return the parameters that never differ, encoded; and the others, each with the names that have to fill it."""
    fixed, open_ones = [], []
    for name, template in (*own, *always):
        names = tuple(find_names(str(template)))
        if names:
            open_ones.append((quote(name), template, names))
        else:
            fixed.append(f"{quote(name)}={quote(str(template), safe='')}")
    return "&".join(fixed), tuple(open_ones)


def _filled(template: str, values: Mapping[str, Any], joins: Mapping[str, str] = NO_JOINS) -> str:
    return fill_template(template, lambda name: _text(values[name], joins.get(name, ",")))


def _checked_address(url: str) -> str:
    if len(url) > LONGEST_ADDRESS:
        raise InvalidArguments(
            f"The arguments are too long: they make an address of {len(url):,} characters, and at most "
            f"{LONGEST_ADDRESS:,} are sent.",
            advice="Give shorter values, or fewer of them.",
        )
    return url


def _checked_header(name: str, value: str) -> str:
    if len(value) > LONGEST_HEADER:
        raise InvalidArguments(
            f"An argument is too long for the header field {name}: it has {len(value):,} characters, and at most "
            f"{LONGEST_HEADER:,} are sent.",
        )
    if not (value.isascii() and value.isprintable()):
        raise InvalidArguments(
            f"An argument cannot stand in the header field {name}.",
            advice="Give it without line ends and in ASCII characters.",
        )
    return value


def _filled_path(template: str, values: Mapping[str, Any]) -> str:
    return fill_template(template, lambda name: _segment(name, _text(values[name])))


def _segment(name: str, text: str) -> str:
    """Return a value as one segment of a path. Raises InvalidArguments for one that leads elsewhere."""
    if text in ("", ".", ".."):
        raise InvalidArguments(f'Argument "{name}" cannot be {text!r}.', advice="Give the Id of a record.")
    return text if text.isalnum() and text.isascii() else quote(text, safe="")


def _text(value: Any, join: str = ",") -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return join.join(_text(each) for each in value)
    return str(value)


def record(tool: Tool, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that the caller gave, under the vendor's names, and those that are always sent."""
    given = {
        field: arguments[argument] for argument, field in tool.call.body_arguments if argument in arguments
    }
    return {**given, **tool.call.fixed}


def build_body(tool: Tool, content: Mapping[str, Any]) -> bytes:
    """Return the body that sends a record's fields, under the vendor's names."""
    if tool.call.body == "json_patch":
        return figures.write_json([_operation(tool, name, value) for name, value in content.items()])
    if tool.call.wrap:
        return figures.write_json({tool.call.wrap: [content] if tool.call.wraps_list else content})
    return figures.write_json(content)


def _operation(tool: Tool, name: str, value: Any) -> dict[str, Any]:
    path = fill_template(tool.call.patch_path, lambda _: name)
    return {"op": "replace", "path": path, "value": value}


def _body_with_file(tool: Tool, arguments: Mapping[str, Any], file: OutgoingFile | None) -> FileBody:
    """Return the body of a call that sends a file. Raises InvalidArguments for one too large for the vendor."""
    part = tool.file_part
    files = {part.content: file} if part is not None and file is not None else {}
    alone = file if tool.call.body == "file" else None
    body = FileBody(alone) if alone else MultipartBody(tool.call.parts, record(tool, arguments), files)
    if part is not None and 0 < part.max_bytes < body.size:
        beside = "" if alone else "with the record beside it, "
        raise InvalidArguments(
            f"The file is too large: {beside}it comes to {body.size:,} bytes, and the vendor takes "
            f"{part.max_bytes:,}.",
            advice="Nothing was sent. Send a smaller file.",
        )
    return body


def _address(base_url: str, path: str, values: Mapping[str, Any]) -> str:
    if path.startswith(ORIGIN):
        root = urlsplit(base_url)
        base_url, path = f"{root.scheme}://{root.netloc}", path.removeprefix(ORIGIN)
    return base_url + _filled_path(path, values)
