"""Days of a bookkeeper, done by an agent that knows nothing but the tools: what works, and what it is said."""

from __future__ import annotations

import base64
import datetime

import pytest

from tests.journeys.agents import make, read

TODAY = datetime.datetime.now().astimezone().date()
AMY, RED_ROCK = "1", "20"
ADVERTISING, CHECKING, VISA = "7", "35", "42"
NORTON, EMILY, DESIGN, PEST_CONTROL = "46", "55", "4", "10"


def sold(amount: float, item: str = PEST_CONTROL, quantity: float = 1, **more: object) -> dict:
    detail = {"ItemRef": {"value": item}, "Qty": quantity, "UnitPrice": amount / quantity}
    return {"DetailType": "SalesItemLineDetail", "Amount": amount, "SalesItemLineDetail": detail, **more}


def spent(amount: float) -> dict:
    detail = {"AccountRef": {"value": ADVERTISING}}
    name = "AccountBasedExpenseLineDetail"
    return {"DetailType": name, "Amount": amount, name: detail}


def link(record: dict, kind: str, **more: str) -> list[dict]:
    return [{"TxnId": record["Id"], "TxnType": kind, **more}]


def test_a_bill_of_two_costs_is_half_paid_by_card(bookkeeper):
    bill = make(bookkeeper, "bill", VendorRef={"value": NORTON}, Line=[spent(120), spent(80)])

    make(
        bookkeeper,
        "bill_payment",
        VendorRef={"value": NORTON},
        TotalAmt=100,
        PayType="CreditCard",
        CreditCardPayment={"CCAccountRef": {"value": VISA}},
        Line=[{"Amount": 100, "LinkedTxn": link(bill, "Bill")}],
    )

    assert read(bookkeeper, "bill", bill["Id"])["Balance"] == 100


def test_a_credit_memo_is_used_up_by_a_payment_of_nothing(bookkeeper):
    invoice = make(bookkeeper, "invoice", CustomerRef={"value": AMY}, Line=[sold(80)])
    memo = make(bookkeeper, "credit_memo", CustomerRef={"value": AMY}, Line=[sold(50)])

    make(
        bookkeeper,
        "payment",
        CustomerRef={"value": AMY},
        TotalAmt=0,
        Line=[
            {"Amount": 50, "LinkedTxn": link(invoice, "Invoice")},
            {"Amount": 50, "LinkedTxn": link(memo, "CreditMemo")},
        ],
    )

    assert read(bookkeeper, "invoice", invoice["Id"])["Balance"] == 30
    assert read(bookkeeper, "credit_memo", memo["Id"])["RemainingCredit"] == 0


def test_two_payments_that_wait_are_banked_once_and_held_by_the_deposit(bookkeeper):
    paid = [make(bookkeeper, "payment", CustomerRef={"value": AMY}, TotalAmt=sum_) for sum_ in (100, 60)]
    lines = [{"Amount": each["TotalAmt"], "LinkedTxn": link(each, "Payment", TxnLineId="0")} for each in paid]

    deposit = make(bookkeeper, "deposit", DepositToAccountRef={"value": CHECKING}, Line=lines)
    again = bookkeeper.call(
        "create_a_quick_books_deposit", DepositToAccountRef={"value": CHECKING}, Line=lines
    )
    void = bookkeeper.call(
        "void_a_quick_books_payment_by_id",
        id=paid[0]["Id"],
        SyncToken=read(bookkeeper, "payment", paid[0]["Id"])["SyncToken"],
    )

    assert deposit["TotalAmt"] == 160
    assert again.is_error
    assert void.is_error
    assert "Take it off the deposit first." in void.text


def test_hours_are_billed_by_an_invoice_that_names_them(bookkeeper):
    hours = make(
        bookkeeper,
        "time_activity",
        NameOf="Employee",
        EmployeeRef={"value": EMILY},
        Hours=3,
        Minutes=30,
        ItemRef={"value": DESIGN},
        CustomerRef={"value": AMY},
        BillableStatus="Billable",
        HourlyRate=75,
    )

    make(
        bookkeeper,
        "invoice",
        CustomerRef={"value": AMY},
        LinkedTxn=link(hours, "TimeActivity"),
        Line=[sold(262.5, DESIGN, 3.5)],
    )

    assert read(bookkeeper, "time_activity", hours["Id"])["BillableStatus"] == "HasBeenBilled"


def test_an_invoice_for_the_wrong_customer_is_not_emailed_to_the_old_one(bookkeeper):
    said = bookkeeper.tools()["update_a_quick_books_invoice_by_id"]["description"]
    mail = {"Address": "amy@example.com"}
    invoice = make(bookkeeper, "invoice", CustomerRef={"value": AMY}, BillEmail=mail, Line=[sold(80)])
    change = {
        "id": invoice["Id"],
        "SyncToken": invoice["SyncToken"],
        "sparse": True,
        "CustomerRef": {"value": RED_ROCK},
    }

    careless = bookkeeper.call("update_a_quick_books_invoice_by_id", **change).value
    careful = bookkeeper.call(
        "update_a_quick_books_invoice_by_id",
        **change | {"SyncToken": careless["SyncToken"], "BillEmail": {"Address": "diner@example.com"}},
    ).value

    assert careless["BillEmail"] == mail
    assert "Another CustomerRef leaves BillEmail and BillAddr as they are" in said
    assert careful["BillEmail"] == {"Address": "diner@example.com"}


@pytest.mark.parametrize(
    ("tool", "arguments", "id_"),
    [
        ("list_all_quick_books_invoices", {"CustomerRef": "Amy's Bird Sanctuary"}, "1"),
        ("get_quick_books_profit_and_loss_report", {"class": ["Residential"]}, "1"),
        ("get_quick_books_customer_balance_detail_report", {"customer": ["Amy's Bird Sanctuary"]}, "1"),
    ],
)
def test_a_name_in_the_place_of_an_id_finds_what_its_id_finds(bookkeeper, tool, arguments, id_):
    [(argument, name)] = arguments.items()
    by_name = bookkeeper.call(tool, **arguments)
    by_id = bookkeeper.call(tool, **{argument: [id_] if isinstance(name, list) else id_})

    assert not by_name.is_error
    found = by_name.value
    [resolved] = found.pop("resolved")
    assert resolved["id"] == id_
    assert found == by_id.value


def test_a_name_that_no_record_has_is_refused_and_finds_not_merely_nothing(bookkeeper):
    answer = bookkeeper.call("list_all_quick_books_bills", VendorRef="Norton Lumber")

    assert answer.is_error
    assert "VendorRef" in answer.text
    assert "Norton Lumber and Building Materials (46)" in answer.text
    assert "Nothing was sent." in answer.text


def test_a_file_that_quickbooks_does_not_take_is_an_error(bookkeeper):
    content = base64.b64encode(b"picture").decode()

    answer = bookkeeper.call(
        "upload_a_quick_books_file", content=content, FileName="bill.heic", ContentType="image/heic"
    )

    assert answer.is_error
    assert "takes files of these kinds only: ai, csv" in answer.text
    assert "Nothing was sent" in answer.text


def test_the_stock_of_an_item_is_corrected_by_an_adjustment_and_not_by_an_update(bookkeeper):
    pump = bookkeeper.call("list_all_quick_books_items", Name="Pump").value["records"][0]
    tool = bookkeeper.tools()["update_a_quick_books_item_by_id"]
    change = {"id": pump["Id"], "SyncToken": pump["SyncToken"], "sparse": True, "QtyOnHand": 3}

    updated = bookkeeper.call("update_a_quick_books_item_by_id", **change).value
    counted = {"ItemRef": {"value": pump["Id"]}, "NewQty": 3}
    make(
        bookkeeper,
        "inventory_adjustment",
        TxnDate=TODAY.isoformat(),
        AdjustAccountRef={"value": "80"},
        Line=[{"DetailType": "ItemAdjustmentLineDetail", "ItemAdjustmentLineDetail": counted}],
    )

    assert updated["QtyOnHand"] == pump["QtyOnHand"]
    assert "create_a_quick_books_inventory_adjustment" in tool["description"]
    assert read(bookkeeper, "item", pump["Id"])["QtyOnHand"] == 3


RECORDS = """
account bill bill_payment class credit_memo customer deposit employee estimate invoice item payment_method purchase
refund_receipt sales_receipt term transfer vendor
"""


def test_what_was_read_goes_back_whole_and_loses_nothing(bookkeeper):
    lost = {}
    for what in RECORDS.split():
        several = f"{what}es" if what == "class" else f"{what}s"
        first = {"Name": "Pump"} if what == "item" else {}
        found = bookkeeper.call(f"list_all_quick_books_{several}", limit=1, **first)
        before = read(bookkeeper, what, found.value["records"][0]["Id"])

        answer = bookkeeper.call(f"update_a_quick_books_{what}_by_id", id=before["Id"], **before)

        assert not answer.is_error, f"{what}: {answer.text}"
        after = read(bookkeeper, what, before["Id"]) | {
            each: before[each] for each in ("SyncToken", "MetaData")
        }
        if after != before:
            lost[what] = [each for each in before if before[each] != after.get(each)]
    assert not lost


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        (
            "create_a_quick_books_time_activity",
            {
                "NameOf": "Employee",
                "EmployeeRef": {"value": EMILY},
                "Hours": 1,
                "CustomerRef": {"value": AMY},
                "BillableStatus": "Billable",
            },
            "Give HourlyRate.",
        ),
        ("create_a_quick_books_customer", {"DisplayName": "Amy's Bird Sanctuary"}, "cannot be merged"),
        ("create_a_quick_books_employee", {"DisplayName": "Zoe"}, "GivenName or FamilyName"),
        (
            "create_a_quick_books_budget",
            {"StartDate": "2027-01-01", "EndDate": "2027-12-31"},
            "Give BudgetDetail.",
        ),
        (
            "get_quick_books_changes",
            {"entities": ["invoices"], "changed_since": f"{TODAY}T00:00:00Z"},
            "such as Invoice",
        ),
    ],
)
def test_an_error_is_answered_with_what_to_do(bookkeeper, tool, arguments, said):
    answer = bookkeeper.call(tool, **arguments)

    assert answer.is_error
    assert said in answer.text


def test_every_entry_of_two_years_is_read_page_by_page_without_loss(bookkeeper):
    asked = {
        "start_date": (TODAY - datetime.timedelta(days=800)).isoformat(),
        "end_date": TODAY.isoformat(),
    }
    rows, pages, cursor = [], 0, {}
    while True:
        page = bookkeeper.call("get_quick_books_general_ledger_report", **asked, **cursor).value
        rows += page["rows"]
        pages += 1
        if "next_cursor" not in page:
            break
        cursor = {"next_cursor": page["next_cursor"]}

    assert pages > 2
    assert len(rows) == page["rows_in_all"] > 2500
