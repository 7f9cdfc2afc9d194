"""A raw statement is parsed by the grammar of its language, its OR comes to branches, and its errors are explained."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.errors import InvalidArguments
from runtime.upstream.query_facts import refuse_problems
from runtime.upstream.statements import NotParsed, parse_statement
from runtime.upstream.terms import join_branches, join_terms, read_terms
from tests.builtin import builtin_catalog

CATALOG = builtin_catalog()
LANGUAGE = CATALOG.integrations["quickbooks"].query_language
INVOICES = CATALOG.by_name["list_all_quick_books_invoices"].listing
assert INVOICES is not None


def parse(text: str):
    return parse_statement(LANGUAGE.grammar, text)


def branches_of(condition: str) -> list[str]:
    text = f"select * from Invoice where {condition}"
    found = join_branches(LANGUAGE, read_terms(LANGUAGE, parse(text), text))
    return [join_terms(LANGUAGE, each) for each in found]


def test_every_part_of_a_statement_is_read():
    found = parse(
        "SELECT Id, DocNumber FROM Invoice WHERE Balance > '0' ORDER BY TxnDate DESC, Id STARTPOSITION 5 MAXRESULTS 9"
    )

    assert found.entity.text == "Invoice"
    assert [each.text for each in found.columns] == ["Id", "DocNumber"]
    assert [(each.field.text, each.is_descending) for each in found.order] == [
        ("TxnDate", True),
        ("Id", False),
    ]
    assert (found.start, found.limit, found.is_count, found.has_groups) == (5, 9, False, False)


@pytest.mark.parametrize("tail", ["maxresults 2 startposition 4", "startposition 4 maxresults 2"])
def test_the_two_numbers_of_a_page_stand_in_either_order(tail):
    found = parse(f"select count(*) from Invoice {tail}")

    assert (found.start, found.limit, found.is_count, found.branches) == (4, 2, True, ())


def test_names_may_be_those_of_keywords():
    found = parse("select Order from Limit where Where_ = '1' orderby Desc_")

    assert (found.columns[0].text, found.entity.text) == ("Order", "Limit")


@pytest.mark.parametrize(
    ("condition", "branches"),
    [
        ("Balance > '0' or DueDate = ' '", ["Balance > '0'", "DueDate = ' '"]),
        ("a = '1' or a = '2' or a in ('2', '3')", ["a IN ('1', '2', '3')"]),
        ("a = '1' and b = '2' or b = '2' and A = '3'", ["a IN ('1', '3') AND b = '2'"]),
        ("(a = '1' or b = '2') and c > '3'", ["a = '1' AND c > '3'", "b = '2' AND c > '3'"]),
        ("(a > '1' or b > '2') and (c > '3' or d > '4')",
         ["a > '1' AND c > '3'", "a > '1' AND d > '4'", "b > '2' AND c > '3'", "b > '2' AND d > '4'"]),
        ("((a = '1'))", ["a = '1'"]),
        ("a = '1' or a = '1' and b = '2'", ["a = '1'"]),
        ("a > '1' or a > '1'", ["a > '1'"]),
        ("a = ' ' or a = '1'", ["a = ' '", "a = '1'"]),
        ("a = true or a = false", ["a IN (true, false)"]),
        (r"a = 'x or \'y' or b > '1'", [r"a = 'x or \'y'", "b > '1'"]),
    ],
)  # fmt: skip
def test_an_or_comes_to_the_fewest_branches(condition, branches):
    assert branches_of(condition) == branches


CONDITIONS = st.recursive(
    st.sampled_from(["a = '0'", "a = '1'", "b = '0'", "b = '1'", "c in ('0', '1')"]),
    lambda some: st.builds(
        lambda joined, parts: f"({joined.join(parts)})",
        st.sampled_from([" and ", " or "]),
        st.lists(some, min_size=1, max_size=2),
    ),
    max_leaves=6,
)


@settings(deadline=None)
@given(CONDITIONS)
def test_the_branches_of_a_condition_are_true_exactly_when_it_is(condition):
    records = [{"a": a, "b": b, "c": c} for a in "012" for b in "012" for c in "012"]

    found = " or ".join(f"({each})" for each in branches_of(condition))

    assert [holds(condition, each) for each in records] == [holds(found, each) for each in records]


def holds(condition: str, record: dict[str, str]) -> bool:
    text = condition.lower().replace(" = ", " == ")
    return bool(eval(text, {}, record))


def test_more_combinations_than_can_be_asked_for_are_refused():
    either = "(a > '1' or b > '2' or c > '3')"

    with pytest.raises(InvalidArguments, match="more than 64 combinations"):
        parse(f"select * from Invoice where {' and '.join([either] * 9)}")


def test_ten_thousand_brackets_are_no_recursion():
    text = f"select * from Invoice where {'(' * 10_000}a = '1'{')' * 10_000}"

    assert len(parse(text).branches) == 1


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("select * from Invoice where", 27),
        ("select * from Invoice where a = %", 32),
        ("select * from Invoice where a = 'x", 32),
        ("select * from Invoice where a = '1' b", 36),
        ("update Invoice", 0),
    ],
)
def test_what_is_no_statement_says_where_it_stops_being_one(text, place):
    with pytest.raises(NotParsed) as refused:
        parse(text)

    assert refused.value.place == place


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("where Balanc = '1'", ['Invoice has no field "Balanc" (character 29)', 'Did you mean "Balance"?']),
        ("where LastUpdatedTime > '2026-01-01'", ['Did you mean "MetaData.LastUpdatedTime"?']),
        ("where Line.Amount > '5'", ["Line cannot be filtered (character 29)", "These can: ", "TxnDate"]),
        ("orderby Line", ["Line cannot be sorted by", "These can: ", "DueDate"]),
        ("where DocNumber = Bob", ['"Bob" is no value (character 41)', "Write 'Bob'."]),
        ("where DueDate > '31 May'", ["DueDate is a date, and '31 May' is none", "Write DueDate > '2026-01-31'."]),
        ("where Balance > 'much'", ["Balance is a number, and 'much' is none"]),
        ("where AllowOnlineACHPayment = '5'", ["AllowOnlineACHPayment is a boolean", "= true or "]),
        ("where MetaData.CreateTime > 'now'", ["is a date-time, and 'now' is none"]),
        ("where Balanc = '1' and Line = '1'", ["no field", "cannot be filtered"]),
    ],
)  # fmt: skip
def test_each_error_is_explained_with_its_place(rest, said):
    statement = parse(f"select * from Invoice {rest}")

    with pytest.raises(InvalidArguments) as refused:
        refuse_problems(LANGUAGE, INVOICES, statement)

    text = refused.value.as_text()
    assert [each for each in said if each not in text] == []
    assert "Nothing was sent." in text


@pytest.mark.parametrize(
    "rest",
    [
        "where PrivateNote = 'x'",
        "where customerref = '58' and BALANCE > 0 and duedate = ' '",
        "where CustomerRef.value = '58' orderby CustomerRef.name",
        "where TxnDate > CURRENT_DATE and MetaData.CreateTime > '2026-01-01'",
        "where DueDate like '%2026%' and domain = 'QBO'",
        "where Balance in ('1', 2.5) orderby ShipDate",
    ],
)
def test_what_the_definitions_do_not_settle_is_sent(rest):
    refuse_problems(LANGUAGE, INVOICES, parse(f"select * from Invoice {rest}"))


def test_every_example_query_passes():
    for tool in CATALOG.tools:
        for example in tool.examples:
            if tool.listing and tool.listing.fields and (query := example.arguments.get("query")):
                refuse_problems(LANGUAGE, tool.listing, parse(query))
