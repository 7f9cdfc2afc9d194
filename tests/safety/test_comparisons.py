"""Nobody finds out what is hidden by comparing with it or sorting by it, however the query writes its name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from generator.catalog import Catalog
from runtime.errors import InvalidArguments
from runtime.safety.comparisons import refuse_comparisons
from tests import made_up
from tests.builtin import builtin_catalog
from tests.growth import is_linear
from tests.safety.calling import talk

LANGUAGE = made_up.VENDOR.query_language
TOOL = replace(
    made_up.LIST,
    sensitive=(("TaxId",), ("Bank", "Number"), ("Card", "Charge", "Code")),
    gated=((("Link",), "download"),),
)
ANY = replace(TOOL, sensitive=(*TOOL.sensitive, ("AcctNum",)), public=(("Account", "AcctNum"),))


def is_refused(rest: str, entity: str = "Invoice", tool=TOOL) -> bool:
    try:
        refuse_comparisons(tool, LANGUAGE, f"select * from {entity} {rest}")
    except InvalidArguments as error:
        return "is sensitive" in error.message
    return False


@pytest.mark.parametrize(
    "rest",
    [
        "where TaxId = '1'",
        "where taxid like '1%'",
        "where Bank like '%1%'",
        "where BANK.Number > '1'",
        "where Bank . Number > '1'",
        "where Bank\n.\tNumber > '1'",
        "where `Bank`.`Number` > '1'",
        'where "Bank"."Number" > 1',
        "where [Bank].[Number] > '1'",
        "where Bank/Number > '1'",
        "where Invoice.Bank.Number = '1'",
        "where Charge.Code = '1'",
        "where Card.Charge = '1'",
        "where ('1' = TaxId)",
        "where Id = '1' and (TaxId in ('1', '2'))",
        "order TaxId",
        "orderby Id, TaxId desc",
        "order by lower(TaxId)",
        "group by TaxId having count(*) > 1",
        "where Link like 'https%'",
        "where Id = '\\' and TaxId = '1'",
        "where Id = 'a\\\\' and TaxId = '1'",
        "where Id = 'open and TaxId like 1",
        "where Tax\uff29d = '1'",
        "where Ban\u212a like '1%'",
    ],
)
def test_a_name_that_leads_to_something_hidden_is_refused(rest):
    assert is_refused(rest)


@pytest.mark.parametrize(
    "rest",
    [
        "",
        "where Id = 'TaxId'",
        "where Name like '%Bank.Number%'",
        "where Note = 'it\\'s TaxId'",
        "where Number = '1'",
        "where TaxIds = '1' and MyBank = '2'",
        "where MetaData.CreateTime > '2026-01-01' orderby Balance desc",
    ],
)
def test_other_names_and_quoted_text_pass(rest):
    assert not is_refused(rest)


def test_a_name_that_means_something_else_in_one_entity_may_be_compared_there_alone():
    assert not is_refused("where AcctNum = '1000'", "account", ANY)
    assert is_refused("where AcctNum = '1000'", "Vendor", ANY)
    assert is_refused("where Bank.Number = '1'", "Account", ANY)


@pytest.mark.parametrize(
    "filler", [" ", "\t\n", ". ", " .", "x ", "x.", "TaxI", "'", "\\", "\u00a0", "\u212a", "(", "start "]
)
def test_a_long_query_is_read_in_time_that_grows_with_its_length(filler):
    def reading(size):
        query = f"select * from Invoice where Id = '1' {filler * (size // len(filler))}x"
        return lambda: refuse_comparisons(TOOL, LANGUAGE, query)

    assert is_linear(reading, 40_000)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return builtin_catalog()


class TestCalls:
    def ask(self, catalog, name, arguments, **config):
        found = []

        async def script(call, server):
            found.append((await call(name, arguments), list(server.requests)))

        integration = catalog.integrations["quickbooks"]
        talk(integration, catalog.by_name, lambda line, body: {"QueryResponse": {}}, script, **config)
        return found[0]

    @pytest.mark.parametrize(
        ("name", "entity", "condition"),
        [
            ("list_all_quick_books_payments", "Payment", "CreditCardPayment like '%4%'"),
            ("list_all_quick_books_refund_receipts", "RefundReceipt", "CheckPayment like '4%'"),
            ("list_all_quick_books_vendors", "Vendor", "VendorPaymentBankDetail like '%1%'"),
            ("list_all_quick_books_vendors", "Vendor", "AcctNum like '1%'"),
            ("list_all_quick_books_accounts", "Account", "BankNum like '1%'"),
            ("list_all_quick_books_attachables", "Attachable", "ThumbnailTempDownloadUri like 'h%'"),
            ("query_quick_books", "Payment", "CreditCardPayment.CreditChargeInfo.Number like '4%'"),
            ("query_quick_books", "Vendor", "AcctNum like '4%'"),
            ("query_quick_books", "Customer", "GSTIN like '4%'"),
            ("query_quick_books", "Employee", "Id > '0' orderby BirthDate"),
        ],
    )
    def test_no_list_tool_query_or_batch_compares_with_what_is_hidden(self, catalog, name, entity, condition):
        for projection in ("*", "Id", "count(*)"):
            query = f"select {projection} from {entity} where {condition}"
            calls = {"calls": [{"tool": name, "arguments": {"query": query}}]}
            for tool, arguments in ((name, {"query": query}), ("run_a_quick_books_batch", calls)):
                for config in ({}, {"show_sensitive": True}):
                    answer, requests = self.ask(catalog, tool, arguments, **config)
                    assert answer.error is not None
                    assert "sensitive" in answer.error.message
                    assert not requests

    @pytest.mark.parametrize(
        ("name", "query"),
        [
            ("list_all_quick_books_accounts", "select * from Account where AcctNum = '1000'"),
            ("query_quick_books", "select * from Account where AcctNum like '10%'"),
            ("query_quick_books", "select * from CreditCardPayment where TxnDate > '2026-01-01'"),
            ("list_all_quick_books_vendors", "select AcctNum from Vendor where DisplayName = 'SSN'"),
        ],
    )
    def test_what_is_not_hidden_may_be_compared(self, catalog, name, query):
        answer, requests = self.ask(catalog, name, {"query": query})
        assert answer.error is None, answer.error
        assert requests

    def test_a_query_that_is_too_long_is_refused_before_it_is_read(self, catalog):
        query = f"select * from Customer where Id = '{'1' * 30_000}'"
        answer, requests = self.ask(catalog, "list_all_quick_books_customers", {"query": query})
        assert "at most 30,000" in answer.error.message
        assert not requests


def test_no_filter_order_or_column_of_a_list_is_about_what_is_hidden():
    wrong = []
    for tool in builtin_catalog().tools:
        if tool.listing is None:
            continue
        asked = {each.field for each in tool.listing.conditions} | {*tool.listing.sortable}
        for path in (*tool.sensitive, *(path for path, _ in tool.gated)):
            around = {".".join(path[:length]) for length in range(1, len(path) + 1)}
            if asked & around and tool.listing.entity != "*":
                wrong.append((tool.name, path))
            if ".".join(path[:1]) in tool.listing.columns:
                wrong.append((tool.name, path))
    assert wrong == []
