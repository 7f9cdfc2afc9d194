"""Whatever a vendor answers, a call ends in an answer or in one of our errors, in time that grows with its size."""

from __future__ import annotations

import asyncio
import copy
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator.catalog import Call, Catalog, Returns, Tool
from runtime.api.replies import build_response
from runtime.errors import Indeterminate, RateLimited, VendorRefused
from runtime.exchange.tool_answer import Answer
from runtime.mcp_server.results import build_result
from runtime.model import Account, AccountId, Credentials, Grant, ServerConfig
from runtime.operations.calls import Calls
from runtime.operations.vendor_calls import VendorCalls
from runtime.stores.hot_memory import MemoryHotState
from runtime.upstream.answer import find_error, read_value, wait_seconds
from runtime.upstream.client import VendorClient, VendorRequest, VendorResponse
from tests import made_up
from tests.growth import is_linear

ACCOUNT = Account(
    AccountId("a1"), "acme", "production", "Acme", "active", "42", {"company_id": "42"}, b"", 0, 0
)
CHANGES, REPORT = (
    replace(made_up.GET, name=name, returns=Returns("behaviour", behaviour=f"quickbooks.{name}"))
    for name in ("changes", "report_rows")
)
VOID = replace(made_up.UPDATE, name="void", returns=Returns("nothing"))
LINK = replace(made_up.GET, name="link", returns=Returns("text", ("url",)))
SENSITIVE = replace(made_up.GET, name="sensitive", sensitive=(("TaxId",), ("Bank", "Number")))
WHOLE = replace(
    made_up.LIST, name="whole", listing=replace(made_up.LISTING, is_whole=True), returns=Returns("records")
)
BATCH = replace(
    made_up.tool(
        "batch",
        {"calls": {"type": "array", "items": {"type": "object"}}},
        Call("POST", "/batch"),
        Returns("batch"),
    ),
    method_class="write",
    risk="destroy",
)
CURSORED = replace(made_up.LIST, name="cursored")
TOOLS = {
    tool.name: tool
    for tool in (*made_up.TOOLS.values(), CHANGES, REPORT, VOID, LINK, SENSITIVE, WHOLE, BATCH, CURSORED)
}
BY_CURSOR = replace(
    made_up.VENDOR,
    pagination=replace(made_up.VENDOR.pagination, style="cursor", cursor=("QueryResponse", "next")),
)
ARGUMENTS: dict[str, dict[str, Any]] = {
    made_up.LIST.name: {"fields": ["Id", "Nothing"]},
    "whole": {},
    "cursored": {},
    "batch": {
        "calls": [
            {"tool": made_up.LIST.name},
            {"tool": made_up.UPDATE.name, "arguments": {"id": "1", "SyncToken": "0"}},
        ]
    },
}
USUAL_ARGUMENTS = {"id": "1", "SyncToken": "0"}

CELLS = {"ColData": [{"value": "x", "id": "1"}, {"value": "2.00"}]}
PLAUSIBLE: list[Any] = [
    {"QueryResponse": {"Invoice": [{"Id": "1", "Balance": 1}], "totalCount": 1, "next": "abc"}},
    {"QueryResponse": {"totalCount": 12}},
    {"Invoice": {"Id": "1", "TaxId": "123456789", "Bank": {"Number": "123456789"}}},
    {"Fault": {"Error": [{"Message": "no", "Detail": "why", "code": "5010", "element": "Id"}]}},
    {
        "Header": {"ReportName": "r", "Option": [{"Name": "NoReportData", "Value": "true"}]},
        "Columns": {"Column": [{"ColTitle": "a", "MetaData": [{"Name": "ColKey", "Value": "x"}]}]},
        "Rows": {"Row": [{"Header": CELLS, "Rows": {"Row": [CELLS]}, "Summary": CELLS, "group": "g"}]},
    },
    {"CDCResponse": [{"QueryResponse": [{"Invoice": [{"Id": "1"}, {"Id": "2", "status": "Deleted"}]}]}]},
    {"BatchItemResponse": [{"bId": "1", "QueryResponse": {"Invoice": [{}]}}, {"bId": "2", "Invoice": {}}]},
]


def nested(levels: int) -> Any:
    value: Any = []
    for _ in range(levels):
        value = [value]
    return value


ODD_VALUES: list[Any] = [
    None,
    True,
    0,
    -1,
    1e308,
    2**63,
    "",
    "x",
    "x" * 500,
    [],
    {},
    [None],
    [[]],
    [{}],
    {"": ""},
    {"a": None},
    "\u2028\x00",
    "1",
    [1],
    {"Error": [None, 1, []]},
]
ODD = st.sampled_from(range(len(ODD_VALUES))).map(lambda at: copy.deepcopy(ODD_VALUES[at])) | st.integers(
    200, 600
).map(nested)


@st.composite
def hostile_values(draw: st.DrawFn) -> Any:
    """A plausible answer with up to three of its places taken by something odd."""
    value = orjson.loads(orjson.dumps(draw(st.sampled_from(PLAUSIBLE))))
    for _ in range(draw(st.integers(0, 3))):
        holder, node = None, value
        key: Any = None
        while isinstance(node, (dict, list)) and node and (holder is None or draw(st.integers(0, 3))):
            key = draw(st.sampled_from([*node] if isinstance(node, dict) else range(len(node))))
            holder, node = node, node[key]
        if holder is None:
            return draw(ODD)
        holder[key] = draw(ODD)
    return value


def as_bytes(value: Any) -> bytes:
    """JSON also of what is nested more deeply than orjson writes."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return b'{"Invoice":' + b"[" * 300 + b"]" * 300 + b"}"


FIXED_BODIES = [
    b"null",
    b"[null]",
    b"1e400",
    b"NaN",
    b'"\\ud800"',
    b'{"Invoice":NaN}',
    b'{"a":1,"a":[]}',
    b"\xff",
    b"<a/>",
    b"<a><b>",
    b"<R><QueryResponse><Invoice><Id>1</Id></Invoice></QueryResponse></R>",
    b"<R><Invoice/><Invoice/></R>",
    b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
    b"<a>" * 500,
    b'{"Invoice":' + b"[" * 100_000,
    b'{"Invoice":' + b"[" * 900 + b"]" * 900 + b"}",
    b"1" * 9000,
    b'{"Invoice":{"Id":"1","Balance":1e400}}',
    b'{"QueryResponse":{"Invoice":[{"Id":"1","Balance":-1E400}]}}',
    b'{"QueryResponse":{"Invoice":[' + b"[" * 500 + b"]" * 500 + b"]}}",
]
BODIES = st.one_of(
    hostile_values().map(as_bytes),
    st.binary(max_size=40),
    st.sampled_from(range(len(FIXED_BODIES))).map(FIXED_BODIES.__getitem__),
)
STATUSES = st.sampled_from(
    [200, 201, 204, 299, 300, 302, 400, 401, 403, 404, 409, 429, 499, 500, 502, 503, 999]
)
FIELDS = st.dictionaries(
    st.sampled_from(["retry-after", "trace-id", "content-type", "link"]),
    st.sampled_from(
        [
            "",
            "1e400",
            "-5",
            "9" * 30,
            "²",
            "Wed, 99 Foo 0000",
            "\udcff\udc80",
            "Thu, 01 Jan 0001 00:00:00 GMT",
            ";" * 99,
            "<\udcff?a=b>; rel=next",
            "x" * 9000,
            "0",
            "None",
            "[]",
            "1 2 3 4 5 6 7 8",
            "Mon, 1 Jan 2001 99:99:99 +9999",
        ]
    )
    | st.text(max_size=30),
    max_size=4,
)


class Answering(VendorClient):
    """A client whose vendor answers the same to every request."""

    def __init__(self, response: VendorResponse) -> None:
        super().__init__(timeout_seconds=1, per_account=10)
        self.response = response

    async def send(self, request: VendorRequest, account: str) -> VendorResponse:
        return self.response


class FixedTokens:
    async def get_fresh(self, account: Account) -> Credentials:
        return Credentials(access_token="a")

    async def invalidate(self, account: Account, access_token: str) -> None: ...


def call(
    tool: Tool, response: VendorResponse, budget: int = 1000, arguments: dict[str, Any] | None = None
) -> Answer:
    vendor = BY_CURSOR if tool is CURSORED else made_up.VENDOR
    calls = Calls(
        catalog=lambda: Catalog("1", {"acme": vendor}, tuple(TOOLS.values())),
        vendor=VendorCalls(
            client=Answering(response),
            tokens=FixedTokens(),
            hot=MemoryHotState(),
            base_url=lambda integration, account: "https://books.example.com",
            clock=lambda: 1000.0,
        ),
        max_answer_bytes=budget,
    )
    arguments = ARGUMENTS.get(tool.name) if arguments is None else arguments
    if arguments is None:
        properties = tool.input_schema["properties"]
        arguments = {name: value for name, value in USUAL_ARGUMENTS.items() if name in properties}
    return asyncio.run(
        calls.call(Grant(ACCOUNT, ServerConfig()), {**TOOLS, tool.name: tool}, tool.name, arguments)
    )


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from([*TOOLS]).map(TOOLS.__getitem__), STATUSES, FIELDS, BODIES)
def test_no_answer_of_a_vendor_is_an_internal_error_at_either_endpoint(tool, status, fields, body):
    answer = call(tool, VendorResponse(status, fields, body))
    orjson.dumps(build_result(answer))
    orjson.loads(answer.text or "null")
    shown = build_response(answer)
    assert shown.status_code < 600
    if answer.error is not None:
        assert answer.error.code not in ("error", "internal_error")
        if not tool.is_read_only and status in (500, 999):
            assert isinstance(answer.error, (Indeterminate, VendorRefused, RateLimited))


JSON_FIELDS = {"content-type": "application/json"}
WITH_NUMBER = {
    "get": (made_up.GET, b'{"Invoice":{"Id":"1","Balance":%b}}'),
    "masked": (SENSITIVE, b'{"Invoice":{"Id":"1","TaxId":"123456789","Balance":%b}}'),
    "list": (made_up.LIST, b'{"QueryResponse":{"Invoice":[{"Id":"1","Nothing":%b}]}}'),
    "whole": (WHOLE, b'[{"Id":"1","Balance":%b}]'),
    "changes": (CHANGES, b'{"CDCResponse":[{"QueryResponse":[{"Invoice":[{"Id":"1","Balance":%b}]}]}]}'),
    "batch": (BATCH, b'{"BatchItemResponse":[{"bId":"1","QueryResponse":{"Invoice":[{"Balance":%b}]}}]}'),
}


@pytest.mark.parametrize(
    "number", [b"1e400", b"-1E400", b"1e+400", b"1e0400", b"9" * 400, b"9" * 309 + b".5"]
)
@pytest.mark.parametrize("kind", WITH_NUMBER)
def test_a_number_beyond_doubles_is_an_error_because_readers_take_it_for_infinity(kind, number):
    tool, body = WITH_NUMBER[kind]
    answer = call(tool, VendorResponse(200, JSON_FIELDS, body % number))
    assert answer.error is not None
    assert answer.error.code in ("vendor_unavailable", "indeterminate")
    assert number.decode() not in answer.text


@pytest.mark.parametrize("number", [b"1e308", b"-1.5E+300", b"1e-400", b"0e999", b"9" * 308, b'"e0001"'])
@pytest.mark.parametrize("kind", ["get", "masked", "list", "whole"])
def test_the_largest_and_smallest_numbers_are_passed_on_as_they_were_written(kind, number):
    tool, body = WITH_NUMBER[kind]
    answer = call(tool, VendorResponse(200, JSON_FIELDS, body % number))
    assert answer.error is None
    assert f":{number.decode()}" in answer.text


@pytest.mark.parametrize("records", [[None], [1], "x", 1, [[]]])
def test_a_list_of_something_else_is_an_answer_that_cannot_be_read(records):
    body = orjson.dumps({"QueryResponse": {"Invoice": records}})
    answer = call(made_up.LIST, VendorResponse(200, {"content-type": "application/json"}, body))
    assert answer.error is not None
    assert answer.error.code == "vendor_unavailable"
    assert "cannot be read" in answer.error.message


def test_a_write_answered_by_something_else_is_indeterminate():
    for status, body in ((200, b"[null]"), (200, b'{"Invoice":5}'), (999, b"")):
        answer = call(made_up.UPDATE, VendorResponse(status, {}, body))
        assert isinstance(answer.error, Indeterminate), (status, body)


def test_a_list_of_one_in_xml_has_one_record():
    body = b"<R><QueryResponse><Invoice><Id>1</Id></Invoice></QueryResponse></R>"
    answer = call(made_up.LIST, VendorResponse(200, {}, body))
    assert orjson.loads(answer.text)["records"] == [{"Id": "1"}]


def test_a_status_that_no_standard_knows_is_an_error_of_the_vendor():
    answer = call(made_up.GET, VendorResponse(999, {}, b""))
    assert build_response(answer).status_code == 502


@pytest.mark.parametrize(
    "piece",
    [b"<b/>", b"<b>x</b>", b"<b a='1'/>", b"x", b" ", b"&lt;", b"<!-- -->", b"<b><c/></b>", b"<b/>x"],
)
def test_xml_is_read_in_time_that_grows_with_its_size(piece):
    def reading(size):
        body = b"<a>" + piece * (size // len(piece)) + b"</a>"
        return lambda: read_value(VendorResponse(200, {}, body))

    assert is_linear(reading, 200_000)


def test_xml_with_a_document_type_is_refused_so_that_no_entity_can_grow():
    lol = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 9))
    body = (
        f'<?xml version="1.0"?><!--{" " * 200}--><!DOCTYPE a [<!ENTITY a0 "lol">{lol}]><a>&a8;</a>'.encode()
    )
    with pytest.raises(ValueError, match="document type"):
        read_value(VendorResponse(200, {}, body))


@pytest.mark.parametrize(
    "body", [b"[" + b"{}," * 2_100_000 + b"{}]", b"<a>" + b"<b/>" * 2_100_000 + b"</a>"], ids=["json", "xml"]
)
def test_more_values_than_can_be_held_are_refused_before_any_is_made(body):
    with pytest.raises(ValueError, match="too many values"):
        read_value(VendorResponse(200, {}, body))


def test_a_million_empty_records_take_no_more_than_the_page_asked_for():
    body = b'{"QueryResponse":{"Invoice":[' + b"{}," * 999_999 + b"{}]}}"
    answer = call(made_up.LIST, VendorResponse(200, {}, body), budget=1000)
    assert len(answer.text) < 1200


@pytest.mark.parametrize(
    "make",
    [
        lambda size: {"Fault": {"Error": [{"Message": "no"}] * size}},
        lambda size: {"Fault": {"Error": [{}] * size}},
        lambda size: {
            "Fault": {"Error": [{"Message": "no " * size, "Detail": "a-" * size, "code": "1" * size}]}
        },
        lambda size: {"Fault": {"Error": [{"Message": {"a": ["x"] * size}}]}},
    ],
)
def test_complaints_are_read_in_time_that_grows_with_their_number_and_few_are_worked_out(make):
    def reading(size):
        value = make(size)
        return lambda: find_error(VendorResponse(400, {}, b""), value, made_up.VENDOR, changes_data=False)

    assert is_linear(reading, 100_000)
    error = reading(100_000)()
    assert len(error.as_text()) < 12_000


@pytest.mark.parametrize("keys", [1000, 200_000])
def test_names_of_absent_fields_are_looked_for_among_a_bounded_number(keys):
    body = orjson.dumps({"QueryResponse": {"Invoice": [{f"Field{n}": n for n in range(keys)}]}})
    answer = call(made_up.LIST, VendorResponse(200, {}, body))
    assert answer.error is None


@pytest.mark.parametrize(
    "text",
    [
        "Thu, 01 Jan 0001 00:00:00 GMT",
        "1 2 3 4 5",
        "9" * 12,
        "\udcff",
        "x" * 9000,
        "Mon, 1 Jan 9999 00:00:00",
    ],
)
def test_a_wait_of_garbage_is_none_and_never_longer_than_a_quota_lasts(text):
    found = wait_seconds(made_up.VENDOR.rate_limit, {"retry-after": text}, 1_800_000_000.0)
    assert found is None or found == 1


@pytest.mark.parametrize("status", [200, 400, 401, 403, 500, 503])
@pytest.mark.parametrize("place", ["Message", "Detail", "code", "element"])
@pytest.mark.parametrize("tool", [made_up.GET, made_up.UPDATE])
def test_no_secret_that_a_vendor_repeats_reaches_an_answer(status, place, tool):
    token = "AB11" + "x9" * 23
    said = f"Token expired: {token}; SSN 123-45-6789; card 4111111111111111"
    body = orjson.dumps({"Fault": {"Error": [{"Message": "no", "code": "1", place: said}]}})
    answer = call(tool, VendorResponse(status, {"trace-id": token, "content-type": token}, body))
    shown = orjson.dumps(build_result(answer)) + build_response(answer).body
    assert answer.error is not None
    for secret in (token, "123-45-6789", "4111111111111111"):
        assert secret.encode() not in shown


def test_a_text_without_end_is_refused_by_its_size_and_not_cut():
    answer = call(LINK, VendorResponse(200, {}, b"x" * 70_000))
    assert answer.error is not None
    assert answer.error.code == "answer_too_large"
    assert "70,000 bytes, which is more than one answer holds" in answer.error.message
    assert call(LINK, VendorResponse(200, {}, b"https://example.com/x")).error is None
