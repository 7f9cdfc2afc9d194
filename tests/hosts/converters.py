"""Run the converters of real hosts over a list of tools, and print what each refuses or drops, as JSON.

Run by test_converters with the Python of an environment that has the hosts' packages (`scripts/hosts` makes them); a
converter whose package is not there is left out. Each gets the tools as an MCP client has them, and returns, for each
tool, the names of arguments that are left, or raises.
"""

from __future__ import annotations

import copy
import importlib.util
import json
import re
import sys
import warnings
from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

Tool = dict[str, Any]
Names = set[str]


def google_genai(tool: Tool) -> Names:
    from google.genai import _mcp_utils
    from mcp.types import Tool as McpTool

    declared = _mcp_utils.mcp_to_gemini_tool(McpTool(**tool)).function_declarations[0]
    if declared.parameters is None:
        return {*(declared.parameters_json_schema or {}).get("properties", {})}
    plain = declared.parameters.model_dump(exclude_none=True, mode="json")
    check_gemini(plain, is_root=True)
    return {*plain.get("properties", {})}


def google_genai_schema(tool: Tool) -> Names:
    """The path of hosts that make a Schema of it, which raises for what it does not know."""
    from google.genai import types

    schema = types.Schema.model_validate(_upper(tool["inputSchema"]))
    plain = schema.model_dump(exclude_none=True, mode="json")
    check_gemini(plain, is_root=True)
    return {*plain.get("properties", {})}


def google_adk(tool: Tool) -> Names:
    from google.adk.tools import _gemini_schema_util

    schema = _gemini_schema_util._to_gemini_schema(tool["inputSchema"])
    plain = schema.model_dump(exclude_none=True, mode="json")
    check_gemini(plain, is_root=True)
    return {*plain.get("properties", {})}


def langchain_gemini(tool: Tool) -> Names:
    from langchain_google_genai._function_utils import convert_to_genai_function_declarations

    found = convert_to_genai_function_declarations([_langchain(tool)])
    declared = (found[0] if isinstance(found, list) else found).function_declarations[0]
    plain = declared.parameters.model_dump(exclude_none=True, mode="json") if declared.parameters else {}
    if plain:
        check_gemini(plain, is_root=True)
        check_same(tool["inputSchema"], plain)
    return {*plain.get("properties", {})}


def langchain_openai_strict(tool: Tool) -> Names:
    from langchain_core.utils.function_calling import convert_to_openai_tool

    parameters = convert_to_openai_tool(_langchain(tool), strict=True)["function"]["parameters"]
    _check_strict(parameters)
    return {*parameters["properties"]}


def openai_agents_strict(tool: Tool) -> Names:
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
    from litellm.llms.vertex_ai.common_utils import _build_vertex_schema

    made = _build_vertex_schema(copy.deepcopy(tool["inputSchema"]))
    check_gemini(made, is_root=True)
    return {*made.get("properties", {})}


def litellm_bedrock(tool: Tool) -> Names:
    from litellm.litellm_core_utils.prompt_templates.factory import _bedrock_tools_pt

    function = {"name": tool["name"], "description": tool["description"], "parameters": tool["inputSchema"]}
    made = _bedrock_tools_pt([{"type": "function", "function": function}])
    return {*made[0]["toolSpec"]["inputSchema"]["json"]["properties"]}


def openai_agents_tool(tool: Tool) -> Names:
    """The whole path of an agent: its tool, in strict mode; one without arguments is sent in the usual mode."""
    from agents.mcp import MCPServerStreamableHttp, MCPUtil
    from mcp.types import Tool as McpTool

    server = MCPServerStreamableHttp({"url": "http://127.0.0.1:9/mcp"})
    made = MCPUtil.to_function_tool(McpTool.model_validate(tool), server, convert_schemas_to_strict=True)
    if made.strict_json_schema:
        _check_strict(made.params_json_schema)
    elif tool["inputSchema"]["properties"]:
        raise ValueError("not taken in strict mode")
    return {*made.params_json_schema["properties"]}


def langchain_openai_bound(tool: Tool) -> Names:
    """What ChatOpenAI would send."""
    from langchain_openai import ChatOpenAI

    bound = ChatOpenAI(model="gpt-5", api_key="none").bind_tools([_langchain(tool)], strict=True)
    function = bound.kwargs["tools"][0]["function"]
    if function["strict"] is not True:
        raise ValueError("not sent in strict mode")
    _check_strict(function["parameters"])
    return {*function["parameters"]["properties"]}


def bedrock(tool: Tool) -> Names:
    """The client of AWS itself, which checks a request against its model of the service."""
    return _sent_to_bedrock({key: tool[key] for key in ("name", "description", "inputSchema")})


def langchain_bedrock(tool: Tool) -> Names:
    from langchain_aws.chat_models.bedrock_converse import _format_tools

    function = {"name": tool["name"], "description": tool["description"], "parameters": tool["inputSchema"]}
    spec = _format_tools([{"type": "function", "function": function}])[0]["toolSpec"]
    return _sent_to_bedrock(spec | {"inputSchema": spec["inputSchema"]["json"]})


def strands(tool: Tool) -> Names:
    """What its model makes of the tool that its MCP client makes."""
    from mcp.types import Tool as McpTool
    from strands.tools.mcp import MCPAgentTool

    agent_tool = MCPAgentTool(McpTool.model_validate(tool), mcp_client=None)
    made = _strands_model().format_request([], [agent_tool.tool_spec])["toolConfig"]["tools"][0]["toolSpec"]
    return _sent_to_bedrock({**made, "inputSchema": made["inputSchema"]["json"]})


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
    "OpenAI Agents, its tool": ("agents", openai_agents_tool),
    "LangChain with strict OpenAI, as it is sent": ("langchain_openai", langchain_openai_bound),
    "Bedrock": ("boto3", bedrock),
    "LangChain with Bedrock": ("langchain_aws", langchain_bedrock),
    "Strands with Bedrock": ("strands", strands),
}


def _langchain(tool: Tool) -> Any:
    from langchain_core.tools import StructuredTool

    return StructuredTool(
        name=tool["name"], description=tool["description"], args_schema=tool["inputSchema"], func=print
    )


@cache
def _strands_model() -> Any:
    from strands.models.bedrock import BedrockModel

    return BedrockModel(model_id="any.model", region_name="us-east-1")


@cache
def _bedrock() -> tuple[Any, list[Tool], Any]:
    """A client of Bedrock that sends nothing, what it would have sent, and what the service says of a tool's name."""
    import boto3
    from botocore.awsrequest import AWSResponse

    client = boto3.client(
        "bedrock-runtime", region_name="us-east-1", aws_access_key_id="none", aws_secret_access_key="none"
    )
    sent: list[Tool] = []

    def answer(request: Any, **_: Any) -> Any:
        sent.append(json.loads(request.body))
        return AWSResponse(request.url, 200, {}, SimpleNamespace(stream=lambda **_: iter([b"{}"])))

    client.meta.events.register("before-send.bedrock-runtime.Converse", answer)
    shape = client.meta.service_model.operation_model("Converse").input_shape.members["toolConfig"]
    spec = shape.members["tools"].member.members["toolSpec"]
    return client, sent, spec.members["name"].metadata


def _sent_to_bedrock(spec: Tool) -> Names:
    """The arguments that are left in the request that the client made; its model is checked where it does not."""
    client, sent, name = _bedrock()
    if not re.fullmatch(name["pattern"], spec["name"]) or len(spec["name"]) > name["max"]:
        raise ValueError(f"name: {spec['name']} does not fit {name}")
    tools = [{"toolSpec": {**spec, "inputSchema": {"json": spec["inputSchema"]}}}]
    message = {"role": "user", "content": [{"text": "Hello"}]}
    client.converse(modelId="any.model", messages=[message], toolConfig={"tools": tools})
    return {*sent.pop()["toolConfig"]["tools"][0]["toolSpec"]["inputSchema"]["json"]["properties"]}


def _upper(schema: Tool) -> Tool:
    """The schema with Gemini's names of types."""
    out = {**schema, "type": schema["type"].upper()}
    if "properties" in schema:
        out["properties"] = {name: _upper(each) for name, each in schema["properties"].items()}
    if "items" in schema:
        out["items"] = _upper(schema["items"])
    return out


def check_gemini(schema: Tool, *, is_root: bool = False) -> None:
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
        check_gemini(each)


def check_same(given: Tool, made: Tool, path: str = "") -> None:
    """Raise where a converter made something else of a type, such as text of an object."""
    kinds = str(given["type"]).upper(), str(made.get("type", "")).upper().removeprefix("TYPE.")
    if kinds[0] != kinds[1]:
        raise ValueError(f"{path or 'the root'} is {kinds[1]} in place of {kinds[0]}")
    for name, each in given.get("properties", {}).items():
        check_same(each, made["properties"][name], f"{path}.{name}")
    if "items" in given:
        check_same(given["items"], made["items"], f"{path}[]")


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
