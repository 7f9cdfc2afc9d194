"""The name of a field as people read it, whatever vendor it is of: `TotalAmt` is `Total amt`.

Called by pages and by `record_diff`.
"""

from __future__ import annotations

import re

_PARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_")


def split_name(name: str) -> str:
    """Return the name of a field in its parts: `TotalAmt` becomes `Total amt`."""
    parts = [part for part in _PARTS.split(name) if part]
    text = " ".join(part if part.isupper() else part.lower() for part in parts)
    return text[:1].upper() + text[1:]
