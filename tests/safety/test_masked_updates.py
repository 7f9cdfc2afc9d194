"""A caller who is not shown a value cannot erase it, or write a mask over it, without saying so."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import orjson
import pytest

from generator.catalog import Catalog, select
from runtime.safety.masked_updates import list_secrets
from runtime.upstream import figures
from tests import made_up
from tests.builtin import builtin_catalog
from tests.safety.calling import sent, talk
from tests.vendor_server import http

EMPLOYEE, GET_EMPLOYEE = "update_a_quick_books_employee_by_id", "get_single_quick_books_employee_by_id"
VENDOR, GET_VENDOR = "update_a_quick_books_vendor_by_id", "get_single_quick_books_vendor_by_id"
BATCH = "run_a_quick_books_batch"
STORED = {
    "Id": "55",
    "SyncToken": "3",
    "GivenName": "Ada",
    "SSN": "123-45-6789",
    "BirthDate": "1980-01-31",
}
PAID = {
    "Id": "56",
    "SyncToken": "1",
    "DisplayName": "Hall",
    "AcctNum": "4000 1234 5678",
    "TaxIdentifier": "98-7654321",
    "GSTIN": "22AAAAA0000A1Z5",
    "VendorPaymentBankDetail": {
        "BankAccountName": "Hall",
        "BankBranchIdentifier": "062-000",
        "BankAccountNumber": "123456789012",
    },
}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return builtin_catalog()


class Books:
    """A vendor of two records that does what a full or sparse update says, and stores what it got."""

    def __init__(self, **more: Any) -> None:
        self.records = {"Employee": copy.deepcopy(STORED), "Vendor": copy.deepcopy(PAID)} | more
        self.reads = 0

    def __call__(self, line: str, body: Any) -> Any:
        if "/batch" in line:
            items = body["BatchItemRequest"]
            return {
                "BatchItemResponse": [
                    {"bId": item["bId"], **self(f"POST /{kind.lower()}?", item[kind])}
                    for item in items
                    for kind in item.keys() & self.records.keys()
                ]
            }
        kind = next(kind for kind in self.records if f"/{kind.lower()}" in line)
        if body is None:
            self.reads += 1
        elif body.get("sparse"):
            self.records[kind] |= body
        else:
            self.records[kind] = {"SyncToken": "9"} | {
                name: value for name, value in body.items() if value not in (None, "")
            }
        return {kind: self.records[kind]}


def run(
    catalog: Catalog, books: Books, script: Any, tools: dict[str, Any] | None = None, **config: Any
) -> None:
    integration = catalog.integrations["quickbooks"]
    talk(integration, tools or catalog.by_name, books, script, **config)


def test_a_record_that_was_read_changed_and_sent_back_retains_what_was_hidden(catalog):
    books = Books()

    async def script(call, server):
        read = json.loads((await call(GET_EMPLOYEE, {"id": "55"})).text)
        assert (read["SSN"], read["BirthDate"]) == ("•••", "•••")
        answer = await call(EMPLOYEE, read | {"id": "55", "GivenName": "Adele"})
        assert answer.error is None, answer.error
        assert json.loads(answer.text)["record"]["SSN"] == "•••"
        assert "6789" not in answer.text

    run(catalog, books, script)
    assert books.records["Employee"] | {"SyncToken": "3"} == STORED | {"GivenName": "Adele"}


def test_a_full_update_without_what_was_hidden_does_not_clear_it(catalog):
    books = Books()

    async def script(call, server):
        answer = await call(EMPLOYEE, {"id": "55", "SyncToken": "3", "GivenName": "Adele"})
        assert answer.error is None
        assert sent(server)["SyncToken"] == "3"

    run(catalog, books, script)
    assert books.records["Employee"]["SSN"] == "123-45-6789"
    assert books.records["Employee"]["BirthDate"] == "1980-01-31"


def test_an_object_that_is_left_out_or_sent_without_its_hidden_part_retains_that_part(catalog):
    for given in ({}, {"VendorPaymentBankDetail": {"BankAccountName": "Hall Ltd"}}):
        books = Books()

        async def script(call, server, given=given):
            answer = await call(VENDOR, {"id": "56", "SyncToken": "1", "DisplayName": "H", **given})
            assert answer.error is None

        run(catalog, books, script)
        stored = books.records["Vendor"]
        assert stored["VendorPaymentBankDetail"]["BankAccountNumber"] == "123456789012"
        assert stored["GSTIN"] == "22AAAAA0000A1Z5"
        assert stored["TaxIdentifier"] == "98-7654321"


def test_a_sparse_update_of_other_fields_reads_nothing_and_one_of_the_object_retains_its_hidden_part(catalog):
    books = Books()

    async def script(call, server):
        await call(VENDOR, {"id": "56", "SyncToken": "1", "sparse": True, "DisplayName": "H"})
        assert books.reads == 0
        detail = {"BankAccountName": "H", "BankAccountNumber": "•••9012"}
        await call(VENDOR, {"id": "56", "SyncToken": "1", "sparse": True, "VendorPaymentBankDetail": detail})
        assert books.reads == 1

    run(catalog, books, script)
    assert books.records["Vendor"]["VendorPaymentBankDetail"] == {
        **PAID["VendorPaymentBankDetail"],  # type: ignore[dict-item]
        "BankAccountName": "H",
    }


@pytest.mark.parametrize(("empty", "stored"), [("", ""), (None, "123-45-6789")])
def test_an_empty_text_clears_what_is_hidden_and_null_leaves_it_as_it_is(catalog, empty, stored):
    books = Books()

    async def script(call, server):
        arguments = {"id": "55", "SyncToken": "3", "GivenName": "Ada", "SSN": empty, "BirthDate": empty}
        answer = await call(EMPLOYEE, arguments)
        assert answer.error is None, answer.error
        assert sent(server)["SSN"] == stored

    run(catalog, books, script)
    assert ("SSN" in books.records["Employee"]) == bool(stored)
    assert ("BirthDate" in books.records["Employee"]) == bool(stored)


def test_a_new_value_takes_the_place_of_the_hidden_one(catalog):
    books = Books()

    async def script(call, server):
        await call(EMPLOYEE, {"id": "55", "SyncToken": "3", "GivenName": "Ada", "SSN": "987-65-4321"})

    run(catalog, books, script)
    assert books.records["Employee"]["SSN"] == "987-65-4321"
    assert books.records["Employee"]["BirthDate"] == "1980-01-31"


@pytest.mark.parametrize(
    "given",
    [
        {"SSN": "•••6789"},
        {"SSN": "x•••"},
        {"SSN": ["•••"]},
        {"SSN": {"a": "•••"}},
        {"PrimaryAddr": {"SSN": "•••"}},
    ],
)
def test_a_mask_that_no_answer_showed_is_refused_and_nothing_is_written(catalog, given):
    books = Books()

    async def script(call, server):
        answer = await call(EMPLOYEE, {"id": "55", "SyncToken": "3", "GivenName": "A", **given})
        assert answer.error is not None
        assert answer.error.code == "invalid_arguments"
        assert "masked" in answer.error.message
        assert "6789" not in answer.error.message.replace("•••6789", "")
        assert all(line.startswith("GET") for line, _, _ in server.requests)

    run(catalog, books, script)
    assert books.records["Employee"] == STORED


def test_the_mask_of_a_value_that_is_no_longer_stored_is_refused(catalog):
    books = Books(Employee={"Id": "55", "SyncToken": "3"})

    async def script(call, server):
        answer = await call(EMPLOYEE, {"id": "55", "SyncToken": "3", "GivenName": "A", "SSN": "•••"})
        assert answer.error is not None

    run(catalog, books, script)


def test_a_mask_in_something_new_is_refused(catalog):
    async def script(call, server):
        answer = await call("create_a_quick_books_employee", {"GivenName": "A", "SSN": "•••"})
        assert answer.error is not None
        assert '"SSN" is masked' in answer.error.message
        assert not server.requests

    run(catalog, Books(), script)


def test_a_server_that_shows_what_is_sensitive_sends_what_it_is_given_and_refuses_masks(catalog):
    books = Books()

    async def script(call, server):
        masked = await call(EMPLOYEE, {"id": "55", "SyncToken": "3", "GivenName": "A", "SSN": "•••"})
        assert masked.error is not None
        assert not server.requests
        await call(EMPLOYEE, {"id": "55", "GivenName": "A", "SSN": "987-65-4321", "clear": ["BirthDate"]})

    run(catalog, books, script, show_sensitive=True)
    assert books.records["Employee"]["SSN"] == "987-65-4321"
    assert "BirthDate" not in books.records["Employee"]


def test_the_read_is_counted_and_goes_through_where_the_server_has_no_tool_for_it(catalog):
    tools = {each.name: each for each in select(catalog.tools, ["update"], [])}
    books = Books()

    async def script(call, server):
        answer = await call(EMPLOYEE, {"id": "55", "SyncToken": "3", "GivenName": "A"})
        assert answer.error is None
        assert [line.split()[0] for line, _, _ in server.requests] == ["GET", "POST"]
        assert answer.limits.windows[0].limit - answer.limits.remaining[0] == 2

    run(catalog, books, script, tools)
    assert books.records["Employee"]["SSN"] == "123-45-6789"


@pytest.mark.parametrize(
    "reply",
    [
        http(200, b'{"time":"2026"}'),
        http(200, b"[]"),
        http(500, b"{}"),
        http(400, orjson.dumps({"Fault": {"Error": [{"code": "610", "Message": "Object Not Found"}]}})),
    ],
)
def test_when_what_is_stored_cannot_be_read_nothing_is_written(catalog, reply):
    async def script(call, server):
        answer = await call(EMPLOYEE, {"id": "55", "SyncToken": "3", "GivenName": "A"})
        assert answer.error is not None
        assert len(server.requests) == 1

    integration = catalog.integrations["quickbooks"]
    talk(integration, catalog.by_name, lambda line, body: reply, script)


def test_a_vendor_that_repeats_what_was_sent_on_behalf_of_the_caller_does_not_show_it(catalog):
    books = Books()

    def refusing(line, body):
        if body is None:
            return books(line, body)
        text = f"Bad value 123-45-6789 or 1980-01-31 {'x' * 10}"
        fault = {"Fault": {"Error": [{"code": "2180", "Message": "Bad", "Detail": text}]}}
        if "/batch" in line:
            return {"BatchItemResponse": [{"bId": "1", **fault}]}
        return http(400, orjson.dumps(fault))

    async def script(call, server):
        change = {"id": "55", "SyncToken": "3", "GivenName": "A"}
        alone = await call(EMPLOYEE, change)
        batch = await call(BATCH, {"calls": [{"tool": EMPLOYEE, "arguments": change}]})
        assert alone.error is not None
        for text in (alone.error.as_text(), str(alone.error), batch.text):
            assert "Bad value" in text
            assert "6789" not in text
            assert "1980" not in text

    talk(catalog.integrations["quickbooks"], catalog.by_name, refusing, script)


def test_the_calls_of_a_batch_retain_what_is_hidden_too(catalog):
    books = Books()
    change = {"id": "55", "SyncToken": "3", "GivenName": "Adele", "SSN": "•••"}

    async def script(call, server):
        answer = await call(BATCH, {"calls": [{"tool": EMPLOYEE, "arguments": change}]})
        assert answer.error is None
        assert "6789" not in answer.text
        wrong = {"tool": EMPLOYEE, "arguments": change | {"SSN": "•••1234"}}
        refused = await call(BATCH, {"calls": [wrong]})
        assert refused.error is not None
        assert "masked" in refused.error.message

    run(catalog, books, script)
    assert books.records["Employee"]["SSN"] == "123-45-6789"
    assert books.records["Employee"]["BirthDate"] == "1980-01-31"


class TestLists:
    """Entries of a list are matched by their identifier, and by place only where the mask is the stored one's."""

    PATHS = (("Line", "Number"),)
    GET = replace(made_up.GET, sensitive=PATHS)
    UPDATE = replace(made_up.UPDATE, sensitive=PATHS, current=GET, clears_unless="sparse")
    LINES = ({"Id": "1", "Number": "111122223333"}, {"Id": "2", "Number": "444455556666"})

    def update(self, lines: list[Any]) -> Any:
        found: list[Any] = []

        async def script(call, server):
            answer = await call(self.UPDATE.name, {"id": "1", "SyncToken": "0", "Line": lines})
            found.append(answer.error or sent(server)["Line"])

        integration = replace(made_up.VENDOR, identifier="Id")
        tools = {self.UPDATE.name: self.UPDATE}
        talk(integration, tools, lambda line, body: {"Invoice": {"Line": list(self.LINES)}}, script)
        return found[0]

    def test_by_identifier_in_any_order(self):
        lines = [{"Id": "2", "Number": "•••6666"}, {"Id": "1"}, {"Number": "77"}]
        assert self.update(lines) == [self.LINES[1], self.LINES[0], {"Number": "77"}]

    def test_by_place_where_there_is_no_identifier(self):
        assert self.update([{"Number": "•••3333"}]) == [{"Number": "111122223333"}]

    @pytest.mark.parametrize(
        "lines",
        [[{"Number": "•••6666"}], [{"Id": "1", "Number": "•••6666"}], [{"Id": "7", "Number": "•••3333"}]],
    )
    def test_the_mask_of_another_entry_is_refused(self, lines):
        assert "masked" in self.update(lines).message


def test_a_hidden_figure_is_known_by_the_digits_that_the_vendor_wrote():
    """A vendor may repeat it in an error."""
    tool = replace(builtin_catalog().by_name[EMPLOYEE], sensitive=(("Rate",),), concealed=())

    assert list_secrets(tool, figures.read(b'{"Rate": 12.50, "Hours": 40.25}')) == ["12.50"]
