"""What is found in a write before it is sent: every finding names the argument, what was found and what would be right.

Called by every check of a write, so that a caller learns of all findings at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from generator.catalog import Tool
from runtime.errors import InvalidArguments

MOST_NAMED = 10
"""As many as a model corrects in one step; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. `found` and `right` are sentences; an error stops the write, anything else is a warning."""

    argument: str
    found: str
    right: str
    is_error: bool = True


def refuse(tool: Tool, findings: Sequence[Finding]) -> None:
    """Raise InvalidArguments that lists every error among the findings; nothing has been sent then."""
    errors = [each for each in findings if each.is_error]
    if not errors:
        return
    shown = errors[:MOST_NAMED]
    text = " ".join(each.found for each in shown)
    rest = f" And {len(errors) - len(shown)} more." if len(errors) > len(shown) else ""
    advice = " ".join(dict.fromkeys(each.right for each in shown if each.right))
    raise InvalidArguments(
        f"{tool.name} was not called: {text}{rest}",
        advice=f"Nothing was sent. {advice}".strip(),
        details={
            "errors": [
                {"argument": each.argument, "problem": each.found, "advice": each.right} for each in shown
            ]
        },
    )


def list_warnings(findings: Sequence[Finding]) -> list[str]:
    """Return the findings that do not stop a write, as sentences."""
    return [f"{each.found} {each.right}".strip() for each in findings if not each.is_error]
