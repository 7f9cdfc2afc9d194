"""A simulated company with one of everything that the month-end checklist looks for in October 2026, by real tools."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from runtime.insights.analysis import Analysis
from runtime.insights.checklist import INSIGHT
from runtime.simulators.quickbooks.books.store import Store
from tests.company import Company, copy_books
from tests.insights.companies import find_realm, make_store, read_books
from tests.insights.planned import cut_to_plan

MONTH, DAY = "2026-10", "2026-10-12"
CHECKING, SAVINGS, CARD, UNDEPOSITED, UNCATEGORISED, SUPPLIES = "1", "2", "8", "4", "29", "23"
BRAMBLE, COBB = "2", "3"
COBALT, FIBERLINE, MAILHOUSE = "21", "23", "29"
SEAT, FIREWALL = "1", "10"


@dataclass
class Planted:
    """The books, and what was planted in them: the key of a record by the item that has to find it."""

    store: Store
    company: Company
    keys: dict[str, str] = field(default_factory=dict)

    def check(self, month: str = MONTH) -> Analysis:
        """Return the checklist of a month as the books are now, read as the plan wants it."""
        options = {"month": month}
        wanted = INSIGHT.plan(options, self.store.clock.read_today())
        return INSIGHT.compute(cut_to_plan(INSIGHT, read_books(self.store, wanted.reports), options), options)

    def open(self, key: str) -> dict[str, Any]:
        """Return a record of the simulator by its key."""
        resource, id_ = key.split(":")
        found: dict[str, Any] = self.company.call(f"get {resource}", id=id_)
        found = found.get("record", found)
        return found if "Id" in found else next(iter(found.values()))

    def delete(self, key: str) -> None:
        """Delete a record by its key."""
        resource, id_ = key.split(":")
        self.company.call(f"delete {resource}", id=id_, SyncToken=self.open(key)["SyncToken"])

    def plant(self, item: str, resource: str, **arguments: Any) -> str:
        """Create a record that an item has to find; return its Id."""
        answer = self.company.call(f"create {resource}", **arguments)
        made = answer.get("record", answer)
        if item:
            self.keys[item] = f"{resource}:{made['Id']}"
        return str(made["Id"])


def find_item(analysis: Analysis, name: str) -> dict[str, Any]:
    """Return an item of a checklist by its name."""
    found: dict[str, Any] = next(each for each in analysis.figures["items"] if each["name"] == name)
    return found


@cache
def check_planted(month: str = MONTH) -> Analysis:
    """Return the checklist of that company, worked out once."""
    return make_planted().check(month)


def plant_everything() -> Planted:
    """Return a company with everything planted."""
    store = copy_books(make_store("it_services"))
    here = Planted(store, Company(store, realm=find_realm(store), most_bytes=8_000_000))
    _plant_settling(here)
    _plant_accounts(here)
    _plant_forms(here)
    _plant_missing_bill(here)
    return here


@cache
def make_planted() -> Planted:
    """Return that company, made once in each process; nobody changes it."""
    return plant_everything()


def _plant_settling(here: Planted) -> None:
    here.plant(
        "undeposited_funds",
        "payments",
        CustomerRef=_ref(BRAMBLE),
        TotalAmt=50_000,
        TxnDate=DAY,
        DepositToAccountRef=_ref(UNDEPOSITED),
    )
    here.keys["unapplied_payments"] = here.keys["undeposited_funds"]
    here.keys["parties_in_credit"] = f"customers:{BRAMBLE}"
    here.plant(
        "unapplied_credits", "credit_memos", CustomerRef=_ref(COBB), TxnDate=DAY, Line=[_sold(SEAT, 1, 89)]
    )
    line = _spent(SUPPLIES, 50)
    here.plant("unused_vendor_credits", "vendor_credits", VendorRef=_ref(COBALT), TxnDate=DAY, Line=[line])


def _plant_accounts(here: Planted) -> None:
    ask = here.plant("", "accounts", Name="Ask My Accountant", AccountType="Expense")
    suspense = here.plant("suspense", "accounts", Name="Suspense", AccountType="Other Current Liability")
    entity = {"value": FIBERLINE, "type": "Vendor"}
    here.plant(
        "uncategorised",
        "purchases",
        PaymentType="Check",
        AccountRef=_ref(CHECKING),
        TxnDate=DAY,
        EntityRef=entity,
        Line=[_spent(UNCATEGORISED, 77)],
    )
    here.plant("ask_accountant", "bills", VendorRef=_ref(MAILHOUSE), TxnDate=DAY, Line=[_spent(ask, 61)])
    lines = [_entry(SUPPLIES, "Debit", 33), _entry(suspense, "Credit", 33)]
    here.plant("journals_without_memo", "journal_entries", TxnDate=DAY, Line=lines)
    here.plant(
        "", "transfers", FromAccountRef=_ref(SAVINGS), ToAccountRef=_ref(CHECKING), Amount=20_000, TxnDate=DAY
    )
    here.keys["negative_balances"] = f"accounts:{SAVINGS}"
    here.keys["bank_accounts"] = f"accounts:{CARD}"


def _plant_forms(here: Planted) -> None:
    here.plant(
        "unsent_forms",
        "invoices",
        CustomerRef=_ref(COBB),
        TxnDate=DAY,
        EmailStatus="NeedToSend",
        BillEmail={"Address": "office@cobb.example"},
        Line=[_sold(FIREWALL, 100, 61_000)],
    )
    here.keys["negative_stock"] = f"items:{FIREWALL}"
    lines = [_spent(SUPPLIES, 45)]
    bill = here.plant("bills_without_due_date", "bills", VendorRef=_ref(MAILHOUSE), TxnDate=DAY, Line=lines)
    with here.store.begin_transaction():
        here.store.execute(
            "update records set body = json_remove(body, '$.DueDate') where entity = 'Bill' and id = ?",
            (bill,),
        )


def _plant_missing_bill(here: Planted) -> None:
    """Delete the bill of October of a vendor that bills every month, with its payment."""
    books = read_books(here.store)
    bills = [
        each
        for each in books.list_kinds("bill")
        if each.party_name == "Fiberline" and f"{each.day:%Y-%m}" == MONTH
    ]
    for bill in bills:
        for payment in books.list_kinds("vendor_payment"):
            if any(link.key == bill.key for link in payment.list_settled()):
                here.delete(str(payment.key))
        here.delete(str(bill.key))
    last = max(
        (
            each
            for each in books.list_kinds("bill")
            if each.party_name == "Fiberline" and f"{each.day:%Y-%m}" < MONTH
        ),
        key=lambda each: each.day,
    )
    here.keys["recurring"] = str(last.key)


def _ref(id_: str) -> dict[str, str]:
    return {"value": id_}


def _sold(item: str, quantity: int, amount: float) -> dict[str, Any]:
    detail = {"ItemRef": _ref(item), "Qty": quantity, "UnitPrice": amount / quantity}
    return {"Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}


def _spent(account: str, amount: float) -> dict[str, Any]:
    detail = {"AccountRef": _ref(account)}
    return {
        "Amount": amount,
        "DetailType": "AccountBasedExpenseLineDetail",
        "AccountBasedExpenseLineDetail": detail,
    }


def _entry(account: str, side: str, amount: float) -> dict[str, Any]:
    detail = {"AccountRef": _ref(account), "PostingType": side}
    return {"Amount": amount, "DetailType": "JournalEntryLineDetail", "JournalEntryLineDetail": detail}
