"""What every tool that writes takes beside its own arguments. None of it is sent. Part of `arguments`."""

from __future__ import annotations

from generator.catalog import ALLOW_DUPLICATE, DRY_RUN
from generator.stages.methods import Method
from generator.stages.resolve import Field

_DRY_RUN: Field = {
    "type": "boolean",
    "description": "True sends nothing: the answer has what would be sent and what is found in it.",
}
_ALLOW_DUPLICATE: Field = {
    "type": "boolean",
    "description": "True makes the record although one like it is there already.",
}


def list_write_arguments(method: Method) -> dict[str, Field]:
    """Return the arguments that a method has because it writes; none for one that reads."""
    if method.rules["risk"] == "read":
        return {}
    allowing = {ALLOW_DUPLICATE: dict(_ALLOW_DUPLICATE)} if "duplicates" in method.rules else {}
    return {DRY_RUN: dict(_DRY_RUN)} | allowing
