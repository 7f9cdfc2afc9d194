"""After any sequence of operations the books balance, and everything derived from them agrees with them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.simulators.quickbooks.books import ledger
from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Store
from runtime.simulators.quickbooks.clock import Clock
from runtime.simulators.quickbooks.faults import Fault
from runtime.simulators.quickbooks.money import round_to_cents
from runtime.simulators.quickbooks.reports.index import find_report
from runtime.simulators.quickbooks.schema import load_entities
from runtime.simulators.quickbooks.writes import changes
from runtime.simulators.quickbooks.writes.merging import SPARSE_NEEDS
from tests.simulators.quickbooks.conftest import NOON, Body, expense_line, journal_line, paid, sales_line

STOCK = ("5", "11", "16")
DAYS = ("2025-12-30", "2026-01-15", "2026-06-30", "2026-11-20")
COSTS_ANEW = ("Invoice", "SalesReceipt", "CreditMemo", "RefundReceipt", "InventoryAdjustment")
"""What sells stock books its cost anew with every update, at the average of that moment."""

CREDITS = {"Payment": ("Invoice", "CreditMemo"), "BillPayment": ("Bill", "VendorCredit")}
SIDES = (("Accounts Receivable", "customer", "Customer", 1), ("Accounts Payable", "vendor", "Vendor", -1))
UPDATE_REFUSALS = ("6540", "500")
"""Of a payment that is in a deposit, and of what cannot be updated at all."""

UNBALANCED = "select txn_type, txn_id from postings where realm = ? group by 1, 2 having sum(cents) <> 0"
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
        if entity == "RefundReceipt":
            tax["DepositToAccountRef"] = {"value": "35"}
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

    def vendor_credit(self) -> None:
        self.save("VendorCredit", {"VendorRef": {"value": "30"}, "Line": [expense_line(self.cents())]})

    def use_credit(self) -> None:
        """Make a payment of nothing that settles with a credit."""
        if self.data.draw(st.booleans()):
            credit, document = self.one("CreditMemo"), self.one("Invoice")
            payment: Body = {"CustomerRef": credit["CustomerRef"]}
            entity = "Payment"
        else:
            credit, document = self.one("VendorCredit"), self.one("Bill")
            how = {"PayType": "Check", "CheckPayment": {"BankAccountRef": {"value": "35"}}}
            payment, entity = {"VendorRef": credit["VendorRef"], **how}, "BillPayment"
        value = min(credit["Balance"], document["Balance"])
        kinds = CREDITS[entity]
        lines = [paid(kinds[0], document["Id"], value), paid(kinds[1], credit["Id"], value)]
        self.save(entity, {**payment, "TotalAmt": 0, "Line": lines})

    def journal(self) -> None:
        control, holder = self.pick(
            (("84", {"Type": "Customer", "EntityRef": {"value": "1"}}),
             ("33", {"Type": "Vendor", "EntityRef": {"value": "30"}}))
        )  # fmt: skip
        sides = self.pick((("Debit", "Credit"), ("Credit", "Debit")))
        value = self.cents() / 100
        self.save("JournalEntry", {"Line": [journal_line(value, sides[0], control, Entity=holder),
                                            journal_line(value, sides[1], "7")]})  # fmt: skip

    def settle_journal(self) -> None:
        value = self.cents() / 100
        lines = [paid("JournalEntry", self.one("JournalEntry")["Id"], value)]
        if self.data.draw(st.booleans()) and self.made.get("Invoice"):
            lines.append(paid("Invoice", self.pick(self.made["Invoice"]), value))
        total = self.pick((0, value, value * 2))
        self.save("Payment", {"CustomerRef": {"value": "1"}, "TotalAmt": total, "Line": lines})

    def offer(self) -> None:
        """Make an estimate or order, and what is made from it."""
        is_sale = self.data.draw(st.booleans())
        party = {"CustomerRef": {"value": "1"}} if is_sale else {"VendorRef": {"value": "30"}}
        line = sales_line(self.cents()) if is_sale else expense_line(self.cents())
        source, made = ("Estimate", "Invoice") if is_sale else ("PurchaseOrder", "Bill")
        self.save(source, {**party, "Line": [line]})
        link = {"TxnType": source, "TxnId": self.made[source][-1]}
        if is_sale:
            self.save(made, {**party, "Line": [line], "LinkedTxn": [link]})
        else:
            linked = {**line, "LinkedTxn": [{**link, "TxnLineId": "1"}]}
            self.save(made, {**party, "Line": [linked]})

    def move(self) -> None:
        ends = {"FromAccountRef": {"value": "35"}, "ToAccountRef": {"value": "36"}}
        self.save("Transfer", {"Amount": self.cents() / 100, **ends})

    def count_stock(self) -> None:
        given = {"ItemRef": {"value": self.pick(STOCK)}, "QtyDiff": self.pick((-7, 2, 60))}
        line = {"DetailType": "ItemAdjustmentLineDetail", "ItemAdjustmentLineDetail": given}
        self.save("InventoryAdjustment", {"AdjustAccountRef": {"value": "80"}, "Line": [line]})

    def send_again(self) -> None:
        """Send the whole record as it was read, or only a note: neither changes the books."""
        entity = self.pick([entity for entity in self.made if self.made[entity]])
        body = self.one(entity)
        is_sparse = self.data.draw(st.booleans())
        needed = {name: body[name] for name in SPARSE_NEEDS.get(entity, ())}
        sent = (
            {"Id": body["Id"], "SyncToken": body["SyncToken"], "sparse": True, **needed}
            if is_sparse
            else body
        )
        before = entries_of(self.books, entity, body["Id"])
        refusal = refused(changes.update, self.books, entity, {**sent, "PrivateNote": "Read again"})
        assert refusal in (None, *UPDATE_REFUSALS), (entity, body)
        if entity not in COSTS_ANEW:
            assert entries_of(self.books, entity, body["Id"]) == before, (entity, body)

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
                self.vendor_credit,
                self.use_credit,
                self.journal,
                self.settle_journal,
                self.offer,
                self.move,
                self.count_stock,
                self.send_again,
                self.change_line,
                self.change_line,
                self.remove,
                self.remove,
            )
        )
        with contextlib.suppress(Fault, IndexError):
            action()


def refused(action: Callable[..., Body], *given: Any) -> str | None:
    """Return the code with which something is refused; None when it is done."""
    try:
        action(*given)
    except Fault as fault:
        return fault.problems[0].code
    return None


def entries_of(books: Books, entity: str, id: str) -> list[Any]:
    """Return what a transaction has booked, without the memo."""
    return books.store.execute(
        "select account, cents, customer, vendor, item, quantity, date from postings where txn_type = ? and txn_id = ?"
        " order by pk",
        (entity, id),
    ).fetchall()


def records(books: Books, *names: str) -> list[tuple[str, Body]]:
    marks = ",".join("?" * len(names))
    rows = books.store.execute(
        f"select entity, body from records where realm = ? and entity in ({marks})",
        (books.realm, *names),
    )
    return [(entity, orjson.loads(text)) for entity, text in rows]


def open_by_record(books: Books, kind: str, control: set[str]) -> Iterator[int]:
    """Return what every record says is open on one side of the books, in cents; credits and unapplied money are
    negative.
    """
    sign = 1 if kind == "Accounts Receivable" else -1
    payer = "Payment" if sign == 1 else "BillPayment"
    document, credit = CREDITS[payer]
    for entity, body in records(books, document, credit):
        assert 0 <= round_to_cents(body["Balance"]) <= round_to_cents(body["TotalAmt"])
        yield round_to_cents(body["Balance"]) * (1 if entity == document else -1)
    marks = ",".join("?" * len(control))
    journals = books.store.execute(
        "select txn_id, sum(cents) from postings where realm = ? and txn_type = 'JournalEntry'"
        f" and account in ({marks}) group by 1",
        (books.realm, *control),
    )
    owed = {id: sign * value for id, value in journals}
    for _, body in records(books, payer):
        left = round_to_cents(body["TotalAmt"])
        for line in body["Line"]:
            linked = line["LinkedTxn"][0]
            is_credit = linked["TxnType"] == credit or owed.get(linked["TxnId"], 0) < 0
            used = round_to_cents(line["Amount"]) * (-1 if is_credit else 1)
            left -= used
            if linked["TxnType"] == "JournalEntry":
                owed[linked["TxnId"]] -= used
        assert left >= 0, body
        assert payer == "BillPayment" or left == round_to_cents(body["UnappliedAmt"]), body
        yield -left
    yield from owed.values()


def check_links(books: Books) -> None:
    """Check: whatever a transaction says it is linked to is there."""
    for entity, body in records(
        books, *(name for name, one in load_entities().items() if one.is_transaction)
    ):
        for part in (body, *(body.get("Line") or [])):
            for link in part.get("LinkedTxn") or []:
                target = "BillPayment" if link["TxnType"].startswith("BillPayment") else link["TxnType"]
                assert books.find(target, link["TxnId"]), (entity, body["Id"], link)


def check(books: Books) -> None:
    """Check everything that has to agree."""
    store, realm = books.store, books.realm
    balance = ledger.sum_by_account(store, realm)
    assert sum(balance.values()) == 0
    accounts = {account.id: account for account in ledger.read_accounts(store, realm)}
    for id, account in accounts.items():
        shown = round_to_cents(books.read("Account", id)["CurrentBalance"])
        assert shown == (0 if account.type in RESULTS else balance.get(id, 0)), account
    assert store.execute(UNBALANCED, (realm,)).fetchall() == []
    for kind, party, entity, sign in SIDES:
        control = {id for id, account in accounts.items() if account.type == kind}
        held = ledger.sum_movements(store, realm, by=(party,), where={"account": control})
        for (name,), value in held.items():
            assert round_to_cents(books.read(entity, str(name))["Balance"]) == sign * value
        assert sum(open_by_record(books, kind, control)) == sign * sum(balance.get(id, 0) for id in control)
    check_links(books)
    for item in STOCK:
        found = books.find("Item", item) or {}
        if found.get("Type") == "Inventory":
            units = store.execute(
                "select coalesce(sum(quantity), 0) from postings where realm = ? and item = ? and account = ?",
                (realm, item, found["AssetAccountRef"]["value"]),
            )
            assert abs(found["QtyOnHand"] - units.fetchone()[0]) < 1e-6
    check_reports(books, balance, {id: account.type for id, account in accounts.items()})


def summary(rows: list[Body], group: str) -> int:
    """Return the total of a section, wherever it is nested, in cents."""
    for row in rows:
        if row.get("group") == group:
            cells = row.get("Summary", row)["ColData"]
            return round_to_cents(cells[-1]["value"])
        inner = summary(row.get("Rows", {}).get("Row", []), group) if "Rows" in row else None
        if inner is not None:
            return inner
    return None  # type: ignore[return-value]


def check_reports(books: Books, balance: dict[str, int], types: dict[str, str]) -> None:
    days = {"start_date": "2000-01-01", "end_date": books.read_today().isoformat()}
    sheet = find_report("BalanceSheet")(books.store, books.realm, days)["Rows"]["Row"]  # type: ignore[misc]
    assert summary(sheet, "TotalAssets") == summary(sheet, "TotalLiabilitiesAndEquity")
    assert summary(sheet, "TotalAssets") == sum(
        value
        for id, value in balance.items()
        if types[id] in ("Bank", "Accounts Receivable", "Other Current Asset", "Fixed Asset", "Other Asset")
    )
    result = find_report("ProfitAndLoss")(books.store, books.realm, days)["Rows"]["Row"]  # type: ignore[misc]
    assert summary(result, "NetIncome") == -sum(
        value for id, value in balance.items() if types[id] in RESULTS
    )


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data(), steps=st.integers(1, 30))
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


def test_the_demo_company_has_something_to_ask_about(landscaper: Store) -> None:
    def count(where: str) -> int:
        return int(landscaper.execute(f"select count(*) from records where {where}").fetchone()[0])

    assert count("txn_date is not null") > 300
    assert count(f"entity = 'Invoice' and balance > 0 and due_date < '{landscaper.clock.read_today()}'") > 3
    assert count("entity = 'Bill' and balance > 0") > 3
    assert count("entity = 'Customer' and body ->> '$.PrimaryEmailAddr.Address' is null") == 0
    assert count("entity = 'Account' and body ->> '$.AccountType' = 'Credit Card'") == 2
