"""Enters records on a day, as a person at the keyboard does: through the simulator's own change functions."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta

from runtime.insights.books import Books
from runtime.simulators.quickbooks.books.store import Body, Store
from runtime.simulators.quickbooks.clock import PACIFIC, Clock
from runtime.simulators.quickbooks.companies import forms
from runtime.simulators.quickbooks.companies.bulk import BulkBooks
from runtime.simulators.quickbooks.writes.changes import create, update
from tests.insights.companies import ENTITIES, find_realm
from tests.insights.planters.faults import Fault
from tests.insights.planters.habits import Habit

PERIOD_DAYS = 365
"""An auditor looks at a year; the year before shows the habits."""
LIMITS = (100_000, 250_000, 500_000, 1_000_000)
"""Limits of approval that companies have, in cents."""
NEAR_LIMIT = 0.06
RESOURCES = {entity: resource for resource, entity in ENTITIES.items()}


class Typist:
    """One company in the hands of somebody who makes faults, and notes them down."""

    def __init__(self, store: Store, books: Books, habits: list[Habit], chance: random.Random) -> None:
        self.books, self.before, self.habits, self.chance = (
            BulkBooks(store, find_realm(store)),
            books,
            habits,
            chance,
        )
        self.end = books.today
        self.start = self.end - timedelta(days=PERIOD_DAYS - 1)
        self.first = books.transactions[0].day
        self.faults: list[Fault] = []
        self.touched: set[str] = set()
        """Records of the simulator that are part of a fault."""
        self._uses: Counter[tuple[str, str]] = Counter()
        self._amounts = {int(each.total * 100) for each in books.transactions}
        self._people = 0

    def enter(self, entity: str, body: Body, typed: date | None = None) -> str:
        """Create a record on its own day, or typed in on a later weekday; return its key."""
        self._set_clock(move_to_weekday(typed) if typed else date.fromisoformat(body["TxnDate"]))
        return f"{RESOURCES[entity]}:{create(self.books, entity, body)['Id']}"

    def purchase(
        self,
        habit: Habit,
        day: date,
        cents: int,
        *,
        account: str = "",
        number: str = "",
        is_bill: bool | None = None,
        typed: date | None = None,
    ) -> str:
        """Enter a bill or an expense of a vendor, as the vendor usually is paid; return its key."""
        account = account or habit.account
        if not (habit.pays_bills if is_bill is None else is_bill):
            return self.spend(habit.vendor, habit.name, account, day, cents, typed)
        more = {"DocNumber": number} if number else {}
        lines = [forms.make_spent_line(account, cents, habit.name)]
        return self.enter("Bill", forms.make_bill(habit.vendor, day, lines, **more), typed)

    def spend(
        self, vendor: str, name: str, account: str, day: date, cents: int, typed: date | None = None
    ) -> str:
        """Enter an expense by card; return its key."""
        card, lines = (
            self.before.list_accounts("card")[0].key.id,
            [forms.make_spent_line(account, cents, name)],
        )
        return self.enter("Purchase", forms.make_purchase(vendor, day, card, "CreditCard", lines), typed)

    def create_name(self, entity: str, body: Body, day: date) -> str:
        """Create a vendor or an employee; return its Id."""
        return self.enter(entity, body, day).partition(":")[2]

    def change_name(self, entity: str, id: str, changed: Body) -> None:
        """Change some properties of a name."""
        self._set_clock(self.first)
        token = self.books.read(entity, id)["SyncToken"]
        update(self.books, entity, {"Id": id, "SyncToken": token, "sparse": True, **changed})

    def note(self, kind: str, records: Iterable[str], what: str, *agreed: str) -> None:
        """Note a fault down."""
        found = frozenset(records)
        self.faults.append(Fault(kind, found, what, frozenset(agreed)))
        self.touched |= found

    def choose_day(self, *, since: date | None = None, until: date | None = None) -> date:
        """Return a day from Monday to Friday in the period, not in its last ten days."""
        since, until = since or self.start + timedelta(days=10), until or self.end - timedelta(days=10)
        return move_to_weekday(since + timedelta(days=self.chance.randint(0, (until - since).days - 3)))

    def choose_habit(self, suits: Callable[[Habit], bool], purpose: str = "") -> Habit:
        """Return a vendor that suits: one that was used least for a purpose, and among these least of all."""
        found = [each for each in self.habits if suits(each)]
        uses = {
            each.vendor: (self._uses[purpose, each.vendor], self._uses["", each.vendor]) for each in found
        }
        least = min(uses.values())
        chosen = self.chance.choice([each for each in found if uses[each.vendor] == least])
        self._uses.update({(purpose, chosen.vendor), ("", chosen.vendor)})
        return chosen

    def draw_usual(self, habit: Habit) -> int:
        """Return an amount in cents as the vendor usually has them."""
        low, high = (habit.cents[int(len(habit.cents) * part)] for part in (0.2, 0.8))
        return self.draw_between(low, high)

    def draw_between(self, low: int, high: int) -> int:
        """Return an amount in cents between two, both included, as `draw_unique` does."""
        return self.draw_unique(lambda: self.chance.randint(low, high))

    def draw_unique(self, draw: Callable[[], int]) -> int:
        """Return an amount in cents that no transaction has, with cents, and not just below a limit."""
        for _ in range(1000):
            cents = draw()
            if cents not in self._amounts and cents % 100 and not is_near_limit(cents):
                self._amounts.add(cents)
                return cents
        raise AssertionError("There is no such amount left.")

    def make_contact(self) -> Body:
        """Return an address and a telephone number that nobody else has."""
        self._people += 1
        place = self._people
        address = {
            "Line1": f"{1200 + place * 17} {STREETS[place % len(STREETS)]}",
            "City": "Alameda",
            "CountrySubDivisionCode": "CA",
            "PostalCode": f"945{place:02d}",
        }
        return {"address": address, "phone": {"FreeFormNumber": f"(415) 555-01{place:02d}"}}

    def _set_clock(self, day: date) -> None:
        """Let records be stamped in the late afternoon of a day."""
        moment = datetime.combine(day, time(17), PACIFIC).timestamp()
        self.books.clock = Clock(frozen=min(moment, self.books.store.clock.read_seconds()))


STREETS = (
    "Dogwood Avenue",
    "Gibbons Street",
    "Encinal Road",
    "Fernside Drive",
    "Regent Street",
    "Walnut Lane",
)


def is_near_limit(cents: int) -> bool:
    """Whether an amount is below a limit, but not far below."""
    return any(each * (1 - NEAR_LIMIT) <= cents < each for each in LIMITS)


def move_to_weekday(day: date) -> date:
    """Return a day, or the Monday after a weekend."""
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() >= 5 else 0)
