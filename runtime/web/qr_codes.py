"""QR codes as paths of SVG, so that a phone can take over an address that is shown once.

Called by the page of a new URL. Nothing is asked of anybody else for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

import segno

QUIET = 4
"""Modules of white around a code, as ISO/IEC 18004 asks for."""


@dataclass(frozen=True, slots=True)
class QrCode:
    """A code: the side of its square with what is white around it, and the path of its dark modules."""

    side: int
    path: str


def make_qr_code(text: str) -> QrCode:
    """Return the QR code of a text, which can be read with 15 % of it damaged."""
    rows = segno.make(text, error="m", micro=False).matrix
    parts: list[str] = []
    for y, row in enumerate(rows, QUIET):
        x = QUIET
        for is_dark, run in groupby(row):
            length = len(list(run))
            if is_dark:
                parts.append(f"M{x} {y}h{length}v1h-{length}z")
            x += length
    return QrCode(len(rows) + 2 * QUIET, "".join(parts))
