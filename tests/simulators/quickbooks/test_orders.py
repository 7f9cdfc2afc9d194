"""Purchase orders are billed line by line."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.faults import Fault
from runtime.simulators.quickbooks.writes import changes
from tests.simulators.quickbooks.conftest import Body, expense_line

VENDOR, ANOTHER = {"value": "30"}, {"value": "31"}


def bought(quantity: int, item: str = "11") -> Body:
    kind = "ItemBasedExpenseLineDetail"
    detail = {"ItemRef": {"value": item}, "Qty": quantity, "UnitPrice": 10}
    return {"Amount": quantity * 10, "DetailType": kind, kind: detail}


def order(books: Books, *lines: Body) -> Body:
    return changes.create(books, "PurchaseOrder", {"VendorRef": VENDOR, "Line": list(lines or [bought(5)])})


def linked(line: Body, order: Body, **more: Any) -> Body:
    return {**line, "LinkedTxn": [{"TxnId": order["Id"], "TxnType": "PurchaseOrder", **more}]}


def bill(books: Books, *lines: Body, vendor: Body = VENDOR, **more: Any) -> Body:
    return changes.create(books, "Bill", {"VendorRef": vendor, "Line": list(lines), **more})


def state(books: Books, order: Body) -> tuple[str, list[str]]:
    now = books.read("PurchaseOrder", order["Id"])
    return now["POStatus"], [link["TxnId"] for link in now.get("LinkedTxn", [])]


def test_a_link_without_the_line_of_the_order_is_left_out(books: Books) -> None:
    made = order(books)
    billed = bill(books, linked(bought(5), made))
    assert "PurchaseOrder" not in str(billed)
    assert state(books, made) == ("Open", [])


def test_a_link_of_the_whole_bill_is_left_out(books: Books) -> None:
    made = order(books)
    link = [{"TxnId": made["Id"], "TxnType": "PurchaseOrder"}]
    assert "PurchaseOrder" not in str(bill(books, bought(5), LinkedTxn=link))
    assert state(books, made) == ("Open", [])


def test_another_vendors_order_is_not_linked(books: Books) -> None:
    made = order(books)
    billed = bill(books, linked(bought(5), made, TxnLineId="1"), vendor=ANOTHER)
    assert "PurchaseOrder" not in str(billed)
    assert state(books, made) == ("Open", [])


def test_an_order_is_closed_when_every_line_of_it_is_used_up(books: Books) -> None:
    made = order(books, bought(5), expense_line(3000))
    first = bill(books, linked(bought(2), made, TxnLineId="1"))
    assert first["LinkedTxn"] == [{"TxnId": made["Id"], "TxnType": "PurchaseOrder"}]
    assert state(books, made) == ("Open", [first["Id"]])
    second = bill(
        books, linked(bought(3), made, TxnLineId="1"), linked(expense_line(1000), made, TxnLineId="2")
    )
    assert state(books, made) == ("Open", [first["Id"], second["Id"]])
    bill(books, linked(expense_line(2000), made, TxnLineId="2"))
    assert state(books, made)[0] == "Closed"


def test_a_bill_that_goes_or_shrinks_opens_its_order_again(books: Books) -> None:
    made = order(books)
    billed = bill(books, linked(bought(5), made, TxnLineId="1"))
    assert state(books, made)[0] == "Closed"
    less = {**billed, "Line": [linked(bought(4), made, TxnLineId="1")]}
    billed = changes.update(books, "Bill", less)
    assert state(books, made) == ("Open", [billed["Id"]])
    changes.delete(books, "Bill", billed)
    assert state(books, made) == ("Open", [])


def test_a_bill_that_is_sent_back_leaves_its_order_closed(books: Books) -> None:
    made = order(books)
    billed = bill(books, linked(bought(5), made, TxnLineId="1"))
    token = books.read("PurchaseOrder", made["Id"])["SyncToken"]
    changes.update(books, "Bill", {**billed, "PrivateNote": "Read again"})
    assert state(books, made) == ("Closed", [billed["Id"]])
    assert books.read("PurchaseOrder", made["Id"])["SyncToken"] == token


def test_an_order_billed_in_part_may_be_closed_by_hand(books: Books) -> None:
    made = order(books)
    bill(books, linked(bought(2), made, TxnLineId="1"))
    now = books.read("PurchaseOrder", made["Id"])
    assert changes.update(books, "PurchaseOrder", {**now, "POStatus": "Closed"})["POStatus"] == "Closed"


@pytest.mark.parametrize("line", ["1", "7"])
def test_a_line_that_is_used_up_or_not_there_is_refused(books: Books, line: str) -> None:
    made = order(books)
    first = bill(books, linked(bought(5), made, TxnLineId="1"))
    with pytest.raises(Fault) as refused:
        bill(books, linked(bought(5), made, TxnLineId=line))
    problem = refused.value.problems[0]
    assert (problem.code, problem.element) == ("620", "LinkedTxn.TxnLineId")
    assert state(books, made) == ("Closed", [first["Id"]])
