from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.faults import Fault
from runtime.simulators.quickbooks.query import sql
from runtime.simulators.quickbooks.query.parser import Condition, Order, Statement, parse
from runtime.simulators.quickbooks.writes import changes
from tests.simulators.quickbooks.conftest import sales_line


def statement(entity: str = "Invoice", **more: object) -> Statement:
    usual = {"properties": (), "is_count": False, "conditions": (), "order": (), "start": 1, "most": 100}
    return Statement(entity=entity, **{**usual, **more})  # type: ignore[arg-type]


PARSED = {
    "select * from Invoice": statement(),
    "SELECT * FROM Invoice": statement(),
    "select count(*) from Invoice": statement(is_count=True),
    "select Id, DocNumber from Invoice": statement(properties=("Id", "DocNumber")),
    "select * from Invoice where Balance > '0'": statement(conditions=(Condition("Balance", ">", ("0",)),)),
    "select * from Invoice where Balance>=0.5": statement(conditions=(Condition("Balance", ">=", ("0.5",)),)),
    "select * from Invoice where Id in ('1', '2')": statement(
        conditions=(Condition("Id", "in", ("1", "2")),)
    ),
    "select * from Customer where Active IN (true,false)": statement(
        "Customer", conditions=(Condition("Active", "in", (True, False)),)
    ),
    "select * from Customer where DisplayName = 'Adam\\'s'": statement(
        "Customer", conditions=(Condition("DisplayName", "=", ("Adam's",)),)
    ),
    "select * from Customer where DisplayName like '%a%' and Active = true": statement(
        "Customer", conditions=(Condition("DisplayName", "like", ("%a%",)), Condition("Active", "=", (True,)))
    ),
    "select * from Invoice orderby TxnDate desc, Id": statement(
        order=(Order("TxnDate", True), Order("Id", False))
    ),
    "select * from Invoice order by TxnDate asc": statement(order=(Order("TxnDate", False),)),
    "select * from Invoice startposition 11 maxresults 10": statement(start=11, most=10),
    "select * from Invoice maxresults 10 startposition 11": statement(start=11, most=10),
    "select * from Invoice\nwhere MetaData.CreateTime > '2026-01-01'": statement(
        conditions=(Condition("MetaData.CreateTime", ">", ("2026-01-01",)),)
    ),
}


@pytest.mark.parametrize("text", PARSED)
def test_a_statement_is_parsed(text: str) -> None:
    assert parse(text) == PARSED[text]


REFUSED = {
    "select * from Invoice maxresults \u00b2": ("4000", "Lexical error at line 1, column 34"),
    "": ("4000", "QueryParserError: The query provided was empty"),
    "select": ("4000", 'Encountered "<EOF>" at line 1, column 6.'),
    "selct * from Invoice": ("4000", 'Encountered " <IDENTIFIER> "selct "" at line 1, column 1.'),
    "select * from Invoice where DocNumber = 'a' R": (
        "4000",
        (
            'Encountered " <IDENTIFIER> "R "" at line 1, column 45.\nWas expecting one of:\n    <EOF> \n    <AND> ...\n'
            '    "iterator" ...\n    "maxresults" ...\n    <OR> ...\n    "order" ...\n    "orderby" ...\n'
            '    "startposition" ...\n    '
        ),
    ),
    "select * from Invoice where Balance > %3E": (
        "4000",
        'QueryParserError: Invalid content. Lexical error at line 1, column 39.  Encountered: "%" (37), after : ""',
    ),
    "select * from Invoice where DocNumber = 'a": ("4000", "Encountered: <EOF> after"),
    "select * from Invoice where DocNumber = 'a' or DocNumber = 'b'": ("4000", "Encountered"),
    "select * from Invoice where not DocNumber = 'a'": ("4000", "Encountered"),
    "select * from Invoice where DocNumber != 'a'": ("4000", 'Encountered: "!" (33)'),
    "select * from Invoice where DocNumber <> 'a'": ("4000", "Encountered"),
    "select * from Invoice where Balance between 1 and 2": ("4000", "Encountered"),
    "select * from Invoice group by CustomerRef": ("4000", "Encountered"),
    "select sum(Balance) from Invoice": ("4000", "Encountered"),
    "select * from Invoice, Bill": ("4000", "Encountered"),
    "select * from Invoice where DocNumber = 'it''s'": ("4000", "Encountered"),
    "select * from TaxService": ("4001", "QueryValidationError: Metadata not found for Entity: TaxService"),
    "select * from Nothing": ("4001", "QueryValidationError: Metadata not found for Entity: Nothing"),
    "select * from Purchase where AccountRef = '1'": ("4001", "property 'AccountRef' is not queryable"),
    "select * from Invoice where Colour = 'red'": (
        "4001",
        "QueryValidationError: Property Colour not found for Entity Invoice",
    ),
    "select * from Invoice where Line.Amount > '3'": ("4001", "property 'Line.Amount' is not queryable"),
    "select * from Invoice startposition 0": (
        "4001",
        "QueryValidationError: value 0 is too small. Min allowed value is 1",
    ),
    "select * from Invoice maxresults 1001": ("4001", "value 1001 is too large. Max allowed value is 1000"),
    "select * from Invoice orderby PrivateNote": ("4001", "property 'PrivateNote' is not sortable"),
    "select * from Invoice where Id > '3'": ("4001", "Id"),
    "select * from Invoice where Balance > 'lots'": ("4001", "lots"),
    "select * from Invoice where TxnDate > 'yesterday'": ("4001", "yesterday"),
}


@pytest.mark.parametrize("text", REFUSED)
def test_a_statement_is_refused(books: Books, text: str) -> None:
    code, detail = REFUSED[text]
    with pytest.raises(Fault) as refused:
        sql.answer(books, text)
    assert refused.value.problems[0].code == code
    assert detail in refused.value.problems[0].detail


def code_of(text: str) -> str | None:
    """Return the code that a statement is refused with, or None."""
    try:
        parse(text)
    except Fault as refused:
        return refused.problems[0].code
    return None


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_answered_or_refused(text: str) -> None:
    assert code_of(text) in (None, "4000", "4001")


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "select",
                "*",
                "from",
                "Invoice",
                "where",
                "Id",
                "=",
                "'1'",
                "and",
                "in",
                "(",
                ")",
                ",",
                "maxresults",
                "5",
            ]
        )
    )
)
def test_any_order_of_keykeywords_is_answered_or_refused(keywords: list[str]) -> None:
    assert code_of(" ".join(keywords)) in (None, "4000", "4001")


def found(books: Books, text: str) -> list[str]:
    return [changes_body["Id"] for changes_body in map(json.loads, sql.answer(books, text).bodies)]


@pytest.fixture
def three(books: Books) -> Books:
    for cents, day, customer in (
        (1000, "2026-11-01", "1"),
        (2050, "2026-11-03", "2"),
        (3000, "2026-11-02", "1"),
    ):
        body = {"CustomerRef": {"value": customer}, "TxnDate": day, "Line": [sales_line(cents)]}
        changes.create(books, "Invoice", body)
    return books


def test_transactions_come_newest_first(three: Books) -> None:
    assert found(three, "select * from Invoice") == ["2", "3", "1"]


def test_amounts_are_compared_as_numbers(three: Books) -> None:
    assert found(three, "select * from Invoice where Balance > '9' orderby Balance") == ["1", "2", "3"]
    assert found(three, "select * from Invoice where TotalAmt = 20.5") == ["2"]


def test_references_are_compared_by_id(three: Books) -> None:
    assert found(three, "select * from Invoice where CustomerRef = '1' orderby Id") == ["1", "3"]


def test_days_are_compared_as_days(three: Books) -> None:
    assert found(three, "select * from Invoice where TxnDate >= '2026-11-02' orderby TxnDate") == ["3", "2"]
    assert found(three, "select * from Invoice where TxnDate > CURRENT_DATE") == []


def test_pages_go_on_where_the_last_one_ended(three: Books) -> None:
    assert found(three, "select * from Invoice orderby Id startposition 2 maxresults 1") == ["2"]


def test_names_are_compared_without_regard_to_case(books: Books) -> None:
    assert found(books, "select * from customer where displayname = 'AMY\\'S bird sanctuary'") == ["1"]
    assert found(books, "select * from Customer where DisplayName like 'amy%'") == ["1"]


def test_an_underscore_is_no_wildcard(books: Books) -> None:
    assert found(books, "select * from Customer where DisplayName like '_my%'") == []


def test_inactive_records_show_only_when_asked_for(books: Books) -> None:
    changes.update(books, "Customer", {"Id": "1", "SyncToken": "0", "sparse": True, "Active": False})
    assert "1" not in found(books, "select * from Customer")
    assert found(books, "select * from Customer where Active = false") == ["1"]
    assert "1" in found(books, "select * from Customer where Active in (true, false)")


def test_a_projection_is_marked_as_a_part(books: Books) -> None:
    body = json.loads(sql.answer(books, "select DisplayName from Customer where Id = '1'").bodies[0])
    assert body == {"DisplayName": "Amy's Bird Sanctuary", "Id": "1", "domain": "QBO", "sparse": True}


def test_a_blank_asks_for_nothing(books: Books) -> None:
    total = sql.answer(books, "select count(*) from Customer").count or 0
    without = sql.answer(books, "select count(*) from Customer where CompanyName = ' '").count or 0
    assert 0 < without < total


def test_an_empty_answer_is_an_empty_object(books: Books) -> None:
    assert sql.answer(books, "select * from Invoice").to_json() == b"{}"
    assert sql.answer(books, "select count(*) from Invoice").to_json() == b'{"totalCount":0}'
