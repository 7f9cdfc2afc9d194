"""What axe-core finds on a page: the rules of WCAG 2.1 A and AA that a program can check, contrast among them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Frame, Page

AXE = (
    Path(__file__).resolve().parents[2]
    / ".cache"
    / "clients"
    / "axe"
    / "node_modules"
    / "axe-core"
    / "axe.min.js"
)
"""Installed by `scripts/clients`."""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
SERIOUS = ("serious", "critical")
OF_COLOURS = ("color-contrast", "link-in-text-block")
"""The rules whose answer another theme can change."""
_RUN = "wanted => axe.run(document, {runOnly: wanted, resultTypes: ['violations']})"


def find_violations(page: Page | Frame, *, is_theme_alone: bool = False) -> list[str]:
    """What is serious on the page that is open: the rule, and where. `is_theme_alone` is for a page that was looked at
    in another theme.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    wanted = {"type": "rule", "values": OF_COLOURS} if is_theme_alone else {"type": "tag", "values": RULES}
    found: dict[str, Any] = page.evaluate(_RUN, wanted)
    return [
        f"{each['id']}: {node['html'][:160]} ({node['failureSummary'].splitlines()[-1].strip()[:160]})"
        for each in found["violations"]
        if each["impact"] in SERIOUS
        for node in each["nodes"]
    ]
