"""What a query language lacks: each is refused with the sentence for exactly that, and nothing else is."""

from __future__ import annotations

import pytest

from runtime.errors import InvalidArguments
from runtime.upstream.query import refuse_unsupported
from tests.builtin import builtin_catalog

CATALOG = builtin_catalog()
LANGUAGE = CATALOG.integrations["quickbooks"].query_language


def said_of(query: str) -> str:
    with pytest.raises(InvalidArguments) as refused:
        refuse_unsupported(LANGUAGE, query)
    return refused.value.as_text()


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("limit 5", "Write maxresults 5"),
        ("maxresults 5 offset 10", "Write startposition 51"),
        ("where DocNumber != '5'", 'There is no "not equal"'),
        ("where DocNumber <> '5'", 'There is no "not equal"'),
        ('where DocNumber = "5 or 6"', "Text stands in single quotes"),
        ("where DueDate is not null", "no condition finds what is filled in"),
        ("where DueDate is null", "What is empty equals one blank"),
        ("where TxnDate > '11/27/2026'", "A date is written YYYY-MM-DD"),
        ("where TxnDate > 11/27/2026", "A date is written YYYY-MM-DD"),
        ("where TxnDate > DATE '2026-01-01'", "A date is quoted text alone"),
        ("where Id not in ('1')", "There is no NOT"),
        ("where TxnDate between '2026-01-01' and '2026-02-01'", "There is no BETWEEN"),
        ("join Customer on Customer.Id = CustomerRef", "There is no JOIN"),
        ("group by CustomerRef", "There is no GROUP BY"),
        ("where lower(DocNumber) = 'a'", "There are no functions"),
        ("where TxnDate > now()", "no functions of dates"),
        ("where CustomerRef in (select Id from Customer)", "no query inside a query"),
        ("where DocNumber = 'O''Brien'", "A quote inside text has a backslash"),
        ("where Id in '1'", "The values of IN stand in brackets"),
        ("where Id == '1'", "Write one equals sign"),
        (";", "without a semicolon"),
    ],
)
def test_what_the_language_lacks_is_refused_with_its_own_sentence(condition: str, said: str) -> None:
    text = said_of(f"select * from Invoice {condition}")

    assert said in text
    assert text.count(said) == 1 and "Nothing was sent." in text


@pytest.mark.parametrize(
    ("begin", "said"),
    [
        ("select sum(Balance) from Invoice", "There are no sums"),
        ("select count(Id) from Invoice", "Only all records can be counted"),
        ("select distinct CustomerRef from Invoice", "There is no DISTINCT"),
        ("select top 5 * from Invoice", "There is no top"),
        ("select Id as i from Invoice", "no other names"),
    ],
)
def test_so_is_what_stands_before_the_record(begin: str, said: str) -> None:
    assert said in said_of(begin)


def test_two_things_that_are_lacking_are_both_named() -> None:
    text = said_of("select * from Invoice where Id != '1' limit 5")

    assert '"limit"' in text and '"!="' in text


@pytest.mark.parametrize(
    "query",
    [
        "select * from Invoice where Balance > '0' orderby TxnDate desc startposition 1 maxresults 5",
        "select count(*) from Invoice",
        "select Id, DocNumber from Invoice where Id in ('1','2') and TxnDate >= '2026-01-01' order by Id",
        "select * from Customer where DisplayName = 'Limit or \"Not\" != join (sum) is null; 11/27/2026'",
        "select * from Customer where DisplayName like '%O\\'Brien and Sons%'",
        "select * from Invoice where DocNumber = '11/27/2026'",
        "select * from Invoice where DueDate = ' ' and DocNumber = ''",
        "select * from Bill where MetaData.CreateTime > '2026-01-01T00:00:00-08:00' and Active in (true,false)",
        "select * from Bill where TxnDate > CURRENT_DATE",
        "select * from Bill where (Id = '1' or (VendorRef = '2' and Balance > '0'))",
        "select * from Bill where VendorRef = '5' and Active = true and Id in('1')",
    ],
)
def test_what_the_language_has_is_let_through(query: str) -> None:
    refuse_unsupported(LANGUAGE, query)
