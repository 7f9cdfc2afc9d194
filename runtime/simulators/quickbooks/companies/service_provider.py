"""An IT service provider whose work is recorded elsewhere: the books of the business in `runtime.simulators.provider`.

Every transaction that earns or costs is a document of the plan; payments, deposits and opening balances come on top, so
that the profit and loss is the plan's to the cent. Its lists are in `service_provider_lists`. Called by `companies`.
"""

from __future__ import annotations

from datetime import date
from functools import partial

from runtime.simulators.provider.making import make_plan
from runtime.simulators.provider.parties import Customer
from runtime.simulators.provider.plan import Document, Item, Line
from runtime.simulators.provider.sizes import choose_parameters
from runtime.simulators.quickbooks.books.store import Body, Store
from runtime.simulators.quickbooks.companies import forms, lists, seed
from runtime.simulators.quickbooks.companies.business import USUAL_SIZE, Progress
from runtime.simulators.quickbooks.companies.forms import make_reference, make_sold_line, make_spent_line
from runtime.simulators.quickbooks.companies.office import Office
from runtime.simulators.quickbooks.companies.service_provider_lists import (
    CLASSES,
    MORE,
    PAYROLL_TAX_ACCOUNTS,
    PREPARED_MONTHS,
    TAX_OFFICE,
)


class ServiceProvider(Office):
    """The books of the IT service provider of the plan, for the seed, the company's day and the size."""

    name = "Larkfield Managed IT"
    industry = "Computer Systems Design"
    realm = "9130357849126571"

    def __init__(
        self, store: Store, seed: int = 1, size: int = USUAL_SIZE, progress: Progress | None = None
    ) -> None:
        super().__init__(store, seed, size, progress)
        self.firm = make_plan(choose_parameters(self.today, seed, size))
        self.first = self.firm.first_day

    def create_lists(self) -> None:
        """Create accounts, the catalogue, vendors, clients under the ids of the plan, lines of business."""
        lists.create_terms_and_methods(self.books)
        self.accounts = lists.create_accounts(self.books, MORE)
        self.checking, self.card = self.accounts["Checking"], self.accounts["Company Card"]
        self.undeposited = self.accounts["Undeposited Funds"]
        self.items = {item.code: self._create_item(item) for item in self.firm.items.values()}
        lists.create_preferences(
            self.books,
            self.accounts["Discounts given"],
            self.items["SV-HOUR"],
            has_tax=False,
            has_departments=False,
        )
        self.vendors = {
            name: self.create_party("Vendor", name, place + 40)
            for place, name in enumerate(self.firm.vendors)
        }
        for customer in self.firm.customers:
            seed.create_record(self.books, "Customer", _make_customer(customer), customer.id)
        self.clients = {client.name: client.customer_id or "" for client in self.firm.clients}
        self.classes = {name: str(self.add("Class", {"Name": name})["Id"]) for name in _list_names(CLASSES)}

    def _create_item(self, item: Item) -> str:
        body: Body = {
            "Name": item.name,
            "Sku": item.code,
            "Type": "NonInventory" if item.cost else "Service",
            "UnitPrice": item.price / 100,
            "IncomeAccountRef": make_reference(self.accounts[item.income]),
        }
        if item.cost:
            expense = make_reference(self.accounts[item.expense])
            body |= {"PurchaseCost": item.cost / 100, "ExpenseAccountRef": expense}
        return str(self.add("Item", body)["Id"])

    def plan(self) -> None:
        """Plan the opening, every document on its day, and the calendar of the bank."""
        self.schedule(self.first, self.open_books)
        enter = {
            "invoice": self.enter_invoice, "bill": self.enter_bill, "purchase": self.enter_purchase,
            "journal": self.enter_journal,
        }  # fmt: skip
        for document in self.firm.documents:
            self.schedule(document.day, partial(enter[document.kind], document))
        for day in self.list_days():
            if day.weekday() == 2 or (self.scale > 5 and day.weekday() < 5):
                self.schedule(day, self.deposit_payments)
            if day.day == 25:
                self.schedule(day, self.pay_card)

    def open_books(self, day: date) -> None:
        """Book what the provider began with: what its first months cost before clients pay."""
        first = self.firm.truths.books[0]
        money = (first.direct + first.overhead) * PREPARED_MONTHS
        self.open_with(day, {"Checking": money, "Equipment:Original Cost": 2_600_000})

    def enter_invoice(self, document: Document, day: date) -> None:
        """Book an invoice, and plan its payment."""
        sold = [self._sell(line) for line in document.lines]
        made = self.add("Invoice", forms.make_sale(document.party, day, sold, DocNumber=document.number))
        if document.paid_on is not None:
            self.schedule(document.paid_on, partial(self._receive_all, made))

    def _sell(self, line: Line) -> Body:
        class_ = self.classes[CLASSES[line.stream]] if line.stream else None
        return make_sold_line(self.items[line.item], line.quantity, line.price, line.text, class_=class_)

    def _receive_all(self, invoice: Body, day: date) -> None:
        self.received.append(self.pay_in(day, invoice, 1.0))

    def enter_bill(self, document: Document, day: date) -> None:
        """Book a vendor's bill, and plan its payment."""
        spent = [self._spend(line) for line in document.lines]
        vendor = self.vendors[document.party]
        made = self.add("Bill", forms.make_bill(vendor, day, spent, DocNumber=document.number))
        if document.paid_on is not None:
            self.schedule(document.paid_on, lambda later: self.pay_bill(later, made))

    def enter_purchase(self, document: Document, day: date) -> None:
        """Book what was paid by card at once."""
        spent = [self._spend(line) for line in document.lines]
        self._counted(self.card, -sum(line.cents for line in document.lines))
        body = forms.make_purchase(self.vendors[document.party], day, self.card, "CreditCard", spent)
        self.add("Purchase", {**body, "DocNumber": document.number})

    def _spend(self, line: Line) -> Body:
        """Return a line that spends; for a client it names the customer, who need not be charged for it."""
        body = make_spent_line(self.accounts[line.account], line.cents, line.text)
        if line.client is not None:
            customer = self.firm.clients[line.client].customer_id or ""
            body["AccountBasedExpenseLineDetail"]["CustomerRef"] = make_reference(customer)
        return body

    def enter_journal(self, document: Document, day: date) -> None:
        """Book wages and taxes of everybody, or depreciation."""
        debits = [(self.accounts[line.account], line.cents) for line in document.lines]
        body = forms.make_journal_entry(day, document.note, [*debits, *self._credit(document, day)])
        for line, made in zip(document.lines, body["Line"], strict=False):
            made["Description"] = line.text
        self.add("JournalEntry", {**body, "DocNumber": document.number})

    def _credit(self, document: Document, day: date) -> list[tuple[str, int]]:
        """Return the other side of a journal entry; taxes on wages are owed, and paid by cheque later."""
        whole = sum(line.cents for line in document.lines)
        if document.reason != "payroll":
            return [(self.accounts["Equipment:Depreciation"], -whole)]
        taxes = sum(line.cents for line in document.lines if line.account in PAYROLL_TAX_ACCOUNTS)
        owed = make_spent_line(self.accounts["Payroll Liabilities"], taxes, "Payroll taxes")
        self.schedule(
            self.choose_later_day(day, 15, 15), lambda later: self.pay_by_cheque(later, TAX_OFFICE, owed)
        )
        return [(self.checking, taxes - whole), (self.accounts["Payroll Liabilities"], -taxes)]


def _list_names(classes: dict[str, str]) -> list[str]:
    """Return the names of classes, each once."""
    return list(dict.fromkeys(classes.values()))


def _make_customer(customer: Customer) -> Body:
    place = customer.place
    body: Body = {
        "DisplayName": customer.name, "CompanyName": customer.name,
        "PrimaryEmailAddr": {"Address": f"accounts@{place.domain}"},
        "PrimaryPhone": {"FreeFormNumber": place.phone}, "WebAddr": {"URI": f"https://www.{place.domain}"},
        "BillAddr": {
            "Line1": place.street, "City": place.city, "CountrySubDivisionCode": "CA", "PostalCode": place.zip,
            "Country": "USA",
        },
        "SalesTermRef": make_reference(3),
    }  # fmt: skip
    return {**body, "ParentRef": make_reference(customer.parent), "Job": True} if customer.parent else body
