"""The OpenAPI 3.1 document of the management API, made from the table of operations and nothing else."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from runtime.api import shapes
from runtime.api.operation import TAGS, TOOLS, Operation
from runtime.api.responses import HEADERS, describe_json, list_responses
from runtime.api.table import TABLE
from runtime.error_codes import ERROR_CODES, ERROR_PAGES
from runtime.identity.sessions import find_cookie_name
from runtime.operations.approval_config import LONGEST_HEADER
from runtime.safety.once import LONGEST_KEY, VALID_FOR_SECONDS

_FORM = {
    "multipart/form-data": {
        "schema": {
            "type": "object",
            "description": "For a tool that takes a file: the file as a part under the name of its argument, and "
            "the other arguments as fields, or together in the field arguments.",
            "properties": {
                "content": {"type": "string", "format": "binary"},
                "arguments": {"type": "string", "description": "Arguments as one JSON object."},
            },
            "additionalProperties": {"type": "string"},
        }
    }
}


@cache
def build_document(server_url: str) -> dict[str, Any]:
    """Return the document for a deployment at this address."""
    models = [(model, "validation") for operation in TABLE for model in _models(operation)]
    _, schemas = models_json_schema(
        [*dict.fromkeys(models), (shapes.ErrorShape, "validation")],  # type: ignore[list-item]
        ref_template="#/components/schemas/{model}",
    )
    schemas["$defs"]["ErrorCode"] = _error_codes(server_url)
    schemas["$defs"]["ErrorShape"]["properties"]["code"] = {"$ref": "#/components/schemas/ErrorCode"}
    paths: dict[str, dict[str, Any]] = {}
    for operation in TABLE:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Ledgerport",
            "version": "1",
            "description": "Manages companies and their secret URLs.",
        },
        "servers": [{"url": server_url}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "headers": HEADERS,
            "securitySchemes": {
                "api_token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": find_cookie_name(server_url)},
            },
        },
        "security": [{"api_token": []}],
    }


def _error_codes(server_url: str) -> dict[str, Any]:
    """Return the schema of the codes, with the page that explains each."""
    lines = (f"- `{each.code}`: {each.happened}" for each in ERROR_CODES.values())
    return {
        "type": "string",
        "enum": list(ERROR_CODES),
        "description": "\n".join((f"Each has a page at {server_url}{ERROR_PAGES}/{{code}}.", "", *lines)),
        "externalDocs": {"url": f"{server_url}{ERROR_PAGES}"},
    }


def _models(operation: Operation) -> list[type[BaseModel]]:
    return [model for model in (operation.body, operation.answer) if model is not None]


def _operation(operation: Operation) -> dict[str, Any]:
    handler = operation.handler
    described: dict[str, Any] = {
        "operationId": handler.__name__,
        "tags": [operation.tag],
        "summary": (handler.__doc__ or "").strip(),
        "parameters": [*_path(operation), *_query(operation), *_headers(operation)],
        "responses": list_responses(operation),
    }
    if operation.body is not None:
        described["requestBody"] = {
            "required": not operation.calls_vendor,
            "content": describe_json(operation.body),
        }
    if operation.calls_vendor:
        described["requestBody"]["content"] |= _FORM
    described["security"] = _list_security(operation)
    return described


def _list_security(operation: Operation) -> list[dict[str, list[str]]]:
    """Return what an operation is answered for: an API token with a scope, the session of a person, or either."""
    token = [{"api_token": [str(operation.scope)]}] if operation.scope else []
    return [*token, *([] if operation.persons == "no" else [{"session": list[str]()}])]


def _path(operation: Operation) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in re.findall(r"{(\w+)}", operation.path)
    ]


def _query(operation: Operation) -> list[dict[str, Any]]:
    if operation.query is None:
        return []
    return [
        {"name": name, "in": "query", "required": False, "schema": schema}
        for name, schema in operation.query.model_json_schema()["properties"].items()
    ]


_NARROWING = {
    "X-Ledgerport-Readonly": "true leaves only tools that change nothing.",
    "X-Ledgerport-Tools": "Names of tools, with commas between them: only these are left.",
    "X-Ledgerport-Tags": "Tags, with commas between them: only tools with any of these are left.",
}
"""The header fields by which a request narrows the tools that it has."""


def _narrowing(name: str, about: str) -> dict[str, Any]:
    schema = (
        {"type": "string", "enum": ["true", "false"]} if name.endswith("Readonly") else {"type": "string"}
    )
    return {"name": name, "in": "header", "required": False, "description": about, "schema": schema}


_KEY = {
    "type": "string",
    "minLength": 1,
    "maxLength": LONGEST_KEY + 2,
    "pattern": r'^([!#-~][!-~]*|"([!#-\[\]-~]|\\["\\])+")$',
}
_OF_CALLS = (
    "With the same key and arguments a repeat of a write is the same write. With another call the key is refused "
    "(422), and while the first is under way, too (409). A repeat has the answer of the first call, success or "
    "refusal; a call that was refused before it was sent, or for a rate limit, leaves its key free."
)
_OF_REQUESTS = (
    "With the same key, path and body a repeat is the same request and has the same answer, secrets included. With "
    "another request the key is refused (422), and while the first is under way, too (409). A request that was refused "
    "leaves its key free."
)
_FORM_OF_KEY = (
    "In double quotes, as a String of structured fields (RFC 9651), or bare: both are accepted. "
    f"Remembered for {VALID_FOR_SECONDS / 86400:g} days."
)


_APPROVAL = {
    "name": "Ledgerport-Approval",
    "in": "header",
    "required": False,
    "description": "Has this call wait for a person's approval where it is one of these risks, or moves more than an "
    "amount, such as: overwrite, destroy, above=500. It adds to the rules that hold anyhow.",
    "schema": {"type": "string", "maxLength": LONGEST_HEADER},
}


def _headers(operation: Operation) -> list[dict[str, Any]]:
    narrowing = [_narrowing(name, about) for name, about in _NARROWING.items()]
    found = narrowing if operation.tag == TOOLS else []
    if operation.calls_vendor:
        found = [*found, _APPROVAL]
    if operation.method != "POST" or operation.persons == "only":
        return found
    about = _OF_REQUESTS if operation.takes_key else _OF_CALLS
    return [
        *found,
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "description": f"{about} {_FORM_OF_KEY}",
            "schema": _KEY,
        },
    ]
