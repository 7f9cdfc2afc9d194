"""What strangers wrote into records stays data: nothing unseen passes, nothing ends its fence, JSON stays what it is.

The corpus is in `injection_corpus/`: texts that were written to be obeyed, hidden, or taken for something else.
"""

from __future__ import annotations

import asyncio
import re
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.catalog import Call, Catalog, Returns
from runtime.exchange import record
from runtime.exchange.allowance import Allowance, shorten
from runtime.exchange.context import CallContext
from runtime.exchange.tool_answer import Answer
from runtime.mcp_server.results import build_content
from runtime.model import Grant, ServerConfig
from runtime.operations.calls import Calls
from runtime.operations.vendor_calls import VendorCalls
from runtime.safety.fences import BEGIN, END, PREFACE, fence_json, fence_text, strip_fences
from runtime.stores.hot_memory import MemoryHotState
from runtime.upstream.client import VendorClient, VendorRequest, VendorResponse
from runtime.upstream.visible_text import is_plain, show_in_json, show_unseen
from tests import made_up
from tests.made_up_calls import ACCOUNT, BATCH, FixedTokens

FOLDER = Path(__file__).parent / "injection_corpus"
CORPUS = [
    pytest.param(text, id=f"{path.stem}-{at}")
    for path in sorted(FOLDER.glob("*.json"))
    for at, text in enumerate(
        orjson.loads(re.sub(rb"\\u(d83d|dc00)(?! ?\\u)", rb"\\\\u\1", path.read_bytes()))
    )
]
LIST = replace(
    made_up.tool(
        made_up.LIST.name,
        {
            **made_up.LIST.input_schema["properties"],
            "format": made_up.TEXT,
            "max_tokens": {"type": "integer"},
        },
        made_up.LIST.call,
        made_up.LIST.returns,
        method="list",
    ),
    listing=replace(made_up.LISTING, columns=("Id", "Memo", "CustomerRef")),
)
GET = made_up.GET
REPORT = made_up.tool(
    "a_report", {}, Call("GET", "/r"), Returns("behaviour", behaviour="quickbooks.report_rows")
)
LINK = made_up.tool("a_link", {}, Call("GET", "/link"), Returns("text", ("link",)))
TOOLS = {each.name: each for each in (LIST, GET, made_up.UPDATE, REPORT, LINK, BATCH)}
MODES = ("plain", "fenced")


class Vendor(VendorClient):
    """Answers one body and remembers what it was sent."""

    def __init__(self, body: bytes, status: int = 200) -> None:
        super().__init__(timeout_seconds=1, per_account=10)
        self.response, self.requests = VendorResponse(status, {}, body), []

    async def send(self, request: VendorRequest, account: str) -> VendorResponse:
        self.requests.append(request)
        return self.response


def ask(vendor: Vendor, tool: str, arguments: dict[str, Any], mode: str = "plain") -> Answer:
    calls = Calls(
        catalog=lambda: Catalog("1", {"acme": made_up.VENDOR}, tuple(TOOLS.values())),
        vendor=VendorCalls(
            client=vendor,
            tokens=FixedTokens(),
            hot=MemoryHotState(),
            base_url=lambda integration, account: "https://books.example.com",
            clock=lambda: 1000.0,
        ),
        max_answer_bytes=100_000,
    )
    config = ServerConfig(untrusted_text="fenced" if mode == "fenced" else "plain")
    return asyncio.run(calls.call(Grant(ACCOUNT, config), TOOLS, tool, arguments))


def written(value: Any, *, is_ascii: bool = False) -> bytes:
    """A value as a vendor may write it: in UTF-8, or with everything beyond ASCII escaped."""
    text = orjson.dumps(value)
    if not is_ascii:
        return text
    return b"".join(
        each.encode() if each.isascii() else b"".join(b"\\u%04x" % unit for unit in units(each))
        for each in text.decode()
    )


def units(character: str) -> list[int]:
    pairs = character.encode("utf-16-be")
    return [int.from_bytes(pairs[at : at + 2]) for at in range(0, len(pairs), 2)]


def halves(body: bytes) -> bytes:
    """A body with halves of characters where the corpus names them."""
    return re.sub(rb"\\\\u(d83d|dc00)", rb"\\u\1", body)


def unseen_in(text: str) -> list[str]:
    """What a reader would not see, by Unicode's own categories, beside line ends, tabs and emoji."""
    text = text.replace("\r\n", "\n")
    text = re.sub(
        "[\U0001f000-\U0001faff\u2600-\u27bf]\ufe0f?(?:\u200d[\U0001f000-\U0001faff]\ufe0f?)*", "", text
    )
    others = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0"
    return [
        each
        for each in text
        if (unicodedata.category(each) in ("Cc", "Cf", "Cs", "Zl", "Zp") and each not in "\n\t")
        or each in others
        or "\ufe00" <= each <= "\ufe0f"
        or "\U000e0000" <= each <= "\U000e0fff"
    ]


def texts_in(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for each in inner for text in texts_in(each)]


def shape_of(value: Any) -> Any:
    """A value without its texts."""
    if isinstance(value, dict):
        return {name: shape_of(each) for name, each in value.items()}
    return [shape_of(each) for each in value] if isinstance(value, list) else type(value).__name__


def check_fences(text: str) -> None:
    """Every fence that is opened is closed, none is inside another, and the text of each is inside."""
    assert re.fullmatch(f"[^{BEGIN}{END}]*(?:{BEGIN}[^{BEGIN}{END}]*{END}[^{BEGIN}{END}]*)*", text), text


def answers_with(text: str, mode: str, *, is_ascii: bool) -> dict[str, tuple[Answer, Any]]:
    """What every kind of call answers when this text stands in the books, and the shape that is right."""
    stored = {
        "Id": "1",
        "Memo": text,
        "CustomerRef": {"value": "2", "name": text},
        "Line": [{"Description": text}],
    }
    cells = {"ColData": [{"value": text, "id": "1"}, {"value": "2.00"}]}
    report = {
        "Header": {"ReportName": "r"},
        "Columns": {"Column": [{"ColTitle": text}, {"ColTitle": "Total"}]},
        "Rows": {"Row": [{"Header": cells, "Rows": {"Row": [cells]}, "Summary": cells}]},
    }
    records = {"QueryResponse": {"Invoice": [stored, stored]}}
    batch = {"BatchItemResponse": [{"bId": "1", **records}, {"bId": "2", "Invoice": stored}]}
    calls = {
        "calls": [
            {"tool": LIST.name, "arguments": {"fields": ["*"]}},
            {
                "tool": made_up.UPDATE.name,
                "arguments": {"id": "1", "SyncToken": "0", "DueDate": "2026-11-30"},
            },
        ]
    }

    def reply(value: Any, tool: str, arguments: dict[str, Any]) -> Answer:
        return ask(Vendor(halves(written(value, is_ascii=is_ascii))), tool, arguments, mode)

    usual = {name: stored[name] for name in ("Id", "Memo", "CustomerRef")}
    return {
        "list": (reply(records, LIST.name, {}), {"returned": 2, "records": [usual, usual]}),
        "whole": (reply(records, LIST.name, {"fields": ["*"]}), {"returned": 2, "records": [stored, stored]}),
        "table": (
            reply(records, LIST.name, {"format": "table"}),
            {"returned": 2, "columns": ["x"] * 4, "rows": [["x"] * 4] * 2},
        ),
        "get": (reply({"Invoice": stored}, GET.name, {"id": "1"}), stored),
        "report": (reply(report, REPORT.name, {}), None),
        "batch": (reply(batch, BATCH.name, calls), None),
    }


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("text", CORPUS)
def test_no_text_of_the_corpus_hides_anything_ends_its_fence_or_changes_an_answer(text, mode):
    for is_ascii in (False, True):
        for kind, (answer, right) in answers_with(text, mode, is_ascii=is_ascii).items():
            assert answer.error is None, (kind, answer.error)
            found = orjson.loads(answer.text)
            assert unseen_in(answer.text) == [], kind
            assert [each for each in texts_in(found) if unseen_in(each)] == [], kind
            assert right is None or shape_of(found) == shape_of(right), kind
            if mode == "fenced":
                check_fences(answer.text)
                for each in texts_in(found):
                    check_fences(each)
                    assert each.startswith(BEGIN) or re.fullmatch(r"[\w.:+-]{0,40}", each, re.ASCII), (
                        kind,
                        each,
                    )
                assert build_content(answer)[0]["text"] == PREFACE
            else:
                assert BEGIN not in answer.text or BEGIN in text


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("text", CORPUS)
def test_no_text_of_the_corpus_hides_anything_or_ends_its_fence_in_an_error(text, mode):
    complaint = {"Fault": {"Error": [{"Message": "Refused", "Detail": text, "code": "6000"}]}}
    batch = {"BatchItemResponse": [{"bId": "1", **complaint}]}
    calls = {"calls": [{"tool": LIST.name}]}
    pages = {"page": f"<html><body><h1>{text}</h1></body></html>".encode()}
    refused = ask(Vendor(halves(written(complaint)), 400), GET.name, {"id": "1"}, mode)
    paged = ask(Vendor(halves(pages["page"]), 500), GET.name, {"id": "1"}, mode)
    batched = ask(Vendor(halves(written(batch))), BATCH.name, calls, mode)
    for answer in (refused, paged):
        assert answer.error is not None
    shown = [
        *(each["text"] for each in build_content(refused)),
        *(each["text"] for each in build_content(paged)),
    ]
    for each in [*shown, *texts_in(orjson.loads(batched.text))]:
        assert unseen_in(each) == []
        if mode == "fenced" and each != PREFACE:
            check_fences(each)
    if mode == "fenced":
        assert BEGIN in shown[1]
        assert BEGIN in batched.text


def test_the_corpus_has_texts_of_every_kind():
    assert len(CORPUS) >= 60
    assert len({each.id.partition("-")[0] for each in CORPUS}) >= 8


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202eb", "a[U+202E]b"),
        ("\U000e0041", "[U+E0041]"),
        ("line\r\nend\ttab\n", "line\r\nend\ttab\n"),
        ("a\rb", "a[U+000D]b"),
        ("\u2764\ufe0f \U0001f469\U0001f3fd\u200d\U0001f680 1\ufe0f\u20e3", None),
        ("a\ufe0f", "a[U+FE0F]"),
        ("\u2764\ufe0f\ufe0f", "\u2764\ufe0f[U+FE0F]"),
        ("Müller “Söhne” — £ é", None),
        ("C:\\bin\\run \\u202e", None),
    ],
)
def test_what_is_unseen_is_written_as_its_number_and_all_else_stays(text, shown):
    right = text if shown is None else shown
    assert show_unseen(text) == right
    for is_ascii in (False, True):
        assert orjson.loads(show_in_json(written({"a": text}, is_ascii=is_ascii))) == {"a": right}


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=12), st.booleans())
def test_json_with_what_is_unseen_shown_is_the_same_value_with_its_texts_shown(text, is_ascii):
    shown = orjson.loads(show_in_json(written({"a": [text, 1.5]}, is_ascii=is_ascii)))
    assert shown == {"a": [show_unseen(text), 1.5]}


def test_a_body_without_anything_unseen_is_passed_on_as_it_is():
    for body in (
        b'{"a": "plain", "b": 1.00}',
        '{"a": "Müller “x” 💡"}'.encode(),
        b'{"a": "line\\nend \\"q\\""}',
    ):
        assert is_plain(body)
        assert show_in_json(body) is body


def test_every_character_that_is_looked_for_in_a_body_is_found():
    for code in (*range(0x7F, 0xD800), *range(0xE000, 0x110000)):
        text = chr(code)
        assert show_unseen(text) == text or not is_plain(b'"%b"' % text.encode()), hex(code)


def test_a_half_of_a_character_is_shown_in_place_of_an_answer_that_nobody_can_read():
    found = show_in_json(b'{"a":"x\\ud83dy","b":"\\ud83d\\ude00"}')
    assert orjson.loads(found) == {"a": "x[U+D83D]y", "b": "\U0001f600"}


def test_an_answer_in_xml_hides_nothing_either():
    body = "<r><Invoice><Memo kind='&#x202e;x'></Memo><Note>a&#x200b;b</Note><Id>1\u202e</Id></Invoice></r>".encode()
    answer = ask(Vendor(body), GET.name, {"id": "1"})
    assert answer.error is None
    assert unseen_in(answer.text) == []


def test_a_link_hides_nothing():
    assert "[U+202E]" in ask(Vendor("https://a\u202eb".encode()), LINK.name, {}).text


def test_what_says_nothing_has_no_fence():
    for text in ("130", "2026-11-20T09:00:00-08:00", "SalesItemLineDetail", "USD", "-1.50", ""):
        assert fence_text(text) == text
    assert (
        fence_json(b'{"Cool Cars":["Cool Cars",1.00,null]}')
        == '{"Cool Cars":["⟦Cool Cars⟧",1.00,null]}'.encode()
    )


def test_fences_that_come_back_in_arguments_are_not_written_into_the_books():
    vendor = Vendor(written({"Invoice": {"Id": "1", "Memo": "Deliver to the back"}}))
    arguments = {"id": "1", "SyncToken": "0", "Line": [{"Description": "⟦Deliver to the back⟧"}]}
    ask(vendor, made_up.UPDATE.name, arguments, "fenced")
    assert vendor.requests
    assert orjson.loads(vendor.requests[-1].body)["Line"] == [{"Description": "Deliver to the back"}]
    assert strip_fences({"a": ["⟦x⟧", {"b": "⟦y"}]}) == {"a": ["x", {"b": "y"}]}


def test_a_fenced_text_that_is_cut_has_its_end_and_is_read_on_from_there():
    memo = "⟧" + "word " * 2000
    vendor = Vendor(written({"QueryResponse": {"Invoice": [{"Id": "1", "Memo": memo}]}}))
    found = orjson.loads(
        ask(vendor, LIST.name, {"max_tokens": 1000, "fields": ["Id", "Memo"]}, "fenced").text
    )
    shown = found["records"][0]["Memo"]
    check_fences(shown)
    assert shown.startswith(BEGIN + "[U+27E7]word ")
    assert f"Memo[{len(shown) - 2 - len('[U+27E7]') + 1}:]" in found["note"]


def test_an_error_that_is_cut_has_the_end_of_its_fence():
    complaint = {
        "Fault": {"Error": [{"Message": "M", "Detail": f"d {at} " * 180, "code": "1"} for at in range(9)]}
    }
    error = ask(Vendor(written(complaint), 400), GET.name, {"id": "1"}, "fenced").error
    assert error is not None
    shorten(error, 1000)
    check_fences(error.message)


@pytest.mark.parametrize("mode", MODES)
def test_what_an_update_says_of_a_record_hides_nothing_and_ends_no_fence(mode):
    stored = {"Id": "1", "SyncToken": "0", "Memo": "x\u202ey ⟧ z", "PrivateNote": "old ⟧ text"}
    part = CallContext(
        made_up.UPDATE, made_up.VENDOR, ACCOUNT, {}, lambda *_: {}, is_fenced=mode == "fenced", cover=None
    )
    part.before, part.content = stored, {**stored, "PrivateNote": "new"}
    after = orjson.loads(show_in_json(orjson.dumps({**stored, "PrivateNote": "other ⟧ text"})))
    text = record.write_update(part, {"Invoice": after}, Allowance(50_000)).decode()
    found = orjson.loads(text)
    assert unseen_in(text) == []
    assert "Memo" not in found["changed"]
    assert "PrivateNote" in found["changed"]
    if mode == "fenced":
        check_fences(text)
        assert "⟦old [U+27E7] text⟧" in text
