"""What is sensitive is hidden in every answer, and what was hidden is never written back."""

from __future__ import annotations

import asyncio
import copy
import json
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.catalog import Catalog, Tool
from runtime.errors import InvalidArguments
from runtime.exchange.tool_answer import Answer
from runtime.model import Account, AccountId, Credentials, Grant, ServerConfig
from runtime.operations.calls import Calls
from runtime.operations.vendor_calls import VendorCalls
from runtime.safety.masking import LONGEST_PATH, MASK, cover_of, cover_value, find_masked, mask, refuse_masked
from runtime.stores.hot_memory import MemoryHotState
from runtime.upstream.client import VendorClient
from tests import made_up
from tests.builtin import builtin_catalog
from tests.growth import is_linear
from tests.vendor_server import Vendor, http, vendor


def masked(tool: Tool, body: bytes, value: Any) -> Any:
    return cover_value(cover_of(tool, (), is_masked=True), body, value)


PATHS = (("TaxId",), ("Bank", "Number"))
LIST, GET, UPDATE = (replace(tool, sensitive=PATHS) for tool in (made_up.LIST, made_up.GET, made_up.UPDATE))
TOOLS = {tool.name: tool for tool in (LIST, GET, UPDATE)}
RECORD = {"Id": "1", "TaxId": "123456789", "Bank": {"Number": "12 345", "Name": "First"}, "Balance": 12.5}
HIDDEN = {"Id": "1", "TaxId": "•••6789", "Bank": {"Number": "•••", "Name": "First"}, "Balance": 12.5}


class NoRefresh:
    async def get_fresh(self, account: Account) -> Credentials:
        return Credentials(access_token="a")

    async def invalidate(self, account: Account, access_token: str) -> None:
        raise AssertionError


def call(name: str, arguments: dict[str, Any], answer: Any, **config: Any) -> tuple[Answer, Vendor]:
    """The answer of one call to a vendor that answers `answer`."""

    async def main() -> tuple[Answer, Vendor]:
        async with vendor(lambda line, headers, body: http(200, orjson.dumps(answer))) as server:
            client = VendorClient(timeout_seconds=5, per_account=10)
            calls = Calls(
                catalog=lambda: Catalog("1", {"acme": made_up.VENDOR}, tuple(TOOLS.values())),
                vendor=VendorCalls(
                    client=client,
                    tokens=NoRefresh(),
                    hot=MemoryHotState(),
                    base_url=lambda integration, account: server.url,
                ),
                max_answer_bytes=100_000,
            )
            account = Account(AccountId("a"), "acme", "production", "", "active", "4", {}, b"", 0, 0)
            grant = Grant(account, ServerConfig(**config))
            found = await calls.call(grant, TOOLS, name, arguments)
            await client.close()
            return found, server

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("123456789", "•••6789"),
        ("12345678", "•••5678"),
        ("1234567", "•••"),
        ("1980-01-31", "•••"),
        ("1980-01-31T00:00:00Z", "•••"),
        (1234567890, "•••"),
        (True, "•••"),
        ({"a": "b"}, "•••"),
        (["123456789"], "•••"),
        ("", ""),
        (None, None),
        ({}, {}),
        ([], []),
    ],
)
def test_the_end_of_a_long_text_is_shown_and_nothing_of_anything_else(value, shown):
    assert mask(value) == shown


class TestAnswers:
    def test_a_record(self):
        answer, _ = call(GET.name, {"id": "1"}, {"Invoice": RECORD})
        assert json.loads(answer.text) == HIDDEN

    def test_the_answer_of_a_write(self):
        answer, server = call(
            UPDATE.name, {"id": "1", "SyncToken": "0", "DueDate": "2026-01-31"}, {"Invoice": RECORD}
        )
        assert json.loads(answer.text) == HIDDEN | {"company": answer.company}
        assert json.loads(server.requests[0][2])["DueDate"] == "2026-01-31"

    @pytest.mark.parametrize("arguments", [{"fields": ["*"]}, {"query": "select * from Invoice"}])
    def test_a_list_and_a_raw_query(self, arguments):
        answer, _ = call(LIST.name, arguments, {"QueryResponse": {"Invoice": [RECORD, RECORD]}})
        assert json.loads(answer.text)["records"] == [HIDDEN, HIDDEN]

    def test_a_column_of_a_raw_query(self):
        found = {"QueryResponse": {"Invoice": [{"TaxId": "123456789"}]}}
        answer, _ = call(LIST.name, {"query": "select TaxId from Invoice"}, found)
        assert json.loads(answer.text)["records"] == [{"TaxId": "•••6789"}]

    def test_a_server_may_be_set_to_show_it(self):
        answer, _ = call(GET.name, {"id": "1"}, {"Invoice": RECORD}, show_sensitive=True)
        assert json.loads(answer.text) == RECORD

    def test_through_lists_and_objects_at_any_depth(self):
        deep = {"A": [{"B": {"Bank": [{"Number": "123456789"}, {"Number": None}], "TaxId": 7}}]}
        found = masked(GET, orjson.dumps(deep), copy.deepcopy(deep))
        assert found == {"A": [{"B": {"Bank": [{"Number": "•••6789"}, {"Number": None}], "TaxId": "•••"}}]}

    def test_a_name_alone_is_no_path(self):
        value = {"Number": "123456789", "Other": {"Number": "123456789"}, "TaxIds": "123456789"}
        assert masked(GET, orjson.dumps(value) + b"TaxId", copy.deepcopy(value)) == value

    def test_an_answer_without_any_of_the_names_is_not_looked_through(self):
        class Untouchable(dict):  # type: ignore[type-arg]
            def items(self):
                raise AssertionError

        value = Untouchable(Id="1")
        assert masked(GET, b'{"Id":"1"}', value) is value
        assert masked(made_up.GET, b'{"TaxId":"1"}', value) is value


class TestWhatComesBack:
    @pytest.mark.parametrize("value", ["•••6789", "•••", "x•••", ["•••"], {"a": "•••"}])
    def test_a_masked_value_is_refused_by_its_name_and_nothing_is_sent(self, value):
        answer, server = call(
            UPDATE.name, {"id": "1", "SyncToken": "0", "TaxId": value, "Bank": {"Number": value}}, {}
        )
        assert answer.error is not None
        assert answer.error.code == "invalid_arguments"
        assert '"TaxId", "Bank.Number" are masked' in answer.error.message
        assert "Leave them out" in answer.error.advice
        assert not server.requests

    def test_what_an_answer_showed_cannot_be_sent_as_it_is(self):
        shown, _ = call(GET.name, {"id": "1"}, {"Invoice": RECORD})
        with pytest.raises(InvalidArguments, match=r'"TaxId", "Bank\.Number"'):
            refuse_masked(UPDATE, json.loads(shown.text))

    def test_a_server_that_shows_them_refuses_masked_ones_too(self):
        arguments = {"id": "1", "SyncToken": "0", "TaxId": "•••6789"}
        answer, server = call(UPDATE.name, arguments, {}, show_sensitive=True)
        assert answer.error is not None
        assert not server.requests

    def test_real_values_and_other_fields_pass(self):
        refuse_masked(UPDATE, {"TaxId": "123456789", "Note": "it read •••6789", "Bank": {"Name": "•••"}})
        refuse_masked(GET, {"TaxId": "•••"})


@pytest.mark.parametrize(
    "shape",
    [
        lambda size: {"Bank": [{"Number": "•••"} for _ in range(size)]},
        lambda size: {f"{at}": [{"Bank": [[]]}] for at in range(size)},
    ],
)
def test_a_long_or_wide_value_is_looked_through_in_time_that_grows_with_its_size(shape):
    def looking(size):
        value = shape(size)
        return lambda: find_masked(UPDATE, value)

    assert is_linear(looking, 20_000)


def test_the_path_of_a_place_is_cut_so_that_a_long_name_is_not_copied_for_each_place_inside():
    found = find_masked(UPDATE, {"x" * 10_000: {"y": {"TaxId": "•••"}}, "z" * 300: {"TaxId": "•••"}})
    assert [len(path) for path in found] == [LONGEST_PATH, LONGEST_PATH]


class TestQueries:
    @pytest.mark.parametrize(
        "query",
        [
            "select * from Invoice where TaxId = '1'",
            "select * from Invoice where taxid like '1%'",
            "select Id from Invoice where Id = '1' and Bank.Number > '1'",
            "select Id from Invoice order TaxId",
            "select * from Invoice where Bank . Number > '1'",
        ],
    )
    def test_nobody_finds_a_value_out_by_comparing(self, query):
        answer, server = call(LIST.name, {"query": query}, {})
        assert answer.error is not None
        assert "is sensitive" in answer.error.message
        assert not server.requests

    @pytest.mark.parametrize(
        "query", ["select * from Invoice where Number = '1'", "select TaxId from Invoice where Id = 'TaxIdx'"]
    )
    def test_a_field_of_the_same_name_elsewhere_may_be_compared(self, query):
        answer, server = call(LIST.name, {"query": query}, {"QueryResponse": {"Invoice": []}})
        assert answer.error is None
        assert server.requests


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["TaxId", "Bank", "Number", "x"]), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(values)
def test_whatever_the_shape_nothing_sensitive_is_left(value):
    def seen(value: Any, path: tuple[str, ...] = ()) -> Any:
        if isinstance(value, list):
            for each in value:
                yield from seen(each, path)
        elif isinstance(value, dict):
            for name, inner in value.items():
                yield from seen(inner, (*path, name))
        else:
            yield path, value

    found = masked(GET, b"TaxId Bank", copy.deepcopy(value))
    for path, leaf in seen(found):
        ends = [
            at
            for at, name in enumerate(path)
            if name == "TaxId" or path[at - 1 : at + 1] == ("Bank", "Number")
        ]
        assert not ends or leaf in (None, "") or str(leaf).startswith(MASK)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return builtin_catalog()


def test_what_must_be_hidden_is_marked_in_the_definitions(catalog):
    def hidden(resource: str) -> set[str]:
        tools: list[Tool] = [tool for tool in catalog.tools if tool.resource == resource]
        assert len({tool.sensitive for tool in tools}) == 1
        return {".".join(path) for path in tools[0].sensitive}

    assert hidden("employees") == {"BirthDate", "SSN"}
    assert hidden("customers") >= {"PrimaryTaxIdentifier", "SecondaryTaxIdentifier", "CCDetail.Number"}
    assert {"TaxIdentifier", "VendorPaymentBankDetail.BankAccountNumber"} <= hidden("vendors")
    assert "EmployerId" in hidden("company_info")
    assert hidden("items") == set()
    assert hidden("employees") | hidden("vendors") <= hidden("balance_sheet_reports")


@pytest.mark.parametrize("is_masked", [True, False])
@pytest.mark.parametrize("sensitive", [(), (("Url",),)], ids=["gated only", "gated and sensitive"])
def test_what_another_tool_opens_is_left_out_without_that_tool_whether_or_not_values_are_masked(
    is_masked: bool, sensitive: tuple[tuple[str, ...], ...]
) -> None:
    tool = replace(made_up.GET, gated=((("Url",), "open_a_file"),), sensitive=sensitive)
    body = b'{"Id": "1", "Url": "https://files.example.com/1"}'
    without = cover_value(cover_of(tool, ("other",), is_masked=is_masked), body, orjson.loads(body))
    beside = cover_value(cover_of(tool, ("open_a_file",), is_masked=is_masked), body, orjson.loads(body))
    assert without == {"Id": "1"}
    assert beside["Url"] == ("•••om/1" if is_masked and sensitive else "https://files.example.com/1")


def test_a_field_that_is_public_on_one_path_is_shown_there_and_masked_elsewhere() -> None:
    tool = replace(made_up.GET, sensitive=(("Number",), ("Item", "Number")), public=(("Item", "Number"),))
    body = b'{"Number": "123456789", "Item": {"Number": "123456789"}}'
    assert masked(tool, body, orjson.loads(body)) == {"Number": "•••6789", "Item": {"Number": "123456789"}}
