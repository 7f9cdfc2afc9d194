"""Nothing that a call answers is larger than its budget, at either endpoint, and what is cut can be read on."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator.catalog import Call, Catalog, Condition, Returns
from runtime.api.replies import FORM, build_response
from runtime.mcp_server.greeting import Identity
from runtime.mcp_server.methods import McpServices, Methods
from runtime.mcp_server.protocol import Message
from runtime.mcp_server.replies import as_stream
from runtime.mcp_server.toolset import Toolsets
from runtime.model import Grant, ServerConfig
from runtime.operations.calls import Calls
from runtime.operations.vendor_calls import VendorCalls
from runtime.stores.hot_memory import MemoryHotState
from runtime.upstream.client import VendorClient, VendorRequest, VendorResponse
from tests import made_up
from tests.made_up_calls import ACCOUNT, BATCH, FixedTokens

LISTING = replace(
    made_up.LISTING, conditions=(*made_up.LISTING.conditions, Condition("Id_any_of", "Id", "any_of"))
)
LIST = replace(made_up.LIST, listing=LISTING)
CREATE = replace(
    made_up.UPDATE,
    name="create_a_acme_invoice",
    method="create",
    risk="create",
    ignored_arguments=("TotalAmt",),
)
REPORT = made_up.tool(
    "a_report",
    {"start_date": made_up.TEXT, "next_cursor": made_up.TEXT, "limit": {"type": "integer"}},
    Call("GET", "/report"),
    Returns("behaviour", behaviour="quickbooks.report_rows", paged=True),
)
LINK = made_up.tool("a_link", {}, Call("GET", "/link"), Returns("text", ("link",)))
TOOLS = {each.name: each for each in (LIST, made_up.GET, made_up.UPDATE, CREATE, REPORT, LINK, BATCH)}
VENDOR = replace(made_up.VENDOR, identifier="Id")
CATALOG = Catalog("1", {"acme": VENDOR}, tuple(TOOLS.values()))
TEXTS = {"plain": "invoice ", "escaped": '"\\\n\t', "multi-byte": "é€😀", "control": "\x01\x1f"}
CASES = [(text, 8_000) for text in TEXTS.values()] + [(TEXTS["escaped"], 32_000)]
JSON = {"content-type": "application/json"}


class Vendor(VendorClient):
    """A vendor that answers every request alike, or by its URL."""

    def __init__(self, answer: Any, status: int = 200) -> None:
        super().__init__(timeout_seconds=1, per_account=10)
        self.answer, self.status = answer, status

    async def send(self, request: VendorRequest, account: str) -> VendorResponse:
        body = self.answer(request.url) if callable(self.answer) else self.answer
        return VendorResponse(self.status, JSON, body if isinstance(body, bytes) else orjson.dumps(body))


def both_replies(
    name: str, arguments: dict[str, Any], vendor: Vendor, budget: int, id_: str = "i" * 1000
) -> list[tuple[int, Any]]:
    """The size of the whole reply and the value in it, over MCP in both eras and over REST."""
    grant = Grant(ACCOUNT, ServerConfig(max_answer_bytes=budget, tool_exposure="discovery"))
    calls = Calls(
        catalog=lambda: CATALOG,
        vendor=VendorCalls(
            client=vendor,
            tokens=FixedTokens(),
            hot=MemoryHotState(),
            base_url=lambda integration, account: "https://books.example.com",
            clock=lambda: 1000.0,
        ),
        max_answer_bytes=1_000_000,
    )
    services = McpServices(lambda: CATALOG, calls, Identity("ledgerport", "1"), lambda event, **fields: None)
    methods = Methods(services)
    toolset = Toolsets().select(CATALOG, "acme", grant.config)

    async def main() -> list[tuple[int, Any]]:
        found = []
        for is_modern in (False, True):
            params = {"name": name, "arguments": arguments, "_meta": {}}
            message = Message("tools/call", params, id_, is_modern=is_modern)
            reply = as_stream(await methods._call(message, grant, toolset, {}))
            texts = orjson.loads(reply.body.split(b"data: ", 1)[1])["result"]["content"]
            found.append((len(reply.body), texts[0]["text"]))
        if name in TOOLS:
            rest = build_response(await calls.call(grant, TOOLS, name, arguments, form=FORM))
            found.append((len(rest.body), rest.body))
        return found

    return asyncio.run(main())


def lines(count: int, text: str) -> list[dict[str, Any]]:
    return [{"Id": str(at), "Amount": 100.25, "Description": text * 5} for at in range(count)]


def record(at: int, text: str, **more: Any) -> dict[str, Any]:
    return {"Id": str(at), "Balance": 12.5, "Memo": text * 20, **more}


def report(rows: int, columns: int, text: str) -> dict[str, Any]:
    cells = {"ColData": [{"value": text}] + [{"value": "1.00"}] * (columns - 1)}
    total = {"Rows": {"Row": [cells]}, "Summary": cells}
    titles = [{"ColTitle": f"{text}{at}"} for at in range(columns)]
    return {
        "Header": {"ReportName": "r"},
        "Columns": {"Column": titles},
        "Rows": {"Row": [cells] * rows + [total]},
    }


def page(text: str, **more: Any) -> dict[str, Any]:
    return {"QueryResponse": {"Invoice": [record(at, text, **more) for at in range(6)]}}


def of_batch(text: str) -> dict[str, Any]:
    each = [
        {"bId": "1", "Invoice": record(1, text, Line=lines(500, text))},
        {"bId": "2", **page(text)},
        {
            "bId": "3",
            "Fault": {"Error": [{"code": "5010", "Message": text * 900, "Detail": text * 800}] * 10},
        },
    ]
    return {"BatchItemResponse": [{**each[at % 3], "bId": str(at + 1)} for at in range(30)]}


UPDATED = {"id": "7", "SyncToken": "1"}
BATCHED = [
    [{"tool": made_up.UPDATE.name, "arguments": UPDATED}, {"tool": LIST.name, "arguments": {"limit": 5}}][
        at % 3 % 2
    ]
    for at in range(30)
]
KINDS: dict[str, Any] = {
    "a list": (LIST.name, {"limit": 5}, page),
    "a list of all fields": (LIST.name, {"fields": ["*"]}, lambda text: page(text, Line=lines(3, text))),
    "a list of records that are too large": (
        LIST.name,
        {"fields": ["*"]},
        lambda text: (
            page(text, Line=lines(40, text)) if text == TEXTS["plain"] else page(text, Line=lines(200, text))
        ),
    ),
    "a list of fields that are too large": (
        LIST.name,
        {"fields": ["Memo"]},
        lambda text: page(text, Memo=text * 20_000),
    ),
    "a list of names that are not there": (LIST.name, {"fields": ["é" * 500] * 50}, page),
    "a raw query": (LIST.name, {"query": "select * from Invoice"}, page),
    "a record of many lines": (
        made_up.GET.name,
        {"id": "7"},
        lambda text: {"Invoice": record(7, text, Line=lines(800, text))},
    ),
    "a record of a long text": (
        made_up.GET.name,
        {"id": "7"},
        lambda text: {"Invoice": record(7, text, Note=text * 50_000)},
    ),
    "a record of many fields": (
        made_up.GET.name,
        {"id": "7"},
        lambda text: {"Invoice": {**record(7, text), **{f"{text}{at}" * 20: text for at in range(1_500)}}},
    ),
    "a record that was changed": (
        made_up.UPDATE.name,
        UPDATED,
        lambda text: {"Invoice": record(7, text, Line=lines(800, text))},
    ),
    "a record that was made": (
        CREATE.name,
        {**UPDATED, "TotalAmt": 1e300},
        lambda text: {"Invoice": record(7, text, TotalAmt=2, Line=lines(800, text))},
    ),
    "a report": (REPORT.name, {}, lambda text: report(600, 12, text)),
    "a wide report": (REPORT.name, {}, lambda text: report(200, 300, text)),
    "a report of too many columns": (REPORT.name, {}, lambda text: report(5, 6_000, text)),
    "a batch": ("run_a_batch", {"calls": BATCHED}, of_batch),
    "a text": (LINK.name, {}, lambda text: (text.replace("\n", "") * 20_000).encode()),
    "a count": (
        LIST.name,
        {"query": "select count(*) from Invoice"},
        lambda text: {"QueryResponse": {"totalCount": text * 20_000}},
    ),
    "wrong arguments": (made_up.UPDATE.name, {"é😀" * 900 + str(at): "x" for at in range(40)}, page),
    "wrong arguments of a search": ("search_tools", {f"{at}{'😀' * 900}": "x" for at in range(40)}, page),
    "wrong calls in a batch": ("run_a_batch", {"calls": [{"tool": "😀" * 80}] * 30}, page),
    "a tool that is not there": ("😀" * 5_000, {}, page),
    "a search": ("search_tools", {"query": "invoice"}, page),
    "all resources": ("search_tools", {}, page),
    "schemas": ("get_tool_schema", {"names": [LIST.name, CREATE.name, made_up.GET.name]}, page),
}


@pytest.mark.parametrize("kind", KINDS)
def test_no_answer_is_larger_than_its_budget(kind):
    name, arguments, answer = KINDS[kind]
    for text, budget in CASES:
        for size, shown in both_replies(name, arguments, Vendor(answer(text)), budget):
            assert size <= budget, (kind, text, budget, size)
            if shown[:1] in ("{", b"{"):
                orjson.loads(shown)


@pytest.mark.parametrize("id_", ["i", "i" * 1000, "\x01" * 1000, "é" * 500, "😀" * 250])
def test_a_record_that_fits_without_counting_its_frame_is_no_larger_than_the_budget(id_):
    """Each character of the record takes the most that it can; the sizes lie around the last that is not counted."""
    budget = 20_000
    for length in range(3_000, 5_200, 11):
        vendor = Vendor({"Invoice": {"Id": "7", "Memo": '"' * length}})
        whole = {"Id": "7", "Memo": '"' * length}
        for size, shown in both_replies(made_up.GET.name, {"id": "7"}, vendor, budget, id_):
            assert size <= budget, (id_, length)
            assert orjson.loads(shown) == whole or size > 0.8 * budget, (id_, length)


@pytest.mark.parametrize("status", [400, 404, 500, 429])
def test_no_error_of_a_vendor_is_larger_than_the_budget(status):
    for text in TEXTS.values():
        error = {"code": "5010", "Message": text * 900, "Detail": text * 800}
        vendor = Vendor({"Fault": {"Error": [error] * 10}}, status)
        for size, shown in both_replies(made_up.GET.name, {"id": "7"}, vendor, 8_000):
            assert size <= 8_000
            assert shown


def test_a_cut_list_says_first_how_many_records_it_has_and_where_the_next_one_is():
    [(size, text), *_] = both_replies(LIST.name, {"fields": ["*"]}, Vendor(page("x" * 200)), 8_000)
    said = orjson.loads(text)
    assert list(said) == ["returned", "next_cursor", "note", "records"]
    assert said["returned"] == len(said["records"]) == 1
    assert size <= 8_000


def test_a_record_in_part_stands_behind_a_remark_that_names_the_call_for_the_rest():
    vendor = Vendor({"Invoice": record(7, "x", Line=lines(3_000, "x"))})
    [(_, text), *_] = both_replies(made_up.GET.name, {"id": "7"}, vendor, 8_000)
    said = orjson.loads(text)
    shown = len(said["record"]["Line"])
    assert list(said) == ["note", "record"]
    assert f"Left out: Line[{shown}:] ({3_000 - shown:,} of 3,000 elements)." in said["note"]
    assert f'call {LIST.name} with Id_any_of ["7"] and fields ["Line[{shown}:]"].' in said["note"]


def test_a_large_record_is_read_to_its_end_by_the_calls_that_its_remarks_name():
    whole = record(7, "x", Line=lines(900, "é"))
    vendor = Vendor({"QueryResponse": {"Invoice": [whole]}})
    seen: list[Any] = []
    names = ["Line[0:]"]
    while names:
        [(_, text), *_] = both_replies(LIST.name, {"Id_any_of": ["7"], "fields": names}, vendor, 8_000)
        said = orjson.loads(text)
        seen += said["records"][0][names[0]]
        names = orjson.loads(said["note"].split("fields ")[1].rstrip(".")) if "note" in said else []
    assert seen == whole["Line"]


def test_a_cut_report_says_first_how_to_read_on_and_how_to_ask_for_less():
    [(_, text), *_] = both_replies(REPORT.name, {}, Vendor(report(500, 6, "x")), 8_000)
    said = orjson.loads(text)
    assert list(said)[:4] == ["returned", "rows_in_all", "next_cursor", "note"]
    assert said["note"].endswith("Pass next_cursor to read on, or narrow it with start_date.")
    assert list(said)[-1] == "rows"


def test_a_call_whose_id_would_take_the_place_of_its_answer_is_refused():
    from runtime.mcp_server.protocol import call_of
    from runtime.mcp_server.replies import Refused

    with pytest.raises(Refused, match="1,024 bytes"):
        call_of(Message("tools/call", {"name": "x"}, "i" * 1_025, is_modern=False))


RECORDS = st.lists(
    st.tuples(st.sampled_from([*TEXTS.values()]), st.integers(0, 3_000)), min_size=0, max_size=25
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(RECORDS, st.integers(8_000, 40_000), st.integers(1, 5), st.booleans())
def test_following_the_cursor_answers_every_record_once_whatever_the_budget(sizes, budget, limit, is_raw):
    stored = [{"Id": str(at), "Memo": text * size, "Balance": 1.50} for at, (text, size) in enumerate(sizes)]

    def handler(url: str) -> Any:
        start, most = (int(each) for each in url.split("START%20")[1].split("&")[0].split("%20MAX%20"))
        return {"QueryResponse": {"Invoice": stored[start - 1 :][:most]}}

    arguments: dict[str, Any] = {"query": "select * from Invoice"} if is_raw else {"fields": ["Id", "Memo"]}
    arguments["limit"] = limit
    seen, cursor = [], {}
    while True:
        [(size, text), *_] = both_replies(LIST.name, {**arguments, **cursor}, Vendor(handler), budget)
        said = orjson.loads(text)
        assert size <= budget
        assert said["returned"] == len(said["records"])
        seen += [each["Id"] for each in said["records"]]
        if "next_cursor" not in said:
            break
        assert said["returned"]
        cursor = {"next_cursor": said["next_cursor"]}
    assert seen == [each["Id"] for each in stored]


def test_totals_that_would_take_the_place_of_the_rows_are_left_out():
    cells = {"ColData": [{"value": "x" * 20}]}
    many = {**report(0, 1, "x"), "Rows": {"Row": [{"Rows": {"Row": [cells]}, "Summary": cells}] * 400}}
    [(size, text), *_] = both_replies(REPORT.name, {}, Vendor(many), 8_000)
    said = orjson.loads(text)
    assert size <= 8_000
    assert said["returned"] > 10
    assert "totals" not in said
