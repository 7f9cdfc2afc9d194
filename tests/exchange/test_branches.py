"""An OR that the vendor's language lacks is several calls and one answer, or the error that any of them is."""

from __future__ import annotations

import json

import orjson
import pytest

from runtime.exchange.tool_answer import Answer
from tests.made_up_calls import run, statement
from tests.protocol.vendors import make_quickbooks
from tests.vendor_server import Handler, Vendor, http

QUICKBOOKS = make_quickbooks()
INVOICES = "list_all_quick_books_invoices"
EITHER = "select * from Invoice where Balance > '5' or DueDate = ' ' orderby Id"


def call(handler: Handler, arguments: dict, tool: str = INVOICES, **more) -> tuple[Answer, Vendor]:
    [answer], vendor = run(
        handler,
        (tool, arguments),
        tools=QUICKBOOKS.tools,
        catalog=QUICKBOOKS.tools,
        integration=QUICKBOOKS.integration,
        accounts=(QUICKBOOKS.account,),
        base_path=QUICKBOOKS.base_path,
        **more,
    )
    return answer, vendor


def answering(*bodies: object) -> Handler:
    left = list(bodies)

    def handler(_line: str, _headers: dict[str, str], _body: bytes) -> bytes:
        body = left.pop(0)
        return body if isinstance(body, bytes) else http(200, orjson.dumps({"QueryResponse": body}))

    return handler


def records(*ids: int) -> dict:
    return {"Invoice": [{"Id": str(each), "Balance": each} for each in ids]}


def test_each_branch_is_one_call_and_each_record_comes_once():
    answer, vendor = call(answering(records(1, 3, 5), records(2, 3)), {"query": EITHER, "limit": 10})

    assert [statement(vendor, at) for at in (0, 1)] == [
        "SELECT * FROM Invoice WHERE Balance > '5' ORDERBY Id ASC STARTPOSITION 1 MAXRESULTS 12",
        "SELECT * FROM Invoice WHERE DueDate = ' ' ORDERBY Id ASC STARTPOSITION 1 MAXRESULTS 12",
    ]
    assert [each["Id"] for each in json.loads(answer.text)["records"]] == ["1", "2", "3", "5"]
    assert answer.limits.remaining == (498, 8)


def test_a_limit_that_is_reached_in_between_is_the_answer():
    refused = http(429, b'{"Fault":{"Error":[{"Message":"ThrottleExceeded","code":"3001"}]}}')
    three = EITHER.replace(" orderby", " or TotalAmt > '9' orderby")

    answer, vendor = call(answering(records(1), refused), {"query": three})

    assert answer.text == "" and answer.error is not None and answer.error.code == "rate_limited"
    assert len(vendor.requests) == 2


def test_a_failure_of_the_last_call_is_the_answer():
    answer, _ = call(answering(records(1), http(500, b"{}")), {"query": EITHER})

    assert answer.error is not None and answer.text == ""


def test_an_error_in_a_success_is_the_answer():
    fault = http(200, b'{"Fault":{"Error":[{"Message":"Gone","code":"4001"}],"type":"ValidationFault"}}')

    answer, _ = call(answering(records(1), fault), {"query": EITHER})

    assert answer.error is not None and "Gone" in answer.error.message


def test_fields_that_a_query_names_are_shown_with_the_id():
    query = EITHER.replace("*", "Balance")

    answer, _ = call(answering(records(1), records(2)), {"query": query})

    assert json.loads(answer.text)["records"] == [{"Balance": 1, "Id": "1"}, {"Balance": 2, "Id": "2"}]


def test_an_answer_that_is_cut_by_its_size_goes_on_behind_what_was_shown():
    wide = {"Invoice": [{"Id": str(each), "PrivateNote": "x" * 3000} for each in range(1, 9)]}
    first, _ = call(answering(wide, records()), {"query": EITHER, "limit": 8}, budget=12_000)
    found = json.loads(first.text)

    again = {"query": EITHER, "limit": 8, "next_cursor": found["next_cursor"]}
    rest, _ = call(answering(wide, records()), again, budget=60_000)

    shown = [each["Id"] for each in (*found["records"], *json.loads(rest.text)["records"])]
    assert 0 < found["returned"] < 8 and "of the 8 records" in found["note"]
    assert shown == [str(each) for each in range(1, 9)]


@pytest.mark.parametrize(
    ("condition", "bodies", "total"),
    [
        ("Balance > '5' or DueDate = ' '", (10, 7, 3), 14),
        ("Balance > '5' or DueDate = ' ' or TotalAmt > '1'", (10, 7, 20, 3, 4, 5, 2), 27),
    ],
)
def test_the_records_of_few_branches_are_counted_by_combination(condition, bodies, total):
    counts = [{"totalCount": each} for each in bodies]

    answer, vendor = call(answering(*counts), {"query": f"select count(*) from Invoice where {condition}"})

    assert json.loads(answer.text) == {"total": total, "records": []}
    assert len(vendor.requests) == len(bodies)
    assert statement(vendor).startswith("select count(*) from Invoice WHERE Balance > '5' AND DueDate = ' '")


FOUR = "select count(*) from Invoice where Balance > '5' or DueDate = ' ' or TotalAmt > '1' or Balance < '0'"


def test_the_records_of_more_branches_are_counted_by_their_ids():
    some = answering(records(1, 2), records(2, 3), records(), records(9))

    answer, vendor = call(some, {"query": FOUR})

    assert json.loads(answer.text) == {"total": 4, "records": []} and len(vendor.requests) == 4


def test_more_records_than_are_read_are_not_counted_wrong():
    answer, _ = call(
        answering(records(*range(1000)), records(), records(), records()), {"query": FOUR}, budget=200_000
    )

    assert answer.error is not None and "cannot be counted" in answer.error.message


def test_a_count_without_a_number_is_no_answer():
    query = "select count(*) from Invoice where Balance > '5' or DueDate = ' '"

    answer, _ = call(answering({"totalCount": 1}, {}, {"totalCount": 1}), {"query": query})

    assert answer.error is not None and answer.text == ""


def test_lists_that_come_in_another_order_are_an_error_and_never_half_an_answer():
    shuffled = {"Invoice": [{"Id": each} for each in ("3", "1", "2")]}

    answer, _ = call(answering(shuffled, records(1)), {"query": EITHER, "limit": 1})

    assert answer.error is not None and "cannot be merged page by page" in answer.error.message


def test_a_cursor_belongs_to_its_query_and_its_number_of_branches():
    first, _ = call(answering(records(1, 2, 3), records(2)), {"query": EITHER, "limit": 1})
    cursor = json.loads(first.text)["next_cursor"]
    other = EITHER.replace("'5'", "'6'")

    answer, vendor = call(answering(), {"query": other, "limit": 1, "next_cursor": cursor})

    assert answer.error is not None and "not a cursor of this call" in answer.error.message
    assert vendor.requests == []


def test_nothing_found_because_of_a_name_in_place_of_an_id_is_remarked_upon():
    query = "select * from Invoice where CustomerRef = 'Paulsen' or Balance > '9'"

    answer, _ = call(answering({}, {}), {"query": query})

    assert "CustomerRef is compared with an Id" in json.loads(answer.text)["note"]


def test_what_is_sensitive_stays_hidden_in_merged_records():
    people = {"Employee": [{"Id": "1", "SSN": "123456789", "BirthDate": "1990-01-01"}]}
    query = "select * from Employee where DisplayName = 'A' or GivenName = 'B'"

    answer, _ = call(answering(people, people), {"query": query}, tool="list_all_quick_books_employees")

    assert "123456789" not in answer.text and json.loads(answer.text)["returned"] == 1
