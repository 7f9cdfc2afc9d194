"""Names in the place of Ids, and what is found about the records that a write refers to, at the simulator."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tests.builtin import builtin_catalog
from tests.company import Company
from tests.safety.calling import talk
from tests.vendor_server import http

SALES = "SalesItemLineDetail"
SPENT = "AccountBasedExpenseLineDetail"
COOL_CARS, NORTON, DESIGN = "3", "46", "4"


def sale(item: object = DESIGN, amount: float = 10) -> dict[str, Any]:
    return {"DetailType": SALES, "Amount": amount, SALES: {"ItemRef": item}}


def errors(company: Company, tool: str, **arguments: Any) -> list[str]:
    error = company.refused(tool, **arguments)
    assert error.code == "invalid_arguments", error.message
    assert company.count_sent("POST") == 0
    return [each["problem"] for each in error.details["errors"]]


@pytest.mark.parametrize(
    "given",
    ["Cool Cars", "  cool CARS ", {"name": "Cool Cars"}, COOL_CARS, 3, {"value": COOL_CARS}, {"value": 3}],
)
def test_a_reference_is_an_id_or_a_name_in_any_form(company, given):
    answer = company.answer("create invoices", CustomerRef=given, Line=[sale()])
    assert answer.error is None, answer.error
    assert orjson.loads(answer.text)["CustomerRef"]["value"] == COOL_CARS


def test_the_answer_says_what_names_became_in_lines_too(company):
    answer = company.answer(
        "create invoices", CustomerRef="Cool Cars", Line=[sale("Design"), sale({"name": "Design"})]
    )
    assert answer.error is None, answer.error
    resolved = [
        (each["argument"], each["name"], each["id"]) for each in orjson.loads(answer.text)["resolved"]
    ]
    assert resolved == [
        ("CustomerRef", "Cool Cars", "3"),
        *((f"Line[{at}].SalesItemLineDetail.ItemRef", "Design", "4") for at in (0, 1)),
    ]


def test_a_name_that_is_near_to_others_is_answered_with_them_and_never_guessed(company):
    error = company.refused("create invoices", CustomerRef="Cool Car", Line=[sale()])
    assert 'CustomerRef is "Cool Car", and none of the customers has exactly this name.' in error.message
    assert "Cool Cars (3)" in error.advice
    assert company.count_sent("POST") == 0


def test_several_records_of_one_name_are_answered_with_their_ids(company):
    for parent in ("Automobile", "Advertising"):
        company.call(
            "create accounts", Name="Twins", AccountType="Expense", SubAccount=True, ParentRef=parent
        )
    company.client.requests.clear()
    line = {"DetailType": SPENT, "Amount": 1, SPENT: {"AccountRef": "Twins"}}
    error = company.refused("create bills", VendorRef=NORTON, Line=[line])
    assert "several of the accounts have this name" in error.message
    assert "Automobile:Twins" in error.advice
    assert "Advertising:Twins" in error.advice


def test_the_last_part_of_a_path_is_a_name_where_one_record_has_it(company):
    line = {"DetailType": SPENT, "Amount": 1, SPENT: {"AccountRef": "Fuel"}}
    answer = company.answer("create bills", VendorRef="Norton Lumber and Building Materials", Line=[line])
    assert answer.error is None, answer.error
    assert [each["name"] for each in orjson.loads(answer.text)["resolved"]][1:] == ["Fuel"]


def test_a_code_that_stands_for_an_id_is_no_name(company):
    line = sale()
    line[SALES]["TaxCodeRef"] = "NON"
    answer = company.answer("create invoices", CustomerRef=COOL_CARS, Line=[line])
    assert answer.error is None, answer.error
    assert orjson.loads(answer.text)["Line"][0][SALES]["TaxCodeRef"]["value"] == "NON"


def test_a_filter_takes_a_name(company):
    by_name = company.answer("list invoices", CustomerRef="Cool Cars")
    assert by_name.error is None, by_name.error
    found = orjson.loads(by_name.text)["records"]
    assert found
    assert {each["CustomerRef"]["value"] for each in found} == {COOL_CARS}
    assert orjson.loads(by_name.text)["resolved"] == [
        {"argument": "CustomerRef", "name": "Cool Cars", "id": "3"}
    ]


def test_names_of_one_write_are_found_by_one_call_for_each_resource(company):
    company.call(
        "create invoices", CustomerRef="Cool Cars", Line=[sale("Design"), sale("Concrete"), sale("Gardening")]
    )
    reads = [request.url for request in company.client.requests if request.verb == "GET"]
    assert sum("FROM%20Customer" in url for url in reads) == 1
    assert sum("FROM%20Item" in url for url in reads) == 1
    assert all("WHERE" in url for url in reads if "FROM" in url)


def test_a_name_is_known_for_some_seconds_unless_something_is_written(company):
    for _ in range(2):
        company.answer("list invoices", CustomerRef="Cool Cars")
    assert sum("FROM%20Customer" in request.url for request in company.client.requests) == 1
    company.call("create customers", DisplayName="New")
    company.answer("list invoices", CustomerRef="Cool Cars")
    assert sum("FROM%20Customer" in request.url for request in company.client.requests) == 2


def test_names_in_the_calls_of_a_batch_become_ids(company):
    calls = [
        {
            "tool": "create_a_quick_books_invoice",
            "arguments": {"CustomerRef": name, "Line": [sale("Design")]},
        }
        for name in ("Cool Cars", "Amy's Bird Sanctuary")
    ]
    answer = company.call("run_a_quick_books_batch", calls=calls)
    made = [each["answer"]["CustomerRef"]["value"] for each in answer["results"]]
    assert made == [COOL_CARS, "1"]


def test_a_batch_with_a_name_that_nobody_has_is_refused_with_its_place(company):
    calls = [
        {"tool": "create_a_quick_books_invoice", "arguments": {"CustomerRef": "No Such", "Line": [sale()]}},
        {"tool": "list_all_quick_books_invoices", "arguments": {}},
    ]
    error = company.refused("run_a_quick_books_batch", calls=calls)
    assert [each["argument"] for each in error.details["errors"]] == ["calls[0].CustomerRef"]
    calls[1]["arguments"] = {"CustomerRef": "Cool Cars"}
    error = company.refused("run_a_quick_books_batch", calls=calls)
    assert "takes an Id in a batch" in error.message


def test_who_may_not_list_a_resource_is_shown_no_names(company):
    only = {"create_a_quick_books_invoice": company.catalog.by_name["create_a_quick_books_invoice"]}
    company.tools = only
    error = company.refused("create invoices", CustomerRef="Cool Car", Line=[sale()])
    assert "Cool Cars" not in f"{error.message}{error.advice}{error.details}"


def test_an_id_that_no_record_has_is_found_before_anything_is_sent(company):
    found = errors(company, "create invoices", CustomerRef="9999", Line=[sale("8888"), sale("8888")])
    assert 'CustomerRef is "9999", and no customer has this Id.' in found
    assert f'Line[0].{SALES}.ItemRef is "8888", and no item has this Id.' in found
    assert f'Line[1].{SALES}.ItemRef is "8888", and no item has this Id.' in found


def test_a_vendor_in_the_place_of_a_customer_is_named(company):
    [found] = errors(company, "create invoices", CustomerRef=NORTON, Line=[sale()])
    assert found == f'CustomerRef is "{NORTON}", which is the vendor Norton Lumber and Building Materials.'


def test_a_record_that_is_no_longer_in_use_is_found(company):
    company.call("update items", id=DESIGN, Active=False)
    company.client.requests.clear()
    [found] = errors(company, "create invoices", CustomerRef=COOL_CARS, Line=[sale()])
    assert "which is no longer in use" in found


def test_an_account_of_another_type_is_found(company):
    line = {"Amount": 1, "LinkedTxn": [{"TxnId": "25", "TxnType": "Bill"}]}
    check = {"BankAccountRef": "7"}
    found = errors(
        company,
        "create bill_payments",
        VendorRef=NORTON,
        TotalAmt=1,
        PayType="Check",
        CheckPayment=check,
        Line=[line],
    )
    assert 'CheckPayment.BankAccountRef is "7", Advertising, whose AccountType is Expense.' in found


def test_errors_of_sums_and_of_references_are_reported_at_once(company):
    line = sale("8888", 7)
    line[SALES] |= {"Qty": 2, "UnitPrice": 3}
    found = errors(company, "create invoices", CustomerRef=COOL_CARS, Line=[line], TxnDate="2206-01-01")
    assert len(found) == 3


def test_a_date_in_closed_books_is_found(company):
    company.call("update preferences", AccountingInfoPrefs={"BookCloseDate": "2025-12-31"})
    company.client.requests.clear()
    [found] = errors(company, "create invoices", CustomerRef=COOL_CARS, Line=[sale()], TxnDate="2025-12-31")
    assert found == "TxnDate is 2025-12-31, and the books are closed until 2025-12-31."


def test_a_payment_above_what_is_open_is_a_warning(company):
    made = company.call("create invoices", CustomerRef=COOL_CARS, Line=[sale(amount=10)])
    line = {"Amount": 12, "LinkedTxn": [{"TxnId": made["Id"], "TxnType": "Invoice"}]}
    answer = company.call("create payments", CustomerRef=COOL_CARS, TotalAmt=12, Line=[line], dry_run=True)
    assert answer["findings"] == []
    [warning] = [each["found"] for each in answer["warnings"]]
    assert warning.startswith("Line[0].Amount is 12.00, and 10")


def test_a_number_that_is_taken_is_found_where_the_company_minds(company):
    company.call("update preferences", SalesFormsPrefs={"CustomTxnNumbers": True})
    first = company.call("create invoices", CustomerRef=COOL_CARS, Line=[sale()], DocNumber="N-1")
    company.client.requests.clear()
    [found] = errors(company, "create invoices", CustomerRef="1", Line=[sale(amount=11)], DocNumber="N-1")
    assert found == f'DocNumber is "N-1", which the record with the Id {first["Id"]} has already.'


def test_a_form_in_another_currency_than_its_name_is_found(company):
    euro = {"value": "EUR"}
    [found] = errors(company, "create invoices", CustomerRef=COOL_CARS, Line=[sale()], CurrencyRef=euro)
    assert found == "CurrencyRef is EUR, and the currency of CustomerRef is USD."


def test_one_write_reads_a_bounded_number_of_times(company):
    line = sale()
    line[SALES] |= {"ClassRef": "5", "TaxCodeRef": "9"}
    company.answer(
        "create invoices",
        CustomerRef=COOL_CARS,
        Line=[line],
        SalesTermRef="3",
        DepartmentRef="4",
        DepositToAccountRef="35",
    )
    # four for what it refers to, and one for a record like it
    assert company.count_sent("GET") <= 5


def test_what_was_looked_up_is_known_for_the_next_write_after_a_refusal(company):
    line = sale(amount=7)
    line[SALES] |= {"Qty": 2, "UnitPrice": 3}
    company.refused("create invoices", CustomerRef=COOL_CARS, Line=[line])
    line["Amount"] = 6
    company.call("create invoices", CustomerRef=COOL_CARS, Line=[line])
    for entity in ("Customer", "Item"):
        assert sum(f"FROM%20{entity}%20" in request.url for request in company.client.requests) == 1


def test_a_lookup_that_fails_stops_no_write():
    catalog = builtin_catalog()

    def reply(line: str, body: Any) -> Any:
        if line.startswith("GET "):
            return http(500, b"{}")
        return {"Invoice": {"Id": "1", **body}}

    async def script(call, server):
        answer = await call("create_a_quick_books_invoice", {"CustomerRef": "3", "Line": [sale()]})
        assert answer.error is None, answer.error
        assert [line.split()[0] for line, _, _ in server.requests].count("POST") == 1
        assert len(server.requests) > 2

    talk(catalog.integrations["quickbooks"], catalog.by_name, reply, script)


def test_of_a_name_that_could_not_be_looked_up_nothing_is_said():
    catalog = builtin_catalog()

    async def script(call, server):
        answer = await call("create_a_quick_books_invoice", {"CustomerRef": "Cool Cars", "Line": [sale()]})
        assert answer.error.code == "invalid_arguments"
        assert 'CustomerRef is "Cool Cars", and the customers could not be read to find it.' in str(
            answer.error
        )
        assert "POST" not in [line.split()[0] for line, _, _ in server.requests]

    talk(catalog.integrations["quickbooks"], catalog.by_name, lambda _line, _body: http(500, b"{}"), script)


def test_a_dry_run_of_a_deletion_shows_the_record_as_it_is(company):
    made = company.call("create invoices", CustomerRef=COOL_CARS, Line=[sale()])
    company.client.requests.clear()
    answer = company.call("delete invoices", id=made["Id"], SyncToken="0", dry_run=True)
    assert answer["record"]["Id"] == made["Id"]
    assert answer["request"]["body"] == {"Id": made["Id"], "SyncToken": "0"}
    assert company.count_sent("POST") == 0


def test_a_dry_run_of_an_update_shows_what_would_change(company):
    made = company.call("create invoices", CustomerRef=COOL_CARS, Line=[sale()], PrivateNote="a")
    company.client.requests.clear()
    answer = company.call("update invoices", id=made["Id"], PrivateNote="b", dry_run=True)
    assert answer["changed"] == {"PrivateNote": ["a", "b"]}
    assert "resolved" not in answer
    answer = company.call("update invoices", id=made["Id"], CustomerRef="Amy's Bird Sanctuary")
    assert answer["resolved"] == [{"argument": "CustomerRef", "name": "Amy's Bird Sanctuary", "id": "1"}]
    company.client.requests.clear()
    answer = company.call("create invoices", CustomerRef="Cool Cars", Line=[sale()], dry_run=True)
    assert answer["resolved"] == [{"argument": "CustomerRef", "name": "Cool Cars", "id": COOL_CARS}]
    assert company.count_sent("POST") == 0
