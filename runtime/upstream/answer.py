"""From the vendor's HTTP answer to a value, or to one of our errors with advice. By the definition alone.

JSON and XML are read alike: an XML element becomes an object of its attributes and children. What is neither
(an HTML page of a proxy, half a body) is an error that says so, and so is a success without what it should hold.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from xml.etree import ElementTree

import msgspec
import orjson

from generator.catalog import Advice, ErrorRules, Integration, RateLimit, Returns
from runtime.errors import Indeterminate, LedgerportError, RateLimited, VendorRefused, VendorUnavailable
from runtime.upstream.client import VendorResponse

LOOK_FIRST = "Look whether it is there before you send it again."
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])

NO_CONTENT = 204
KIND_OF_STATUS = {401: "reconnect", 403: "forbidden", 404: "not_found", 409: "conflict", 422: "invalid"}
BOM = b"\xef\xbb\xbf"
LOST_STATUSES = frozenset({500, 502, 504})
"""Answers of a gateway that do not tell whether the work behind it was done."""


def value_of(response: VendorResponse) -> Any:
    """The body as a value; None when it is empty. Raises ValueError when it is neither JSON nor XML."""
    body = response.body.removeprefix(BOM).strip()
    if not body:
        return None
    if body[:1] == b"<" and b"<html" not in body[:200].lower() and b"<!doctype" not in body[:200].lower():
        return _from_xml(body)
    return orjson.loads(body)


def record_text(response: VendorResponse, path: tuple[str, ...], rules: ErrorRules) -> str | None:
    """The record of a plain success, cut out as the vendor wrote it, so that every figure stays as it is.

    None for anything that has to be read more closely: an error, another shape, a longer path.
    """
    if response.status != 200 or len(path) != 1:
        return None
    try:
        members = _members.decode(response.body)
        text = bytes(members.get(path[0], b"null")).decode()
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    is_error = any(each and each[0] in members for each in rules.list)
    return None if is_error or text == "null" else text


def at(value: Any, path: tuple[str, ...]) -> Any:
    """What a dotted path leads to; None where there is nothing.

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


def is_told(response: VendorResponse, value: Any, returns: Returns, *, changes_data: bool) -> bool:
    """Whether a success holds what a tool answers, or where that would stand when there is none of it.

    An empty body is no list of nothing: it tells nothing, unless its status says that a change was made.
    """
    if returns.kind == "records":
        place = at(value, returns.path[:-1])
        return isinstance(place, dict if returns.path else list)
    if value is None:
        return changes_data and response.status == NO_CONTENT
    return isinstance(value, (dict, list))


def _only_list(value: dict[str, Any]) -> Any:
    return next((each for each in value.values() if isinstance(each, list)), None)


def error_in(
    response: VendorResponse, value: Any, integration: Integration, *, changes_data: bool
) -> LedgerportError | None:
    """The error that an answer is; None when it is none. `changes_data` decides what a broken answer means."""
    rules = integration.errors
    trace = _trace(rules, response)
    complaints = list(_complaints(rules, value))
    if _is_limited(integration, response, complaints):
        return _rate_limited(integration, response, trace)
    if response.status < 300 and not complaints:
        return None
    if complaints:
        return _refused(integration, response, complaints, trace, changes_data=changes_data)
    return _unexplained(integration, response, trace, changes_data=changes_data)


def unreadable(integration: Integration, response: VendorResponse, *, changes_data: bool) -> LedgerportError:
    """The error for a body that is neither JSON nor XML, or holds nothing of what was asked for."""
    trace = _trace(integration.errors, response)
    kind = response.headers.get("content-type", "").split(";")[0].strip() or "no content type"
    if response.status == 429:
        return _rate_limited(integration, response, trace)
    if response.status >= 400:
        return _unexplained(integration, response, trace, changes_data=changes_data)
    message = f"{integration.title} answered with something that cannot be read ({kind[:60]}, or cut short)."
    if changes_data:
        return Indeterminate(
            message + " The change may have been made or not.", advice=LOOK_FIRST, trace=trace
        )
    return VendorUnavailable(message, advice="Nothing was changed. Try again in a minute.", trace=trace)


def wait_seconds(rate_limit: RateLimit, headers: Mapping[str, str], now: float) -> int | None:
    """How many seconds the vendor asks to wait; None when it does not say."""
    text = headers.get(rate_limit.reset_header.lower(), "") if rate_limit.reset_header else ""
    if re.fullmatch(r"[0-9]{1,12}", text):
        number = int(text)
        return _until(rate_limit, number, now) if rate_limit.reset_unit == "epoch_seconds" else max(1, number)
    if text:
        try:
            return _until(rate_limit, parsedate_to_datetime(text).timestamp(), now)
        except (ValueError, OverflowError):
            pass
    return None


def _until(rate_limit: RateLimit, moment: float, now: float) -> int:
    """The seconds until a moment that the vendor named, no more than its widest window: our clock may be wrong."""
    wait = max(1, round(moment - now))
    return min(wait, max(each.seconds for each in rate_limit.windows)) if rate_limit.windows else wait


def _trace(rules: ErrorRules, response: VendorResponse) -> str:
    return response.headers.get(rules.trace_header.lower(), "") if rules.trace_header else ""


def _complaints(rules: ErrorRules, value: Any) -> Iterator[Mapping[str, Any]]:
    for path in rules.list or ((),):
        if path and not (isinstance(value, dict) and path[0] in value):
            continue
        found = at(value, path)
        if isinstance(found, dict):
            found = [found]
        if isinstance(found, list):
            yield from (each for each in found if isinstance(each, dict) and _has_complaint(rules, each))


def _has_complaint(rules: ErrorRules, each: Mapping[str, Any]) -> bool:
    return _word(each, rules.code) != "" or _word(each, rules.message) != ""


def _word(complaint: Mapping[str, Any], name: str) -> str:
    """A word of a complaint, whatever the case of its first letter: gateways write theirs in lower case."""
    if not name:
        return ""
    found = complaint.get(name)
    if found is None:
        found = complaint.get(name[0].swapcase() + name[1:])
    return str(found).strip() if found is not None else ""


def _is_limited(
    integration: Integration, response: VendorResponse, complaints: list[Mapping[str, Any]]
) -> bool:
    rate_limit, rules = integration.rate_limit, integration.errors
    if response.status in rate_limit.statuses:
        return True
    return any(_word(each, rules.code) in rate_limit.codes for each in complaints)


def _rate_limited(integration: Integration, response: VendorResponse, trace: str) -> RateLimited:
    told = wait_seconds(integration.rate_limit, response.headers, time.time())
    wait = told or integration.rate_limit.reset_default
    return RateLimited(
        f"{integration.title} rate limit reached (429).",
        advice=f"Wait {wait} seconds, then retry the same call.",
        retry_after=wait,
        is_told=told is not None,
        trace=trace,
    )


def _refused(
    integration: Integration,
    response: VendorResponse,
    complaints: list[Mapping[str, Any]],
    trace: str,
    *,
    changes_data: bool,
) -> LedgerportError:
    rules = integration.errors
    code = _word(complaints[0], rules.code)
    known = rules.advice.get(code) or rules.advice.get(code.lstrip("0"))
    fallback = KIND_OF_STATUS.get(response.status, "invalid" if response.status < 500 else "unavailable")
    known = known or Advice(fallback, "")
    said = " | ".join(_sentence(rules, each) for each in complaints[:10])
    if changes_data and response.status in LOST_STATUSES and known.kind == "unavailable":
        return Indeterminate(
            f"{integration.title} failed: {said}. The change may have been made or not.",
            advice=LOOK_FIRST,
            vendor_code=code,
            trace=trace,
        )
    return VendorRefused(
        f"{integration.title} refused: {said}",
        status=response.status if response.status >= 400 else 400,
        kind=known.kind,
        advice=known.advice,
        vendor_code=code,
        trace=trace,
    )


def _sentence(rules: ErrorRules, complaint: Mapping[str, Any]) -> str:
    message, detail = _word(complaint, rules.message), _word(complaint, rules.detail)
    element = _word(complaint, rules.element)
    text = message if not detail or detail == message else f"{message}: {detail}"
    return f"{text} (at {element})" if element else text


def _unexplained(
    integration: Integration, response: VendorResponse, trace: str, *, changes_data: bool
) -> LedgerportError:
    if 300 <= response.status < 400:
        return VendorUnavailable(
            f"{integration.title} answered with a redirect ({response.status}), which is not followed.",
            trace=trace,
        )
    if response.status < 500:
        kind = KIND_OF_STATUS.get(response.status, "invalid")
        return VendorRefused(
            f"{integration.title} answered {response.status} without saying why.",
            status=response.status,
            kind=kind,
            trace=trace,
        )
    if changes_data and response.status in LOST_STATUSES:
        return Indeterminate(
            f"{integration.title} answered {response.status}: the change may have been made or not.",
            advice=LOOK_FIRST,
            trace=trace,
        )
    return VendorUnavailable(
        f"{integration.title} is not answering properly ({response.status}).",
        advice="Nothing was changed. Try again in a minute.",
        trace=trace,
    )


def _from_xml(body: bytes) -> Any:
    try:
        return _element(ElementTree.fromstring(body))  # noqa: S314 - expat 2.4.1 and later bounds entity expansion
    except (ElementTree.ParseError, LookupError, RecursionError) as error:
        raise ValueError("not XML") from error


def _element(element: ElementTree.Element) -> Any:
    content: dict[str, Any] = dict(element.attrib)
    for child in element:
        name = child.tag.rsplit("}", 1)[-1]
        value = _element(child)
        if name in content:
            earlier = content[name]
            content[name] = [*earlier, value] if isinstance(earlier, list) else [earlier, value]
        else:
            content[name] = value
    return content or (element.text or "").strip()
