"""Web domains, phone numbers and addresses as keys that are equal where two parties have the same one.

Called by `evidence`. What many share, such as the domain of a mail provider, is none.
"""

from __future__ import annotations

import re

from runtime.insights.name_matching.parties import PostalAddress
from runtime.insights.name_matching.spelling import list_words

LONGEST_DETAIL = 300
"""Characters of a detail that are looked at; the longest e-mail address has 254 (RFC 5321)."""
FEWEST_DIGITS = 7
"""Digits of a phone number: a local one without its area."""
COMPARED_DIGITS = 10
"""Digits of a phone number that are compared: a number of North America without its country, and enough elsewhere."""
_HOST = re.compile(r"[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+")
_EXTENSION = re.compile(r"(?:ext|x|#|;).*", re.IGNORECASE | re.DOTALL)
_HOUSE = re.compile(r"(?:^|\s)([0-9]{1,6})[a-z]?\b", re.IGNORECASE)
_UNIT = re.compile(r"\b(?:suite|ste|unit|floor|fl|apt|#)\b.*", re.IGNORECASE | re.DOTALL)
_SHARED_TEXT = """
gmail.com googlemail.com google.com yahoo.com yahoo.co.uk ymail.com hotmail.com hotmail.co.uk outlook.com
live.com msn.com aol.com icloud.com me.com mac.com protonmail.com proton.me gmx.com gmx.de gmx.net web.de
mail.com zoho.com comcast.net att.net sbcglobal.net verizon.net bellsouth.net cox.net charter.net earthlink.net
rr.com juno.com btinternet.com orange.fr free.fr wanadoo.fr t-online.de libero.it qq.com 163.com facebook.com
linkedin.com instagram.com twitter.com x.com wixsite.com wordpress.com blogspot.com squarespace.com
business.site weebly.com github.io onmicrosoft.com godaddysites.com etsy.com shopify.com myshopify.com
example.com
"""
_SHARED_DOMAINS = frozenset(_SHARED_TEXT.split())
"""Domains under which anybody has a mailbox or a page."""
_SECOND_LEVELS = frozenset({"co", "com", "org", "net", "ac", "gov", "edu", "ltd", "plc"})
_STREETS = {"street": "st", "avenue": "ave", "road": "rd", "drive": "dr", "lane": "ln", "boulevard": "blvd",
            "parkway": "pkwy", "highway": "hwy", "court": "ct", "place": "pl", "square": "sq"}  # fmt: skip
_DIRECTIONS = frozenset({"north", "south", "east", "west", "ne", "nw", "se", "sw"})


def make_domain_key(site: str) -> str:
    """Return the domain that a web address or an e-mail address belongs to; empty for a shared or an unreadable one."""
    text = site[:LONGEST_DETAIL].strip().casefold()
    host = text.rpartition("@")[2] if "@" in text else text.partition("://")[2] or text
    host = re.split(r"[/?#:\s,;>]", host, maxsplit=1)[0].strip(".")
    if not _HOST.fullmatch(host) or re.fullmatch(r"[0-9.]+", host):
        return ""
    labels = host.split(".")
    count = 3 if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVELS else 2
    domain = ".".join(labels[-count:])
    return "" if domain in _SHARED_DOMAINS else domain


def make_phone_key(phone: str) -> str:
    """Return the digits of a phone number that are compared; empty where they are too few or say nothing."""
    digits = re.sub(r"[^0-9]", "", _EXTENSION.sub("", phone[:LONGEST_DETAIL]))[-COMPARED_DIGITS:]
    return digits if len(digits) >= FEWEST_DIGITS and len(set(digits)) > 2 else ""


def make_address_key(address: PostalAddress) -> str:
    """Return the house, the street and the postal code of an address; empty where one of them is not there."""
    street = _UNIT.sub("", address.street[:LONGEST_DETAIL])
    house = _HOUSE.search(street)
    code = re.sub(r"[^0-9a-z]", "", address.postal_code[:LONGEST_DETAIL].casefold())
    code = code[:5] if re.fullmatch(r"[0-9]+", code) else code
    words = [_STREETS.get(each, each) for each in list_words(street) if each[0] not in "0123456789"]
    words = [each for each in words if each not in _DIRECTIONS] or words
    return f"{house[1]} {words[0]} {code}" if house and words and code else ""
