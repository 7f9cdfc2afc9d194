"""One line per event with fields: JSON in production, text for people. Nothing that looks like a secret gets out.

Secrets are not put into events in the first place; the filter is a second check, for what libraries log and for
what a string from a client may carry.
"""

from __future__ import annotations

import contextlib
import logging
import re
import sys
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TextIO

import orjson

from runtime.request_ids import CURRENT

Log = Callable[..., None]
"""`log(event, **fields)`: one line."""

_NAMED = r"(?P<key>\b(?:{names})[\"']?\s*[=:]\s*[\"']?)[^\s\"'&,}}]+"
_CREDENTIALS = (
    r"(?P<path>/(?:mcp|sse|files)/)[^/\s?\"'#]+"
    r"|(?P<scheme>\b(?:authorization[\"']?\s{0,4}[=:]\s{0,4}[\"']?)?(?:Bearer|Basic)\s+)[^\s\"',]+"
    r"|\blp[a-z]*_[A-Za-z0-9_-]{16,}"
)
_OPAQUE = r"(?<![A-Za-z0-9_-])(?=[A-Za-z0-9_-]*\d)[A-Za-z0-9_-]{40,}"
"""A long run of what tokens are made of. It is looked at from its beginning only: from each of its words, which a
boundary would do, takes quadratic time for a run such as `a-a-a-`.
"""
_TOKENS = "access_token|refresh_token|id_token|client_secret|authorization|token|password|secret"
SECRETS = re.compile(
    "|".join((_CREDENTIALS, _NAMED.format(names=f"{_TOKENS}|code|state"), _OPAQUE)), re.IGNORECASE
)

_SIGNED_IN = re.compile(r"(?<=://)[^\s/@\"'<>]+(?=@)")
"""Who signs in to an address, and with which password."""
_QUERY = re.compile(r"(://[^\s?\"'<>]{0,300}\?)[^\s\"'<>]+")
"""The query of an address, in which platforms and receivers of webhooks have keys. The bound limits what is looked at
from each `://` of many without a query.
"""

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![A-Za-z0-9_+=-])"
_OPAQUE_SAID = (
    r"\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]+)*"  # a JSON Web Token
    rf"|(?<![A-Za-z0-9_+=-])(?!{_UUID})(?=[A-Za-z_+=-]*\d)(?=[\d_+=-]*[A-Za-z])[A-Za-z0-9_+=-]{{32,}}"
)
_LABELLED = (
    r"(?P<label>\b(?:(?:account|acct|routing|card)[ _-]?(?:number|num|no\.?|#)|iban|ssn|sin|ein|social security number"
    r"|tax ?id|tax identifier)[\s:=#\"']{1,4}(?:is\s)?[\"']?)(?=[A-Z-]{0,8}\d[\d -]{4})[A-Z0-9-]{6,34}"
)
_SAID = re.compile(
    "|".join((_CREDENTIALS, _NAMED.format(names=_TOKENS), _OPAQUE_SAID, _LABELLED, r"\b\d{3}-\d{2}-\d{4}\b")),
    re.IGNORECASE,
)
_CARD = re.compile(
    r"(?<![\d.,-])(?:\d{12,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{1,7}|\d{4}[ -]\d{6}[ -]\d{5})(?![\d-])"
)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}[A-Z0-9]{11,30}\b")
LONGEST_READ = 20_000
"""Characters of a vendor's sentence that are looked at. What follows is dropped, so that no half of a secret stays."""
_NOT_SHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""What would begin another line, or cannot be written."""
LARGEST_CACHED = 200
"""Characters. Names of tools and events, which come again, are shorter; longer texts seldom come twice."""


def blank_secrets(text: str) -> str:
    """Return the text with whatever looks like a token, a credential or a secret address blanked."""
    text = SECRETS.sub(_blanked, text)
    if "://" not in text:
        return text
    return _QUERY.sub(r"\1[secret]", _SIGNED_IN.sub("[secret]", text))


def blank_private_numbers(text: str, longest: int) -> str:
    """Return what somebody else said, without secrets and private numbers, cut to `longest` characters.

    Ids, amounts, dates, document numbers and UUIDs stay: a number goes when its shape is that of a social security
    number, when it is named as one that is private, or when it is 12 to 19 digits with the check digit of a card.
    """
    clean = _SAID.sub(_blanked, text[:LONGEST_READ])
    clean = _IBAN.sub(_without_iban, _CARD.sub(_without_card, clean))
    return clean if len(clean) <= longest else f"{clean[: longest - 1]}…"


def _blanked(found: re.Match[str]) -> str:
    groups = found.groupdict()
    return f"{groups['path'] or groups['scheme'] or groups['key'] or groups.get('label') or ''}[secret]"


def _without_card(found: re.Match[str]) -> str:
    digits = [int(each) for each in found[0] if each.isdecimal()]
    doubled = [each * 2 - 9 if each > 4 else each * 2 for each in digits[-2::-2]]
    is_card = digits[0] in (2, 3, 4, 5, 6) and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
    return "[secret]" if is_card else found[0]


def _without_iban(found: re.Match[str]) -> str:
    turned = found[0][4:] + found[0][:4]
    return "[secret]" if int("".join(str(int(each, 36)) for each in turned)) % 97 == 1 else found[0]


def _in_a_line(text: str) -> str:
    """Return a text as it may stand in a line: no secrets, no line ends."""
    if not text.isprintable():
        text = _NOT_SHOWN.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
    return blank_secrets(text)


_known = lru_cache(maxsize=4096)(_in_a_line)
"""The same for the short words that lines have in common: ids, names of tools, codes."""


def _clean(value: Any) -> Any:
    if value is None or isinstance(value, (int, float)):
        return value
    text = value if isinstance(value, str) else str(value)
    return _known(text) if len(text) <= LARGEST_CACHED else _in_a_line(text)


def find_failing_line(error: Exception) -> str:
    """Return file and line of a failure: what can be logged of it without a value that a client sent."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""


def make_log(style: str, stream: TextIO | None = None) -> Log:
    """Return a log that writes `json` or `text` lines to a stream, standard output when none is given."""
    out = stream or sys.stdout

    def log(event: str, **fields: Any) -> None:
        if request_id := CURRENT.get():
            fields["request"] = request_id
        clean = {name: _clean(value) for name, value in fields.items()}
        if style == "json":
            line = orjson.dumps({"time": time.time(), "event": event, **clean}).decode()
        else:
            words = " ".join(f"{name}={value}" for name, value in clean.items() if value not in (None, ""))
            line = f"{time.strftime('%H:%M:%S', time.gmtime())} {event} {words}"
        with contextlib.suppress(OSError):  # a full disk or a closed pipe must not fail what is logged
            out.write(line + "\n")
            out.flush()

    return log


class SecretFilter(logging.Filter):
    """Blanks secrets in what libraries log."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record's message; it always passes."""
        record.msg, record.args = blank_secrets(record.getMessage()), None
        if record.exc_info and record.exc_info[1] is not None:
            record.exc_text = blank_secrets(logging.Formatter().formatException(record.exc_info))
        record.stack_info = record.stack_info and blank_secrets(record.stack_info)
        return True


def configure_libraries() -> None:
    """Send what libraries log through the filter, from warnings up.

    Not what is wrong with a form that a client sends: the answer says that, and many of them would fill the log.
    """
    handler = logging.StreamHandler()
    handler.addFilter(SecretFilter())
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("python_multipart").setLevel(logging.ERROR)
