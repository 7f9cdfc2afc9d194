"""Companies with what the demo companies lack: entries by hand, discounts, goods, credits, another currency."""

from __future__ import annotations

from functools import cache
from typing import Any

from runtime.simulators.quickbooks.books.store import Store
from tests.company import Company, copy_books
from tests.insights.companies import find_realm, make_store

DAY, LATER = "2026-10-15", "2026-12-05"
COOL_CARS, DINER, JALOPIES, LANDLORD, HARDWARE = "3", "20", "12", "40", "41"
DESIGN, PUMP, SOD = "4", "11", "14"
RENT, MATERIALS, INCOME, ADVERTISING = "17", "63", "82", "7"
EURO = {"value": "EUR"}


def make_sold(amount: float, item: str, quantity: float = 1) -> dict[str, Any]:
    """Return a line that sells an item."""
    detail = {"ItemRef": {"value": item}, "Qty": quantity, "UnitPrice": amount / quantity}
    return {"Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}


def make_bought(amount: float, account: str, **more: Any) -> dict[str, Any]:
    """Return a line that is an expense."""
    detail = {"AccountRef": {"value": account}, **{name: {"value": id_} for name, id_ in more.items()}}
    return {
        "Amount": amount,
        "DetailType": "AccountBasedExpenseLineDetail",
        "AccountBasedExpenseLineDetail": detail,
    }


def make_goods(amount: float, item: str, quantity: float) -> dict[str, Any]:
    """Return a line that buys an item."""
    detail = {"ItemRef": {"value": item}, "Qty": quantity, "UnitPrice": amount / quantity}
    return {
        "Amount": amount,
        "DetailType": "ItemBasedExpenseLineDetail",
        "ItemBasedExpenseLineDetail": detail,
    }


def make_side(amount: float, side: str, account: str, kind: str = "", id_: str = "") -> dict[str, Any]:
    """Return a line of a journal entry."""
    detail: dict[str, Any] = {"PostingType": side, "AccountRef": {"value": account}}
    if kind:
        detail["Entity"] = {"Type": kind, "EntityRef": {"value": id_}}
    return {"Amount": amount, "DetailType": "JournalEntryLineDetail", "JournalEntryLineDetail": detail}


@cache
def make_unusual() -> Store:
    """Return a company with unusual bookings in October 2026; nobody changes it."""
    store = copy_books(make_store("landscaper", 1))
    company = Company(store, realm=find_realm(store), most_bytes=8_000_000)
    receivable, bank, card = (
        _find_account(store, kind) for kind in ("Accounts Receivable", "Bank", "Credit Card")
    )
    call = company.call
    call("create journal_entries", TxnDate=DAY, Line=[
        make_side(120.5, "Debit", RENT, "Vendor", LANDLORD), make_side(120.5, "Credit", bank)])  # fmt: skip
    call("create journal_entries", TxnDate=DAY, Line=[
        make_side(300, "Debit", receivable, "Customer", COOL_CARS),
        make_side(300, "Credit", INCOME, "Customer", COOL_CARS)])  # fmt: skip
    back = {"AccountRef": {"value": RENT}, "Entity": {"value": LANDLORD, "type": "VENDOR"}}
    call("create deposits", TxnDate=DAY, DepositToAccountRef={"value": bank}, Line=[
        {"Amount": 44.4, "DetailType": "DepositLineDetail", "DepositLineDetail": back}])  # fmt: skip
    call("create vendor_credits", TxnDate=DAY, VendorRef={"value": LANDLORD}, Line=[
        make_bought(33.3, RENT, CustomerRef=COOL_CARS)])  # fmt: skip
    call("create bills", TxnDate=DAY, VendorRef={"value": HARDWARE}, Line=[
        make_goods(50, PUMP, 5), make_goods(70, SOD, 7),
        make_bought(25, MATERIALS, CustomerRef=COOL_CARS, ClassRef="1")])  # fmt: skip
    call("create purchases", TxnDate=DAY, PaymentType="CreditCard", Credit=True, AccountRef={"value": card},
         EntityRef={"value": LANDLORD, "type": "Vendor"}, Line=[make_bought(15.15, RENT)])  # fmt: skip
    discount = {"Amount": 10, "DetailType": "DiscountLineDetail",
                "DiscountLineDetail": {"PercentBased": True, "DiscountPercent": 10}}  # fmt: skip
    call("create invoices", TxnDate=DAY, CustomerRef={"value": COOL_CARS}, ClassRef={"value": "1"}, Line=[
        make_sold(30, PUMP, 2), make_sold(70.01, DESIGN), discount])  # fmt: skip
    call("create credit_memos", TxnDate=DAY, CustomerRef={"value": DINER}, Line=[make_sold(35, DESIGN)])
    call("create payments", TxnDate="2026-11-10", CustomerRef={"value": DINER}, TotalAmt=250)
    invoice = next(
        each
        for each in company.list("invoices", limit=1000)
        if each["Balance"] and each["CustomerRef"]["value"] == JALOPIES
    )
    applied = {"Amount": invoice["Balance"], "LinkedTxn": [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]}
    call(
        "create payments",
        TxnDate=LATER,
        CustomerRef={"value": JALOPIES},
        TotalAmt=invoice["Balance"],
        Line=[applied],
    )
    company.close()
    return store


@cache
def make_european() -> Store:
    """Return a company with a customer and a vendor in euros at odd rates; nobody changes it."""
    store = copy_books(make_store("landscaper", 1))
    company = Company(store, realm=find_realm(store), most_bytes=8_000_000)
    call = company.call
    settings = call("get preferences")
    currencies = {**settings["CurrencyPrefs"], "MultiCurrencyEnabled": True}
    call("update preferences", SyncToken=settings["SyncToken"], CurrencyPrefs=currencies)
    call("create company_currencies", Code="EUR")
    customer = {"value": call("create customers", DisplayName="Café", CurrencyRef=EURO)["Id"]}
    vendor = {"value": call("create vendors", DisplayName="Bäckerei", CurrencyRef=EURO)["Id"]}
    money = {"TxnDate": DAY, "CurrencyRef": EURO, "ExchangeRate": 1.0937}
    lines = [make_sold(33.33, DESIGN), make_sold(11.11, SOD), make_sold(7.77, PUMP)]
    invoice = call("create invoices", CustomerRef=customer, DueDate="2026-10-30", Line=lines, **money)
    call(
        "create invoices",
        CustomerRef=customer,
        DueDate="2026-10-30",
        Line=[make_sold(19.99, DESIGN)],
        **money,
    )
    call(
        "create bills",
        VendorRef=vendor,
        Line=[make_bought(each, RENT) for each in (0.33, 0.33, 0.35)],
        **money,
    )
    applied = {"Amount": 20.01, "LinkedTxn": [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]}
    call("create payments", TxnDate="2026-11-10", CustomerRef=customer, TotalAmt=31.03, CurrencyRef=EURO,
         ExchangeRate=1.1213, Line=[applied])  # fmt: skip
    company.close()
    return store


def _find_account(store: Store, kind: str) -> str:
    query = "select id from records where entity = 'Account' and body ->> '$.AccountType' = ? order by num"
    return str(store.execute(query, (kind,)).fetchone()[0])
