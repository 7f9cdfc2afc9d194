"""After any sequence of operations the books balance, and everything derived from them agrees with them."""

from __future__ import annotations

import contextlib
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.simulators.quickbooks import changes, companies, ledger, reports
from runtime.simulators.quickbooks.books import Books
from runtime.simulators.quickbooks.clock import Clock
from runtime.simulators.quickbooks.faults import Fault
from runtime.simulators.quickbooks.money import cents
from runtime.simulators.quickbooks.store import Store

from .conftest import NOON, Body, expense_line, paid, sales_line

STOCK = ("5", "11", "16")
DAYS = ("2025-12-30", "2026-01-15", "2026-06-30", "2026-11-20")
RESULTS = ("Income", "Cost of Goods Sold", "Expense", "Other Income", "Other Expense")


class Hand:
    """Does random things to a company, as a clumsy client would."""

    def __init__(self, books: Books, data: st.DataObject) -> None:
        self.books, self.data = books, data
        self.made: dict[str, list[str]] = {}

    def pick(self, values: Any) -> Any:
        known = list(values)
        if not known:
            raise IndexError("nothing to pick from")
        return self.data.draw(st.sampled_from(known))

    def cents(self) -> int:
        return int(self.data.draw(st.integers(0, 50_000)))

    def save(self, entity: str, body: Body) -> None:
        made = changes.create(self.books, entity, {"TxnDate": self.pick(DAYS), **body})
        self.made.setdefault(entity, []).append(made["Id"])

    def one(self, entity: str) -> Body:
        return self.books.read(entity, self.pick(self.made.get(entity, ())))

    def sale(self) -> None:
        lines = [
            sales_line(
                self.cents(), self.pick(("4", "15", *STOCK)), TaxCodeRef={"value": self.pick(("TAX", "NON"))}
            )
        ]
        if self.data.draw(st.booleans()):
            lines.append(
                {
                    "DetailType": "DiscountLineDetail",
                    "DiscountLineDetail": {"PercentBased": True, "DiscountPercent": 7.5},
                }
            )
        tax = {"TxnTaxDetail": {"TxnTaxCodeRef": {"value": "3"}}} if self.data.draw(st.booleans()) else {}
        entity = self.pick(("Invoice", "Invoice", "SalesReceipt", "CreditMemo", "RefundReceipt"))
        self.save(entity, {"CustomerRef": {"value": self.pick("12")}, "Line": lines, **tax})

    def receive(self) -> None:
        lines = []
        if self.made.get("Invoice") and self.data.draw(st.booleans()):
            lines.append(paid("Invoice", self.pick(self.made["Invoice"]), self.cents() / 100))
        self.save(
            "Payment",
            {"CustomerRef": {"value": self.pick("12")}, "TotalAmt": self.cents() / 100, "Line": lines},
        )

    def buy(self) -> None:
        stock: Body = {"Amount": self.cents() / 100, "DetailType": "ItemBasedExpenseLineDetail",
                       "ItemBasedExpenseLineDetail": {"ItemRef": {"value": self.pick(STOCK)}, "Qty": 3}}  # fmt: skip
        lines = [expense_line(self.cents()), stock]
        if self.data.draw(st.booleans()):
            self.save("Bill", {"VendorRef": {"value": self.pick(("30", "31"))}, "Line": lines})
        else:
            self.save(
                "Purchase",
                {
                    "PaymentType": "CreditCard",
                    "AccountRef": {"value": "41"},
                    "Line": lines,
                    "Credit": self.data.draw(st.booleans()),
                },
            )

    def pay(self) -> None:
        bill = self.one("Bill")
        value = self.cents() / 100
        how = {"PayType": "Check", "CheckPayment": {"BankAccountRef": {"value": "35"}}}
        self.save(
            "BillPayment",
            {
                "VendorRef": bill["VendorRef"],
                "TotalAmt": value,
                "Line": [paid("Bill", bill["Id"], value)],
                **how,
            },
        )

    def deposit(self) -> None:
        payment = self.one("Payment")
        link = {"Amount": 0, "LinkedTxn": [{"TxnId": payment["Id"], "TxnType": "Payment", "TxnLineId": "0"}]}
        self.save("Deposit", {"DepositToAccountRef": {"value": "35"}, "Line": [link]})

    def change_line(self) -> None:
        entity = self.pick([entity for entity in ("Invoice", "Bill", "CreditMemo") if self.made.get(entity)])
        body = self.one(entity)
        line = sales_line(self.cents()) if entity != "Bill" else expense_line(self.cents())
        sent = {"Id": body["Id"], "SyncToken": body["SyncToken"], "sparse": True, "Line": [line]}
        changes.update(
            self.books, entity, sent | ({"VendorRef": body["VendorRef"]} if entity == "Bill" else {})
        )

    def remove(self) -> None:
        entity = self.pick([entity for entity in self.made if self.made[entity]])
        body = self.one(entity)
        action = self.pick((changes.delete, changes.void))
        action(self.books, entity, {"Id": body["Id"], "SyncToken": body["SyncToken"]})

    def act(self) -> None:
        action = self.pick(
            (
                self.sale,
                self.sale,
                self.receive,
                self.buy,
                self.pay,
                self.deposit,
                self.change_line,
                self.remove,
            )
        )
        with contextlib.suppress(Fault, IndexError):
            action()


def check(books: Books) -> None:
    """Everything that has to agree."""
    store, realm = books.store, books.realm
    balance = ledger.trial_balance(store, realm)
    assert sum(balance.values()) == 0
    accounts = {account.id: account for account in ledger.accounts(store, realm)}
    for id, account in accounts.items():
        shown = cents(books.read("Account", id)["CurrentBalance"])
        assert shown == (0 if account.type in RESULTS else balance.get(id, 0)), account
    receivable = ledger.movements(store, realm, by=("customer",), where={"account": ["84"]})
    for (customer,), value in receivable.items():
        assert cents(books.read("Customer", str(customer))["Balance"]) == value
    payable = ledger.movements(store, realm, by=("vendor",), where={"account": ["33"]})
    for (vendor,), value in payable.items():
        assert cents(books.read("Vendor", str(vendor))["Balance"]) == -value
    for side, account, sign in (("receivable", "84", 1), ("payable", "33", -1)):
        open_cents = sum(item.open_cents for item in ledger.open_items(store, realm, side, books.today()))
        assert open_cents == sign * balance.get(account, 0)
    for item in STOCK:
        units = store.execute(
            "select coalesce(sum(quantity), 0) from postings where item = ? and account = '81'", (item,)
        )
        assert abs(books.read("Item", item)["QtyOnHand"] - units.fetchone()[0]) < 1e-6
    check_reports(books, balance, {id: account.type for id, account in accounts.items()})


def summary(rows: list[Body], group: str) -> int:
    """The total of a section, wherever it is nested, in cents."""
    for row in rows:
        if row.get("group") == group:
            cells = row.get("Summary", row)["ColData"]
            return cents(cells[-1]["value"])
        inner = summary(row.get("Rows", {}).get("Row", []), group) if "Rows" in row else None
        if inner is not None:
            return inner
    return None  # type: ignore[return-value]


def check_reports(books: Books, balance: dict[str, int], types: dict[str, str]) -> None:
    days = {"start_date": "2000-01-01", "end_date": "2026-11-20"}
    sheet = reports.find("BalanceSheet")(books.store, books.realm, days)["Rows"]["Row"]  # type: ignore[misc]
    assert summary(sheet, "TotalAssets") == summary(sheet, "TotalLiabilitiesAndEquity")
    assert summary(sheet, "TotalAssets") == sum(
        value
        for id, value in balance.items()
        if types[id] in ("Bank", "Accounts Receivable", "Other Current Asset", "Fixed Asset", "Other Asset")
    )
    result = reports.find("ProfitAndLoss")(books.store, books.realm, days)["Rows"]["Row"]  # type: ignore[misc]
    assert summary(result, "NetIncome") == -sum(
        value for id, value in balance.items() if types[id] in RESULTS
    )


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data(), steps=st.integers(1, 14))
def test_after_any_sequence_of_operations_the_books_balance(
    template: Store, data: st.DataObject, steps: int
) -> None:
    store = Store(":memory:", Clock(frozen=NOON))
    template.connection.backup(store.connection)
    hand = Hand(Books(store, "9130357849126540"), data)
    for _ in range(steps):
        hand.act()
    check(Books(store, "9130357849126540"))
    store.close()


def test_the_demo_company_balances(landscaper: Store) -> None:
    check(Books(landscaper, "9130357849126540"))


def test_the_demo_company_is_the_same_for_the_same_seed_and_day(landscaper: Store) -> None:
    again, other = Store(":memory:", Clock(frozen=NOON)), Store(":memory:", Clock(frozen=NOON))
    companies.make(again, "landscaper")
    companies.make(other, "landscaper", seed=2)
    bodies = [
        store.execute("select entity, id, body from records order by 1, 2").fetchall()
        for store in (landscaper, again, other)
    ]
    assert bodies[0] == bodies[1] != bodies[2]


def test_the_demo_company_has_something_to_ask_about(landscaper: Store) -> None:
    def count(where: str) -> int:
        return int(landscaper.execute(f"select count(*) from records where {where}").fetchone()[0])

    assert count("txn_date is not null") > 300
    assert count("entity = 'Invoice' and balance > 0 and due_date < '2026-11-20'") > 3
    assert count("entity = 'Bill' and balance > 0") > 3
    assert count("entity = 'Customer' and body ->> '$.PrimaryEmailAddr.Address' is null") == 0
    assert count("entity = 'Account' and body ->> '$.AccountType' = 'Credit Card'") == 2
