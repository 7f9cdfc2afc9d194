"""Why a client and a customer may be the same, in plain words. Called by `matching`.

No name stands in a reason, only a domain or the digits of a phone number: names are shown beside it.
"""

from __future__ import annotations

from runtime.insights.name_matching.evidence import Common
from runtime.insights.name_matching.likeness import Kind

_ALIKE: dict[Kind, str] = {
    "spelling": "The names are spelled almost alike",
    "words": "The names share their rare words",
    "part": "One name is part of the other",
    "initials": "One name has the initials of the other",
}
FEWEST_ALIKE = 50.0
"""From this likeness on the names are given as a reason."""
FEWEST_SPELLED_ALIKE = 85.0
"""From this likeness on a spelling is almost the same: one letter of a short word is about 90."""
OTHER_CUSTOMER = "Another customer fits as well."
OTHER_CLIENT = "Another client fits this customer as well."
OTHER_DETAILS = "Their web domains differ."


def write_reason(common: Common, score: float, kind: Kind) -> str:
    """Return what two parties have in common as a sentence; `score` and `kind` say how alike the names are."""
    parts = [*_list_names(common, score, kind), *_list_details(common)]
    if not parts:
        return "The names are a little alike."
    first, *more = parts
    joined = f"{first}, and {_join(more)}" if more else first
    return f"{joined[0].upper()}{joined[1:]}."


def _list_names(common: Common, score: float, kind: Kind) -> list[str]:
    if "exact" in common.keys:
        return ["The names are the same"]
    if "normalised" in common.keys:
        return ["The names are the same but for capitals, punctuation, abbreviations or the legal form"]
    if kind == "spelling" and FEWEST_ALIKE <= score < FEWEST_SPELLED_ALIKE:
        return ["The names have words in common"]
    return [_ALIKE[kind]] if score >= FEWEST_ALIKE else []


def _list_details(common: Common) -> list[str]:
    found = []
    if domain := common.keys.get("domain"):
        found.append(f"both have the web domain {domain}")
    if phone := common.keys.get("phone"):
        found.append(f"both have the phone number {phone}")
    if "address" in common.keys:
        found.append("both have the same address")
    return found


def _join(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
