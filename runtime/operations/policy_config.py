"""The policies of an MCP server as they come in: read, and checked against what the integration knows.

Called by `mcp_servers`. Whatever is wrong is said at once, and a policy that could hold nothing is refused, so that
nobody relies on it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import available_timezones

from generator.catalog import Tool
from generator.suggestions import did_you_mean
from generator.vendor import Integration
from runtime.errors import InvalidRequest
from runtime.model import CLOSING_DATE, NO_BUDGET, NO_POLICIES, USUAL_TIME_ZONE, Budget, Policies

LARGEST_AMOUNT = 1_000_000_000_000
"""In units of a currency; what is counted within a day stays an exact integer in the database."""
LARGEST_BUDGET = 1_000_000_000
"""Calls in a month: 400 in each second of it."""
MOST_IDS = 1_000
"""Ids of one list. Each is compared with every reference of a write."""
LONGEST_ID = 80
"""Characters; the Ids of vendors have at most 36, those of a UUID."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
KNOWN = [each.name for each in fields(Policies)]


def read_policies(given: Any, integration: Integration, tools: Iterable[Tool]) -> Policies:
    """Return the policies in a config; `not_before` is the closing date where policies are given without it.

    None and an empty object are no policies. Raises InvalidRequest that says everything that is wrong.
    """
    if given is None or given == {}:
        return NO_POLICIES
    if not isinstance(given, Mapping):
        raise InvalidRequest("config.policies is an object.")
    resources = _resources(tools)
    problems = [_unknown(name) for name in given if name not in KNOWN]
    for name, check in _CHECKS.items():
        if given.get(name) is not None:
            problems += check(f"config.policies.{name}", given[name], integration, resources)
    if problems:
        raise InvalidRequest(" ".join(problems[:10]), details={"policies": KNOWN})
    usual = CLOSING_DATE if integration.policy_facts.closing_date else ""
    values = {**given, "not_before": given.get("not_before", usual)}
    return Policies.read(values)


def read_budget(given: Any, name: str) -> Budget:
    """Return a budget as it comes in; None and an empty object are none. Raises InvalidRequest."""
    known = [each.name for each in fields(Budget)]
    if given is not None and not isinstance(given, Mapping):
        raise InvalidRequest(f"{name} is an object.")
    values = {each: value for each, value in (given or {}).items() if value}
    for each, value in values.items():
        if each not in known:
            raise InvalidRequest(f'{name} has no "{each[:80]}". {did_you_mean(each, known)}'.rstrip())
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST_BUDGET:
            raise InvalidRequest(
                f"{name}.{each} is a whole number up to {LARGEST_BUDGET:,}; 0 sets no limit."
            )
    return Budget(**values) if values else NO_BUDGET


def read_time_zone(given: Any) -> str:
    """Return the name of a time zone as it comes in; None and an empty text are UTC. Raises InvalidRequest."""
    name = given or USUAL_TIME_ZONE
    if name not in available_timezones():
        hint = did_you_mean(name, _list_zones_like(name)) if isinstance(name, str) else ""
        raise InvalidRequest(
            f"config.time_zone is a name of the IANA time zone database, such as America/New_York. {hint}".rstrip()
        )
    return str(name)


def _list_zones_like(name: str) -> list[str]:
    """Return the time zones that begin with the same letter, in order: of all of them there are too many to compare."""
    return sorted(each for each in available_timezones() if each[0] == name[:1].upper())


def _resources(tools: Iterable[Tool]) -> frozenset[str]:
    """Return the resources whose records a write may be, or refer to."""
    own = {each.resource for each in tools if not each.is_read_only}
    pointed = {to for each in tools for reference in each.references for to in reference.resources.values()}
    return frozenset(own | pointed)


def _unknown(name: str) -> str:
    return f'config.policies has no "{name[:80]}". {did_you_mean(name, KNOWN)}'.rstrip()


def _check_amount(name: str, value: Any, integration: Integration, _resources: frozenset[str]) -> list[str]:
    is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    if not is_number or not 0 < value <= LARGEST_AMOUNT:
        return [f"{name} is a number above 0 and at most {LARGEST_AMOUNT:,}."]
    return [] if integration.policy_facts.amounts else [_not_known(name, integration, "has its amount")]


def _check_count(name: str, value: Any, _integration: Integration, _resources: frozenset[str]) -> list[str]:
    is_right = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 1_000_000
    return [] if is_right else [f"{name} is a whole number up to 1,000,000; 0 sets no limit."]


def _check_lists(name: str, value: Any, _integration: Integration, resources: frozenset[str]) -> list[str]:
    if not isinstance(value, Mapping):
        return [f'{name} is an object of lists of Ids by resource, such as {{"vendors": ["56"]}}.']
    problems = []
    for resource, ids in value.items():
        if resource not in resources:
            hint = did_you_mean(resource, resources)
            problems.append(f'{name} has "{resource[:80]}", which no write refers to. {hint}'.rstrip())
        elif not _is_ids(ids):
            problems.append(f"{name}.{resource} is a list of at most {MOST_IDS:,} Ids, each a text.")
    return problems


def _is_ids(ids: Any) -> bool:
    is_list = isinstance(ids, list | tuple) and len(ids) <= MOST_IDS
    return is_list and all(isinstance(each, str) and 0 < len(each) <= LONGEST_ID for each in ids)


def _check_day(name: str, value: Any, integration: Integration, _resources: frozenset[str]) -> list[str]:
    if value == CLOSING_DATE and integration.policy_facts.closing_date is None:
        return [_not_known(name, integration, "says until when the books are closed")]
    if value in ("", CLOSING_DATE):
        return []
    if not isinstance(value, str) or not _DAY.fullmatch(value) or not _is_day(value):
        return [f"{name} is a day as YYYY-MM-DD, {CLOSING_DATE}, or null for any day."]
    return [] if integration.policy_facts.days else [_not_known(name, integration, "has its day")]


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _check_drafts(name: str, value: Any, integration: Integration, _resources: frozenset[str]) -> list[str]:
    if not isinstance(value, bool):
        return [f"{name} is true or false."]
    is_known = not value or integration.policy_facts.drafts
    return [] if is_known else [_not_known(name, integration, "is a draft")]


def _not_known(name: str, integration: Integration, what: str) -> str:
    return (
        f"{name} cannot hold here: the definitions of {integration.title} do not say where a record {what}."
    )


_Check = Callable[[str, Any, Integration, frozenset[str]], list[str]]
_CHECKS: Mapping[str, _Check] = {
    "max_amount": _check_amount,
    "max_amount_per_day": _check_amount,
    "max_writes_per_hour": _check_count,
    "allow": _check_lists,
    "deny": _check_lists,
    "not_before": _check_day,
    "drafts_only": _check_drafts,
}
