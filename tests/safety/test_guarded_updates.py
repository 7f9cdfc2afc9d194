"""Updates as users have suffered from elsewhere: nothing that was not named is lost, and the answer says what changed.

Each runs through the calls of an agent to the simulator; `company` has transactions of every kind.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from runtime.errors import Conflict
from tests.company import Company


def read(company: Company, resource: str, id_: str) -> dict[str, Any]:
    """Read a record as it is stored, without what changes with every write."""
    found: dict[str, Any] = company.call(f"get {resource}", id=id_)
    return found


def plain(record: dict[str, Any], *without: str) -> dict[str, Any]:
    """Return a record without what changes with every write, and without some fields."""
    skipped = {"SyncToken", "MetaData", "company", *without}
    return {name: value for name, value in record.items() if name not in skipped}


def goods(record: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the lines of a record that have an Id."""
    return [line for line in record["Line"] if "Id" in line]


def new_bill(company: Company) -> dict[str, Any]:
    """Make a bill of two lines with a class and a tax code each."""
    vendor = company.list("vendors", limit=1)[0]["Id"]
    detail = {
        "AccountRef": {"value": "7"},
        "ClassRef": {"value": company.list("classes", limit=1)[0]["Id"]},
        "TaxCodeRef": {"value": "NON"},
        "BillableStatus": "NotBillable",
    }
    line = {"DetailType": "AccountBasedExpenseLineDetail", "AccountBasedExpenseLineDetail": detail}
    lines = [line | {"Amount": amount, "Description": f"For {amount}"} for amount in (40, 60)]
    found: dict[str, Any] = company.call("create bills", VendorRef={"value": vendor}, Line=lines)
    return found


def new_invoice(company: Company, *amounts: float, customer: str = "1", **more: Any) -> dict[str, Any]:
    """Make an invoice with a line for each amount."""
    lines = [
        {
            "Amount": amount,
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {"ItemRef": {"value": "4"}, "Qty": 1, "UnitPrice": amount},
        }
        for amount in amounts
    ]
    given = {"CustomerRef": {"value": customer}, "Line": lines} | more
    found: dict[str, Any] = company.call("create invoices", **given)
    return found


def test_the_lines_of_a_bill_retain_class_and_tax_code_when_one_amount_changes(company):
    bill = new_bill(company)
    first, second = goods(bill)

    answer = company.call("update bills", id=bill["Id"], Line=[{"Id": first["Id"], "Amount": 45}])

    after = goods(read(company, "bills", bill["Id"]))
    assert after == [first | {"Amount": 45.0}, second]
    assert answer["lines"] == {"changed": {first["Id"]: {"Amount": [40.0, 45.0]}}}
    assert answer["unchanged_lines"] == 1
    assert answer["worked_out"] == {"TotalAmt": [100.0, 105.0], "Balance": [100.0, 105.0]}
    assert "warnings" not in answer


def test_a_phone_number_changes_and_both_addresses_stay(company):
    customer = company.call(
        "create customers",
        DisplayName="Guarded Gardens",
        PrimaryPhone={"FreeFormNumber": "555 0100"},
        BillAddr={"Line1": "1 Mill Road", "City": "Bayshore", "PostalCode": "94326"},
        ShipAddr={"Line1": "2 Mill Road", "City": "Bayshore"},
    )

    answer = company.call("update customers", id=customer["Id"], PrimaryPhone={"FreeFormNumber": "555 0199"})

    after = read(company, "customers", customer["Id"])
    assert plain(after, "PrimaryPhone") == plain(customer, "PrimaryPhone")
    assert answer["changed"] == {"PrimaryPhone.FreeFormNumber": ["555 0100", "555 0199"]}


def test_one_part_of_an_address_changes_and_the_others_stay(company):
    customer = company.call(
        "create customers", DisplayName="G", BillAddr={"Line1": "1 Mill Road", "City": "Bayshore"}
    )

    company.call("update customers", id=customer["Id"], BillAddr={"City": "Middlefield"})

    after = read(company, "customers", customer["Id"])["BillAddr"]
    assert (after["Line1"], after["City"]) == ("1 Mill Road", "Middlefield")


def test_another_customer_on_an_invoice_is_no_rename_of_the_former_one(company):
    names = {each["Id"]: each["DisplayName"] for each in company.list("customers", limit=1000)}
    invoice = new_invoice(company, 50, customer="1")

    answer = company.call("update invoices", id=invoice["Id"], CustomerRef={"value": "2"})

    after = read(company, "invoices", invoice["Id"])
    assert after["CustomerRef"] == {"value": "2", "name": names["2"]}
    assert {each["Id"]: each["DisplayName"] for each in company.list("customers", limit=1000)} == names
    assert [each["value"] for each in answer["changed"]["CustomerRef"]] == ["1", "2"]


def test_a_deposit_changes_its_date_and_retains_every_line(company):
    deposit = next(each for each in company.list("deposits", limit=50, fields=["*"]) if len(goods(each)) > 1)

    answer = company.call("update deposits", id=deposit["Id"], PrivateNote="Counted twice")

    after = read(company, "deposits", deposit["Id"])
    assert after["Line"] == deposit["Line"]
    assert after["PrivateNote"] == "Counted twice"
    assert answer["unchanged_lines"] == len(goods(deposit))


def test_a_line_is_added_and_another_removed_by_its_name(company):
    invoice = new_invoice(company, 50, 60, 70)
    gone = goods(invoice)[1]
    added = {"Description": "New", "DetailType": "SalesItemLineDetail", "Amount": 5}
    added["SalesItemLineDetail"] = {"ItemRef": {"value": "4"}, "Qty": 1, "UnitPrice": 5}

    answer = company.call("update invoices", id=invoice["Id"], Line=[added], remove_lines=[gone["Id"]])

    after = read(company, "invoices", invoice["Id"])
    assert [line["Amount"] for line in goods(after)] == [50, 70, 5]
    assert goods(after)[0] == goods(invoice)[0]
    assert answer["lines"]["removed"] == [gone["Id"]]
    assert len(answer["lines"]["added"]) == 1
    assert "warnings" not in answer


def test_lines_that_are_sent_back_without_one_of_them_are_refused_and_not_taken_for_nothing(company):
    invoice = new_invoice(company, 50, 60, 70)
    first, second, third = goods(invoice)
    sent = company.count_sent("POST")

    error = company.refused("update invoices", id=invoice["Id"], Line=[first, third])

    assert f"leaves out {second['Id']}." in error.message
    assert "remove_lines" in error.advice
    assert company.count_sent("POST") == sent
    removed = company.call(
        "update invoices", id=invoice["Id"], Line=[first, third], remove_lines=[second["Id"]]
    )
    assert removed["lines"] == {"removed": [second["Id"]]}


def test_the_only_line_is_not_removed(company):
    invoice = new_invoice(company, 50)
    sent = company.count_sent("POST")

    error = company.refused("update invoices", id=invoice["Id"], remove_lines=[goods(invoice)[0]["Id"]])

    assert "0 entries in Line" in error.message
    assert company.count_sent("POST") == sent
    assert goods(read(company, "invoices", invoice["Id"])) == goods(invoice)


def test_tax_follows_the_lines_that_are_left(company):
    line = {"DetailType": "SalesItemLineDetail", "Amount": 100}
    lines = [
        line | {"SalesItemLineDetail": {"ItemRef": {"value": "4"}, "Qty": 1, "UnitPrice": 100} | tax}
        for tax in ({"TaxCodeRef": {"value": "TAX"}}, {"TaxCodeRef": {"value": "TAX"}})
    ]
    invoice = company.call(
        "create invoices",
        CustomerRef={"value": "1"},
        Line=lines,
        TxnTaxDetail={"TxnTaxCodeRef": {"value": "2"}},
    )
    tax = invoice["TxnTaxDetail"]["TotalTax"]
    assert tax > 0

    answer = company.call("update invoices", id=invoice["Id"], remove_lines=[goods(invoice)[1]["Id"]])

    after = read(company, "invoices", invoice["Id"])
    assert after["TxnTaxDetail"]["TotalTax"] == pytest.approx(tax / 2)
    assert after["TotalAmt"] == pytest.approx(100 + tax / 2)
    assert "TxnTaxDetail" in answer["worked_out"]


def test_a_payment_pays_one_more_invoice_and_still_the_first(company):
    first, second = (new_invoice(company, amount) for amount in (30, 20))
    payment = company.call(
        "create payments",
        CustomerRef={"value": "1"},
        TotalAmt=30,
        Line=[{"Amount": 30, "LinkedTxn": [{"TxnId": first["Id"], "TxnType": "Invoice"}]}],
    )

    company.call(
        "update payments",
        id=payment["Id"],
        TotalAmt=50,
        Line=[{"Amount": 20, "LinkedTxn": [{"TxnId": second["Id"], "TxnType": "Invoice"}]}],
    )

    assert [read(company, "invoices", each["Id"])["Balance"] for each in (first, second)] == [0, 0]

    company.call("update payments", id=payment["Id"], TotalAmt=20, remove_lines=[first["Id"]])

    assert [read(company, "invoices", each["Id"])["Balance"] for each in (first, second)] == [30, 0]


def test_a_success_that_changed_nothing_is_a_warning(company):
    employee = company.list("employees", limit=1)[0]

    answer = company.call("update employees", id=employee["Id"], DisplayName="Somebody Else")

    assert answer["warnings"] == ["DisplayName was to change and did not."]
    assert answer["changed"] == {}


def test_a_version_that_is_not_current_is_a_conflict_that_says_what_changed_since(company):
    bill = new_bill(company)
    former = read(company, "bills", bill["Id"])["SyncToken"]
    company.call("update bills", id=bill["Id"], PrivateNote="Ask Ann")

    error = company.refused("update bills", id=bill["Id"], SyncToken=former, DueDate="2027-01-31")

    assert isinstance(error, Conflict)
    assert error.details["changed"] == {"PrivateNote": [None, "Ask Ann"]}
    assert error.details["version"] == {"SyncToken": "1"}
    assert read(company, "bills", bill["Id"])["DueDate"] == bill["DueDate"]


@pytest.mark.parametrize("is_read", [True, False])
def test_what_somebody_else_changes_between_the_read_and_the_write_is_not_written_over(company, is_read):
    bill = new_bill(company)
    if is_read:
        read(company, "bills", bill["Id"])
    interrupt(company, bill, PrivateNote="Ask Ann")

    version = {"SyncToken": bill["SyncToken"]} if is_read else {}
    error = company.refused("update bills", id=bill["Id"], DueDate="2027-01-31", **version)

    assert isinstance(error, Conflict)
    assert read(company, "bills", bill["Id"])["PrivateNote"] == "Ask Ann"


@pytest.mark.parametrize(
    ("theirs", "is_merged"), [({"PrivateNote": "Ask Ann"}, True), ({"DueDate": "2027-02-28"}, False)]
)
def test_a_retry_merges_only_a_change_of_other_fields(company, theirs, is_merged):
    bill = new_bill(company)
    read(company, "bills", bill["Id"])
    interrupt(company, bill, **theirs)
    given = {"id": bill["Id"], "SyncToken": bill["SyncToken"], "DueDate": "2027-01-31"}

    answer = company.answer("update bills", **given, on_conflict="retry")

    after = read(company, "bills", bill["Id"])
    assert (answer.error is None) == is_merged
    assert after["DueDate"] == ("2027-01-31" if is_merged else "2027-02-28")
    assert after.get("PrivateNote") == theirs.get("PrivateNote")


def interrupt(company: Company, bill: dict[str, Any], **fields: Any) -> None:
    """Let somebody else change a bill just before the next write of this agent is sent."""
    other = Company(company.store)

    async def change(request: Any) -> None:
        if request.verb == "POST":
            company.client.before = ignore
            sent = {"id": bill["Id"], "SyncToken": bill["SyncToken"], "sparse": True}
            answer = await other.ask("update bills", **sent, VendorRef=bill["VendorRef"], **fields)
            assert answer.error is None

    async def ignore(_request: Any) -> None:
        pass

    company.client.before = change


def test_a_record_that_was_read_moments_ago_is_not_read_again(company):
    bill = read(company, "bills", new_bill(company)["Id"])
    reads = company.count_sent("GET")

    answer = company.call("update bills", id=bill["Id"], SyncToken=bill["SyncToken"], PrivateNote="A")
    company.call("update bills", id=bill["Id"], SyncToken=answer["record"]["SyncToken"], PrivateNote="B")

    assert company.count_sent("GET") == reads


def test_a_guarded_update_costs_one_read_at_most(company):
    bill = new_bill(company)
    reads = company.count_sent("GET")

    company.call("update bills", id=bill["Id"], PrivateNote="A")

    assert company.count_sent("GET") == reads + 1


class TestReplace:
    def test_it_is_refused_with_the_list_of_what_would_be_cleared(self, company):
        bill = new_bill(company)
        company.call("update bills", id=bill["Id"], PrivateNote="A", DueDate="2027-01-31")
        sent = company.count_sent("POST")

        error = company.refused("update bills", id=bill["Id"], mode="replace", VendorRef=bill["VendorRef"])

        assert "PrivateNote" in error.message
        assert "DueDate" in error.message
        assert "Line" in error.message
        assert company.count_sent("POST") == sent

    def test_it_clears_what_clear_names(self, company):
        bill = new_bill(company)
        company.call("update bills", id=bill["Id"], PrivateNote="A")
        whole = read(company, "bills", bill["Id"])
        given = {
            name: whole[name] for name in ("VendorRef", "TxnDate", "Line", "CurrencyRef") if name in whole
        }
        lost = company.refused("update bills", id=bill["Id"], mode="replace", **given)
        names = lost.message.partition("would clear ")[2].partition(".")[0].split(", ")

        company.call("update bills", id=bill["Id"], mode="replace", clear=names, **given)

        after = read(company, "bills", bill["Id"])
        assert "PrivateNote" not in after
        assert goods(after) == goods(whole)

    def test_a_line_sent_without_its_particulars_is_named(self, company):
        bill = new_bill(company)
        whole = read(company, "bills", bill["Id"])
        first, second = goods(whole)
        bare = {name: first[name] for name in ("Id", "Amount", "DetailType")}
        bare["AccountBasedExpenseLineDetail"] = {"AccountRef": {"value": "7"}}

        error = company.refused(
            "update bills", **{**plain(whole), "id": whole["Id"], "mode": "replace", "Line": [bare, second]}
        )

        assert f"Line[{first['Id']}].AccountBasedExpenseLineDetail.ClassRef" in error.message
        assert f"Line[{first['Id']}].Description" in error.message


class TestClear:
    def test_it_empties_a_field_and_nothing_else(self, company):
        bill = new_bill(company)
        company.call("update bills", id=bill["Id"], PrivateNote="A", DueDate="2027-01-31")

        answer = company.call("update bills", id=bill["Id"], clear=["PrivateNote"])

        after = read(company, "bills", bill["Id"])
        assert "PrivateNote" not in after
        assert after["DueDate"] == "2027-01-31"
        assert answer["changed"] == {"PrivateNote": ["A", None]}

    @pytest.mark.parametrize(
        ("given", "found"),
        [
            ({"clear": ["Colour"]}, '"Colour" is no field of the record.'),
            ({"clear": ["VendorRef"]}, '"VendorRef" cannot be empty.'),
            ({"clear": ["PrivateNote"], "PrivateNote": "B"}, "has a value as well"),
            ({"remove_lines": ["99"]}, 'The record has no line "99".'),
            ({"Line": [{"Id": "99", "Amount": 5}]}, 'names line "99", which the record does not have'),
            ({"Line": [{"Amount": 5}]}, "Line[2] lacks DetailType."),
        ],
    )
    def test_what_cannot_be_done_is_said_and_nothing_is_sent(self, company, given, found):
        bill = new_bill(company)
        sent = company.count_sent("POST")

        error = company.refused("update bills", id=bill["Id"], **given)

        assert found in error.message
        assert company.count_sent("POST") == sent


def test_each_update_of_a_batch_is_guarded_by_itself(company):
    bills = [new_bill(company) for _ in range(2)]
    calls = [
        {
            "tool": "update_a_quick_books_bill_by_id",
            "arguments": {"id": bill["Id"], "Line": [{"Id": goods(bill)[0]["Id"], "Amount": 41}]},
        }
        for bill in bills
    ]

    answer = company.call("run_a_quick_books_batch", calls=calls)

    for bill, result in zip(bills, answer["results"], strict=True):
        first, second = goods(bill)
        assert goods(read(company, "bills", bill["Id"])) == [first | {"Amount": 41.0}, second]
        assert result["answer"]["lines"] == {"changed": {first["Id"]: {"Amount": [40.0, 41.0]}}}


def test_sparse_goes_on_sending_only_what_is_given(company):
    bill = new_bill(company)
    sent = len(company.client.requests)

    company.call(
        "update bills",
        id=bill["Id"],
        SyncToken="0",
        sparse=True,
        VendorRef=bill["VendorRef"],
        PrivateNote="A",
    )

    (request,) = (each for each in company.client.requests[sent:] if each.verb == "POST")
    assert json.loads(request.body) == {
        "Id": bill["Id"],
        "SyncToken": "0",
        "sparse": True,
        "VendorRef": bill["VendorRef"],
        "PrivateNote": "A",
    }


def test_figures_go_back_with_the_digits_that_the_vendor_wrote(company):
    bill = new_bill(company)
    raw = company.client.requests

    company.call("update bills", id=bill["Id"], PrivateNote="A")

    assert b'"Amount":40.0' in raw[-1].body


def batch_of(*calls: dict[str, Any]) -> dict[str, Any]:
    return {"calls": [{"tool": "update_a_quick_books_bill_by_id", "arguments": each} for each in calls]}


def test_an_item_of_a_batch_whose_version_is_not_current_says_what_changed_as_a_single_update_does(company):
    stale, fresh = (read(company, "bills", new_bill(company)["Id"]) for _ in range(2))
    interrupt(company, stale, PrivateNote="Ask Ann")
    own = [
        {"id": each["Id"], "SyncToken": each["SyncToken"], "DueDate": "2027-01-31"} for each in (stale, fresh)
    ]

    first, second = company.call("run_a_quick_books_batch", **batch_of(*own))["results"]

    assert first["error"]["code"] == "conflict"
    assert first["error"]["details"]["changed"] == {"PrivateNote": [None, "Ask Ann"]}
    assert first["error"]["details"]["version"] == {"SyncToken": "1"}
    assert "PrivateNote" in first["error"]["message"]
    assert "on_conflict" not in first["error"]["advice"]
    assert second["answer"]["changed"] == {"DueDate": [fresh["DueDate"], "2027-01-31"]}
    single = company.refused("update bills", **own[0])
    assert (first["error"]["message"], first["error"]["details"]) == (single.message, single.details)


def test_what_is_merged_after_a_conflict_passes_the_pre_flight_before_it_is_sent(company):
    bill = read(company, "bills", new_bill(company)["Id"])
    interrupt(company, bill, PrivateNote="Ask Ann")
    change, known = company.client.before, company.calls._writes._known

    async def close_the_books(_request: Any) -> None:
        company.client.before = pass_
        closing = {"AccountingInfoPrefs": {"BookCloseDate": "2025-12-31"}}
        assert (await Company(company.store).ask("update preferences", **closing)).error is None
        for each in known._accounts.values():  # as if they were read longer ago than settings are remembered
            each.settings = None

    async def pass_(_request: Any) -> None:
        pass

    async def change_and_close(request: Any) -> None:
        await change(request)
        if request.verb == "POST":
            company.client.before = close_the_books

    company.client.before = change_and_close
    own = {"id": bill["Id"], "SyncToken": bill["SyncToken"], "TxnDate": "2025-12-01"}
    posts = company.count_sent("POST")

    error = company.refused("update bills", **own, on_conflict="retry")

    assert "the books are closed until 2025-12-31" in error.message
    assert company.count_sent("POST") == posts + 1
    assert read(company, "bills", bill["Id"])["TxnDate"] == bill["TxnDate"]


def test_an_error_of_a_write_names_the_company_and_one_of_a_read_does_not(company):
    named = company.call("create vendors", DisplayName="Somebody")["company"]
    for tool, arguments in (
        ("update bills", {"id": "999999", "PrivateNote": "x"}),
        ("create bills", {"TxnDate": "x"}),
        ("delete bills", {"id": "999999", "SyncToken": "0"}),
    ):
        refused = company.refused(tool, **arguments)
        assert refused.as_dict()["company"] == named
        assert refused.as_text().endswith("(company Acme)")
    assert "company" not in company.refused("get bills", id="999999").as_dict()
