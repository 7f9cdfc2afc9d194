"""The clients of the IT service provider: who they are in the books, who in the work system, and who plays which part.

Called by `making`, before everything that happens.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from runtime.simulators.provider import chart, names
from runtime.simulators.provider.parties import Client, Company, Contact, Customer, Place
from runtime.simulators.provider.plan import Parameters
from runtime.simulators.provider.truths import How, Pair

STREETS = (
    "Willow Lane", "Harbor Street", "Orchard Road", "Mission Court", "Laurel Avenue", "Quarry Way", "Fern Drive",
    "Alder Street", "Station Road",
)  # fmt: skip
CITIES = (("Bayshore", "94301"), ("Middlefield", "94063"), ("Millbrae", "94030"), ("South Orange", "94117"))
AREA_CODES = (650, 415, 510, 408, 925, 707, 831, 209, 916, 530, 559, 661, 805, 626)
"""Of telephone numbers 555-0100 to 555-0199, which are reserved for fiction."""
TITLES = ("Office Manager", "Practice Manager", "Controller", "Operations Lead", "Owner")

FEWEST_CLIENTS = 12
"""So that each part is played by a client of its own, and some are ordinary."""
MERGED_EVERY, MERGED_AT = 24, 6
"""Which client of so many is two companies in the work system: one whose name is the same in both."""
SHARED = 0.6
"""Part of the clients with the same domain, phone or address in both systems, where the name shows the pair anyway."""
SEATS_AN_HOUR = 1.25
"""Seats of a usual client per hour of work a month: an agreement then costs about a third of its price in labour."""
SPREAD = (0.45, 0.6, 0.75, 0.9, 1.0, 1.1, 1.3, 1.6)
"""Sizes of clients against the mean of 0.96."""
INTENSITIES = (0.65, 0.8, 0.9, 1.0, 1.1, 1.25)
"""Work of clients for their size: so far apart that margins differ, and near enough that nobody loses money."""
UNPROFITABLE, OVERUSED = 5.2, 1.5
"""Work of the client that costs more than it pays, and of the one that uses its agreement up: times the usual."""


@dataclass(frozen=True, slots=True)
class Cast:
    """Numbers of the clients that something is planted at."""

    unprofitable: int
    overused: int
    never_billed: int
    without_agreement: int
    unbilled: int
    below_list: int
    cost_later: int
    misposted: int
    ended: int


@dataclass(frozen=True, slots=True)
class Firms:
    """Everybody that the provider deals with."""

    clients: tuple[Client, ...]
    companies: tuple[Company, ...]
    customers: tuple[Customer, ...]
    pairs: tuple[Pair, ...]
    cast: Cast


def make_firms(parameters: Parameters, first_day: date, hours: float) -> Firms:
    """Return the firms; `hours` is what a usual client needs in a month. Raises ValueError for too few clients."""
    if parameters.clients < FEWEST_CLIENTS:
        raise ValueError(f"a provider has at least {FEWEST_CLIENTS} clients")
    return _Maker(parameters, first_day, hours).make()


class _Maker:
    def __init__(self, parameters: Parameters, first_day: date, hours: float) -> None:
        self.parameters, self.first_day, self.hours = parameters, first_day, hours
        self.random = random.Random(f"{parameters.seed}/clients")  # noqa: S311 (repeatable on purpose)
        self.turn = self.random.randrange(len(names.WORDS))
        self.places = _list_places()
        self.companies: list[Company] = []
        self.customers: list[Customer] = []
        self.pairs: list[Pair] = []

    def make(self) -> Firms:
        count = self.parameters.clients
        cast = self._choose_cast()
        clients = [self._client(number, cast) for number in range(count)]
        for turn in range(count // 60 + 1):
            clients += [self._books_only(count + 2 * turn), self._work_only(count + 2 * turn + 1)]
        for vendor in (chart.HARDWARE, chart.LICENCES, chart.BACKUP):
            self._company(vendor, None, "vendor", self._new_place(vendor))
        self._company("Umbra Fitness Studios", None, "prospect", self._new_place("Umbra Fitness Studios"))
        self._company(chart.NAME, None, "own", self._new_place(chart.NAME))
        firms = tuple(clients), tuple(self.companies), tuple(self.customers), tuple(self.pairs)
        return Firms(*firms, cast)

    def _choose_cast(self) -> Cast:
        ordinary = [at for at in range(self.parameters.clients) if at % MERGED_EVERY != MERGED_AT]
        return Cast(*self.random.sample(ordinary, len(Cast.__slots__)))

    def _client(self, number: int, cast: Cast) -> Client:
        name, short = names.make_name(number, self.turn)
        how = names.PATTERN[number % len(names.PATTERN)]
        other = names.make_other_name(self.random, how, name, short, number)
        here = self._new_place(name)
        there = self._place_of_work(how, here, other)
        customer = self._customer(name, number, here)
        company = self._company(other, number, "client", there)
        self.pairs.append(Pair(company.id, other, customer.id, name, how))
        ids = [company.id]
        if number % MERGED_EVERY == MERGED_AT:
            ids.append(self._merge(number, customer))
        return self._size(Client(number, name, customer.id, tuple(ids), 0, 0, self.first_day), cast)

    def _merge(self, number: int, customer: Customer) -> int:
        name = f"{names.FOUNDERS[(number * 7 + 3) % len(names.FOUNDERS)]} {customer.name.partition(' ')[2]}"
        place = replace(self._new_place(name), domain=customer.place.domain)
        company = self._company(name, number, "client", place)
        self.pairs.append(Pair(company.id, name, customer.id, customer.name, "merged"))
        return company.id

    def _size(self, client: Client, cast: Cast) -> Client:
        source = self.random
        seats = max(3, round(self.hours * SEATS_AN_HOUR * source.choice(SPREAD)))
        intensity = source.choice(INTENSITIES)
        since = self.first_day - timedelta(days=source.randint(90, 1500))
        if client.number == cast.unprofitable:
            seats, intensity = max(6, round(self.hours * SEATS_AN_HOUR * 0.9)), UNPROFITABLE
        if client.number == cast.overused:
            seats, intensity = max(8, round(self.hours * SEATS_AN_HOUR)), OVERUSED
        return replace(client, seats=seats, intensity=intensity, since=since)

    def _books_only(self, number: int) -> Client:
        name = f"{names.FOUNDERS[number % len(names.FOUNDERS)]} Photography {number}"
        customer = self._customer(name, number, self._new_place(name))
        return Client(number, name, customer.id, (), 0, 0, self.first_day)

    def _work_only(self, number: int) -> Client:
        name = f"{names.FOUNDERS[(number + 5) % len(names.FOUNDERS)]} Animal Shelter {number}"
        company = self._company(name, number, "client", self._new_place(name))
        return Client(number, name, None, (company.id,), 4, 1.0, self.first_day)

    def _new_place(self, name: str) -> Place:
        return replace(next(self.places), domain=re.sub(r"[^a-z0-9]+", "", name.lower()) + ".example")

    def _place_of_work(self, how: How, here: Place, other: str) -> Place:
        """Return where the work system has a firm: what shows the pair is the same, the rest is by chance."""
        fresh, shares = self._new_place(other), self._draw_shares(how)
        if how not in ("domain", "phone", "address"):
            fresh = replace(fresh, domain="", phone=fresh.phone if self.random.random() < SHARED else "")
        shown = replace(fresh, domain=here.domain) if "domain" in shares else fresh
        shown = replace(shown, phone=here.phone) if "phone" in shares else shown
        if "address" not in shares:
            return shown
        return replace(shown, street=here.street, city=here.city, zip=here.zip)

    def _draw_shares(self, how: How) -> set[str]:
        hints = ("domain", "phone", "address")
        drawn = {hint for hint in hints if self.random.random() < SHARED}
        return {how} if how in hints else drawn

    def _customer(self, name: str, number: int, place: Place) -> Customer:
        made = Customer(str(101 + len(self.customers)), name, number, place)
        self.customers.append(made)
        return made

    def _company(self, name: str, number: int | None, kind: str, place: Place) -> Company:
        id = 4101 + len(self.companies)
        identifier = f"{re.sub(r'[^A-Za-z0-9]+', '', name)[:20]}{id}"
        contacts = tuple(self._contact(id, turn, place) for turn in range(1 + id % 2))
        since = self.first_day - timedelta(days=self.random.randint(90, 1500))
        made = Company(
            id, identifier, name, kind, number, place, id + 1_100, contacts, since,  # type: ignore[arg-type]
        )  # fmt: skip
        self.companies.append(made)
        return made

    def _contact(self, company_id: int, turn: int, place: Place) -> Contact:
        first, last = self.random.choice(chart.GIVEN_NAMES), self.random.choice(chart.FAMILY_NAMES)
        domain = place.domain or f"company{company_id}.example"
        email = f"{first}.{last}@{domain}".lower()
        return Contact(company_id * 2 + turn, first, last, email, TITLES[(company_id + turn) % len(TITLES)])


def _list_places() -> Iterator[Place]:
    """Yield places without a domain, each with an address and a telephone number of its own."""
    for turn in range(len(AREA_CODES) * 100):
        city, zip_code = CITIES[turn % len(CITIES)]
        street = f"{100 + turn * 3} {STREETS[turn % len(STREETS)]}"
        phone = f"({AREA_CODES[turn // 100]}) 555-01{turn % 100:02d}"
        yield Place(street, city, zip_code, phone, "")
