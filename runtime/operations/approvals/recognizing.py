"""What a write that waits is recognized by, when the same call is made again. Pure; called by `staging`."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import orjson

from runtime.exchange.context import CallContext
from runtime.keys.crypto import Keys
from runtime.upstream import figures

ID_BYTES = 16
"""As many as nobody guesses."""


def name_change(keys: Keys, call: CallContext, place: int) -> str:
    """Return the id of a change: the same one for a repeat under the key of its caller, and otherwise a new one."""
    if not call.caller_key:
        return f"pch_{secrets.token_hex(ID_BYTES)}"
    text = "\n".join(("pending", call.account.id, call.caller, call.caller_key, str(place)))
    return f"pch_{keys.hash_key(text.encode()).hex()[: 2 * ID_BYTES]}"


def hash_asked(keys: Keys, call: CallContext) -> str:
    """Return what a call is known by as its caller made it: the tool and the arguments that it named."""
    name, arguments = call.asked or (call.tool.name, call.given)
    text = orjson.dumps([name, arguments], option=orjson.OPT_SORT_KEYS)
    return keys.hash_key(b"asked\n" + text).hex()


def make_fingerprint(keys: Keys, tool_name: str, arguments: Mapping[str, Any], count: int) -> bytes:
    """Return what a call is recognized by; of equal writes in one call, each by which of them it is."""
    text = figures.write_json({"tool": tool_name, "arguments": arguments, "count": count})
    return keys.hash_key(b"pending\n" + orjson.dumps(orjson.loads(text), option=orjson.OPT_SORT_KEYS))
