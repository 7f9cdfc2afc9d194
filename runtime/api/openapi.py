"""The OpenAPI 3.1 document of the management door, made from the table of operations and nothing else."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from runtime.api import shapes
from runtime.api.table import TABLE, Operation
from runtime.safety.once import LONGEST_KEY, VALID_FOR_SECONDS

_REFUSALS = {
    "400": "What was sent is wrong; the message says where.",
    "401": "There is no API token, or a wrong one.",
    "403": "The API token lacks the scope.",
    "404": "There is no such thing.",
    "409": "It is in another state than that needs.",
    "408": "The body did not come in time.",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
    "429": "Too many wrong API tokens came from this address, or the rate limit of the vendor is reached.",
    "500": "The server failed; this was logged.",
}
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
def document(server_url: str) -> dict[str, Any]:
    """The document for a deployment at this address."""
    models = [(model, "validation") for operation in TABLE for model in _models(operation)]
    _, schemas = models_json_schema(
        [*dict.fromkeys(models), (shapes.ErrorShape, "validation")],  # type: ignore[list-item]
        ref_template="#/components/schemas/{model}",
    )
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
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"api_token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"api_token": []}],
    }


def _models(operation: Operation) -> list[type[BaseModel]]:
    return [model for model in (operation.body, operation.answer) if model is not None]


def _operation(operation: Operation) -> dict[str, Any]:
    handler = operation.handler
    described: dict[str, Any] = {
        "operationId": handler.__name__,
        "summary": (handler.__doc__ or "").strip(),
        "parameters": [*_path(operation), *_query(operation), *_headers(operation)],
        "responses": _responses(operation),
    }
    if operation.body is not None:
        described["requestBody"] = {"required": not operation.calls_vendor, "content": _json(operation.body)}
    if operation.calls_vendor:
        described["requestBody"]["content"] |= _FORM
    described["security"] = [{"api_token": [operation.scope]}] if operation.scope else []
    return described


def _responses(operation: Operation) -> dict[str, Any]:
    content: dict[str, Any] = _json(operation.answer)
    if operation.calls_vendor:
        content = {"application/json": {}, "application/pdf": {}, "application/octet-stream": {}}
    responses: dict[str, Any] = {str(operation.status): {"description": "Done.", "content": content}}
    if operation.is_public:
        return {
            **responses,
            "503": {"description": "It cannot work now.", "content": _json(operation.answer)},
        }
    for status, description in _REFUSALS.items():
        responses[status] = {"description": description, "content": _json(shapes.ErrorShape)}
    if operation.calls_vendor:
        responses["503"] = {
            "description": "Too many files are being sent; Retry-After says how long to wait.",
            "content": _json(shapes.ErrorShape),
        }
        responses["507"] = {
            "description": "A file cannot be stored until it is sent on.",
            "content": _json(shapes.ErrorShape),
        }
        responses["default"] = {
            "description": "The vendor's own status, such as 429.",
            "content": _json(shapes.ErrorShape),
        }
    return responses


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


def _headers(operation: Operation) -> list[dict[str, Any]]:
    if not operation.calls_vendor:
        return []
    return [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "description": (
                "With the same key and arguments a repeat of a write is the same write. With another call the key is "
                "refused (422), and while the first is under way, too (409). Bare or in double quotes. "
                f"Remembered for {VALID_FOR_SECONDS / 86400:g} days."
            ),
            "schema": {
                "type": "string",
                "minLength": 1,
                "maxLength": LONGEST_KEY + 2,
                "pattern": r'^([!#-~][!-~]*|"([!#-\[\]-~]|\\["\\])+")$',
            },
        }
    ]


def _json(model: type[BaseModel]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}
