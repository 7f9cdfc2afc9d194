"""What may have been meant by a name that is not known: keys of a definition, arguments, fields, values, settings.

A wrong suggestion is worse than none, because a model follows it. So three things are looked for, in this order:

1. the same name in another style of writing: `due_date` is DueDate, `customer_id` is CustomerRef, where a vendor's
   references end in Ref;
2. what the definitions of the integration say that callers mean by it (`meant` in integration.yaml);
3. a name that differs by a typing error.

A name that the definitions know, and that means nothing which is there, gets no suggestion from 3.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from generator.meanings import Meant

NEAR = 0.75
"""How much two names must have in common, from 0 to 1, for one to be a typing error of the other. Two letters in the
other order leave 0.75 of a name with four, and `vendor_name` has 0.7 in common with `VendorAddr`.
"""
OF_A_WORD = 0.66
"""The same for each word of a name: `Amount` has that in common with `Amt`."""
WITHOUT_WORDS = 0.87
"""The same for names of different numbers of words: one without capitals and underscores, such as `totalammt`."""
LEAST_STEM = 3
"""Letters: of `VendorId` and `VendorRef` the name is left, of `tid` and `tref` nothing that says what is meant."""
MOST_LOOKED_AT = 5
"""Near names that are examined as typing errors; the right one is the nearest or the second."""
ENDINGS = ("_from", "_until", "_contains", "_any_of")
"""What says how a filter compares: two names are near only by what stands before it."""
LONGEST_COMPARED = 80
"""Characters. The longest name of an argument has 29."""
MOST_COMPARED = 500
"""Names that one is compared with; it takes up to 0.1 ms for each."""
MOST_SUGGESTED = 2
"""Names: with more to choose from a model guesses."""
_IDENTIFIES = "id"
"""The ending of a name by which callers say that an Id is meant; a vendor may have another one that says so."""
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


class Suggestion(NamedTuple):
    """Up to two names that may have been meant, and a sentence that the definitions add."""

    names: tuple[str, ...] = ()
    says: str = ""

    @property
    def sentence(self) -> str:
        """Return the same as a text that follows another sentence, after a blank; empty when there is nothing."""
        return "".join(f" {each}" for each in (ask_if_meant(*self.names), self.says) if each)


NOTHING = Suggestion()


def suggest(
    name: str, names: Sequence[str], meant: Sequence[Meant] = (), resource: str = "", suffix: str = ""
) -> Suggestion:
    """Return what may have been meant by a name, among `names`.

    `meant` is what an integration says of such names, and `suffix` what the names of its references end in.
    """
    given = name[:LONGEST_COMPARED]
    known = list(islice((each for each in names if len(each) <= LONGEST_COMPARED), MOST_COMPARED))
    if same := tuple(islice(_the_same(given, known, suffix), MOST_SUGGESTED)):
        return Suggestion(same)
    key = strip_style(given)
    own = [each for each in meant if key in each.called and (not each.of or resource in each.of)]
    for each in own:
        found = tuple(islice((target for target in each.names if target in known), MOST_SUGGESTED))
        if (found or not each.names) and (not each.beside or each.beside in known):
            return Suggestion(found, each.says)
    is_known = any(key in each.called for each in meant)
    nearest = "" if is_known else _typing_error(given, known)
    return Suggestion((nearest,)) if nearest else NOTHING


def find_nearest_name(name: str, names: Sequence[str]) -> str:
    """Return the first of the names that may have been meant; empty when there is none."""
    return next(iter(suggest(name, names).names), "")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the question whether the nearest of the known names was meant; empty when none is near."""
    nearest = find_nearest_name(name, list(known))
    return ask_if_meant(nearest) if nearest else ""


def ask_if_meant(*names: str) -> str:
    """Return the question whether one of these names was meant; empty without any."""
    quoted = " or ".join(f'"{name}"' for name in names)
    return f"Did you mean {quoted}?" if quoted else ""


def split_name(name: str) -> list[str]:
    """Return the words of a name in small letters, however they are put together."""
    return [each.lower() for each in _WORDS.findall(name)]


def strip_style(name: str) -> str:
    """Return a name without its style of writing: small letters and digits alone."""
    return "".join(each for each in name.lower() if each.isalnum())


def _stem(name: str, suffix: str) -> str:
    """Return the same, without an ending that says that an Id is meant."""
    words = split_name(name)
    is_id = len(words) > 1 and words[-1] in (_IDENTIFIES, suffix.lower())
    return "".join(words[:-1] if is_id else words)


def _the_same(given: str, known: Sequence[str], suffix: str) -> Iterator[str]:
    """Return the names that are the given one in another style; a filter's bounds for the bare name of its field."""
    key, stem = strip_style(given), _stem(given, suffix)
    yield from (each for each in known if strip_style(each) == key)
    is_id = key != stem
    if len(stem) >= LEAST_STEM and is_id:
        others = (each for each in known if strip_style(each) not in (key, stem))
        yield from (each for each in others if _stem(each, suffix) == stem)
    bounds = {strip_style(given + ending): ending for ending in ENDINGS}
    if not any(strip_style(each) == key for each in known):
        yield from (each for each in known if strip_style(each) in bounds)


def _typing_error(given: str, known: Sequence[str]) -> str:
    if ending := next((each for each in ENDINGS if given.lower().endswith(each)), ""):
        # "UnappliedAmt_from" is not meant by "TotalAmt_from", however much of the two is the same.
        known = [each for each in known if each.endswith(ending)]
        stems = {each.removesuffix(ending): each for each in known}
        found = _typing_error(given[: -len(ending)], list(stems))
        return stems.get(found, "")
    by_key = {strip_style(each): each for each in known}
    near = difflib.get_close_matches(strip_style(given), list(by_key), n=MOST_LOOKED_AT, cutoff=NEAR)
    return next((by_key[each] for each in near if _is_typing_error(given, by_key[each])), "")


def _is_typing_error(given: str, known: str) -> bool:
    """Return whether every word is that of the other name but for a few letters; a first letter is hardly ever wrong.

    `CompanyId` has three quarters in common with CompanyAddr, and is another thing.
    """
    ours, theirs = split_name(given), split_name(known)
    if not ours or not theirs or ours[0][0] != theirs[0][0]:
        return False
    if len(ours) != len(theirs):
        return measure_likeness(strip_style(given), strip_style(known)) >= WITHOUT_WORDS
    pairs = zip(ours, theirs, strict=True)
    return all(one[0] == other[0] and measure_likeness(one, other) >= OF_A_WORD for one, other in pairs)


def measure_likeness(one: str, other: str) -> float:
    """Return how much two words have in common, from 0 to 1."""
    return difflib.SequenceMatcher(None, one, other).ratio()
