"""Gaps and repeats in the numbers of sales forms and journal entries.

Planting enters sales forms among those of former days, so all numbers are given anew, in the order of typing; some are
left out and some used twice on the way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from tests.insights.planters.typing import RESOURCES, Typist

SALES, JOURNAL = ("Invoice", "SalesReceipt", "CreditMemo", "RefundReceipt"), ("JournalEntry",)
DISTANCE = 4
"""Forms between two places that something is planted at."""


@dataclass(frozen=True, slots=True)
class Form:
    """A form in its series."""

    entity: str
    id: str
    day: date
    party: str
    cents: int

    @property
    def key(self) -> str:
        """Its name among the records."""
        return f"{RESOURCES[self.entity]}:{self.id}"


@dataclass(slots=True)
class Numbering:
    """What happens at some places of a series: numbers left out before it, or the place whose number it gets."""

    skipped: dict[int, int] = field(default_factory=dict)
    repeated: dict[int, int] = field(default_factory=dict)

    def number(self, count: int) -> list[int]:
        """Return the number at each place."""
        numbers: list[int] = []
        last = 0
        for place in range(count):
            if place in self.repeated:
                numbers.append(numbers[self.repeated[place]])
                continue
            last += 1 + self.skipped.get(place, 0)
            numbers.append(last)
        return numbers


def plant_numbers(typist: Typist) -> None:
    """Leave out numbers of sales forms twice and of journal entries once; use two numbers of invoices twice."""
    sales, journal = list_forms(typist, SALES), list_forms(typist, JOURNAL)
    places = sorted(_choose_places(typist, sales, 4), key=lambda each: len(_list_former(typist, sales, each)))
    taken = [each for each in _list_former(typist, sales, places[3]) if each not in _list_beside(places)]
    numbering = Numbering({places[0]: 1, places[1]: typist.chance.randint(2, 4)})
    numbering.repeated = {places[2]: places[2] - 1, places[3]: typist.chance.choice(taken)}
    _write(typist, sales, numbering)
    [place] = _choose_places(typist, journal, 1)
    _write(typist, journal, Numbering({place: 1}))


def _list_beside(places: list[int]) -> list[int]:
    """Return places, and those before them."""
    return [each - back for each in places for back in (0, 1)]


def list_forms(typist: Typist, entities: tuple[str, ...]) -> list[Form]:
    """Return the forms of a series in the order in which they were typed in."""
    marks = ",".join("?" * len(entities))
    rows = typist.books.store.execute(
        f"select entity, id, txn_date, coalesce(customer, ''), coalesce(total, 0) from records"
        f" where entity in ({marks}) order by created, num",
        entities,
    ).fetchall()
    return [Form(entity, id, date.fromisoformat(day), party, cents) for entity, id, day, party, cents in rows]


def _choose_places(typist: Typist, forms: list[Form], count: int) -> list[int]:
    """Return places in the period, apart from each other, between forms that are no part of a fault.

    An invoice stands at each place of a series of sales and before it, of another customer and amount.
    """
    found: list[int] = []
    candidates = [place for place in range(1, len(forms) - 3) if _suits(typist, forms, place)]
    typist.chance.shuffle(candidates)
    for place in candidates:
        if all(abs(place - other) > DISTANCE for other in found):
            found.append(place)
        if len(found) == count:
            return found
    raise AssertionError("The series is too short.")


def _suits(typist: Typist, forms: list[Form], place: int) -> bool:
    one, before = forms[place], forms[place - 1]
    kinds = {one.entity, before.entity}
    is_quiet = typist.touched.isdisjoint((one.key, before.key))
    differs = kinds == {"JournalEntry"} or (one.party != before.party and one.cents != before.cents)
    return kinds <= {"Invoice", "JournalEntry"} and before.day > typist.start and is_quiet and differs


def _list_former(typist: Typist, forms: list[Form], place: int) -> list[int]:
    """Return the places, 20 to 60 forms ago, of invoices of another customer and amount that a number is taken from."""
    one = forms[place]
    return [
        former
        for former in range(max(0, place - 60), place - 19)
        if forms[former].entity == "Invoice"
        and forms[former].key not in typist.touched
        and forms[former].day > typist.start
        and forms[former].party != one.party
        and forms[former].cents != one.cents
    ]


def _write(typist: Typist, forms: list[Form], numbering: Numbering) -> None:
    """Give every form its number, and note down what is odd."""
    numbers = numbering.number(len(forms))
    for form, number in zip(forms, numbers, strict=True):
        typist.books.store.execute(
            "update records set doc_number = ?1, body = json_set(body, '$.DocNumber', ?1)"
            " where entity = ?2 and id = ?3",
            (str(number), form.entity, form.id),
        )
    series = "journal" if forms[0].entity == "JournalEntry" else "sales"
    typist.books.raise_number(f"number:{series}", numbers[-1])
    _note_gaps(typist, forms, numbers, numbering.skipped)
    for place, former in numbering.repeated.items():
        records = (forms[former].key, forms[place].key)
        typist.note("number_repeated", records, f"number {numbers[place]} used twice")


def _note_gaps(typist: Typist, forms: list[Form], numbers: list[int], skipped: Mapping[int, int]) -> None:
    taken = Counter(numbers)
    for place, count in skipped.items():
        before = numbers[place] - count - 1
        around = [form.key for form, number in zip(forms, numbers, strict=True) if number == before]
        first = numbers[place] - count
        assert not any(taken[number] for number in range(first, numbers[place]))
        typist.note("number_gap", (*around, forms[place].key), f"{count} numbers from {first} on left out")
