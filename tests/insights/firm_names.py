"""Firms that are written one way in a work system and another way in the books, with what is true of each pair.

The alterations are those that people make; details are there for some. One seed is one company of hundreds of clients.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from runtime.insights.name_matching import Party, PostalAddress

_FIRST_TEXT = """
Harbor Summit Cedar Maple Granite Falcon Juniper Beacon Cobalt Meridian Ridgeway Larkspur Tamarack Pinnacle
Orchard Redwood Sterling Crescent Willow Copper Keystone Liberty Monarch Northgate Evergreen Bluewater Ironwood
Sagebrush Lakeview Riverbend Stonebridge Foxglove Hawthorn Kingsley Whitfield Abernathy Castellano Okonkwo
Lindqvist Müller Peña Delacroix Fitzgerald Hernandez Nakamura Petrov Quinn Rasmussen Sokolov Tanaka Underwood
Vasquez Weatherby Yilmaz Zimmerman Ashford Brightwell Calloway Dunmore Ellsworth
"""
_FIRST = _FIRST_TEXT.split()
_SECOND_TEXT = """
Dental Legal Family Industrial Veterinary Marine Financial Medical Roofing Automotive Orthopedic Insurance
Landscaping Plumbing Electrical Accounting Printing Logistics Staffing Engineering Manufacturing Property
"""
_SECOND = _SECOND_TEXT.split()
_THIRD_TEXT = """
Group Partners Services Associates Solutions Center Company Brothers Management Systems Clinic Works Consultants
Holdings Enterprises Supply
"""
_THIRD = _THIRD_TEXT.split()
_FORMS = ("Inc.", "LLC", "Ltd.", "Corp.", "Co.", "P.C.", "PLLC", "", "", "GmbH")
_SHORT = {
    "Services": "Svcs", "Associates": "Assoc.", "Center": "Ctr", "Group": "Grp", "Manufacturing": "Mfg",
    "Management": "Mgmt", "Systems": "Sys", "Brothers": "Bros.", "Insurance": "Ins.", "Engineering": "Eng.",
}  # fmt: skip
HOSTILE = (
    "<script>alert(1)</script>", "'; DROP TABLE company_mapping; --", "\x00\x01\x02", "\u202eevil\u202c", "a" * 5000,
    "LLC", "!!!", "  ", "", "=cmd|' /C calc'!A0", "\uff26\uff55\uff4c\uff4c", "\u682a\u5f0f\u4f1a\u793e", "The",
    "\ufdfa" * 400, "&", "1", "\u00e9" * 300, "\ud800",
)  # fmt: skip
"""What may stand in a name and matches nothing else."""


@dataclass(frozen=True)
class Plan:
    """Both sides, and which client is which customer. A client that is on one side only is not in `truth`."""

    work: tuple[Party, ...]
    books: tuple[Party, ...]
    truth: dict[str, str]


def plan_firms(seed: int, count: int = 400) -> Plan:
    """Return the clients of one firm on both sides: one of twenty on one side only, some with hostile names beside."""
    dice = random.Random(seed)
    names = _choose_names(dice, count)
    work, books, truth = [], [], {}
    for number, name in enumerate(names):
        form = dice.choice(_FORMS)
        firm = _describe(dice, number, f"{name} {form}".strip())
        is_both = dice.random() > 0.05
        if is_both or number % 2:
            work.append(replace(firm, id=f"w{number}"))
        if is_both or not number % 2:
            written = _rewrite(dice, name, form)
            books.append(replace(_forget(dice, firm), id=f"c{number}", names=(written,)))
        if is_both:
            truth[f"w{number}"] = f"c{number}"
    for number, name in enumerate(HOSTILE):
        side, id_ = (work, f"hw{number}") if number % 2 else (books, f"hc{number}")
        side.append(Party(id_, (name,), (name,), (name,), (PostalAddress(name, name),), id_))
    dice.shuffle(books)
    return Plan(tuple(work), tuple(books), truth)


def _choose_names(dice: random.Random, count: int) -> list[str]:
    names: dict[str, None] = {}
    while len(names) < count:
        words = [dice.choice(_FIRST), dice.choice(_SECOND), dice.choice(_THIRD)]
        if dice.random() < 0.3:
            words.insert(1, f"& {dice.choice(_FIRST)}")
        names[" ".join(words)] = None
    return list(names)


def _describe(dice: random.Random, number: int, name: str) -> Party:
    domain = f"firm{number}-{dice.randrange(1000)}.com"
    return Party(
        "",
        (name,),
        (f"https://www.{domain}/contact",) if dice.random() < 0.7 else ("info@gmail.com",),
        (f"({dice.randrange(200, 999)}) 555-{number:04d}",) if dice.random() < 0.7 else (),
        (PostalAddress(f"{number + 1} {dice.choice(_FIRST)} Street", f"{dice.randrange(10_000, 99_999)}"),),
    )


def _forget(dice: random.Random, firm: Party) -> Party:
    """Return a firm with what the other side knows of it, written otherwise."""
    sites = tuple(
        f"Office@{each.partition('www.')[2].partition('/')[0]}" for each in firm.sites if "www." in each
    )
    phones = tuple("+1 " + "".join(filter(str.isdigit, each)) for each in firm.phones)
    addresses = tuple(PostalAddress(each.street.replace("Street", "St., Suite 4"), f"{each.postal_code}-1234")
                      for each in firm.addresses)  # fmt: skip
    return replace(
        firm,
        sites=sites if dice.random() < 0.5 else (),
        phones=phones if dice.random() < 0.5 else (),
        addresses=addresses if dice.random() < 0.5 else (),
    )


def _rewrite(dice: random.Random, name: str, form: str) -> str:
    words = name.split()
    how = dice.randrange(8)
    if how == 0:
        return f"{name} {form}".strip()
    if how == 1:
        return f"{name}, {dice.choice(_FORMS)}".strip(", ")
    if how == 2:
        return " ".join(_SHORT.get(each, each) for each in words).upper()
    if how == 3:
        return _type_wrong(dice, name)
    if how == 4:
        return "The " + name.replace("&", "and")
    if how == 5:
        return " ".join([*words[:-1], form]).strip()
    if how == 6:
        return f"{' '.join(words[1:])}, {words[0]}" if "&" not in words else name.lower()
    return name.replace("ü", "u").replace("ñ", "n").replace(" ", "  ")


def _type_wrong(dice: random.Random, name: str) -> str:
    place = dice.randrange(1, len(name) - 1)
    if dice.random() < 0.5:
        return name[:place] + name[place + 1 :]
    return name[:place] + name[place + 1] + name[place] + name[place + 2 :]
