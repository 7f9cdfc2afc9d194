"""The filter and switches of an MCP server as the text in its row. Called by `look_up` and `server_records`."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from runtime.approval import read_approval, write_approval
from runtime.model import NO_BUDGET, NO_POLICIES, USUAL_TIME_ZONE, Budget, Policies, ServerConfig


@lru_cache(maxsize=4096)
def read_config(text: str) -> ServerConfig:
    """Return the filter and switches of an MCP server as they are stored."""
    words: dict[str, Any] = json.loads(text)
    return ServerConfig(
        tuple(words.get("methods", ())),
        tuple(words.get("tags", ())),
        words.get("require_api_token_auth", False),
        words.get("rate_limit_style", "tool_result"),
        words.get("max_answer_bytes", 0),
        words.get("tool_exposure", "full"),
        words.get("show_sensitive", False),
        words.get("max_rows", 0),
        words.get("max_answer_tokens", 0),
        words.get("untrusted_text", "plain"),
        Policies.read(words["policies"]) if "policies" in words else NO_POLICIES,
        Budget(**words["budget"]) if "budget" in words else NO_BUDGET,
        words.get("time_zone", USUAL_TIME_ZONE),
        tuple(words.get("networks", ())),
        words.get("max_uses", 0),
        read_approval(words.get("approval"), "mcp_server"),
    )


def write_config(config: ServerConfig) -> str:
    """Return the same as text; what is as it is by default is left out."""
    words = {
        "methods": list(config.methods),
        "tags": list(config.tags),
        "require_api_token_auth": config.require_api_token_auth,
        "rate_limit_style": config.rate_limit_style if config.rate_limit_style != "tool_result" else "",
        "max_answer_bytes": config.max_answer_bytes,
        "tool_exposure": config.tool_exposure if config.tool_exposure != "full" else "",
        "show_sensitive": config.show_sensitive,
        "max_rows": config.max_rows,
        "max_answer_tokens": config.max_answer_tokens,
        "untrusted_text": config.untrusted_text if config.untrusted_text != "plain" else "",
        "policies": config.policies.as_dict(),
        "budget": config.budget.as_dict(),
        "time_zone": config.time_zone if config.time_zone != USUAL_TIME_ZONE else "",
        "networks": list(config.networks),
        "max_uses": config.max_uses,
        "approval": write_approval(config.approval, "mcp_server"),
    }
    return json.dumps({name: value for name, value in words.items() if value}, ensure_ascii=False)
