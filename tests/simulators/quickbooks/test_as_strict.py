"""What the service refuses, or does otherwise than a mild simulator would."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.faults import Fault
from runtime.simulators.quickbooks.query import sql
from runtime.simulators.quickbooks.writes import changes
from tests.simulators.quickbooks.conftest import Body, expense_line, journal_line, paid, sales_line

CUSTOMER, VENDOR = {"CustomerRef": {"value": "1"}}, {"VendorRef": {"value": "30"}}
STOCK = "11"


def refusal(books: Books, entity: str, body: Body) -> tuple[str, str | None]:
    with pytest.raises(Fault) as refused:
        changes.save(books, entity, body)
    assert not books.store.connection.in_transaction
    problem = refused.value.problems[0]
    return problem.code, problem.element


def bought(**detail: Any) -> Body:
    kind = "ItemBasedExpenseLineDetail"
    return {"Amount": 15, "DetailType": kind, kind: {"ItemRef": {"value": STOCK}, **detail}}


def sparse(body: Body, **changed: Any) -> Body:
    return {"Id": body["Id"], "SyncToken": body["SyncToken"], "sparse": True, **changed}


BANKED = {"DepositToAccountRef": {"value": "35"}}
SOLD = {**CUSTOMER, "Line": [sales_line(1500, STOCK)]}
BOUGHT = {**VENDOR, "Line": [bought()]}
BUNDLE = {
    "DetailType": "GroupLineDetail",
    "GroupLineDetail": {"GroupItemRef": {"value": "@bundle"}, "Line": [sales_line(1500, STOCK)]},
}
CASH = {"PaymentType": "Cash", "AccountRef": {"value": "35"}, "Line": [bought()]}


@pytest.mark.parametrize(
    ("entity", "body"),
    [
        ("Invoice", SOLD), ("SalesReceipt", SOLD), ("CreditMemo", SOLD), ("RefundReceipt", {**SOLD, **BANKED}),
        ("Estimate", SOLD), ("Bill", BOUGHT), ("VendorCredit", BOUGHT), ("PurchaseOrder", BOUGHT), ("Purchase", CASH),
        ("Invoice", {**CUSTOMER, "Line": [sales_line(1500, STOCK, Qty=0, UnitPrice=0)]}),
    ],
)  # fmt: skip
def test_an_inventory_item_without_its_quantity_is_refused(books: Books, entity: str, body: Body) -> None:
    assert refusal(books, entity, body) == ("6520", "Qty")


def test_an_inventory_item_of_a_bundle_without_its_quantity_is_refused(books: Books) -> None:
    bundle = changes.create(books, "Item", {"Name": "Set", "Type": "Group"})
    group = {"GroupItemRef": {"value": bundle["Id"]}, "Line": [sales_line(1500, STOCK)]}
    line = {"DetailType": "GroupLineDetail", "GroupLineDetail": group}
    assert refusal(books, "Invoice", {**CUSTOMER, "Line": [line]}) == ("6520", "Qty")


MADE: dict[str, Body] = {
    "Account": {"Name": "New", "AccountType": "Expense"},
    "Bill": {**VENDOR, "Line": [expense_line(900)]},
    "Class": {"Name": "North"},
    "Department": {"Name": "North"},
    "Deposit": {
        **BANKED,
        "Line": [
            {
                "Amount": 20,
                "DetailType": "DepositLineDetail",
                "DepositLineDetail": {"AccountRef": {"value": "25"}},
            }
        ],
    },
    "Purchase": {"PaymentType": "Cash", "AccountRef": {"value": "35"}, "Line": [expense_line(900)]},
    "Term": {"Name": "Net 7", "DueDays": 7},
    "Transfer": {"FromAccountRef": {"value": "35"}, "ToAccountRef": {"value": "36"}, "Amount": 1},
    "VendorCredit": {**VENDOR, "Line": [expense_line(900)]},
}


@pytest.mark.parametrize(
    ("entity", "names"),
    [
        ("Account", ["Name"]), ("Bill", ["VendorRef"]), ("Class", ["Name"]), ("Department", ["Name"]),
        ("Deposit", ["DepositToAccountRef", "Line"]), ("Purchase", ["PaymentType", "AccountRef"]),
        ("Term", ["Name", "DueDays"]), ("Transfer", ["FromAccountRef", "ToAccountRef", "Amount"]),
        ("VendorCredit", ["VendorRef", "Line"]),
    ],
)  # fmt: skip
def test_a_sparse_update_has_to_name(books: Books, entity: str, names: list[str]) -> None:
    made = changes.create(books, entity, MADE[entity])
    complete = {name: made[name] for name in names}
    for name in names:
        without = {key: value for key, value in complete.items() if key != name}
        assert refusal(books, entity, sparse(made, **without)) == ("2020", name)
    assert changes.update(books, entity, sparse(made, **complete))["SyncToken"] == "0"


def test_terms_by_the_day_of_the_month_have_to_name_that(books: Books) -> None:
    made = changes.create(books, "Term", {"Name": "The 15th", "DayOfMonthDue": 15})
    assert refusal(books, "Term", sparse(made, Name="Mid-month")) == ("2020", "DayOfMonthDue")
    assert changes.update(books, "Term", sparse(made, Name="Mid-month", DayOfMonthDue=15))["SyncToken"] == "1"


def test_a_payment_may_be_changed_sparsely_by_what_changes(books: Books) -> None:
    made = changes.create(books, "Payment", {**CUSTOMER, "TotalAmt": 10})
    invoice = changes.create(books, "Invoice", {**CUSTOMER, "Line": [sales_line(1000)]})
    changed = changes.update(books, "Payment", sparse(made, Line=[paid("Invoice", invoice["Id"], 10)]))
    assert (changed["TotalAmt"], changed["UnappliedAmt"]) == (10, 0)


NAMELESS = {"name": "Amy's Bird Sanctuary"}


@pytest.mark.parametrize(
    ("entity", "body", "element"),
    [
        ("Invoice", {"CustomerRef": NAMELESS, "Line": [sales_line(1)]}, "CustomerRef.value"),
        ("Invoice", {**CUSTOMER, "Line": [sales_line(1)], "SalesTermRef": {"name": "Net 30"}}, "SalesTermRef.value"),
        ("Invoice", {**CUSTOMER, "Line": [sales_line(1, ClassRef={"name": "North"})]}, "ClassRef.value"),
        (
            "Purchase",
            {**CASH, "Line": [expense_line(1)], "EntityRef": {"type": "Vendor", "name": "x"}},
            "EntityRef.value",
        ),
        ("Attachable", {"Note": "n", "AttachableRef": [{"EntityRef": {"type": "Invoice"}}]}, "EntityRef.value"),
    ],
)  # fmt: skip
def test_a_reference_needs_its_value(books: Books, entity: str, body: Body, element: str) -> None:
    assert refusal(books, entity, body) == ("2020", element)


def without_kind(line: Body) -> Body:
    return {name: value for name, value in line.items() if name != "DetailType"}


@pytest.mark.parametrize(
    ("entity", "body"),
    [
        ("Invoice", {**CUSTOMER, "Line": [without_kind(sales_line(1))]}),
        ("Bill", {**VENDOR, "Line": [without_kind(expense_line(1))]}),
        ("Deposit", {**BANKED, "Line": [without_kind(MADE["Deposit"]["Line"][0])]}),
        (
            "JournalEntry",
            {"Line": [without_kind(journal_line(1, side, "7")) for side in ("Debit", "Credit")]},
        ),
    ],
)
def test_a_line_needs_its_kind(books: Books, entity: str, body: Body) -> None:
    assert refusal(books, entity, body) == ("2020", "Line.DetailType")


def test_a_deposited_payment_needs_no_detail_but_a_whole_one(books: Books) -> None:
    payment = changes.create(books, "Payment", {**CUSTOMER, "TotalAmt": 40})
    line = paid("Payment", payment["Id"], 40)
    marked = {**line, "DetailType": "DepositLineDetail"}
    assert refusal(books, "Deposit", {**BANKED, "Line": [marked]}) == ("2020", "AccountRef")
    made = changes.create(books, "Deposit", {**BANKED, "Line": [line]})
    again = changes.update(books, "Deposit", made)
    assert (again["TotalAmt"], "DetailType" in again["Line"][0]) == (40, False)


@pytest.mark.parametrize("condition", ["Id = ''", "Id = ' '", "Id in ('1', '')"])
def test_a_query_for_an_empty_id_is_refused(books: Books, condition: str) -> None:
    with pytest.raises(Fault) as refused:
        sql.answer(books, f"select * from Customer where {condition}")
    assert refused.value.problems[0].code == "4001"


def test_an_estimate_belongs_to_its_customer_or_a_job_of_theirs(books: Books) -> None:
    estimate = changes.create(books, "Estimate", {**CUSTOMER, "Line": [sales_line(9000)]})
    link = {"LinkedTxn": [{"TxnId": estimate["Id"], "TxnType": "Estimate"}]}
    other = {"CustomerRef": {"value": "3"}, "Line": [sales_line(9000)], **link}
    for entity in ("Invoice", "SalesReceipt"):
        assert refusal(books, entity, other) == ("6000", "LinkedTxn")
    assert books.read("Estimate", estimate["Id"])["TxnStatus"] == "Pending"
    job = changes.create(
        books, "Customer", {"DisplayName": "Job", "Job": True, "ParentRef": CUSTOMER["CustomerRef"]}
    )
    changes.create(books, "Invoice", {**other, "CustomerRef": {"value": job["Id"]}})
    assert books.read("Estimate", estimate["Id"])["TxnStatus"] == "Closed"


def worked(books: Books, status: str) -> Body:
    body = {"NameOf": "Employee", "EmployeeRef": {"value": "54"}, "Hours": 2, "HourlyRate": 50, **CUSTOMER}
    return changes.create(books, "TimeActivity", {**body, "BillableStatus": status})


def billing(activity: Body, customer: str = "1") -> Body:
    link = [{"TxnId": activity["Id"], "TxnType": "TimeActivity"}]
    return {"CustomerRef": {"value": customer}, "Line": [sales_line(10_000)], "LinkedTxn": link}


def test_time_is_billed_once_to_its_own_customer_and_only_when_it_is_billable(books: Books) -> None:
    activity = worked(books, "Billable")
    assert refusal(books, "Invoice", billing(activity, "3")) == ("6000", "LinkedTxn")
    assert refusal(books, "Invoice", billing(worked(books, "NotBillable"))) == ("6000", "LinkedTxn")
    made = changes.create(books, "Invoice", billing(activity))
    assert refusal(books, "Invoice", billing(activity)) == ("6000", "LinkedTxn")
    assert changes.update(books, "Invoice", {**made, "PrivateNote": "Sent back whole"})["SyncToken"] == "1"
    assert books.read("TimeActivity", activity["Id"])["BillableStatus"] == "HasBeenBilled"


def test_a_job_and_its_parent_go_together(books: Books) -> None:
    parent = {"ParentRef": {"value": "1"}}
    assert refusal(books, "Customer", {"DisplayName": "a", **parent}) == ("6150", "ParentRef")
    assert refusal(books, "Customer", {"DisplayName": "b", "Job": True}) == ("6150", "ParentRef")
    assert refusal(books, "Customer", {"DisplayName": "c", "Job": False, **parent}) == ("6150", "ParentRef")
    made = changes.create(books, "Customer", {"DisplayName": "d", "Job": True, **parent})
    assert (made["Job"], made["Level"]) == (True, 1)
    assert refusal(books, "Customer", sparse(made, ParentRef={"value": ""})) == ("6150", "ParentRef")
    freed = changes.update(books, "Customer", sparse(made, ParentRef={"value": ""}, Job=False))
    assert (freed["Job"], "ParentRef" in freed) == (False, False)


NESTED = [
    ("Item", "SubItem", {"Type": "Category"}), ("Account", "SubAccount", {"AccountType": "Expense"}),
    ("Class", "SubClass", {}), ("Department", "SubDepartment", {}),
]  # fmt: skip


@pytest.mark.parametrize(("entity", "flag", "more"), NESTED)
def test_the_flag_of_a_nested_record_is_taken_with_its_parent(
    books: Books, entity: str, flag: str, more: Body
) -> None:
    above = changes.create(books, entity, {"Name": "Above", **more})
    parent = {"ParentRef": {"value": above["Id"]}}
    assert changes.create(books, entity, {"Name": "Below", flag: True, **parent, **more})[flag] is True
    assert changes.create(books, entity, {"Name": "Beside", **parent, **more})[flag] is True
    assert refusal(books, entity, {"Name": "Alone", flag: True, **more}) == ("6150", "ParentRef")
    assert refusal(books, entity, {"Name": "Torn", flag: False, **parent, **more}) == ("6150", "ParentRef")
    moved = changes.create(books, entity, {"Name": "Moved", **more})
    moved = changes.update(books, entity, sparse(moved, Name="Moved", **parent))
    assert moved[flag] is True
    freed = changes.update(books, entity, sparse(moved, Name="Moved", ParentRef={"value": ""}))
    assert not freed.get(flag)


def test_a_category_is_deleted_and_never_made_inactive(books: Books) -> None:
    category = changes.create(books, "Item", {"Name": "Plants", "Type": "Category"})
    assert refusal(books, "Item", sparse(category, Active=False)) == ("6000", "Active")
    inside = {"Name": "Fern", "Type": "Service", "IncomeAccountRef": {"value": "1"}}
    item = changes.create(books, "Item", {**inside, "SubItem": True, "ParentRef": {"value": category["Id"]}})
    with pytest.raises(Fault, match="6000"):
        changes.delete(books, "Item", category)
    with pytest.raises(Fault, match="500"):
        changes.delete(books, "Item", item)
    changes.update(books, "Item", sparse(item, ParentRef={"value": ""}))
    assert changes.delete(books, "Item", category)["status"] == "Deleted"
    assert books.find("Item", category["Id"]) is None


def test_a_category_is_neither_sold_nor_bought_and_nests_four_levels(books: Books) -> None:
    above: Body = {}
    for level in range(4):
        made = changes.create(books, "Item", {"Name": f"Level {level}", "Type": "Category", **above})
        above = {"ParentRef": {"value": made["Id"]}}
    assert refusal(books, "Item", {"Name": "Level 4", "Type": "Category", **above}) == ("6180", "ParentRef")
    kind = "ItemBasedExpenseLineDetail"
    line = {"Amount": 1, "DetailType": kind, kind: {"ItemRef": {"value": made["Id"]}}}
    assert refusal(books, "Bill", {**VENDOR, "Line": [line]}) == ("6000", "ItemRef")
    assert refusal(books, "Invoice", {**CUSTOMER, "Line": [sales_line(1, made["Id"])]}) == ("6000", "ItemRef")


def test_attaching_raises_the_sync_token_of_the_record_once(books: Books) -> None:
    invoice = changes.create(books, "Invoice", {**CUSTOMER, "Line": [sales_line(1000)]})
    link = {"EntityRef": {"type": "invoice", "value": invoice["Id"]}}
    note = changes.create(books, "Attachable", {"Note": "n", "AttachableRef": [link]})
    assert books.read("Invoice", invoice["Id"])["SyncToken"] == "1"
    changes.update(books, "Attachable", {**note, "Note": "m"})
    assert books.read("Invoice", invoice["Id"])["SyncToken"] == "1"
    assert refusal(books, "Invoice", sparse(invoice, PrivateNote="x"))[0] == "5010"


def test_an_attachable_that_is_linked_later_raises_the_sync_token_then(books: Books) -> None:
    note = changes.create(books, "Attachable", {"Note": "n"})
    before = books.read("Customer", "1")["SyncToken"]
    link = {"EntityRef": {"type": "Customer", "value": "1"}}
    changes.update(books, "Attachable", {**note, "AttachableRef": [link]})
    assert books.read("Customer", "1")["SyncToken"] == str(int(before) + 1)


def clocked(start: str, end: str, **more: Any) -> Body:
    who = {"NameOf": "Employee", "EmployeeRef": {"value": "54"}}
    return {**who, "StartTime": start, "EndTime": end, **more}


def test_times_carry_the_day_of_their_entry(books: Books) -> None:
    sent = clocked("2015-07-05T08:00:00-08:00", "2015-07-05T17:00:00-08:00", TxnDate="2026-11-20")
    made = changes.create(books, "TimeActivity", sent)
    assert (made["StartTime"], made["EndTime"]) == ("2026-11-20T08:00:00-08:00", "2026-11-20T17:00:00-08:00")
    night = clocked("2015-07-05T22:00:00-08:00", "2015-07-06T06:00:00-08:00")
    made = changes.create(books, "TimeActivity", night)
    assert (made["TxnDate"], made["EndTime"]) == ("2015-07-05", "2015-07-06T06:00:00-08:00")
    moved = changes.update(books, "TimeActivity", sparse(made, TxnDate="2026-11-30"))
    assert (moved["StartTime"], moved["EndTime"]) == (
        "2026-11-30T22:00:00-08:00",
        "2026-12-01T06:00:00-08:00",
    )


@pytest.mark.parametrize(
    ("body", "longest"),
    [
        ({"Line": [{**sales_line(1), "Description": "x" * 4001}]}, "4000"),
        ({"Line": [sales_line(1)], "CustomerMemo": {"value": "x" * 1001}}, "1000"),
        ({"Line": [sales_line(1)], "PrivateNote": "x" * 4001}, "4000"),
    ],
)
def test_a_text_that_is_too_long_is_refused_with_its_limit(books: Books, body: Body, longest: str) -> None:
    with pytest.raises(Fault) as refused:
        changes.create(books, "Invoice", {**CUSTOMER, **body})
    problem = refused.value.problems[0]
    assert problem.code == "2050"
    assert f"Max:{longest} supported" in problem.detail


@pytest.mark.parametrize(
    ("entity", "name"),
    [
        ("Invoice", "BillEmail"), ("Invoice", "BillEmailCc"), ("Invoice", "BillEmailBcc"),
        ("Estimate", "BillEmail"), ("PurchaseOrder", "POEmail"), ("Vendor", "PrimaryEmailAddr"),
        ("Employee", "PrimaryEmailAddr"),
    ],
)  # fmt: skip
def test_what_is_no_email_address_is_refused_when_it_is_written(books: Books, entity: str, name: str) -> None:
    body: Body = {"Invoice": SOLD, "Estimate": SOLD, "PurchaseOrder": BOUGHT}.get(entity, {"GivenName": "Z"})
    assert refusal(books, entity, {**body, name: {"Address": "not an email"}}) == ("2210", name)
