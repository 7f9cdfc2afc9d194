"""Tools from methods, arguments and prose: the request filled in, the bytes made. Called by `pipeline`.

What a client sees of a tool is written here once, as compact JSON: nobody builds it again per request.
"""

from __future__ import annotations

from typing import Any

import orjson

from generator.catalog import HINTS, PATCH_PATH, SPREAD, Call, Example, Part, Returns, Risk, Tool
from generator.reading.yaml_events import Document
from generator.stages.argument_parts import Arguments
from generator.stages.compact_schema import compact_schema
from generator.stages.file_arguments import list_parts
from generator.stages.methods import Method
from generator.stages.preflight import parse_duplicates, parse_reversal
from generator.stages.references import parse_reference_form
from generator.stages.update_guard import CLEAR
from generator.templates import fill_known

NO_REQUEST = "none"
"""The request of a tool whose answer is computed from those of other tools."""


def build_tool(
    method: Method, made: Arguments, description: str, properties: dict[str, Any], integration: Document
) -> Tool:
    """Return the finished tool. `properties` and `description` have their links filled."""
    schema = {
        "type": "object",
        "properties": properties,
        "required": made.required,
        "additionalProperties": False,
    }
    risk: Risk = method.rules["risk"]
    advanced, as_text = (frozenset(integration.value.get(key) or ()) for key in ("advanced", "json_text"))
    is_change = method.rules.get("body") in ("whole_record", "json_patch")
    shown = compact_schema(
        schema,
        advanced.union(made.advanced),
        as_text,
        made.cautions,
        reference=parse_reference_form(integration),
        is_change=is_change,
    )
    return Tool(
        name=method.tool,
        title=method.title,
        description=description,
        integration=integration.value["integration"],
        resource=method.resource.name,
        method=method.name,
        method_class=method.method_class,
        risk=risk,
        given_risk_level=method.rules.get("risk_level"),
        tags=method.tags,
        schema=orjson.dumps(schema),
        wire=orjson.dumps(_wire(method, description, shown.schema, risk)),
        call=_call(method, made, integration),
        returns=_returns(method),
        listing=made.listing,
        ignored_arguments=made.ignored_arguments,
        advanced=shown.rare,
        takes_company=made.takes_company,
        references=tuple(made.references),
        identifier=method.resource.identifier,
        former_names=tuple(method.rules.get("former_names") or ()),
        is_guarded=CLEAR in made.options,
        options=made.options,
        duplicates=parse_duplicates(method.rules.get("duplicates")),
        reversal=parse_reversal(method.rules.get("reversal")),
        needs=dict(made.needs),
        always_send=tuple(method.rules.get("always_send") or ()),
        examples=tuple(
            Example(each["prompt"], each["arguments"]) for each in method.rules.get("examples") or ()
        ),
    )


def _wire(method: Method, description: str, schema: dict[str, Any], risk: Risk) -> dict[str, Any]:
    read_only, destructive, idempotent, open_world = HINTS[risk]
    return {
        "name": method.tool,
        "title": method.title,
        "description": description,
        "inputSchema": schema,
        "annotations": {
            "readOnlyHint": read_only,
            "destructiveHint": destructive,
            "idempotentHint": idempotent,
            "openWorldHint": open_world,
        },
    }


def _call(method: Method, made: Arguments, integration: Document) -> Call:
    rules = method.rules
    if rules["request"] == NO_REQUEST:
        return Call("GET", "")
    verb, _, address = rules["request"].partition(" ")
    path, _, query = address.partition("?")
    pairs = [
        SPREAD if part == SPREAD[1] else tuple(part.partition("=")[::2]) for part in query.split("&") if part
    ]
    pairs += [(name, f"{{{name}}}") for name in made.query]
    body = rules.get("body", "none")
    return Call(
        verb=verb,
        path=_fill_template(path, method),
        query=tuple((name, _fill_template(template, method)) for name, template in pairs),
        headers=tuple((rules.get("headers") or {}).items()),
        body=_body_kind(body),
        parts=_parts(body),
        body_arguments=tuple(made.body),
        wrap=_fill_template(rules.get("wrap", ""), method).removesuffix("[]"),
        wraps_list=rules.get("wrap", "").endswith("[]"),
        patch_path=(integration.value.get("updates") or {}).get("patch_path", PATCH_PATH),
        fixed=dict(rules.get("fixed") or {}),
        joins=dict(made.joins),
    )


def _body_kind(body: Any) -> Any:
    if isinstance(body, dict):
        return "parts" if "parts" in body else "file"
    return "record" if body == "whole_record" or isinstance(body, list) else body


def _parts(body: Any) -> tuple[Part, ...]:
    return tuple(
        Part(
            name=each.get("name", ""),
            fields=tuple(each.get("json") or ()),
            content=each.get("file", ""),
            file_name=each.get("file_name", ""),
            media_type=each.get("media_type", ""),
            max_bytes=each.get("max_bytes", 0),
            types={ending: tuple(kinds) for ending, kinds in (each.get("types") or {}).items()},
        )
        for each in list_parts(body)
    )


def _fill_template(template: str, method: Method) -> str:
    """Return a template with what is known of the resource filled in; the rest waits for the call."""
    resource = method.resource
    return fill_known(
        template, {"entity": resource.entity, "singular": resource.singular, "path": resource.path}
    )


def _returns(method: Method) -> Returns:
    value = method.rules["returns"]
    for kind in ("record", "records"):
        if kind in value:
            path = _fill_template(value[kind], method)
            return Returns(kind, path=tuple(path.split(".")) if path else ())
    if "file" in value:
        return Returns(
            "file", media_type=value["file"], file_name=_fill_template(value.get("name", ""), method)
        )
    if "behaviour" in value:
        return Returns("behaviour", behaviour=value["behaviour"], paged=value.get("paged", False))
    if "computed" in value:
        return Returns("nothing", computed=value["computed"])
    if "text" in value:
        return Returns("text", path=(value["text"],))
    return Returns("batch" if value.get("batch") else "nothing")
