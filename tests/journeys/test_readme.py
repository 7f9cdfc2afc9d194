"""The conversations at the top of the README, held with the demo: the same requests get the same answers on any day."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
CUT = "…"


@pytest.fixture
def untouched(stage) -> Iterator[str]:
    """The URL of the demo, with its company as it begins; it is put back afterwards.

    Other journeys leave bills in it, and one that is dated after the report that is compared with does not tie.
    """
    stage.control("snapshot", {"name": "before the README"})
    stage.restore_start()
    try:
        yield stage.server()["url"]
    finally:
        stage.control("restore", {"name": "before the README"})


def test_the_opening_transcript_is_what_the_demo_answers(stage):
    url = stage.server()["url"]
    block = re.search(r"    \$ curl -s \$URL(.*?)\n\n    … (.*?)\n\n\(", README, re.DOTALL)
    request, answer = re.fullmatch(r".*? -d '(.*?)'\n(.*)", block[1], re.DOTALL).groups()
    arguments, refusal = block[2].split("\n", 1)
    message = json.loads(request)

    assert _text(url, message) == _joined(answer, "")

    message["params"]["arguments"] = json.loads(f"{{{arguments}}}")["arguments"]
    assert _text(url, message) == _joined(refusal, " ")


def test_the_transcript_of_writes_is_what_the_demo_answers(untouched):
    update, creation = _exchanges("Writes that cannot hurt")

    begin, end = "".join(update.lines).split(CUT)
    answer = "".join(_contents(untouched, update.message))
    assert answer.startswith(begin)
    assert answer.endswith(end)
    assert _text(untouched, creation.message) == " ".join(creation.lines)


def test_the_transcript_of_reads_is_what_the_demo_answers_but_for_its_figures(untouched):
    total, query = _exchanges("Reads that do not lie")

    shown = "".join(total.lines).partition(CUT)[0]
    answered = json.loads(_text(untouched, total.message))
    assert list(answered) == re.findall(r'"(sums|as_of|complete|ties|ids)":', shown)
    assert answered["ties"][0] == json.loads(re.search(r'"ties":\[(.*?)\]', shown)[1]) | {
        "figure": answered["sums"]["Balance"]["sum"]
    }
    assert len(answered["ids"]) == answered["sums"]["Balance"]["count"]
    assert _text(untouched, query.message) == " ".join(query.lines)


class _Exchange:
    """One call of a transcript, with the lines of its answer."""

    def __init__(self, block: str) -> None:
        name, _, rest = block.partition(" ")
        arguments, end = json.JSONDecoder().raw_decode(rest)
        self.lines = [line.strip() for line in rest[end:].strip().splitlines()]
        self.message = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {"name": name, "arguments": arguments},
        }


def _exchanges(section: str) -> list[_Exchange]:
    text = README.split(f"## {section}\n")[1].split("\n## ")[0]
    return [_Exchange(each) for each in re.findall(r"^    … (\w+ \{.*?)\n\n", text, re.DOTALL | re.MULTILINE)]


def _joined(lines: str, between: str) -> str:
    """A text whose line breaks were added for the page."""
    return between.join(line.strip() for line in lines.splitlines())


def _text(url: str, message: dict[str, Any]) -> str:
    (text,) = _contents(url, message)
    return text


def _contents(url: str, message: dict[str, Any]) -> list[str]:
    request = urllib.request.Request(
        url, data=json.dumps(message).encode(), headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        return [str(content["text"]) for content in json.load(response)["result"]["content"]]
