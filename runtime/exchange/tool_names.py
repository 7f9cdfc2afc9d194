"""Which tool a caller meant by a name that no tool has: the same verb on the same record, however it is written.

`list_invoices`, `find_invoices` and `list_all_acme_invoises` are list_all_acme_invoices. A list is never what a
change was meant to be, so a tool of another verb is no suggestion, however much of its name is the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from itertools import islice

from generator.suggestions import LONGEST_COMPARED, MOST_COMPARED, ask_if_meant, measure_likeness, split_name
from runtime.errors import NotFound
from runtime.logs import blank_secrets

LONGEST_SHOWN = 80
"""Characters of an unknown name that an error repeats. A tool's name has at most 52."""
LIKE = 0.8
"""How much two words must have in common to be the same with a typing error: one letter of five may differ."""
NEARLY_ALL = 0.9
"""The part of the names in which a word stands that distinguishes no tool from another."""
_FILLERS = frozenset({"a", "an", "the", "all", "single", "by", "id", "of", "one", "tool"})
_VERBS = {
    "add": "create",
    "change": "update",
    "edit": "update",
    "fetch": "get",
    "find": "list",
    "insert": "create",
    "lookup": "list",
    "make": "create",
    "modify": "update",
    "new": "create",
    "query": "list",
    "read": "get",
    "remove": "delete",
    "retrieve": "get",
    "search": "list",
    "show": "get",
}
"""Verbs of other programs, as the tools here say them."""


def find_nearest_tool(name: str, names: Sequence[str]) -> str:
    """Return the tool among `names` that was meant; empty when there is none."""
    known = {
        each: split_name(each)
        for each in islice((each for each in names if len(each) <= LONGEST_COMPARED), MOST_COMPARED)
    }
    if not known:
        return ""
    common = _find_common(list(known.values()))
    own = _distinct(split_name(name[:LONGEST_COMPARED]), common)
    meant = [_VERBS.get(word, word) for word in own]
    for wanted in (own, meant):
        found = [each for each, words in known.items() if _are_the_same(wanted, _distinct(words, common))]
        if found:
            return found[0]
    return ""


def explain_unknown_tool(name: str, tools: Collection[str]) -> str:
    """Return the sentence for a name that no tool has, with the nearest one."""
    return f'There is no tool "{blank_secrets(name)[:LONGEST_SHOWN]}" here.{suggest_tool(name, tools)}'


def suggest_tool(name: str, names: Iterable[str]) -> str:
    """Return a question whether the nearest tool was meant, after a blank; empty when none is near."""
    nearest = find_nearest_tool(name, list(names))
    return f" {ask_if_meant(nearest)}" if nearest else ""


def _find_common(names: Sequence[Sequence[str]]) -> frozenset[str]:
    """Return the words behind the verb that stand in nearly every name, such as those of the vendor.

    A few tools, such as analyses, have names without them.
    """
    if len(names) < 2:
        return frozenset()
    counts = Counter(word for words in names for word in set(words[1:]))
    return frozenset(word for word, count in counts.items() if count >= len(names) * NEARLY_ALL)


def _distinct(words: Collection[str], common: frozenset[str]) -> list[str]:
    """Return the words in which tools differ, in the singular: neither fillers nor what stands in every name."""
    passed = _FILLERS | {_singular(word) for word in common}
    singular = [_singular(word) for word in words if not _is_made_of(word, common)]
    return [word for word in singular if word not in passed]


def _singular(word: str) -> str:
    return word.removesuffix("s") or word


def _is_made_of(word: str, common: frozenset[str]) -> bool:
    """Return whether a word is two common ones in one, such as `ledgerbooks` for `ledger_books`."""
    return any(word.startswith(each) and word[len(each) :] in common for each in common)


def _are_the_same(one: list[str], other: list[str]) -> bool:
    if not one or len(one) != len(other):
        return False
    left = list(other)
    for word in one:
        found = next((each for each in left if word == each), "") or next(
            (each for each in left if word[0] == each[0] and measure_likeness(word, each) >= LIKE), ""
        )
        if not found:
            return False
        left.remove(found)
    return True


def refuse_unknown_tool(name: str, tools: Collection[str]) -> NotFound:
    """Return the error for a tool that the caller does not have."""
    return NotFound(explain_unknown_tool(name, tools), advice="List the tools to see their names.")
