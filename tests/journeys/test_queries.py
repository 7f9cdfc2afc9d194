"""Queries and filters on the simulator find exactly what the same predicate finds in Python, over all pages."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.journeys.conftest import Stage

Record = dict[str, Any]
Predicate = Callable[[Record], bool]
ANY = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
INVOICES, CUSTOMERS = "list_all_quick_books_invoices", "list_all_quick_books_customers"


@dataclass(frozen=True)
class Endpoint:
    """The MCP endpoint of a server, called by hand."""

    url: str

    def call(self, tool: str, **arguments: Any) -> Any:
        message = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {"name": tool, "arguments": arguments},
        }
        request = urllib.request.Request(
            self.url,
            json.dumps(message).encode(),
            {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"},
        )
        with urllib.request.urlopen(request, timeout=120) as response:
            result = json.load(response)["result"]
        text = result["content"][0]["text"]
        assert not result.get("isError"), text
        return json.loads(text)

    def read_all(self, tool: str, limit: int, **arguments: Any) -> list[Record]:
        found, cursor = list[Record](), {}
        for _ in range(2000):
            page = self.call(tool, limit=limit, **arguments, **cursor)
            assert page["returned"] == len(page["records"]) <= limit
            found += page["records"]
            if "next_cursor" not in page:
                return found
            cursor = {"next_cursor": page["next_cursor"]}
        raise AssertionError("the pages have no end")


class Records(list[Record]):
    """Records that a failing case does not write out."""

    def __repr__(self) -> str:
        return f"<{len(self)} records>"


@pytest.fixture(scope="module")
def endpoint(stage: Stage) -> Endpoint:
    return Endpoint(stage.server()["url"])


@pytest.fixture(scope="module")
def invoices(endpoint: Endpoint) -> list[Record]:
    return Records(endpoint.read_all(INVOICES, 1000, query="select * from Invoice orderby Id"))


@pytest.fixture(scope="module")
def customers(endpoint: Endpoint) -> list[Record]:
    query = "select * from Customer where Active in (true, false) orderby Id"
    return Records(endpoint.read_all(CUSTOMERS, 1000, query=query))


def value(record: Record, field: str) -> Any:
    found: Any = record
    for name in field.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def compare(field: str, operator: str, wanted: Any) -> Predicate:
    def holds(record: Record) -> bool:
        found = value(record, field)
        if isinstance(found, dict):
            found = found.get("value", found.get("Address"))
        if found is None:
            return False
        if isinstance(wanted, (int, float)):
            one, other = float(found), float(wanted)
        else:
            one, other = str(found).lower(), str(wanted).lower()
        return {
            "=": one == other,
            "<": one < other,
            ">": one > other,
            "<=": one <= other,
            ">=": one >= other,
        }[operator]

    return holds


def contain(field: str, text: str) -> Predicate:
    return lambda record: text.lower() in str(value(record, field) or "").lower()


NUMBERS = st.sampled_from([0, 35, 81, 200, 314.28, 1000])
DATES = st.sampled_from(["2020-01-01", "2025-06-30", "2026-03-15", "2026-10-01", "2026-11-20"])
OPERATORS = st.sampled_from(["=", "<", ">", "<=", ">="])
Condition = tuple[str, Predicate]
OF_INVOICES: st.SearchStrategy[Condition] = st.one_of(
    st.builds(
        lambda field, operator, number: (
            f"{field} {operator} '{number}'",
            compare(field, operator, number),
        ),
        st.sampled_from(["Balance", "TotalAmt"]),
        OPERATORS,
        NUMBERS,
    ),
    st.builds(
        lambda field, operator, date: (f"{field} {operator} '{date}'", compare(field, operator, date)),
        st.sampled_from(["TxnDate", "DueDate"]),
        OPERATORS,
        DATES,
    ),
    st.builds(
        lambda customer: (f"CustomerRef = '{customer}'", compare("CustomerRef", "=", customer)),
        st.sampled_from(["1", "2", "5", "20", "24"]),
    ),
    st.builds(
        lambda text: (f"DocNumber like '%{text}%'", contain("DocNumber", text)), st.sampled_from("1239")
    ),
)


def join(word: str, parts: list[Condition]) -> Condition:
    predicates = [each for _, each in parts]
    several = all if word == "and" else any
    return (
        "(" + f" {word} ".join(text for text, _ in parts) + ")",
        lambda record: several(each(record) for each in predicates),
    )


def nested(leaves: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    both = st.lists(leaves, min_size=1, max_size=2).map(lambda parts: join("and", parts))
    either = st.lists(st.one_of(leaves, both), min_size=1, max_size=3).map(lambda parts: join("or", parts))
    return st.one_of(either, st.tuples(leaves, either).map(lambda two: join("and", list(two))))


ORDERS = st.sampled_from(
    [
        (),
        (("TxnDate", False),),
        (("Balance", True), ("DueDate", False)),
        (("DocNumber", True),),
        (("Id", True),),
        (("MetaData.CreateTime", False),),
    ]
)


def by(order: tuple[tuple[str, bool], ...], records: list[Record]) -> list[Record]:
    """Return records in an order, equal ones by their Ids: sorted several times, by the last field first."""
    found = sorted(records, key=lambda each: int(each["Id"]))
    for field, is_descending in reversed(order):
        rank = partial(_rank, field)
        found.sort(key=rank, reverse=is_descending)
    return found


def _rank(field: str, record: Record) -> tuple[bool, Any]:
    found = value(record, field)
    if field == "Id":
        found = int(found)
    return found is not None, found.lower() if isinstance(found, str) else found or 0


def ids(records: list[Record]) -> list[str]:
    return [each["Id"] for each in records]


@ANY
@given(nested(OF_INVOICES), ORDERS, st.sampled_from([20, 50, 400]))
def test_a_raw_query_with_or_finds_what_the_predicate_finds(endpoint, invoices, condition, order, limit):
    text, holds = condition
    words = ", ".join(f"{field} {'desc' if is_descending else 'asc'}" for field, is_descending in order)
    query = f"select * from Invoice where {text}{' orderby ' if words else ''}{words}"

    found = endpoint.read_all(INVOICES, limit, query=query, fields=["Id"])

    wanted = [each for each in invoices if holds(each)]
    assert sorted(ids(found)) == sorted(ids(wanted))
    if order:
        assert ids(found) == ids(by(order, wanted))


@ANY
@given(nested(OF_INVOICES))
def test_a_count_with_or_is_how_many_the_predicate_finds(endpoint, invoices, condition):
    text, holds = condition

    found = endpoint.call(INVOICES, query=f"select count(*) from Invoice where {text}")

    assert found == {"total": sum(map(holds, invoices)), "records": []}


OF_CUSTOMERS: st.SearchStrategy[Condition] = st.one_of(
    st.builds(
        lambda field, text: (f"{field} like '%{text}%'", contain(field, text)),
        st.sampled_from(["DisplayName", "CompanyName", "GivenName"]),
        st.sampled_from(["a", "bi", "R", "o", "x"]),
    ),
    st.builds(
        lambda operator, number: (f"Balance {operator} '{number}'", compare("Balance", operator, number)),
        OPERATORS,
        NUMBERS,
    ),
)


@ANY
@given(nested(OF_CUSTOMERS), st.sampled_from([2, 9, 100]))
def test_names_are_merged_in_their_order(endpoint, customers, condition, limit):
    text, holds = condition

    found = endpoint.read_all(
        CUSTOMERS, limit, query=f"select * from Customer where {text} orderby DisplayName"
    )

    wanted = [each for each in customers if holds(each) and each["Active"]]
    assert ids(found) == ids(by((("DisplayName", False),), wanted))


@pytest.mark.parametrize("start", [1, 2, 30, 60])
def test_a_query_that_begins_further_on_leaves_out_what_is_before(endpoint, invoices, start):
    wanted = [each for each in invoices if each["Balance"] > 0 or "1" in each.get("DocNumber", "")]
    query = "select * from Invoice where Balance > '0' or DocNumber like '%1%' orderby Id"

    found = endpoint.call(INVOICES, query=f"{query} startposition {start} maxresults 4")

    assert ids(found["records"]) == ids(wanted)[start - 1 : start + 3]


FILTERS: st.SearchStrategy[tuple[dict[str, Any], Predicate]] = st.one_of(
    st.builds(
        lambda name, number: ({f"{name}_from": number}, compare(name, ">=", number)),
        st.sampled_from(["Balance", "TotalAmt"]),
        NUMBERS,
    ),
    st.builds(
        lambda name, number: ({f"{name}_until": number}, compare(name, "<=", number)),
        st.sampled_from(["Balance", "TotalAmt"]),
        NUMBERS,
    ),
    st.builds(
        lambda name, day: ({f"{name}_until": day}, compare(name, "<=", day)),
        st.sampled_from(["TxnDate", "DueDate"]),
        DATES,
    ),
    st.builds(
        lambda customer: ({"CustomerRef": customer}, compare("CustomerRef", "=", customer)),
        st.sampled_from(["1", "2", "5", "20"]),
    ),
    st.builds(
        lambda text: ({"DocNumber_contains": text}, contain("DocNumber", text)),
        st.sampled_from(["1", "23", "9", "%"]),
    ),
)
SETS = st.lists(FILTERS, min_size=1, max_size=2).map(
    lambda some: (
        {name: value for each, _ in some for name, value in each.items()},
        [(tuple(each), holds) for each, holds in some],
    )
)


def holds_all(parts: list[tuple[tuple[str, ...], Predicate]], record: Record) -> bool:
    """Return whether each filter of a set is true; of two with one name the later one counts."""
    return all(holds(record) for holds in dict(parts).values())


@ANY
@given(SETS, st.lists(SETS, min_size=1, max_size=4), st.sampled_from([40, 90, 500]), st.booleans())
def test_sets_of_filters_find_what_the_predicates_find(endpoint, invoices, beside, sets, limit, sorts):
    order = {"order_by": "Balance", "descending": True} if sorts else {}

    found = endpoint.read_all(
        INVOICES, limit, any_of=[each for each, _ in sets], fields=["Id"], **beside[0], **order
    )

    wanted = [
        each
        for each in invoices
        if holds_all(beside[1], each) and any(holds_all(parts, each) for _, parts in sets)
    ]
    keys = (("Balance", True),) if sorts else (("TxnDate", True), ("Id", True))
    assert ids(found) == ids(by(keys, wanted))


@ANY
@given(st.sampled_from(["a", "BI", "o", "example", "%", "'", "x y"]), st.sampled_from([3, 9, 100]), NUMBERS)
def test_a_search_finds_what_any_of_its_fields_holds(endpoint, customers, text, limit, balance):
    found = endpoint.read_all(CUSTOMERS, limit, search=text, Balance_from=balance)

    fields = ("DisplayName", "CompanyName", "PrimaryEmailAddr.Address")
    wanted = [
        each
        for each in customers
        if each["Active"]
        and each["Balance"] >= balance
        and any(contain(field, text)(each) for field in fields)
    ]
    assert ids(found) == ids(by((("DisplayName", False),), wanted))


@pytest.mark.parametrize("word", ["overdue", "unpaid", "paid", "last_year", "this_quarter"])
def test_a_word_finds_what_the_filters_find_that_the_answer_names(endpoint, invoices, word):
    note = endpoint.call(INVOICES, only=[word], limit=1)["note"]
    found = endpoint.read_all(INVOICES, 60, only=[word])

    filters = note.removeprefix(f"{word}: ").partition(" Today is ")[0].removesuffix(".")
    said = dict(each.split(" ") for each in filters.split(", "))
    typed = [_filter(name, value) for name, value in said.items()]
    wanted = [each for each in invoices if all(holds(each) for holds in typed)]
    assert sorted(ids(found)) == sorted(ids(wanted))


def _filter(argument: str, value: str) -> Predicate:
    name, _, end = argument.rpartition("_")
    wanted = float(value) if value.replace(".", "").isdigit() else value
    return compare(name, ">=" if end == "from" else "<=", wanted)
