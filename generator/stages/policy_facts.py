"""What integration.yaml says of records that argument policies look at: amounts, currencies, days, drafts, the
closing date.

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
from generator.vendor_rules import CurrencyFacts, Draft, PolicyFacts, Rates, RecordAmount, Setting

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
        closing_date=_setting(value, ("closing_date",), document, links),
        currency=_currency(value, document, links),
    )


def check_policy_facts(document: Document, methods: Iterable[Method], diagnostics: Diagnostics) -> None:
    """Report resources that do not exist, that are named twice, and fields that they do not have."""
    resources = {method.resource.name: method.resource for method in methods}
    facts = document.value.get("policy_facts") or {}
    parties = (facts.get("currency") or {}).get("named_by")
    for steps, names in ((("unexamined",), facts.get("unexamined")), (("currency", "named_by"), parties)):
        for at, name in enumerate(names or ()):
            if name not in resources:
                here = Place(document, ("policy_facts", *steps, at))
                message = f'There is no resource "{name}".'
                diagnostics.report(
                    here.make_diagnostic("policy facts", message, did_you_mean(name, resources))
                )
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


def _setting(
    value: dict[str, Any], steps: tuple[str, ...], document: Document, links: Links
) -> Setting | None:
    """Return where a setting is read that stands at some steps from the facts; None where nothing does."""
    for step in steps:
        value = value.get(step) or {}
    if not value:
        return None
    return Setting(_tool(value, steps, document, links), _path(value["field"]))


def _tool(value: dict[str, Any], steps: tuple[str, ...], document: Document, links: Links) -> str:
    return links.fill(f"[[{value['tool']}]]", Place(document, ("policy_facts", *steps, "tool")))


def _currency(value: dict[str, Any], document: Document, links: Links) -> CurrencyFacts | None:
    home = _setting(value, ("currency", "home"), document, links)
    several = _setting(value, ("currency", "several"), document, links)
    if home is None or several is None:
        return None
    given = value["currency"]
    rates = given["rates"]
    tool = _tool(rates, ("currency", "rates"), document, links)
    return CurrencyFacts(
        _path(given["field"]),
        home,
        several,
        Rates(tool, rates["currency"], rates["day"], _path(rates["field"])),
        given.get("rate", ""),
        tuple(given.get("named_by") or ()),
    )


def _path(text: str) -> tuple[str, ...]:
    return tuple(text.split(".")) if text else ()
