"""After random sequences of writes, the reports are what a second set of books makes of the records alone."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from runtime.simulators.quickbooks.app import Application
from runtime.simulators.quickbooks.books.store import Store
from runtime.simulators.quickbooks.clock import Clock
from tests.simulators.quickbooks.conftest import (
    CLIENT,
    NOON,
    Body,
    Client,
    connected,
    expense_line,
    journal_line,
    paid,
    sales_line,
    serving,
)
from tests.simulators.quickbooks.recomputation import KINDS, ShadowBooks, cents

DAYS = ("2025-11-15", "2025-12-30", "2026-01-20", "2026-04-30", "2026-07-15", "2026-10-25", "2026-11-20")
REPORTED = ("2025-12-31", "2026-06-30", "2026-11-20")
STOCK = ("5", "11", "16")
BANK = {"value": "35"}
RATES = {"USD": (1,), "EUR": (1.07, 1.1234, 1.31), "GBP": (1.25, 1.3377)}
SIDES = (
    ("Accounts Receivable", "Customer", 1, "AgedReceivables"),
    ("Accounts Payable", "Vendor", -1, "AgedPayables"),
)
STEPS = 70
"""Writes of a sequence: enough that payments meet documents that were changed, few enough for two seconds each."""


class NothingThere(Exception):
    """The clerk has made no record of a kind yet."""


class Clerk:
    """Writes at random, over the API."""

    def __init__(self, client: Client, seed: int, currencies: tuple[str, ...]) -> None:
        self.client, self.random, self.currencies = client, random.Random(seed), currencies
        self.made: list[tuple[str, str]] = []
        self.names: dict[str, list[tuple[str, str]]] = {}
        if len(currencies) > 1:
            self.allow_currencies()
        for kind in ("Customer", "Vendor"):
            self.names[kind] = [
                (self.name(kind, place, code), code) for place, code in enumerate(currencies * 2)
            ]

    def allow_currencies(self) -> None:
        preferences = self.client.get_one("Preferences", "1")
        preferences["CurrencyPrefs"]["MultiCurrencyEnabled"] = True
        self.client.save("Preferences", preferences)
        for code in self.currencies[1:]:
            self.client.save("CompanyCurrency", {"Code": code})

    def name(self, kind: str, place: int, code: str) -> str:
        currency = {"CurrencyRef": {"value": code}} if len(self.currencies) > 1 else {}
        return str(self.client.save(kind, {"DisplayName": f"{kind} {place}", **currency})["Id"])

    def pick(self, values: Any) -> Any:
        return self.random.choice(list(values))

    def random_cents(self) -> int:
        return self.random.randint(1, 40_000)

    def party(self, kind: str) -> Body:
        id, code = self.pick(self.names[kind])
        rate = {"ExchangeRate": self.pick(RATES[code])} if code != "USD" else {}
        return {f"{kind}Ref": {"value": id}, "TxnDate": self.pick(DAYS), **rate}

    def save(self, kind: str, body: Body) -> None:
        answer = self.client.call("POST", kind.lower(), json=body)
        assert answer.status_code in (200, 400), answer.text
        if answer.status_code == 200 and (kind, answer.json()[kind]["Id"]) not in self.made:
            self.made.append((kind, answer.json()[kind]["Id"]))

    def one(self, *kinds: str) -> tuple[str, Body]:
        found = [key for key in self.made if key[0] in kinds]
        if not found:
            raise NothingThere
        kind, id = self.pick(found)
        return kind, self.client.get_one(kind, id)

    def sold(self) -> list[Body]:
        lines = [sales_line(self.random_cents(), self.pick(("4", "10")), Qty=1)]
        for item in self.random.sample(STOCK, self.random.randint(0, 2)):
            lines.append(sales_line(self.random_cents(), item, Qty=self.random.randint(1, 30)))
        if self.random.random() < 0.3:
            lines.append({"DetailType": "DiscountLineDetail",
                          "DiscountLineDetail": {"PercentBased": True, "DiscountPercent": 12.5}})  # fmt: skip
        return lines

    def bought(self) -> list[Body]:
        lines = [expense_line(self.random_cents(), self.pick(("7", "13")))]
        for item in self.random.sample(STOCK, self.random.randint(0, 2)):
            detail = {"ItemRef": {"value": item}, "Qty": self.random.randint(1, 40)}
            lines.append({"Amount": self.random_cents() / 100, "DetailType": "ItemBasedExpenseLineDetail",
                          "ItemBasedExpenseLineDetail": detail})  # fmt: skip
        return lines

    def sell(self) -> None:
        kind = self.pick(("Invoice", "Invoice", "Invoice", "SalesReceipt", "CreditMemo", "RefundReceipt"))
        more: Body = {"DepositToAccountRef": BANK} if kind == "RefundReceipt" else {}
        if kind == "Invoice" and self.random.random() < 0.2:
            more["Deposit"] = 0.5
        self.save(kind, {**self.party("Customer"), "Line": self.sold(), **more})

    def buy(self) -> None:
        kind = self.pick(("Bill", "Bill", "Bill", "VendorCredit"))
        self.save(kind, {**self.party("Vendor"), "Line": self.bought()})

    def spend(self) -> None:
        how = {
            "PaymentType": "CreditCard",
            "AccountRef": {"value": "41"},
            "Credit": self.random.random() < 0.3,
        }
        self.save("Purchase", {**how, "TxnDate": self.pick(DAYS), "Line": self.bought()})

    def pay_back(self) -> None:
        party = self.party("Customer")
        payee = {"EntityRef": {**party.pop("CustomerRef"), "type": "Customer"}}
        line = expense_line(self.random_cents(), "84")
        self.save("Purchase", {**party, **payee, "PaymentType": "Check", "AccountRef": BANK, "Line": [line]})

    def receive(self) -> None:
        self.pay("Payment", "Customer", ("Invoice", "CreditMemo"), {})

    def pay_bills(self) -> None:
        how = {"PayType": "Check", "CheckPayment": {"BankAccountRef": BANK}}
        self.pay("BillPayment", "Vendor", ("Bill", "VendorCredit"), how)

    def pay(self, kind: str, party: str, targets: tuple[str, str], how: Body) -> None:
        body = self.party(party)
        name = f"{party}Ref"
        lines, total = [], 0
        for target in targets:
            for document in self.client.select(f"select * from {target} maxresults 1000"):
                if document[name]["value"] != body[name]["value"]:
                    continue
                open_cents = cents(document["Balance"])
                if open_cents and self.random.random() < 0.7:
                    value = open_cents if self.random.random() < 0.5 else self.random.randint(1, open_cents)
                    lines.append(paid(target, document["Id"], value / 100))
                    total += value if target == targets[0] else -value
        extra = self.pick((0, 0, self.random_cents()))
        self.save(kind, {**body, **how, "TotalAmt": max(total + extra, 0) / 100, "Line": lines})

    def deposit(self) -> None:
        payment = self.one("Payment", "SalesReceipt")[1]
        kind = "SalesReceipt" if "Balance" in payment else "Payment"
        link = {"LinkedTxn": [{"TxnId": payment["Id"], "TxnType": kind, "TxnLineId": "0"}]}
        code = (payment.get("CurrencyRef") or {}).get("value", "USD")
        rate = {"ExchangeRate": self.pick(RATES[code])} if code != "USD" else {}
        line = {"Amount": payment["TotalAmt"], **link}
        self.save(
            "Deposit", {"DepositToAccountRef": BANK, "TxnDate": payment["TxnDate"], "Line": [line], **rate}
        )

    def journal(self) -> None:
        value = self.random_cents() / 100
        body = self.party("Customer")
        holder = {"Type": "Customer", "EntityRef": body.pop("CustomerRef")}
        code = next(code for id, code in self.names["Customer"] if id == holder["EntityRef"]["value"])
        if code != "USD":
            body["CurrencyRef"] = {"value": code}
        lines = [journal_line(value, "Debit", "84", Entity=holder), journal_line(value, "Credit", "45")]
        self.save("JournalEntry", {**body, "Line": lines})

    def move(self) -> None:
        ends = {"FromAccountRef": BANK, "ToAccountRef": {"value": "36"}}
        self.save("Transfer", {"Amount": self.random_cents() / 100, "TxnDate": self.pick(DAYS), **ends})

    def count(self) -> None:
        detail = {"ItemRef": {"value": self.pick(STOCK)}, "QtyDiff": self.pick((-7, 3, 25))}
        line = {"DetailType": "ItemAdjustmentLineDetail", "ItemAdjustmentLineDetail": detail}
        body = {"AdjustAccountRef": {"value": "80"}, "TxnDate": self.pick(DAYS), "Line": [line]}
        self.save("InventoryAdjustment", body)

    def change(self) -> None:
        kind, body = self.one("Invoice", "Bill", "CreditMemo")
        body["Line"] = self.bought() if kind == "Bill" else self.sold()
        if "ExchangeRate" in body:
            body["ExchangeRate"] = self.pick(RATES[body["CurrencyRef"]["value"]])
        self.save(kind, {**body, "TxnDate": self.pick((body["TxnDate"], *DAYS))})

    def remove(self) -> None:
        kind, body = self.one(*KINDS)
        how = self.pick(({"operation": "delete"}, {"operation": "void"}))
        answer = self.client.call("POST", kind.lower(), json=body, params=how)
        if answer.status_code == 200 and how["operation"] == "delete":
            self.made.remove((kind, body["Id"]))

    def act(self) -> None:
        actions: tuple[Callable[[], None], ...] = (
            self.sell, self.sell, self.sell, self.buy, self.buy, self.receive, self.receive, self.pay_bills, self.spend,
            self.pay_back, self.deposit, self.journal, self.move, self.count, self.change, self.remove,
        )  # fmt: skip
        with contextlib.suppress(NothingThere):  # yet, to change, to deposit or to remove
            self.pick(actions)()


@pytest.fixture
def fresh(template: Store) -> Iterator[Client]:
    """Return a client of a company without transactions that nobody else uses."""
    store = Store(":memory:", Clock(frozen=NOON))
    template.connection.backup(store.connection)
    application = Application(store, dict([CLIENT]))
    application.throttle.is_on = False
    for address in serving(application):
        with connected(address) as client:
            yield client


def second_books(client: Client, made: list[tuple[str, str]]) -> ShadowBooks:
    """Return the books that follow from all records as the API gives them.

    Adjustments of stock cannot be queried, so each that was made is read by its Id.
    """
    queried = [kind for kind in (*KINDS, "Account", "Item") if kind != "InventoryAdjustment"]
    records = {kind: client.select(f"select * from {kind} maxresults 1000") for kind in queried}
    counted = [client.get_one(kind, id) for kind, id in made if kind == "InventoryAdjustment"]
    return ShadowBooks({**records, "InventoryAdjustment": counted})


def report(client: Client, name: str, **parameters: str) -> Body:
    answer = client.call("GET", f"reports/{name}", params=parameters)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def rows_of(rows: Body) -> Iterator[Body]:
    for row in rows.get("Row", ()):
        yield row
        yield from rows_of(row.get("Rows", {}))


def total(found: Body, group: str) -> int:
    row = next((row for row in rows_of(found["Rows"]) if row.get("group") == group), None)
    return cents((row.get("Summary") or row)["ColData"][-1]["value"] or 0) if row else 0


def check_trial_balance(client: Client, books: ShadowBooks, day: str) -> None:
    year = f"{day[:4]}-01-01"
    shown = report(client, "TrialBalance", start_date=year, end_date=day)
    found = {}
    for row in rows_of(shown["Rows"]):
        if "ColData" in row and row["ColData"][0].get("id"):
            debit, credit = (cents(cell["value"] or 0) for cell in row["ColData"][1:])
            found[row["ColData"][0]["id"]] = debit - credit
    expected = books.trial_balance(day)
    retained = books.first("Equity", "RetainedEarnings")
    for account, value in books.trial_balance(f"{int(day[:4]) - 1}-12-31").items():
        if account in books.results():
            expected[account] = expected.get(account, 0) - value
            expected[retained] = expected.get(retained, 0) + value
    assert found == {account: value for account, value in expected.items() if value}


def check_statements(client: Client, books: ShadowBooks, day: str) -> None:
    year = {"start_date": f"{day[:4]}-01-01", "end_date": day}
    result = report(client, "ProfitAndLoss", accounting_method="Accrual", **year)
    assert total(result, "NetIncome") == books.result(year["start_date"], day)
    sheet = report(client, "BalanceSheet", accounting_method="Accrual", **year)
    assert total(sheet, "TotalAssets") == total(sheet, "TotalLiabilitiesAndEquity") == books.assets(day)
    cash = report(client, "ProfitAndLoss", accounting_method="Cash", start_date="2020-01-01", end_date=day)
    links = sum(len(body["Line"]) for kind in ("Payment", "BillPayment") for body in books.records[kind])
    assert abs(total(cash, "NetIncome") - books.cash_result(day)) <= links  # each part is rounded by itself


def check_aging(client: Client, books: ShadowBooks, day: str) -> None:
    for account_type, _, sign, name in SIDES:
        shown = report(client, name, report_date=day)
        found = {
            row["ColData"][0]["id"]: [cents(cell["value"] or 0) for cell in row["ColData"][1:-1]]
            for row in rows_of(shown["Rows"])
            if "ColData" in row and row["ColData"][0].get("id")
        }
        aged = books.aging(account_type, day).items()
        expected = {name: [sign * value for value in row] for name, row in aged}
        assert {name: row for name, row in found.items() if any(row)} == expected


def check_balances(client: Client, books: ShadowBooks) -> None:
    balances = books.trial_balance()
    for account in client.select("select * from Account maxresults 1000"):
        expected = 0 if account["Id"] in books.results() else balances.get(account["Id"], 0)
        assert cents(account["CurrentBalance"]) == expected, account
    for account_type, kind, sign, _ in SIDES:
        owed = books.owed(account_type)
        assert None not in owed
        for record in client.select(f"select * from {kind} maxresults 1000"):
            assert cents(record["Balance"]) == sign * owed.get(record["Id"], 0), record


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("currencies", [("USD",), ("USD", "EUR", "GBP")], ids=["home", "several"])
def test_the_reports_are_what_the_records_make_them(
    fresh: Client, currencies: tuple[str, ...], seed: int
) -> None:
    clerk = Clerk(fresh, seed, currencies)
    for _ in range(STEPS):
        clerk.act()
    assert len(clerk.made) > STEPS / 2
    books = second_books(fresh, clerk.made)
    assert sum(books.trial_balance().values()) == 0
    check_balances(fresh, books)
    for day in REPORTED:
        check_trial_balance(fresh, books, day)
        check_statements(fresh, books, day)
        check_aging(fresh, books, day)
