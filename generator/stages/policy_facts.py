"""What integration.yaml says of records that argument policies look at: amounts, days, drafts, the closing date.

Part of `integration`. `pipeline` has the facts checked when the methods are known: a resource or field that does not
exist is reported here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from generator.diagnostics import Diagnostics
from generator.reading.yaml_events import Document
from generator.stages.descriptions import Links
from generator.stages.methods import Method
from generator.stages.resolve import Place, Resource
from generator.suggestions import did_you_mean
from generator.vendor_rules import ClosingDate, Draft, PolicyFacts, RecordAmount

LISTS = ("amounts", "days", "drafts")
"""The keys of `policy_facts` that are lists, of which each entry names its resources."""


def parse_policy_facts(document: Document, links: Links) -> PolicyFacts:
    """Return the facts under the resource of each record."""
    value = document.value.get("policy_facts") or {}
    return PolicyFacts(
        amounts={name: _amount(each) for name, each in _by_resource(value, "amounts")},
        days={name: each["field"] for name, each in _by_resource(value, "days")},
        drafts={name: _draft(each) for name, each in _by_resource(value, "drafts")},
        unexamined=frozenset(value.get("unexamined") or ()),
        closing_date=_closing_date(value.get("closing_date"), document, links),
    )


def check_policy_facts(document: Document, methods: Iterable[Method], diagnostics: Diagnostics) -> None:
    """Report resources that do not exist, that are named twice, and fields that they do not have."""
    resources = {method.resource.name: method.resource for method in methods}
    facts = document.value.get("policy_facts") or {}
    for at, name in enumerate(facts.get("unexamined") or ()):
        if name not in resources:
            here = Place(document, ("policy_facts", "unexamined", at))
            message = f'There is no resource "{name}".'
            diagnostics.report(here.make_diagnostic("policy facts", message, did_you_mean(name, resources)))
    for key in LISTS:
        seen: set[str] = set()
        for at, each in enumerate(facts.get(key) or ()):
            place = Place(document, ("policy_facts", key, at))
            for name in each["resources"]:
                if message := _problem(name, each, seen, resources):
                    hint = did_you_mean(name, resources) if name not in resources else ""
                    diagnostics.report(place.make_diagnostic("policy facts", message, hint))
                seen.add(name)


def _problem(name: str, fact: dict[str, Any], seen: set[str], resources: dict[str, Resource]) -> str:
    if name not in resources:
        return f'There is no resource "{name}".'
    if name in seen:
        return f"{name} is named twice."
    field = fact.get("lines") or fact.get("field") or ""
    return f'{name} has no field "{field}".' if field and field not in resources[name].fields else ""


def _by_resource(value: dict[str, Any], key: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for each in value.get(key) or ():
        yield from ((name, each) for name in each["resources"])


def _amount(value: dict[str, Any]) -> RecordAmount:
    return RecordAmount(
        value["field"],
        value.get("lines", ""),
        _path(value.get("kind", "")),
        tuple(value.get("ignored") or ()),
        tuple(value.get("lowering") or ()),
        tuple(_path(each) for each in value.get("plus") or ()),
    )


def _draft(value: dict[str, Any]) -> Draft:
    return Draft(value.get("field", ""), tuple(value.get("values") or ()))


def _closing_date(value: dict[str, Any] | None, document: Document, links: Links) -> ClosingDate | None:
    if value is None:
        return None
    place = Place(document, ("policy_facts", "closing_date", "tool"))
    return ClosingDate(links.fill(f"[[{value['tool']}]]", place), _path(value["field"]))


def _path(text: str) -> tuple[str, ...]:
    return tuple(text.split(".")) if text else ()
