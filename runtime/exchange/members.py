"""What an answer says beside its content, as members of the same JSON text. Part of `context`.

An answer stays one JSON text: clients join the texts that they get, and read them as one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson


def add_members(text: str, members: Mapping[str, Any]) -> str:
    """Return a JSON object with more members at its end; one that it has already stays as it is.

    A text that is no object is returned as it is.
    """
    if not text.endswith("}"):
        return text
    new = {name: value for name, value in members.items() if value and f'"{name}":' not in text}
    if not new:
        return text
    comma = "" if text == "{}" else ","
    return f"{text[:-1]}{comma}{orjson.dumps(new).decode()[1:]}"
