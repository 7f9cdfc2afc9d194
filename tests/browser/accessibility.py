"""What axe-core finds on a page: the rules of WCAG 2.1 A and AA that a program can check, contrast among them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

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
_RUN = "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})"


def find_violations(page: Page) -> list[str]:
    """What is serious on the page that is open: the rule, and where."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate(_RUN, RULES)
    return [
        f"{each['id']}: {node['html'][:160]} ({node['failureSummary'].splitlines()[-1].strip()[:160]})"
        for each in found["violations"]
        if each["impact"] in SERIOUS
        for node in each["nodes"]
    ]
