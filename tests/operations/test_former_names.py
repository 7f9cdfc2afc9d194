"""A call by a former name of a tool is answered, and the answer says which name to use from now on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runtime.exchange.tool_answer import Answer, File
from runtime.mcp_server import results
from tests import made_up
from tests.mcp_server.stand import TOKEN, TOOLS, FakeCalls, Stand, make_catalog, make_grant
from tests.safety.calling import talk

FORMER = "get_an_acme_bill"
NOTE = (
    f"{FORMER} is now called {made_up.GET.name}. The former name is answered until the next release; "
    "use the new one."
)
TOOL = replace(made_up.GET, former_names=(FORMER,))
OLD = "fetch_invoice"


def answer_to(name: str) -> Answer:
    found: list[Answer] = []

    async def script(call, server):
        found.append(await call(name, {"id": "7"}))

    reply = {made_up.GET.returns.path[0]: {"Id": "7"}}
    talk(made_up.VENDOR, {TOOL.name: TOOL}, lambda line, body: reply, script)
    assert found[0].error is None
    return found[0]


def test_the_answer_to_a_former_name_says_the_new_one():
    assert answer_to(FORMER).note == NOTE


def test_the_answer_to_the_name_that_a_tool_has_says_nothing_of_it():
    assert answer_to(TOOL.name).note == ""


@pytest.mark.parametrize(
    ("exposure", "name", "arguments"),
    [
        ("full", OLD, {"id": "7"}),
        ("discovery", "call_read_tool", {"name": OLD, "arguments": {"id": "7"}}),
    ],
)
def test_the_mcp_endpoint_passes_on_the_name_that_was_called(exposure, name, arguments):
    calls = FakeCalls()
    here = Stand(grants={TOKEN: make_grant(tool_exposure=exposure)}, calls=calls)
    here.catalog = make_catalog((TOOLS[0], replace(TOOLS[1], former_names=(OLD,))))

    here.post("tools/call", {"name": name, "arguments": arguments})

    assert calls.made == [(OLD, {"id": "7"})]


@pytest.mark.parametrize("link", [results.NO_LINK, results.Link("https://x.example/files/1")])
def test_a_note_stands_behind_a_file_too(link):
    answer = Answer(file=File("a.pdf", "application/pdf", b"%PDF"), note=NOTE)

    result = results.build_result(answer, link)

    assert result["content"][-1] == {"type": "text", "text": NOTE}
