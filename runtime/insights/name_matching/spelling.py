"""Names without what people write now this way, now that: capitals, accents, punctuation, legal forms, abbreviations.

Called by `evidence` and `near_names`. Two names with one key are the same to a reader. A name that is nothing but a
legal form or punctuation stays as far as it has letters, so that it is compared with what it says.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

LONGEST_NAME = 200
"""Characters of a name that are compared: vendors take up to 500, and none in use is as long as this."""
FIRST_ACCENT = 200
"""Combining classes from here on are accents; those below belong to letters of scripts that are no Latin ones."""
_OTHER_LETTERS = str.maketrans(
    {"ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "þ": "th", "\u0131": "i", "&": " and ", "+": " and "}
)
"""Letters that have no accent to be taken away, and signs for a word."""
_APOSTROPHES = re.compile("['`\u00b4\u02bc\u2018\u2019]")
_INITIALS = re.compile(r"\b(\w)\.(?=\w\b)")
_GAP = re.compile(r"[\W_]+")
_TRADING_AS = re.compile(
    r"\s(?:d/?b/?a|t/a|trading as|doing business as|formerly|f/k/a|a/k/a|aka)[\s:.]+", re.IGNORECASE
)
_WORDS = """
intl international|int international|mfg manufacturing|mfr manufacturing|svc service|svcs service
services service|serv service|assoc associates|assocs associates|associate associates|bros brothers|ctr center
centre center|centers center|tech technology|technologies technology|techs technology|grp group|groups group
dept department|univ university|sys systems|system systems|sol solutions|solns solutions|solution solutions
mgmt management|mgt management|natl national|nat national|govt government|hosp hospital|ins insurance
inst institute|dist distribution|distr distribution|eng engineering|engr engineering|constr construction
const construction|ent enterprises|entp enterprises|enterprise enterprises|prop properties|props properties
property properties|ptnrs partners|ptrs partners|partner partners|labs laboratories|lab laboratories
laboratory laboratories|med medical|fin financial|equip equipment|indus industries|ind industries
industry industries|inds industries|n north|s south|e east|w west|mt mount|ft fort|cnty county
comm communications|telecom telecommunications|advtg advertising|mktg marketing|acctg accounting|atty attorneys
attys attorneys|transp transportation|trans transportation|phys physicians|orthopaedics orthopedics
orthopaedic orthopedic
"""
_ABBREVIATIONS = dict(pair.split() for pair in _WORDS.replace("\n", "|").split("|") if pair)
"""What stands for a word, and the word: those that occur in the names of American and European companies."""
_FORMS_TEXT = """
inc incorporated llc ltd limited corp corporation co company plc lp llp lllp pllc pc pa apc gmbh mbh ag kg kgaa
ohg gbr ug eg ev sa sas sarl srl spa snc bv nv vof ab asa oy oyj aps pty pte pvt bhd sdn kk gk cc sl slu lda doo
sro zrt kft as
"""
_LEGAL_FORMS = frozenset(_FORMS_TEXT.split())
_DROPPED = frozenset({"and", "the"})


@lru_cache(maxsize=32_768)  # both sides of the largest mapping, several names each
def list_words(name: str) -> tuple[str, ...]:
    """Return the words of a name as they are compared."""
    words = [_ABBREVIATIONS.get(each, each) for each in _split(name)]
    wanted = [each for each in words if each not in _DROPPED] or words
    return tuple(_drop_legal_forms(wanted))


def make_name_key(name: str) -> str:
    """Return what two names have in common that are the same to a reader; empty where nothing is to be read."""
    return " ".join(list_words(name))


def make_exact_key(name: str) -> str:
    """Return a name by which only its spaces and capitals are equal to another's."""
    return " ".join(unicodedata.normalize("NFC", name[:LONGEST_NAME]).split()).casefold()


def list_aliases(name: str) -> list[str]:
    """Return a name, and each part of one that names a company and what it trades as."""
    parts = [each.strip() for each in _TRADING_AS.split(name[:LONGEST_NAME])]
    return [name, *(each for each in parts if each)] if len(parts) > 1 else [name]


def make_initials(words: tuple[str, ...]) -> str:
    """Return the first letters of words; empty where they are too few to say anything."""
    return "".join(each[0] for each in words) if len(words) > 2 else ""


def _split(name: str) -> list[str]:
    text = unicodedata.normalize("NFKD", name[:LONGEST_NAME]).casefold().translate(_OTHER_LETTERS)
    text = "".join(each for each in text if unicodedata.combining(each) < FIRST_ACCENT)
    text = _INITIALS.sub(r"\1", _APOSTROPHES.sub("", text))
    return _GAP.sub(" ", text).split()


def _drop_legal_forms(words: list[str]) -> list[str]:
    """Return words without the legal forms at their end, of which there may be several, unless nothing were left."""
    end = len(words)
    while end > 1 and words[end - 1] in _LEGAL_FORMS:
        end -= 1
    return words[:end]
