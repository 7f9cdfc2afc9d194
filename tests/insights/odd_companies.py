"""Companies that analyses seldom meet: of one day, without customers, with several currencies, with closed books; and
books of any size, made directly as values.

Stores are made once in each process, and nobody changes them.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache, partial

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Store
from runtime.simulators.quickbooks.clock import Clock
from runtime.simulators.quickbooks.companies import forms, lists
from runtime.simulators.quickbooks.companies.business import Business
from runtime.simulators.quickbooks.companies.consultancy import Consultancy
from runtime.simulators.quickbooks.companies.landscaper import Landscaper
from runtime.simulators.quickbooks.companies.office import Office
from runtime.simulators.quickbooks.writes.changes import create, update
from tests.company import NOON, copy_books
from tests.insights.companies import find_realm, make_store

RENT, WAGES = 210_000, 640_000
"""Cents a month of the company without customers."""


class OneDay(Landscaper):
    """A landscaper on the day of its opening balances, with one sale and one purchase."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.first = self.today

    def plan(self) -> None:
        """Plan the one day."""
        for event in (self.open_books, self.sell, self.buy_fuel):
            self.schedule(self.first, event)


class WithoutCustomers(Office):
    """A workshop before its first sale: two years of rent, wages and software, and nobody to invoice."""

    name = "Larkfield Prototypes"
    realm = "9130357849126571"

    def create_lists(self) -> None:
        """Create accounts, one service that nobody bought, and vendors."""
        lists.create_terms_and_methods(self.books)
        self.accounts = lists.create_accounts(self.books, (("Services", "Income", "ServiceFeeIncome"),))
        self.checking, self.card = self.accounts["Checking"], self.accounts["Company Card"]
        item = self.create_service("Prototype", "Services", 90_000)
        discount = self.accounts["Discounts given"]
        lists.create_preferences(self.books, discount, item, has_tax=False, has_departments=False)
        names = ("Hillside Workshops", "Sable Software", "Helm Payroll")
        self.vendors = {name: self.create_party("Vendor", name, place) for place, name in enumerate(names)}

    def plan(self) -> None:
        """Plan the calendar."""
        self.schedule(self.first, partial(self.open_with, opening={"Checking": 40_000_000}))
        for day in self.list_days():
            if day.day == 1:
                self.schedule(day, self.pay_month)
            if (day + timedelta(days=1)).day == 1:
                self.schedule(day, lambda later: self.pay_wages(later, WAGES, WAGES // 12, "Helm Payroll"))

    def pay_month(self, day: date) -> None:
        """Book the rent on a bill, and software by card."""
        rent = forms.make_spent_line(self.accounts["Rent"], RENT, "Rent")
        self.bill(self.vendors["Hillside Workshops"], day, [rent])
        cents = 20_000 + self.random.randint(0, 9_000)
        software = forms.make_spent_line(self.accounts["Software Subscriptions"], cents, "Software")
        self.spend(self.vendors["Sable Software"], day, [software])


class Empty(Consultancy):
    """A consultancy with its lists, and no transaction."""

    def plan(self) -> None:
        """Plan nothing."""


def _make(business: type[Business]) -> Store:
    store = Store(":memory:", Clock(frozen=NOON))
    business(store).make()
    return store


@cache
def make_company_of_one_day() -> Store:
    """Return a company that opened its books today."""
    return _make(OneDay)


@cache
def make_company_without_customers() -> Store:
    """Return a company that has no customer, and so no invoice, sale or payment."""
    return _make(WithoutCustomers)


@cache
def make_empty_company() -> Store:
    """Return a company that has lists, and no transaction."""
    return _make(Empty)


@cache
def make_company_with_currencies() -> Store:
    """Return an IT service provider with customers, vendors and a bank account abroad, in euro and pounds.

    Invoices and bills of three months are partly open; one payment gained by the rate. All is at 1.1 and 1.3 but that.
    """
    store = copy_books(make_store("it_services"))
    books = Books(store, find_realm(store))
    preferences = books.read("Preferences", "1")
    several = {"CurrencyPrefs": {**preferences["CurrencyPrefs"], "MultiCurrencyEnabled": True}}
    update(books, "Preferences", {**preferences, **several})
    for code, rate in (("EUR", 1.1), ("GBP", 1.3)):
        create(books, "CompanyCurrency", {"Code": code})
        _trade_abroad(books, code, rate)
    return store


def _trade_abroad(books: Books, code: str, rate: float) -> None:
    currency = {"CurrencyRef": forms.make_reference(code)}
    customer = create(books, "Customer", {"DisplayName": f"Customer in {code}", **currency})["Id"]
    vendor = create(books, "Vendor", {"DisplayName": f"Vendor in {code}", **currency})["Id"]
    bank = {"Name": f"Bank in {code}", "AccountType": "Bank", "AccountSubType": "Checking", **currency}
    account = str(create(books, "Account", bank)["Id"])
    service = books.store.execute(
        "select id from records where entity = 'Item' order by num limit 1"
    ).fetchone()[0]
    spent_on = books.find_first_account("Expense") or ""
    today = books.read_today()
    for months in (3, 2, 1):
        day, more = today - timedelta(days=30 * months), {"ExchangeRate": rate, **currency}
        sold = forms.make_sold_line(service, months, 50_000, "Work abroad")
        invoice = create(books, "Invoice", forms.make_sale(customer, day, [sold], **more))
        line = forms.make_spent_line(spent_on, 30_000 * months, "Bought abroad")
        create(books, "Bill", forms.make_bill(vendor, day, [line], **more))
        if months == 3:
            payment = forms.make_payment(
                customer, day + timedelta(days=20), 1_500.0, invoice["Id"], "17", "2"
            )
            more |= {"ExchangeRate": rate + 0.05, "DepositToAccountRef": forms.make_reference(account)}
            create(books, "Payment", {**payment, **more})


@cache
def make_closed_company(days_ago: int = 0) -> Store:
    """Return a consultancy whose books are closed up to a day: today, when nothing else is said."""
    store = copy_books(make_store("consultancy"))
    books = Books(store, find_realm(store))
    preferences = books.read("Preferences", "1")
    closing = str(books.read_today() - timedelta(days=days_ago))
    groups = {"AccountingInfoPrefs": {**preferences["AccountingInfoPrefs"], "BookCloseDate": closing}}
    update(books, "Preferences", {**preferences, **groups})
    return store


def make_all() -> dict[str, Store]:
    """Return every odd company by what is odd, for tests over all of them."""
    return {
        "one day": make_company_of_one_day(),
        "without customers": make_company_without_customers(),
        "without transactions": make_empty_company(),
        "several currencies": make_company_with_currencies(),
        "closed": make_closed_company(),
    }
