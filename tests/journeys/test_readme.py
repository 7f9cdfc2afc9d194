"""The conversation at the top of the README, held with the demo: the same requests get the same answers on any day."""

from __future__ import annotations

import json
import re
import urllib.request
from pathlib import Path
from typing import Any

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")


def test_the_opening_transcript_is_what_the_demo_answers(stage):
    url = stage.server()["url"]
    block = re.search(r"    \$ curl -s \$URL(.*?)\n\n    … (.*?)\n\n\(", README, re.DOTALL)
    request, answer = re.fullmatch(r".*? -d '(.*?)'\n(.*)", block[1], re.DOTALL).groups()
    arguments, refusal = block[2].split("\n", 1)
    message = json.loads(request)

    assert _text(url, message) == _joined(answer, "")

    message["params"]["arguments"] = json.loads(f"{{{arguments}}}")["arguments"]
    assert _text(url, message) == _joined(refusal, " ")


def _joined(lines: str, between: str) -> str:
    """A text whose line breaks were added for the page."""
    return between.join(line.strip() for line in lines.splitlines())


def _text(url: str, message: dict[str, Any]) -> str:
    request = urllib.request.Request(
        url, data=json.dumps(message).encode(), headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        (content,) = json.load(response)["result"]["content"]
    return str(content["text"])
