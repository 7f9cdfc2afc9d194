"""Finding tools by words: what a person or a model would type, ranked against what the tools say of themselves.

BM25 over the names, titles, tags, argument names and descriptions of some tools. Nothing is asked of anyone: the index
is made in memory from the catalog, once for each set of tools, and a search takes well below a millisecond. A word
that no tool has is read as the beginning of one, or as the nearest one.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from math import log
from types import MappingProxyType

import orjson

from generator.catalog import Tool
from generator.texts import cut_first_sentence

LONGEST_QUERY = 200
"""Characters. A question of a person is shorter."""
MOST_WORDS = 16
"""Words of a query that are looked for, each over all tools."""
MOST_BEGINNINGS = 8
"""How many words a mere beginning of a word stands for."""

NAME, TITLE, TAGS, SENTENCE, ARGUMENTS, REST = 4.0, 2.0, 2.0, 2.0, 0.7, 0.4
"""What a word counts in each place. The later sentences mention other tools, so they count least."""
SATURATION, LENGTH_MATTERS = 1.2, 0.6
"""The usual parameters of BM25 (k1 1.2; b 0.75), with a weaker b: our descriptions are of one length."""
LIKE_IT, BEGINS_SO = 0.6, 0.5
"""What a word counts that stands for the one asked for."""
EXACT_DIGITS = 9
"""Digits in which ranks are compared: sums of binary fractions differ in the 15th by the order of the tools."""
READ_FIRST = {"list": 1.08, "get": 1.05}
"""A query that names a resource and no action wants to read it."""

STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a an and any are as at be by can do for from give has have how i in is it its me my of on one or our "
        "please so that the their them there this to us want was we what when which who with you your",
    )
)
LIKE = {
    "add": ("create",),
    "cancel": ("void", "delete"),
    "change": ("update",),
    "download": ("get",),
    "edit": ("update",),
    "email": ("send",),
    "fetch": ("get",),
    "find": ("list", "get"),
    "mail": ("send",),
    "make": ("create",),
    "modify": ("update",),
    "new": ("create",),
    "read": ("get", "list"),
    "remove": ("delete",),
    "search": ("list",),
    "see": ("get", "list"),
    "show": ("get", "list"),
}
"""What people say for the names of methods. Synonyms of a trade are data of its integration."""

NO_SYNONYMS: Mapping[str, tuple[str, ...]] = MappingProxyType({})

_INSIDE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD = re.compile(r"[^\W_]+")


class ToolIndex:
    """Some tools, to be searched by words."""

    def __init__(self, tools: Iterable[Tool], synonyms: Mapping[str, tuple[str, ...]] = NO_SYNONYMS) -> None:
        self._tools = tuple(tools)
        self._synonyms = {
            said: (*synonyms.get(said, ()), *LIKE.get(said, ())) for said in synonyms.keys() | LIKE.keys()
        }
        self._things = [frozenset(split_words(tool.resource)) for tool in self._tools]
        counted = [_weighed(tool) for tool in self._tools]
        lengths = [sum(words.values()) for words in counted]
        usual = sum(lengths) / len(lengths) if lengths else 1.0
        found_in = Counter(word for words in counted for word in words)
        self._places: dict[str, list[tuple[int, float]]] = {}
        for at, words in enumerate(counted):
            damp = SATURATION * (1 - LENGTH_MATTERS + LENGTH_MATTERS * lengths[at] / usual)
            for word, weight in words.items():
                rarity = log(1 + (len(counted) - found_in[word] + 0.5) / (found_in[word] + 0.5))
                score = rarity * weight * (SATURATION + 1) / (weight + damp)
                self._places.setdefault(word, []).append((at, score))

    def search(self, query: str) -> list[Tool]:
        """Return the tools that have any of the words, the best first; of equals the first by name."""
        asked = _asked(query)
        scores: Counter[int] = Counter()
        matched: Counter[int] = Counter()
        for word in asked:
            best: dict[int, float] = {}
            for each, share in self._meant(word):
                for at, score in self._places[each]:
                    best[at] = max(best.get(at, 0.0), share * score)
            scores.update(best)
            matched.update(best.keys())
        said = frozenset(asked).union(*(self._synonyms.get(word, ()) for word in asked))
        whole = max(len(asked), 1)
        ranked = {
            at: score * (0.4 + 0.6 * matched[at] / whole) * self._fit(at, said)
            for at, score in scores.items()
        }
        order = sorted(ranked, key=lambda at: (-round(ranked[at], EXACT_DIGITS), self._tools[at].name))
        return [self._tools[at] for at in order]

    def _fit(self, at: int, said: frozenset[str]) -> float:
        """More for a tool whose resource has no word that was not said: customers, rather than customer types."""
        thing = self._things[at]
        share = len(thing & said) / len(thing) if thing else 0.0
        return READ_FIRST.get(self._tools[at].method, 1.0) * (0.75 + 0.25 * share)

    def _meant(self, word: str) -> Sequence[tuple[str, float]]:
        """Return the words of the index that a word stands for, and for how much each counts."""
        meant = [(each, LIKE_IT) for each in self._synonyms.get(word, ()) if each in self._places]
        if word in self._places:
            return [(word, 1.0), *meant]
        if meant:
            return meant
        if len(word) > 2:
            begins = [each for each in self._places if each.startswith(word)]
            if begins:
                return [(each, BEGINS_SO) for each in sorted(begins, key=len)[:MOST_BEGINNINGS]]
        return [(each, BEGINS_SO) for each in self._nearest(word)]

    def _nearest(self, word: str) -> list[str]:
        """Return a word that was mistyped: it is looked for among those of about its length that begin as it does."""
        likely = [each for each in self._places if each[0] == word[0] and abs(len(each) - len(word)) < 3]
        return difflib.get_close_matches(word[:40], likely, n=1, cutoff=0.75)


def split_words(text: str) -> list[str]:
    """Return the words of a text in lower case, without plural endings; `DisplayName_contains` has three."""
    return [_singular(word) for word in _WORD.findall(_INSIDE.sub(" ", text).lower())]


def _asked(query: str) -> list[str]:
    words = dict.fromkeys(split_words(query[:LONGEST_QUERY]))
    return [word for word in words if word not in STOP_WORDS][:MOST_WORDS] or list(words)[:MOST_WORDS]


def _weighed(tool: Tool) -> dict[str, float]:
    """Every word of a tool, with what it counts by its places."""
    sentence = cut_first_sentence(tool.description)
    return _counted(
        (
            (NAME, f"{tool.name} {tool.resource} {tool.method}"),
            (TITLE, tool.title),
            (TAGS, " ".join(tool.tags)),
            (SENTENCE, sentence),
            (ARGUMENTS, " ".join(orjson.loads(tool.schema).get("properties", ()))),
            (REST, tool.description[len(sentence) :]),
        )
    )


@lru_cache(maxsize=1024)
def _counted(places: tuple[tuple[float, str], ...]) -> dict[str, float]:
    """Return the words of some texts, each with its weight. Cached, because the same tools are in many toolsets."""
    weighed: dict[str, float] = {}
    for weight, text in places:
        for word in split_words(text):
            weighed[word] = weighed.get(word, 0.0) + weight
    return weighed


@lru_cache(maxsize=8192)
def _singular(word: str) -> str:
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    return word[:-2] if word.endswith(("sses", "xes", "ches", "shes")) else word[:-1]
