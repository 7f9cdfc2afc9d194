"""An OpenAPI document with one operation for each tool of a catalog: same name, description and arguments."""

from __future__ import annotations

from typing import Any

from generator.catalog import Catalog, Tool


def document_of(catalog: Catalog, base_url: str) -> dict[str, Any]:
    """The document. A get retains the vendor's path; the others, never called here, have one of their own."""
    paths: dict[str, Any] = {}
    for tool in catalog.tools:
        path = tool.call.path if tool.method == "get" else _own_path(tool)
        paths.setdefault(path, {})["get" if tool.is_read_only else "post"] = _operation(tool)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Bench", "version": "1"},
        "servers": [{"url": base_url}],
        "paths": paths,
    }


def _own_path(tool: Tool) -> str:
    has_id = "id" in tool.input_schema["properties"]
    return f"/{tool.resource}/{tool.method}" + ("/{id}" if has_id else "")


def _operation(tool: Tool) -> dict[str, Any]:
    properties: dict[str, Any] = dict(tool.input_schema["properties"])
    required = tool.input_schema.get("required", [])
    operation: dict[str, Any] = {
        "operationId": tool.name,
        "summary": tool.title,
        "description": tool.description,
        "parameters": [],
        "responses": {"200": {"description": "The answer", "content": {"application/json": {"schema": {}}}}},
    }
    if "id" in properties:
        operation["parameters"].append(_parameter("id", "path", properties.pop("id"), True))
    if tool.is_read_only:
        operation["parameters"] += [
            _parameter(name, "query", schema, name in required) for name, schema in properties.items()
        ]
    elif properties:
        schema = {
            "type": "object",
            "properties": properties,
            "required": [name for name in required if name in properties],
        }
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return operation


def _parameter(name: str, place: str, schema: dict[str, Any], is_required: bool) -> dict[str, Any]:
    described = {"description": schema["description"]} if "description" in schema else {}
    return {"name": name, "in": place, "required": is_required, "schema": schema, **described}
