"""From the vendor's HTTP answer to a value, or to one of our errors with advice. By the definition alone.

JSON and XML are read alike: an XML element becomes an object of its attributes and children. What is neither
(an HTML page of a proxy, half a body) is an error that says so, and so is a success without what it should hold.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import Any

import msgspec
import orjson

from generator.vendor import Advice, ErrorRules, Integration, RateLimit
from runtime.errors import Indeterminate, LedgerportError, RateLimited, VendorRefused, VendorUnavailable
from runtime.logs import LONGEST_READ, blank_private_numbers
from runtime.upstream import figures
from runtime.upstream.advice import Attempt, choose, cut_echo
from runtime.upstream.client import VendorResponse
from runtime.upstream.fragments import extract_words, find_complaint
from runtime.upstream.rate_limit_errors import explain_refusal
from runtime.upstream.xml_values import read_xml

NO_ATTEMPT = Attempt()
LOOK_FIRST = "Look whether it is there before you send it again."
TRY_LATER = "The service failed. Try again in a minute, and ask for less if it repeats."
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])

KIND_OF_STATUS = {401: "reconnect", 403: "forbidden", 404: "not_found", 409: "conflict", 422: "invalid"}
FAILED = range(400, 600)
"""The statuses that say why something failed. Others, up to 999, are an error of the vendor's own."""
MOST_COMPLAINTS = 10
"""As many as fit into an answer whole."""
LONGEST_COMPLAINT = 1000
"""Characters. The longest sentences of known vendors have about 300."""
LONGEST_CODE = 100
"""Characters. Codes are numbers or short names."""
TRACE = re.compile(r"(?=.*[A-Fa-f])[0-9A-Fa-f]{1,8}(?:-[0-9A-Fa-f]{4,8}){1,3}-[0-9A-Fa-f]{12,24}")
"""A trace in its usual forms, a UUID or `1-<time>-<random>`; no token or private number looks so."""
LONGEST_KIND = 60
"""Characters of a content type that an error repeats."""
LONGEST_DATE = 64
"""Characters; an HTTP date has 29."""
LONGEST_FIELD = 4096
"""Characters of a header field that are read."""
LONGEST_ASKED_WAIT = 32 * 86_400
"""Seconds. No quota is counted over more than a month, so a longer wait is garbage."""
MOST_VALUES = 2_000_000
"""Values in one answer. A page of 1,000 invoices with 20 lines each has about 500,000; a value takes about 60 bytes of
memory however short it is written, so that 64 MiB of empty objects would take more than a gigabyte.
"""
WORTH_COUNTING = 2 * MOST_VALUES
"""Bytes. Less cannot hold more values: each has one byte and one that separates it from the next."""
BOM = b"\xef\xbb\xbf"
LOST_STATUSES = frozenset({500, 502, 504})
"""Answers of a gateway that do not say whether the work behind it was done."""


class UnexpectedShape(ValueError):
    """An answer that can be read, but is not what was asked for."""


class OtherRecords(UnexpectedShape):
    """An answer with something else where its records should stand. Its text says what came, in the vendor's names."""


def read_value(response: VendorResponse, *, is_exact: bool = False) -> Any:
    """Return the body as a value; None when it is empty. `is_exact` leaves its figures as they were written, to be
    passed on.

    Raises ValueError when it is neither JSON nor XML, or has more values than can be held.
    """
    body = response.body.removeprefix(BOM).strip()
    if not body:
        return None
    if body[:1] == b"<" and b"<html" not in body[:200].lower() and b"<!doctype" not in body[:200].lower():
        check_count(body, b"<")
        return read_xml(body)
    check_count(body, b",")
    return figures.read(body) if is_exact else orjson.loads(body)


def check_count(body: bytes, separator: bytes) -> None:
    """Raise ValueError for too many values. They are counted by what separates them, before any is made."""
    if len(body) > WORTH_COUNTING and body.count(separator) > MOST_VALUES:
        raise ValueError("too many values")


def read_field(response: VendorResponse, name: str) -> str:
    """Return a header field in ASCII, cut to a bound; empty when it is not there. Other characters become question
    marks.
    """
    found = response.headers.get(name.lower(), "") if name else ""
    return found[:LONGEST_FIELD].encode("ascii", "replace").decode()


def record_text(response: VendorResponse, path: tuple[str, ...], rules: ErrorRules) -> bytes | None:
    """Return the record of a plain success, cut out as the vendor wrote it, so that every figure stays as it is.

    None for anything that has to be read more closely: an error, another shape, a longer path.
    """
    if response.status != 200 or len(path) != 1:
        return None
    try:
        members = _members.decode(response.body)
        text = bytes(members.get(path[0], b"null"))
        if not text.isascii():
            text.decode()
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    is_error = any(each and each[0] in members for each in rules.list)
    return None if is_error or text[:1] not in (b"{", b"[") else text


def read_member(text: bytes, name: str) -> str:
    """Return a short text or number in a record that is written as JSON; empty for anything else."""
    try:
        found = figures.read(figures.split_members(text).get(name, b"null"))
    except ValueError:
        return ""
    return str(found) if isinstance(found, (str, int)) and len(str(found)) <= LONGEST_CODE else ""


def follow_path(value: Any, path: tuple[str, ...]) -> Any:
    """Return what a dotted path leads to; None where there is nothing.

    A number is a place in a list, from 0. `*` is the one list of an object whose name differs from call to call.
    """
    for name in path:
        if isinstance(value, dict):
            value = _only_list(value) if name == "*" else value.get(name)
        elif isinstance(value, list) and name.isascii() and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        else:
            return None
    return value


def holds_records(value: Any, path: tuple[str, ...]) -> bool:
    """Return whether a success has the place where a list stands. An empty body is not an empty list."""
    place = follow_path(value, path[:-1])
    return isinstance(place, dict if path else list)


def holds_record(value: Any, path: tuple[str, ...]) -> bool:
    """Return whether a success has a record, or the place where one stands."""
    found = follow_path(value, path)
    return isinstance(value, dict) if found is None else isinstance(found, (dict, list))


def find_records(value: Any, path: tuple[str, ...], beside: tuple[str, ...] = ()) -> list[Any]:
    """Return the records of a list answer. Raises UnexpectedShape when there is something else in their place.

    XML writes a list of one as the record alone, and an empty one as an empty text. `beside` are names that may stand
    where the records would, and are none.
    """
    found = follow_path(value, path)
    if found is None:
        _refuse_others(follow_path(value, path[:-1]), path, beside)
    if found is None or found == "":
        return []
    if isinstance(found, dict):
        return [found]
    if not isinstance(found, list):
        raise UnexpectedShape("the records are no list")
    return found


def _refuse_others(place: Any, path: tuple[str, ...], beside: tuple[str, ...]) -> None:
    """Raise OtherRecords for a list or an object under another name than the records have: they are not "none"."""
    if not isinstance(place, dict) or path[-1:] == ("*",) or path[-1] in place:
        return
    others = (name for name, each in place.items() if each and isinstance(each, (list, dict)))
    came = [f'"{blank_private_numbers(name, LONGEST_CODE)}"' for name in others if name not in beside]
    if came:
        raise OtherRecords(f'{", ".join(came[:MOST_COMPLAINTS])} where "{path[-1]}" was expected')


def _only_list(value: dict[str, Any]) -> Any:
    return next((each for each in value.values() if isinstance(each, list)), None)


def find_error(
    response: VendorResponse,
    value: Any,
    integration: Integration,
    *,
    changes_data: bool,
    attempt: Attempt = NO_ATTEMPT,
) -> LedgerportError | None:
    """Return the error that an answer is; None when it is none. `changes_data` decides what a broken answer means,
    and
    `attempt` is the call, by which advice is chosen.
    """
    rules = integration.errors
    trace = find_trace(rules, response)
    complaints = list(islice(_complaints(rules, value), MOST_COMPLAINTS))
    if _is_limited(integration, response, complaints):
        return _rate_limited(integration, response, trace)
    if response.status < 300 and not complaints:
        return None
    if complaints:
        return _refused(integration, response, complaints, trace, attempt, changes_data=changes_data)
    return _unexplained(integration, response, trace, changes_data=changes_data)


def explain_unreadable(
    integration: Integration,
    response: VendorResponse,
    *,
    changes_data: bool,
    cause: Exception | None = None,
    attempt: Attempt = NO_ATTEMPT,
) -> LedgerportError:
    """Return the error for a body that is neither JSON nor XML, or holds nothing of what was asked for."""
    trace = find_trace(integration.errors, response)
    kind = read_field(response, "content-type").split(";")[0].strip() or "no content type"
    if response.status in integration.rate_limit.statuses:
        return _rate_limited(integration, response, trace)
    if response.status >= 400:
        part = find_complaint(response.body, integration.errors)
        failure = find_error(response, part, integration, changes_data=changes_data, attempt=attempt)
        return failure or _unexplained(integration, response, trace, changes_data=changes_data)
    if isinstance(cause, OtherRecords):
        return VendorUnavailable(
            f"{integration.title} answered with {cause}: that cannot be read, and does not mean that there are none.",
            advice="Calling again does not help: the definition of this tool has to name what came.",
            trace=trace,
        )
    kind = blank_private_numbers(kind, LONGEST_KIND)
    message = f"{integration.title} answered with something that cannot be read ({kind}, or cut short)."
    if changes_data:
        return Indeterminate(
            message + " The change may have been made or not.", advice=LOOK_FIRST, trace=trace
        )
    return VendorUnavailable(message, advice="Nothing was changed. Try again in a minute.", trace=trace)


def wait_seconds(rate_limit: RateLimit, headers: Mapping[str, str], now: float) -> int | None:
    """How many seconds the vendor asks to wait; None when it does not say."""
    text = headers.get(rate_limit.reset_header.lower(), "") if rate_limit.reset_header else ""
    if re.fullmatch(r"[0-9]{1,12}", text):
        if rate_limit.reset_unit != "epoch_seconds":
            wait = int(text)
            return max(1, wait) if wait <= LONGEST_ASKED_WAIT else None
        return _until(rate_limit, int(text), now)
    moment = _moment(text)
    return None if moment is None else _until(rate_limit, moment, now)


def _moment(text: str) -> float | None:
    """Return an HTTP date as seconds since the epoch; None when the text is none."""
    if not 0 < len(text) <= LONGEST_DATE:
        return None
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError, OSError):
        return None


def _until(rate_limit: RateLimit, moment: float, now: float) -> int | None:
    """Return the seconds until a moment that the vendor named, no more than its widest window: our clock may be
    wrong.

    None for one that no limit lasts until.
    """
    wait = max(1, round(moment - now))
    if wait > LONGEST_ASKED_WAIT:
        return None
    return min(wait, max(each.seconds for each in rate_limit.windows)) if rate_limit.windows else wait


def find_trace(rules: ErrorRules, response: VendorResponse) -> str:
    """Return the vendor's own name for a request, by which its support finds it; empty when it gave none."""
    trace = read_field(response, rules.trace_header)
    return trace if TRACE.fullmatch(trace) else blank_private_numbers(trace, LONGEST_CODE)


def _complaints(rules: ErrorRules, value: Any) -> Iterator[Mapping[str, Any]]:
    for path in rules.list or ((),):
        if path and not (isinstance(value, dict) and path[0] in value):
            continue
        found = follow_path(value, path)
        if isinstance(found, dict):
            found = [found]
        if isinstance(found, list):
            whole = {name: follow_path(value, path) for name, path in rules.shared.items()}
            yield from (
                {**whole, **each} for each in found if isinstance(each, dict) and _has_complaint(rules, each)
            )


def _has_complaint(rules: ErrorRules, each: Mapping[str, Any]) -> bool:
    return _word(each, rules.code) != "" or _word(each, rules.message) != ""


def _word(complaint: Mapping[str, Any], keys: Iterable[str]) -> str:
    """Return what a complaint has under the first of some keys that it has: a text or a number; else nothing.

    It is cut to what is read of it, and not cleaned yet.
    """
    said = (complaint[key] for key in keys if complaint.get(key) is not None)
    found = figures.read_number(next(said, None))
    return str(found)[:LONGEST_READ].strip() if isinstance(found, (str, int, float)) else ""


def _is_limited(
    integration: Integration, response: VendorResponse, complaints: list[Mapping[str, Any]]
) -> bool:
    rate_limit, rules = integration.rate_limit, integration.errors
    if response.status in rate_limit.statuses:
        return True
    return any(_word(each, rules.code) in rate_limit.codes for each in complaints)


def _rate_limited(integration: Integration, response: VendorResponse, trace: str) -> RateLimited:
    wait = wait_seconds(integration.rate_limit, response.headers, time.time())
    return explain_refusal(
        integration.title,
        wait or integration.rate_limit.reset_default,
        is_from_vendor=wait is not None,
        trace=trace,
    )


def _refused(
    integration: Integration,
    response: VendorResponse,
    complaints: list[Mapping[str, Any]],
    trace: str,
    attempt: Attempt,
    *,
    changes_data: bool,
) -> LedgerportError:
    rules = integration.errors
    code = _word(complaints[0], rules.code)
    known = rules.advice.get(code) or rules.advice.get(code.lstrip("0"))
    fallback = KIND_OF_STATUS.get(response.status, "invalid" if response.status < 500 else "unavailable")
    known = known or Advice(fallback, TRY_LATER if fallback == "unavailable" else "")
    said = " | ".join(dict.fromkeys(_sentence(rules, each, attempt) for each in complaints))
    vendor_code = blank_private_numbers(code, LONGEST_CODE)
    if changes_data and response.status in LOST_STATUSES and known.kind == "unavailable":
        return Indeterminate(
            f"{integration.title} failed: {said}. The change may have been made or not.",
            advice=LOOK_FIRST,
            vendor_code=vendor_code,
            trace=trace,
        ).quote(said)
    first = complaints[0]
    said_first = f"{_word(first, rules.message)} {_word(first, rules.detail)}"
    advice = choose(known, said_first, _word(first, rules.element), attempt)
    return VendorRefused(
        f"{integration.title} refused: {_ended(said)}",
        status=response.status if response.status in FAILED else 400,
        kind=known.kind,
        advice="" if _is_said_in(advice, said) else advice,
        vendor_code=vendor_code,
        trace=trace,
    ).quote(said)


def _sentence(rules: ErrorRules, complaint: Mapping[str, Any], attempt: Attempt) -> str:
    """Message, detail and element of a complaint, nothing of it twice, without secrets and long texts of the caller."""
    message, detail = _word(complaint, rules.message), _word(complaint, rules.detail)
    element = _word(complaint, rules.element)
    if _is_said_in(message, detail) or _is_said_in(detail, message):
        text = max(message, detail, key=len)
    else:
        text = f"{message}: {detail}"
    text = cut_echo(text, attempt)
    place = f" (at {element})" if element and element not in text else ""
    return _cut(blank_private_numbers(f"{text}{place}", LONGEST_READ))


def _cut(text: str) -> str:
    """Return a text that is no longer than a complaint may be; where it was cut, it says so."""
    if len(text) <= LONGEST_COMPLAINT:
        return text
    return f"{text[:LONGEST_COMPLAINT].rstrip()}… (cut at {LONGEST_COMPLAINT:,} characters)"


def _is_said_in(text: str, other: str) -> bool:
    """Whether a text stands in another already, whatever the case of its letters and its end."""
    return text.strip(" .").casefold() in other.casefold()


def _ended(text: str) -> str:
    """Return the text with a full stop, so that what follows is another sentence."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _unexplained(
    integration: Integration, response: VendorResponse, trace: str, *, changes_data: bool
) -> LedgerportError:
    words = extract_words(response.body)
    if 300 <= response.status < 400:
        return VendorUnavailable(
            f"{integration.title} answered with a redirect ({response.status}), which is not followed.",
            trace=trace,
        )
    if response.status < 500:
        kind = KIND_OF_STATUS.get(response.status, "invalid")
        return VendorRefused(
            f"{integration.title} answered {response.status}{f': {words}' if words else ' without saying why.'}",
            status=response.status,
            kind=kind,
            trace=trace,
        ).quote(words)
    if changes_data and (response.status in LOST_STATUSES or response.status not in FAILED):
        return Indeterminate(
            f"{integration.title} answered {response.status}{f' ({words})' if words else ''}: "
            "the change may have been made or not.",
            advice=LOOK_FIRST,
            trace=trace,
        ).quote(words)
    return VendorUnavailable(
        f"{integration.title} is not answering properly ({response.status}){f': {words}' if words else '.'}",
        advice="Nothing was changed. Try again in a minute.",
        trace=trace,
    ).quote(words)
