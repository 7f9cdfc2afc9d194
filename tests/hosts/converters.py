"""Run the converters of real hosts over a list of tools, and print what each refuses or drops, as JSON.

Run by test_converters with the Python of an environment that has the hosts' packages (`scripts/hosts` makes them); a
converter whose package is not there is left out. Each gets the tools as an MCP client has them, and returns, for each
tool, the names of arguments that are left, or raises.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import warnings
from collections.abc import Callable
from typing import Any

Tool = dict[str, Any]
Names = set[str]


def google_genai(tool: Tool) -> Names:
    from google.genai import _mcp_utils, types
    from mcp.types import Tool as McpTool

    declared = _mcp_utils.mcp_to_gemini_tool(McpTool(**tool)).function_declarations[0]
    if declared.parameters is None:
        return {*(declared.parameters_json_schema or {}).get("properties", {})}
    plain = declared.parameters.model_dump(exclude_none=True, mode="json")
    _check_gemini(plain, is_root=True)
    assert isinstance(declared, types.FunctionDeclaration)
    return {*plain.get("properties", {})}


def google_genai_schema(tool: Tool) -> Names:
    """The path of hosts that make a Schema of it, which raises for what it does not know."""
    from google.genai import types

    schema = types.Schema.model_validate(_upper(tool["inputSchema"]))
    plain = schema.model_dump(exclude_none=True, mode="json")
    _check_gemini(plain, is_root=True)
    return {*plain.get("properties", {})}


def google_adk(tool: Tool) -> Names:
    from google.adk.tools import _gemini_schema_util

    schema = _gemini_schema_util._to_gemini_schema(tool["inputSchema"])
    plain = schema.model_dump(exclude_none=True, mode="json")
    _check_gemini(plain, is_root=True)
    return {*plain.get("properties", {})}


def langchain_gemini(tool: Tool) -> Names:
    from langchain_google_genai._function_utils import convert_to_genai_function_declarations

    found = convert_to_genai_function_declarations([_langchain(tool)])
    declared = (found[0] if isinstance(found, list) else found).function_declarations[0]
    plain = declared.parameters.model_dump(exclude_none=True, mode="json") if declared.parameters else {}
    if plain:
        _check_gemini(plain, is_root=True)
        _same_types(tool["inputSchema"], plain)
    return {*plain.get("properties", {})}


def langchain_openai_strict(tool: Tool) -> Names:
    from langchain_core.utils.function_calling import convert_to_openai_tool

    parameters = convert_to_openai_tool(_langchain(tool), strict=True)["function"]["parameters"]
    _check_strict(parameters)
    return {*parameters["properties"]}


def openai_agents_strict(tool: Tool) -> Names:
    import copy

    from agents.strict_schema import ensure_strict_json_schema

    parameters = ensure_strict_json_schema(copy.deepcopy(tool["inputSchema"]))
    _check_strict(parameters)
    return {*parameters["properties"]}


def pydantic_ai_gemini(tool: Tool) -> Names:
    from pydantic_ai.profiles.google import GoogleJsonSchemaTransformer

    return {*GoogleJsonSchemaTransformer(tool["inputSchema"], strict=False).walk().get("properties", {})}


def pydantic_ai_openai_strict(tool: Tool) -> Names:
    from pydantic_ai.profiles.openai import OpenAIJsonSchemaTransformer

    parameters = OpenAIJsonSchemaTransformer(tool["inputSchema"], strict=True).walk()
    _check_strict(parameters)
    return {*parameters["properties"]}


def litellm_openai(tool: Tool) -> Names:
    from litellm.experimental_mcp_client.tools import transform_mcp_tool_to_openai_tool
    from mcp.types import Tool as McpTool

    made = transform_mcp_tool_to_openai_tool(McpTool.model_validate(tool))
    return {*made["function"]["parameters"]["properties"]}


def litellm_gemini(tool: Tool) -> Names:
    import copy

    from litellm.llms.vertex_ai.common_utils import _build_vertex_schema

    made = _build_vertex_schema(copy.deepcopy(tool["inputSchema"]))
    _check_gemini(made, is_root=True)
    return {*made.get("properties", {})}


def litellm_bedrock(tool: Tool) -> Names:
    from litellm.litellm_core_utils.prompt_templates.factory import _bedrock_tools_pt

    function = {"name": tool["name"], "description": tool["description"], "parameters": tool["inputSchema"]}
    made = _bedrock_tools_pt([{"type": "function", "function": function}])
    return {*made[0]["toolSpec"]["inputSchema"]["json"]["properties"]}


def llama_index(tool: Tool) -> Names:
    from llama_index.tools.mcp import McpToolSpec

    spec = McpToolSpec.__new__(McpToolSpec)
    spec.properties_cache = {}
    model = spec.create_model_from_json_schema(tool["inputSchema"], model_name=f"{tool['name']}_Schema")
    return {*model.model_json_schema()["properties"]}


HOSTS: dict[str, tuple[str, Callable[[Tool], Names]]] = {
    "google-genai": ("google.genai", google_genai),
    "google-genai, as a Schema": ("google.genai", google_genai_schema),
    "google-adk": ("google.adk", google_adk),
    "LangChain with Gemini": ("langchain_google_genai", langchain_gemini),
    "LangChain with strict OpenAI": ("langchain_openai", langchain_openai_strict),
    "OpenAI Agents, strict": ("agents", openai_agents_strict),
    "pydantic-ai with Gemini": ("pydantic_ai", pydantic_ai_gemini),
    "pydantic-ai with strict OpenAI": ("pydantic_ai", pydantic_ai_openai_strict),
    "LiteLLM with OpenAI": ("litellm", litellm_openai),
    "LiteLLM with Gemini": ("litellm", litellm_gemini),
    "LiteLLM with Bedrock": ("litellm", litellm_bedrock),
    "llama-index": ("llama_index.tools.mcp", llama_index),
}


def _langchain(tool: Tool) -> Any:
    from langchain_core.tools import StructuredTool

    return StructuredTool(
        name=tool["name"], description=tool["description"], args_schema=tool["inputSchema"], func=print
    )


def _upper(schema: Tool) -> Tool:
    """The schema with Gemini's names of types."""
    out = {**schema, "type": schema["type"].upper()}
    if "properties" in schema:
        out["properties"] = {name: _upper(each) for name, each in schema["properties"].items()}
    if "items" in schema:
        out["items"] = _upper(schema["items"])
    return out


def _check_gemini(schema: Tool, *, is_root: bool = False) -> None:
    """What the API answers 400 to, whatever the converter let through."""
    kind = str(schema.get("type", "")).upper().removeprefix("TYPE.")
    parts = schema.get("properties") or {}
    if kind == "OBJECT" and not parts and not is_root:
        raise ValueError("properties: should be non-empty for OBJECT type")
    for name in schema.get("required") or ():
        if name not in parts:
            raise ValueError(f"required: {name}: property is not defined")
    if kind == "ARRAY" and not schema.get("items"):
        raise ValueError("items: missing field")
    if kind == "STRING" and schema.get("format") not in (None, "", "enum", "date-time"):
        raise ValueError(f"format {schema['format']}: only enum and date-time are supported for STRING type")
    for each in (*parts.values(), *([schema["items"]] if schema.get("items") else [])):
        _check_gemini(each)


def _same_types(given: Tool, made: Tool, path: str = "") -> None:
    """Raise where a converter made something else of a type, such as text of an object."""
    kinds = str(given["type"]).upper(), str(made.get("type", "")).upper().removeprefix("TYPE.")
    if kinds[0] != kinds[1]:
        raise ValueError(f"{path or 'the root'} is {kinds[1]} in place of {kinds[0]}")
    for name, each in given.get("properties", {}).items():
        _same_types(each, made["properties"][name], f"{path}.{name}")
    if "items" in given:
        _same_types(given["items"], made["items"], f"{path}[]")


def _check_strict(schema: Tool) -> None:
    """OpenAI's strict mode: every object closed, everything in it required, nothing without a type."""
    if schema.get("type") == "object":
        if schema.get("additionalProperties") is not False:
            raise ValueError("additionalProperties is required to be false")
        if {*schema.get("required", ())} != {*schema.get("properties", {})}:
            raise ValueError("required is required to name every property")
    for each in (*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])):
        _check_strict(each)


def refused(tools: list[Tool], convert: Callable[[Tool], Names]) -> dict[str, str]:
    """The tools that a converter refuses, or of which it drops arguments, each with why."""
    found = {}
    for tool in tools:
        try:
            left = convert(tool)
            if dropped := {*tool["inputSchema"]["properties"]} - left:
                found[tool["name"]] = f"drops {', '.join(sorted(dropped))}"
        except Exception as problem:
            found[tool["name"]] = f"{type(problem).__name__}: {problem}"[:300]
    return found


def main() -> None:
    warnings.simplefilter("ignore")
    tools = json.load(sys.stdin)
    answer = {}
    for host, (package, convert) in HOSTS.items():
        if _is_there(package):
            answer[host] = refused(tools, convert)
    json.dump(answer, sys.stdout)


def _is_there(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except ModuleNotFoundError:
        return False


if __name__ == "__main__":
    main()
