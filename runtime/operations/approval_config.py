"""Which writes wait for a person, as it comes in: the rule of an MCP server or a tenant, and that of a request.

Called by `mcp_servers`, `tenants` and `mcp_server`. Whatever is wrong is reported at once with the nearest that would
be right; a rule that could hold nothing is refused, so that nobody relies on it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

from generator.catalog import Tool
from generator.suggestions import did_you_mean
from runtime.approval import NO_APPROVAL, RISKS, Approval, ApprovalRule, RuleSource
from runtime.errors import InvalidRequest
from runtime.model import Grant
from runtime.people import ROLES

FIELD = b"ledgerport-approval"
"""The header field by which a request adds a rule of its own, in lower case."""
LARGEST_AMOUNT = 1_000_000_000_000
"""In units of a currency, as in the policies."""
MOST_HOURS = 24 * 31
"""A month: what has waited longer is about other books."""
MOST_NAMES = 200
"""Tools, tags or people of one list: more than any tenant names by hand."""
LONGEST_HEADER = 200
"""Characters; all risks and an amount have under 60."""
_AMOUNT = re.compile(r"[0-9]{1,15}(\.[0-9]{1,6})?")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")
KNOWN = [each.name for each in fields(ApprovalRule) if each.name != "source"]


def read_approval_rule(given: Any, name: str, source: RuleSource, tools: Iterable[Tool]) -> Approval:
    """Return the rule in a config, of which `name` is the place; None and an empty object are none.

    Raises InvalidRequest that says everything that is wrong.
    """
    if given is None or given == {}:
        return NO_APPROVAL
    if not isinstance(given, Mapping):
        raise InvalidRequest(f"{name} is an object.", details={"approval": KNOWN})
    problems = [each for found in find_problems(given, name, tools).values() for each in found]
    if problems:
        raise InvalidRequest(" ".join(problems[:10]), details={"approval": KNOWN})
    rule = ApprovalRule.read(_tidy(given), source)
    if rule.is_empty:
        raise InvalidRequest(
            f"{name} names no risk, tag, tool or amount, so that no write would wait.",
            advice=f'Name one, such as {{"risks": ["overwrite"]}}, or set {name} to null.',
        )
    return (rule,)


def find_problems(given: Mapping[Any, Any], name: str, tools: Iterable[Tool]) -> dict[str, list[str]]:
    """Return what is wrong with each key of a rule, as sentences; those that are right are left out."""
    known = _list_known(tuple(tools))
    problems = {
        str(key): [f'{name} has no "{str(key)[:80]}". {did_you_mean(str(key), KNOWN)}'.rstrip()]
        for key in given
        if key not in KNOWN
    }
    for key, check in _CHECKS.items():
        if given.get(key) is not None:
            problems[key] = check(f"{name}.{key}", given[key], known.get(key, ()))
    return {key: found for key, found in problems.items() if found}


def _tidy(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a rule as they are stored: each entry of a list once, addresses in small letters."""
    values = {key: value for key, value in given.items() if value is not None}
    if "people" in values:
        values["people"] = [each.strip().lower() for each in values["people"]]
    return {key: list(dict.fromkeys(v)) if isinstance(v, list | tuple) else v for key, v in values.items()}


def read_approval_header(text: str) -> Approval:
    """Return the rule in the header of a request, such as `overwrite, destroy, above=500`; none for an empty one.

    Raises InvalidRequest.
    """
    if len(text) > LONGEST_HEADER:
        raise InvalidRequest(f"The approval header has more than {LONGEST_HEADER} characters.")
    risks, amount = [], None
    for part in filter(None, (each.strip() for each in text.split(","))):
        name, _, value = part.partition("=")
        if name == "above":
            amount = _read_amount(value)
        elif part in RISKS:
            risks.append(part)
        else:
            hint = did_you_mean(part, [*RISKS, "above="])
            raise InvalidRequest(
                f'The approval header has "{part[:40]}". {hint}'.rstrip(),
                advice="It lists risks and an amount, such as: overwrite, destroy, above=500",
            )
    if not risks and amount is None:
        return NO_APPROVAL
    return (ApprovalRule("request", tuple(dict.fromkeys(risks)), above_amount=amount),)


def add_request_rule(grant: Grant, lines: Iterable[tuple[bytes, bytes]]) -> Grant:
    """Return a grant at which the rule of a request holds as well; it never takes one of the others away.

    `lines` are the header lines of the request; several of them are one list. Raises InvalidRequest.
    """
    given = [value.decode("latin-1") for name, value in lines if name == FIELD]
    rule = read_approval_header(",".join(given))
    if not rule:
        return grant
    return replace(_add_rule(grant, rule), companies=tuple(_add_rule(each, rule) for each in grant.companies))


def _add_rule(grant: Grant, rule: Approval) -> Grant:
    return replace(grant, config=replace(grant.config, approval=grant.config.approval + rule))


def _read_amount(text: str) -> Decimal:
    if not _AMOUNT.fullmatch(text) or Decimal(text) > LARGEST_AMOUNT:
        raise InvalidRequest(
            f'The approval header has no amount in "above={text[:40]}".',
            advice=f"Write it in digits, such as above=500, up to {LARGEST_AMOUNT}.",
        )
    return Decimal(text)


def _list_known(tools: tuple[Tool, ...]) -> dict[str, tuple[str, ...]]:
    writing = [each for each in tools if not each.is_read_only]
    return {
        "risks": RISKS,
        "confirm": RISKS,
        "roles": tuple(ROLES),
        "tags": tuple(sorted({tag for each in writing for tag in each.tags})),
        "tools": tuple(sorted(each.name for each in writing)),
    }


def _check_names(name: str, value: Any, known: Collection[str]) -> list[str]:
    if not _is_list(value):
        return [f"{name} is a list of at most {MOST_NAMES} texts."]
    return list(_list_unknown(name, value, known))


def _list_unknown(name: str, value: Any, known: Collection[str]) -> Iterator[str]:
    for each in value:
        if each not in known:
            yield f'{name} has "{each[:80]}", which is none there. {did_you_mean(each, known)}'.rstrip()


def _check_people(name: str, value: Any, _known: Collection[str]) -> list[str]:
    if not _is_list(value):
        return [f"{name} is a list of at most {MOST_NAMES} email addresses."]
    wrong = [each for each in value if not _EMAIL.fullmatch(each.strip())]
    return [f'{name} has "{each[:80]}", which is no email address.' for each in wrong]


def _is_list(value: Any) -> bool:
    is_list = isinstance(value, list | tuple) and len(value) <= MOST_NAMES
    return is_list and all(isinstance(each, str) for each in value)


def _check_amount(name: str, value: Any, _known: Collection[str]) -> list[str]:
    is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    is_finite = not isinstance(value, Decimal) or value.is_finite()
    is_right = is_number and is_finite and 0 <= value <= LARGEST_AMOUNT
    return [] if is_right else [f"{name} is a number from 0 to {LARGEST_AMOUNT:,}, or null for none."]


def _check_hours(name: str, value: Any, _known: Collection[str]) -> list[str]:
    is_right = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST_HOURS
    return [] if is_right else [f"{name} is a whole number of hours from 1 to {MOST_HOURS}."]


def _check_switch(name: str, value: Any, _known: Collection[str]) -> list[str]:
    return [] if isinstance(value, bool) else [f"{name} is true or false."]


_Check = Callable[[str, Any, Collection[str]], list[str]]
_CHECKS: Mapping[str, _Check] = {
    "risks": _check_names,
    "tags": _check_names,
    "tools": _check_names,
    "confirm": _check_names,
    "roles": _check_names,
    "people": _check_people,
    "above_amount": _check_amount,
    "expires_after_hours": _check_hours,
    "four_eyes": _check_switch,
}
