"""The books computed a second time, from the records alone as anybody reads them over the API.

Nothing of the simulator is used here: no postings, no links, no ledger. Amounts are whole cents in home currency,
debits positive. Stock is at average cost in the order of days and Ids; a document in another currency stays at its
own rate, and what its payment is worth more or less is an exchange gain.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

Body = dict[str, Any]
SALES = {"Invoice": 1, "SalesReceipt": 1, "CreditMemo": -1, "RefundReceipt": -1}
BOUGHT = {"Bill": 1, "VendorCredit": -1, "Purchase": 1}
PAID = {"Payment": 1, "BillPayment": -1}
CREDITS = ("CreditMemo", "VendorCredit")
KINDS = (*SALES, *BOUGHT, *PAID, "Deposit", "Transfer", "JournalEntry", "InventoryAdjustment")
BALANCE_SHEET = ("Bank", "Accounts Receivable", "Other Current Asset", "Fixed Asset", "Other Asset", "Accounts Payable",
                 "Credit Card", "Other Current Liability", "Long Term Liability", "Equity")  # fmt: skip
UNAPPLIED = {"Accounts Receivable": "UnappliedCashPaymentIncome",
             "Accounts Payable": "UnappliedCashBillPaymentExpense"}  # fmt: skip


def cents(value: Any) -> int:
    return half_up(Fraction(str(value or 0)) * 100)


def half_up(value: Fraction) -> int:
    return int((Decimal(value.numerator) / Decimal(value.denominator)).quantize(Decimal(1), ROUND_HALF_UP))


def ref(holder: Body, name: str) -> str | None:
    return (holder.get(name) or {}).get("value")


@dataclass(frozen=True)
class Amount:
    """One side of a booking; `name` is whose receivable or payable it is, `source` what made it."""

    account: str
    cents: int
    day: str
    name: str | None = None
    source: tuple[str, str] = ("", "")
    is_control: bool = False


@dataclass
class ShadowBooks:
    """A second set of books."""

    records: dict[str, list[Body]]
    amounts: list[Amount] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.accounts = {body["Id"]: body for body in self.records["Account"]}
        self.items = {body["Id"]: body for body in self.records["Item"]}
        self.by_key = {(kind, body["Id"]): body for kind in KINDS for body in self.records[kind]}
        self.stock: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
        for kind in KINDS:
            for body in self.records[kind]:
                self.book(kind, body)
        self.open_stock()
        self.value_stock()

    def first(self, account_type: str, subtype: str | None = None) -> str:
        found = [id for id, one in self.accounts.items() if one["AccountType"] == account_type
                 and subtype in (None, one["AccountSubType"])]  # fmt: skip
        return min(found, key=int)

    @property
    def gains(self) -> str:
        return self.first("Other Expense", "ExchangeGainOrLoss")

    def rate(self, body: Body) -> Fraction:
        return Fraction(str(body.get("ExchangeRate") or 1))

    def home(self, body: Body, value: int) -> int:
        return half_up(self.rate(body) * value)

    def book(self, kind: str, body: Body) -> None:
        made = [one for one in getattr(self, f"of_{kind}", self.of_form)(kind, body) if one.cents]
        total = sum(one.cents for one in made)
        if total and made:  # what rounding leaves of the rate is on the largest line
            place = max(
                (i for i, one in enumerate(made) if not one.is_control), key=lambda i: abs(made[i].cents)
            )
            one = made[place]
            assert abs(total) < 5, (kind, body, made)
            made[place] = Amount(one.account, one.cents - total, one.day, one.name, one.source)
            self.reprice(one, total)
        self.amounts += made

    def reprice(self, one: Amount, rest: int) -> None:
        """Take the rest of a rounding from the stock that was bought on the line it went to."""
        for moves in self.stock.values():
            for place, move in enumerate(moves):
                if move[4:6] == one.source and move[7] == one.cents:
                    moves[place] = (*move[:7], move[7] - rest, *move[8:])
                    return

    def of_form(self, kind: str, body: Body) -> Iterator[Amount]:
        """Return forms with goods or expenses, and what stands against them."""
        sign = SALES.get(kind) or -BOUGHT[kind]
        sign *= -1 if kind == "Purchase" and body.get("Credit") else 1
        day, key = body["TxnDate"], (kind, body["Id"])
        taken = cents(body.get("Deposit"))
        head, name = self.head(kind, body)
        whole = sign * (cents(body["TotalAmt"]) - taken)
        yield Amount(head, self.home(body, whole), day, name, key, True)
        if taken:
            account = ref(body, "DepositToAccountRef") or self.first(
                "Other Current Asset", "UndepositedFunds"
            )
            yield Amount(account, self.home(body, taken), day, None, key, True)
        for line in body["Line"]:
            account, value, owner = self.of_line(kind, body, line, sign)
            if account:
                yield Amount(account, self.home(body, value), day, owner, key)
        tax = cents((body.get("TxnTaxDetail") or {}).get("TotalTax"))
        if tax:
            account = self.first("Other Current Liability", "GlobalTaxPayable")
            yield Amount(account, self.home(body, -sign * tax), day, None, key)

    def head(self, kind: str, body: Body) -> tuple[str, str | None]:
        if kind in ("Invoice", "CreditMemo"):
            return ref(body, "ARAccountRef") or self.first("Accounts Receivable"), ref(body, "CustomerRef")
        if kind in ("Bill", "VendorCredit"):
            return ref(body, "APAccountRef") or self.first("Accounts Payable"), ref(body, "VendorRef")
        return str(ref(body, "AccountRef" if kind == "Purchase" else "DepositToAccountRef")), None

    def of_line(self, kind: str, body: Body, line: Body, sign: int) -> tuple[str | None, int, str | None]:
        detail = line.get(line["DetailType"]) or {}
        value = -sign * cents(line.get("Amount"))
        if line["DetailType"] == "DiscountLineDetail":
            return ref(detail, "DiscountAccountRef"), -value, None
        item = self.items.get(ref(detail, "ItemRef") or "", {})
        if line["DetailType"] == "SalesItemLineDetail":
            if item["Type"] == "Inventory":
                self.move(kind, body, item, -sign * Fraction(str(detail["Qty"])), None)
            return ref(item, "IncomeAccountRef"), value, None
        if item.get("Type") == "Inventory":
            self.move(kind, body, item, -sign * Fraction(str(detail["Qty"])), self.home(body, value))
            return ref(item, "AssetAccountRef"), value, None
        payee = body.get("EntityRef") or {}
        owner = ref(detail, "CustomerRef") or payee.get("value") or ref(body, "VendorRef")
        account = ref(detail, "AccountRef")
        return account, value, owner if account in self.controls() else None

    def controls(self) -> dict[str, str]:
        return {
            id: one["AccountType"] for id, one in self.accounts.items() if one["AccountType"] in UNAPPLIED
        }

    def of_paid(self, kind: str, body: Body) -> Iterator[Amount]:
        """Return money at its own rate, debts at the rates of what is settled, the rest a gain or loss."""
        sign, total, key = PAID[kind], cents(body["TotalAmt"]), (kind, body["Id"])
        name = ref(body, "CustomerRef") or ref(body, "VendorRef")
        money = ref(body, "DepositToAccountRef") or ref(body.get("CheckPayment") or {}, "BankAccountRef")
        control = self.first("Accounts Receivable" if kind == "Payment" else "Accounts Payable")
        yield Amount(str(money), self.home(body, sign * total), body["TxnDate"], None, key, True)
        yield Amount(control, self.home(body, -sign * total), body["TxnDate"], name, key, True)
        reached = total - sum(value for _, value, _, _ in self.settled(kind, body))
        for _, value, worth, day in self.settled(kind, body):
            own = self.home(body, reached + value) - self.home(body, reached)
            reached += value
            if worth != own:
                yield Amount(control, sign * (own - worth), day, name, key, True)
                yield Amount(self.gains, sign * (worth - own), day, None, key, True)

    of_Payment = of_BillPayment = of_paid

    def settled(self, kind: str, body: Body) -> list[tuple[tuple[str, str], int, int, str]]:
        """Return what a payment settles: target, cents in its currency and at the target's rate, day; credits
        negative.
        """
        found = []
        for line in body["Line"]:
            link = line["LinkedTxn"][0]
            target = (link["TxnType"], link["TxnId"])
            before = self.applied_before(kind, body, target)
            worth = self.worth(target, before + cents(line["Amount"])) - self.worth(target, before)
            sign = -1 if target[0] in CREDITS else 1
            day = max(body["TxnDate"], self.by_key[target]["TxnDate"])
            found.append((target, sign * cents(line["Amount"]), sign * worth, day))
        return found

    def worth(self, target: tuple[str, str], value: int) -> int:
        """Return home cents of the first `value` cents of a document."""
        document = self.by_key[target]
        whole = cents(document["TotalAmt"]) - cents(document.get("Deposit"))
        return half_up(Fraction(self.home(document, whole)) * value / whole)

    def applied_before(self, kind: str, body: Body, target: tuple[str, str]) -> int:
        """Return what payments of an earlier day, or earlier made, have taken from a document."""
        mine = (body["TxnDate"], int(body["Id"]))
        return sum(
            cents(line["Amount"])
            for other in self.records[kind]
            if (other["TxnDate"], int(other["Id"])) < mine
            for line in other["Line"]
            if (line["LinkedTxn"][0]["TxnType"], line["LinkedTxn"][0]["TxnId"]) == target
        )

    def of_Deposit(self, kind: str, body: Body) -> Iterator[Amount]:
        day, key = body["TxnDate"], (kind, body["Id"])
        yield Amount(
            str(ref(body, "DepositToAccountRef")),
            self.home(body, cents(body["TotalAmt"])),
            day,
            None,
            key,
            True,
        )
        for line in body["Line"]:
            link, value = (line.get("LinkedTxn") or [None])[0], cents(line["Amount"])
            detail = line.get("DepositLineDetail") or {}
            if link is None:
                owner = (detail.get("Entity") or {}).get("value")
                yield Amount(str(ref(detail, "AccountRef")), -self.home(body, value), day, owner, key)
                continue
            source = self.by_key[link["TxnType"], link["TxnId"]]
            taken = self.home(source, value)
            yield Amount(str(ref(source, "DepositToAccountRef")), -taken, day, None, key)
            if taken != self.home(body, value):
                yield Amount(self.gains, taken - self.home(body, value), day, None, key)

    def of_Transfer(self, kind: str, body: Body) -> Iterator[Amount]:
        for name, sign in (("ToAccountRef", 1), ("FromAccountRef", -1)):
            yield Amount(
                str(ref(body, name)), sign * cents(body["Amount"]), body["TxnDate"], None, (kind, body["Id"])
            )

    def of_JournalEntry(self, kind: str, body: Body) -> Iterator[Amount]:
        for line in body["Line"]:
            detail = line["JournalEntryLineDetail"]
            value = cents(line["Amount"]) * (1 if detail["PostingType"] == "Debit" else -1)
            owner = ref(detail.get("Entity") or {}, "EntityRef")
            yield Amount(
                str(ref(detail, "AccountRef")),
                self.home(body, value),
                body["TxnDate"],
                owner,
                (kind, body["Id"]),
            )

    def of_InventoryAdjustment(self, kind: str, body: Body) -> Iterator[Amount]:
        for line in body["Line"]:
            detail = line["ItemAdjustmentLineDetail"]
            item = {**self.items[str(ref(detail, "ItemRef"))], "ExpenseAccountRef": body["AdjustAccountRef"]}
            self.move(kind, body, item, Fraction(str(detail["QtyDiff"])), None)
        yield from ()

    def move(self, kind: str, body: Body, item: Body, units: Fraction, price: int | None) -> None:
        place = (body["TxnDate"], 1, int(body["Id"]), len(self.stock[item["Id"]]))
        self.stock[item["Id"]].append(
            (*place, kind, body["Id"], units, price, str(ref(item, "ExpenseAccountRef")))
        )

    def open_stock(self) -> None:
        """Set the stock an item began with: what it has now less every movement since."""
        for item in self.items.values():
            if item["Type"] == "Inventory":
                moved = sum((row[6] for row in self.stock[item["Id"]]), Fraction())
                units = Fraction(str(item["QtyOnHand"])) - moved
                value = half_up(units * cents(item["PurchaseCost"]))
                day, equity = item["InvStartDate"], self.first("Equity", "OpeningBalanceEquity")
                self.amounts.append(Amount(str(ref(item, "AssetAccountRef")), value, day))
                self.amounts.append(Amount(equity, -value, day))
                self.stock[item["Id"]].append((day, 0, 0, 0, "Item", item["Id"], units, value, ""))

    def value_stock(self) -> None:
        for id, moves in self.stock.items():
            item, units, value = self.items[id], Fraction(), 0
            asset, usual = str(ref(item, "AssetAccountRef")), Fraction(str(item["PurchaseCost"])) * 100
            for day, _, _, _, kind, txn, change, price, cost in sorted(moves, key=lambda move: move[:4]):
                after = after_move(units, value, change, price, usual)
                difference = after - value - (price or 0)
                if kind != "Item" and difference:
                    for account, sign in ((asset, 1), (cost, -1)):
                        self.amounts.append(Amount(account, sign * difference, day, None, (kind, txn)))
                units, value = units + change, after

    # What reports ask for.

    def trial_balance(self, until: str = "9999") -> dict[str, int]:
        found: dict[str, int] = defaultdict(int)
        for one in self.amounts:
            if one.day <= until:
                found[one.account] += one.cents
        return {account: value for account, value in found.items() if value}

    def owed(self, account_type: str, until: str = "9999") -> dict[str | None, int]:
        """Name -> what it has on the receivable or payable accounts."""
        found: dict[str | None, int] = defaultdict(int)
        for one in self.amounts:
            if self.accounts[one.account]["AccountType"] == account_type and one.day <= until:
                found[one.name] += one.cents
        return {name: value for name, value in found.items() if value}

    def results(self) -> set[str]:
        """Return the accounts of the income statement."""
        return {id for id, one in self.accounts.items() if one["AccountType"] not in BALANCE_SHEET}

    def result(self, since: str, until: str) -> int:
        return -sum(
            one.cents
            for one in self.amounts
            if since <= one.day <= until and self.accounts[one.account]["AccountType"] not in BALANCE_SHEET
        )

    def assets(self, until: str) -> int:
        found = self.trial_balance(until).items()
        return sum(
            value for account, value in found if self.accounts[account]["AccountType"] in BALANCE_SHEET[:5]
        )

    def aging(self, account_type: str, day: str) -> dict[str | None, list[int]]:
        """Name -> what is open by age: not yet due, 1 to 30 days, 31 to 60, 61 to 90, more."""
        kind = "Payment" if account_type == "Accounts Receivable" else "BillPayment"
        left: dict[tuple[tuple[str, str], str | None], int] = defaultdict(int)
        for one in self.amounts:
            if self.accounts[one.account]["AccountType"] == account_type and one.day <= day:
                left[one.source, one.name] += one.cents
        for body in self.records[kind]:
            name = ref(body, "CustomerRef") or ref(body, "VendorRef")
            for target, _, worth, since in self.settled(kind, body):
                if since <= day:
                    left[target, name] -= PAID[kind] * worth
                    left[(kind, body["Id"]), name] += PAID[kind] * worth
        rows: dict[str | None, list[int]] = defaultdict(lambda: [0] * 5)
        for (source, name), value in left.items():
            body = self.by_key[source]
            rows[name][bucket(body.get("DueDate") or body["TxnDate"], day)] += value
        return {name: row for name, row in rows.items() if any(row)}

    def cash_result(self, until: str) -> int:
        """Return the result on cash basis: documents count as far as they are paid, payments as far as they pay
        nothing.
        """
        total = 0
        for one in self.amounts:
            kind = one.source[0]
            is_result = self.accounts[one.account]["AccountType"] not in BALANCE_SHEET
            if kind not in ("Invoice", "CreditMemo", "Bill", "VendorCredit"):
                total -= one.cents if is_result and one.day <= until else 0
        for kind, bodies in self.records.items():
            for body in bodies if kind in PAID else ():
                total += self.unapplied(kind, body, until)
        for key in self.by_key:
            if key[0] in ("Invoice", "CreditMemo", "Bill", "VendorCredit"):
                total += self.counted(key, until)
        return total

    def unapplied(self, kind: str, body: Body, until: str) -> int:
        """Return what a payment has on the accounts for unapplied money, as a result: receipts up, payments down."""
        taken = sum(one.cents for one in self.amounts if one.source == (kind, body["Id"]) and one.is_control
                    and one.account in self.controls() and one.day <= until)  # fmt: skip
        applied = sum(worth for _, _, worth, day in self.settled(kind, body) if day <= until)
        return -taken - PAID[kind] * applied

    def counted(self, key: tuple[str, str], until: str) -> int:
        """Return the result of a document as far as it is settled on a day."""
        document = self.by_key[key]
        whole, paid = cents(document["TotalAmt"]), cents(document.get("Deposit"))
        payer = "Payment" if key[0] in SALES else "BillPayment"
        settled = [(body, line) for body in self.records[payer] for line in body["Line"]
                   if (line["LinkedTxn"][0]["TxnType"], line["LinkedTxn"][0]["TxnId"]) == key]  # fmt: skip
        paid = paid if document["TxnDate"] <= until else 0
        paid += sum(cents(line["Amount"]) for body, line in settled
                    if max(body["TxnDate"], document["TxnDate"]) <= until)  # fmt: skip
        made = [one for one in self.amounts if one.source == key
                and self.accounts[one.account]["AccountType"] not in BALANCE_SHEET]  # fmt: skip
        if not whole:
            return -sum(one.cents for one in made if one.day <= until)
        return -half_up(Fraction(sum(one.cents for one in made)) * paid / whole)


def after_move(units: Fraction, value: int, change: Fraction, price: int | None, usual: Fraction) -> int:
    """Return what stock is worth after a movement: at its average cost, or at a price."""
    left = units + change
    if not left:
        return 0
    if price is None and units > 0:
        return half_up(value * left / units)
    if price is None:
        price = half_up(usual * change)
    if units * change >= 0:
        return value + price
    if units * left < 0:
        return half_up(price * left / change)
    return half_up(value * left / units) if units < 0 or (value + price) * left < 0 else value + price


def bucket(due: str, day: str) -> int:
    age = (date.fromisoformat(day) - date.fromisoformat(due)).days
    return 0 if age <= 0 else min((age - 1) // 30 + 1, 4)
