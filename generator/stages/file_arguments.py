"""The arguments of a tool that sends a file: what of its body is one, and what is said of it. Part of `arguments`."""

from __future__ import annotations

from typing import Any

from generator.stages.methods import Method
from generator.stages.resolve import Field


def describe_files(properties: dict[str, Field], method: Method) -> None:
    """Add to the argument of a file how large it may be and which kinds the vendor takes, by the rules of its part."""
    for part in list_parts(method.rules.get("body")):
        given = properties.get(part.get("file", ""))
        if given is None:
            continue
        if most := part.get("max_bytes"):
            given["description"] = f"{given.get('description', '')} At most {format_size(most)}.".strip()
        if types := part.get("types"):
            given["description"] = (
                f"{given.get('description', '')} One of {', '.join(sorted(types))}.".strip()
            )


def format_size(count: int) -> str:
    """Return a number of bytes as people write it, never more than it is: 100 MB, 64 kB, 999 bytes."""
    for unit, name in ((1_000_000, "MB"), (1_000, "kB")):
        if count >= unit:
            return f"{count // unit} {name}"
    return f"{count} bytes"


def list_parts(body: Any) -> list[dict[str, Any]]:
    """Return the parts of a body that has some; a body that is a file is the one part of it."""
    if not isinstance(body, dict):
        return []
    return body.get("parts") or [body]
