"""The keys of definitions that had another name before, so that an old file is answered with the new one.

Part of `grammar`. A key may have become several: which of them is meant follows from where it stands.
"""

from __future__ import annotations

from collections.abc import Collection

RENAMED_KEYS: dict[str, tuple[str, ...]] = {
    "acknowledged": ("write_receipt",),
    "answered": ("response_only",),
    "answers": ("responses", "response_path"),
    "as_text": ("json_text",),
    "ask": ("prompt",),
    "bare": ("unquoted_types",),
    "beside": ("sibling_fields", "requires", "when_given"),
    "called": ("for",),
    "clears_unless": ("sparse_field",),
    "elsewhere": ("mapped_fields",),
    "entry": ("pattern",),
    "entry_says": ("pattern_help",),
    "everyday": ("default_tools",),
    "form": ("pattern",),
    "forms": ("templates",),
    "given": ("has_arguments",),
    "grace": ("grace_period",),
    "join": ("separator",),
    "left_out": ("omitted",),
    "meant": ("suggestions",),
    "missed": ("recommended_together",),
    "most": ("max_operations",),
    "names": ("arguments",),
    "needed": ("required_together",),
    "of": ("resources",),
    "once": ("idempotency",),
    "points_to": ("references",),
    "rare": ("advanced",),
    "say": ("message",),
    "says": ("message",),
    "sent": ("has_values",),
    "shown_with": ("visible_with",),
    "takes": ("argument_groups",),
    "tool": ("tool_name",),
    "unused_for": ("idle_expiry",),
    "why": ("reason",),
    "with_text": ("matches_quoted_text",),
}


def find_new_key(old: str, known: Collection[str]) -> str:
    """Return the name that a key has now among those known at its place; empty when it was not renamed there."""
    return next((new for new in RENAMED_KEYS.get(old, ()) if new in known), "")
