"""Names of firms, and how the same firm is called elsewhere: with a legal form, misspelled, turned round, shortened.

Called by `clients`.
"""

from __future__ import annotations

import random

from runtime.simulators.provider.truths import How

WORDS = (
    "Aspen", "Bramble", "Cobblestone", "Driftwood", "Evergreen", "Foxglove", "Gable", "Harborview", "Indigo", "Juniper",
    "Kettle", "Linden", "Mercer", "Nettle", "Osprey", "Pinecrest", "Quill", "Rowan", "Silverline", "Tanglewood",
    "Umber", "Velvet", "Willowbrook", "Yarrow", "Zephyr", "Alder", "Beacon", "Cedar", "Dovetail", "Ember", "Fernhill",
    "Granite", "Hawthorn", "Ironwood", "Jasper", "Kingfisher", "Lantern", "Meridian", "Northgate", "Oakhurst",
    "Prairie", "Quarry", "Redstone", "Saffron", "Thistle", "Upland", "Vista", "Westbrook", "Yellowtail", "Zinnia",
    "Amber", "Birch", "Copper", "Delta", "Echo", "Falcon", "Garnet", "Heron", "Ivory", "Jade",
)  # fmt: skip
TRADES: tuple[tuple[str, str], ...] = (
    ("Orthodontics", "Ortho"), ("Veterinary Clinic", "Vet Clinic"), ("Construction", "Constr."),
    ("Accounting Group", "Acctg Grp"), ("Law Associates", "Law Assoc."), ("Manufacturing", "Mfg"),
    ("Property Management", "Property Mgmt"), ("Engineering", "Engrg"), ("Logistics International", "Logistics Intl"),
    ("Medical Center", "Med Ctr"), ("Insurance Services", "Ins. Svcs"), ("Architects", "Arch."),
    ("Distribution", "Distrib."), ("Publishing House", "Pub. House"), ("Financial Partners", "Fin. Partners"),
    ("Community Foundation", "Comm. Fdn"), ("Dental Practice", "Dental Pract."),
)  # fmt: skip
"""What firms do, and how it is shortened."""
FOUNDERS = (
    "Abernathy", "Bellweather", "Crowhurst", "Dunmore", "Ellingham", "Farthing", "Goodspeed", "Hathersage", "Inglewood",
    "Jessamine", "Kirkbride", "Loveday", "Mossgrove", "Netherby", "Oldcastle", "Penhallow", "Ravenscroft",
    "Summerfield",
)  # fmt: skip
FORMS = (", Inc.", " LLC", " Inc", ", LLC", " Co.", " Ltd.")

PATTERN: tuple[How, ...] = (
    "exact", "legal form", "exact", "typo", "legal form", "order", "exact", "abbreviation", "article", "exact",
    "domain", "legal form", "exact", "typo", "exact", "phone", "legal form", "abbreviation", "exact", "order",
    "article", "exact", "address", "legal form",
)  # fmt: skip
"""How the names of one client after the other differ, from the beginning again after the last."""


def make_name(place: int, turn: int) -> tuple[str, str]:
    """Return the name of a firm and the shortened one; firms that share a word differ in what they do."""
    word = WORDS[(place + turn) % len(WORDS)]
    trade, short = TRADES[(place * 5 + turn + place // len(WORDS) * 3) % len(TRADES)]
    return f"{word} {trade}", f"{word} {short}"


def make_other_name(source: random.Random, how: How, name: str, short: str, place: int) -> str:
    """Return what the work system calls a firm of the books."""
    match how:
        case "legal form":
            return name + source.choice(FORMS)
        case "typo":
            return misspell(source, name)
        case "order":
            first, _, rest = name.partition(" ")
            return f"{rest}, {first}"
        case "abbreviation":
            return short
        case "domain" | "phone" | "address":
            return f"{FOUNDERS[place % len(FOUNDERS)]} Holdings {place // len(FOUNDERS) or ''}".strip()
        case _:
            return f"The {name}" if how == "article" else name


def misspell(source: random.Random, name: str) -> str:
    """Return a name with two letters changed round, or one left out, in its longest word and not at its ends."""
    word = max(name.split(), key=len)
    places = [at for at in range(1, len(word) - 2) if word[at] != word[at + 1]]
    at = source.choice(places)
    if source.random() < 0.5:
        return name.replace(word, word[:at] + word[at + 1] + word[at] + word[at + 2 :], 1)
    return name.replace(word, word[:at] + word[at + 1 :], 1)
