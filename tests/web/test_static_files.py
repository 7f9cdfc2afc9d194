"""The files of the pages: what comes from others is unchanged, with its licence."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import runtime.web

FOLDER = Path(runtime.web.__file__).with_name("static")
HTMX = "d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717"
"""SHA-256 of `dist/htmx.min.js` of the npm package htmx.org 2.0.11."""


def test_htmx_is_the_published_file_with_its_licence() -> None:
    content = (FOLDER / "htmx.js").read_bytes()
    assert hashlib.sha256(content).hexdigest() == HTMX
    assert 'version:"2.0.11"' in content.decode()
    assert "Permission to use, copy, modify" in (FOLDER / "htmx-licence.txt").read_text()


_DRAWING = re.compile(r'url\("data:image/svg\+xml,[^"]*"\)')
"""A drawing that stands in the stylesheet itself; the name in it is that of its format, and nothing is loaded."""


def test_no_file_of_the_pages_names_an_address_elsewhere() -> None:
    for path in (*FOLDER.glob("*.css"), FOLDER / "ledgerport.js", FOLDER / "passkeys.js"):
        text = _DRAWING.sub("", path.read_text())
        assert not re.findall(r"https?:|[\"'(]//|url\(|@import", text), path.name
