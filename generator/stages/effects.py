"""What integration.yaml says in `effects`: what bookings do to the balances and the stock of other records.

Part of `integration`. `pipeline` has it checked when the methods are known: a resource or a field that does not exist
is reported here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from generator.diagnostics import Diagnostics
from generator.diagnostics import Path as Steps
from generator.effect_rules import AddedTax, Booking, Conditions, EffectRules, Move, MovedFigure, Unsure
from generator.reading.yaml_events import Document
from generator.stages.descriptions import Links
from generator.stages.methods import Method
from generator.stages.resolve import Place, Resource
from generator.suggestions import did_you_mean
from generator.texts import fold

KEY = "effects"


def parse_effects(document: Document, links: Links) -> EffectRules:
    """Return what bookings do, under the resource of each record."""
    value = document.value.get(KEY) or {}
    figures = {name: _figure(each) for _, name, each in _by_resource(value, "figures")}
    bookings = {
        name: _booking(each, links, Place(document, (KEY, "bookings", at)))
        for at, name, each in _by_resource(value, "bookings")
    }
    tax = value.get("tax")
    note = links.fill(fold(tax["note"]), Place(document, (KEY, "tax"))) if tax else ""
    return EffectRules(
        figures, bookings, AddedTax(tax["codes"], tuple(tax["untaxed"]), note) if tax else None
    )


def check_effects(document: Document, methods: Iterable[Method], diagnostics: Diagnostics) -> None:
    """Report resources that do not exist or have no figure, that are named twice, and fields that they do not have."""
    resources = {method.resource.name: method.resource for method in methods}
    value = document.value.get(KEY) or {}
    for path, message, hint in _find_problems(value, resources):
        place = Place(document, (KEY, *path))
        diagnostics.report(place.make_diagnostic("effects", message, hint))


def _find_problems(
    value: Mapping[str, Any], resources: Mapping[str, Resource]
) -> Iterator[tuple[Steps, str, str]]:
    for key in ("figures", "bookings"):
        seen: set[str] = set()
        for at, name, each in _by_resource(value, key):
            if name not in resources:
                yield (key, at), f'There is no resource "{name}".', did_you_mean(name, resources)
                continue
            if name in seen:
                yield (key, at), f"{name} is named twice.", ""
            seen.add(name)
            yield from (((key, at), *each) for each in _find_field_problems(name, each, resources[name]))
    yield from _find_unmoved(value)
    if (codes := (value.get("tax") or {}).get("codes")) and codes not in resources:
        yield ("tax", "codes"), f'There is no resource "{codes}".', did_you_mean(codes, resources)


def _find_unmoved(value: Mapping[str, Any]) -> Iterator[tuple[Steps, str, str]]:
    """Yield the moves of what has no figure."""
    figures = [name for _, name, _ in _by_resource(value, "figures")]
    for at, each in enumerate(value.get("bookings") or ()):
        for place, move in enumerate(each["moves"]):
            for of in [
                part["of"] for part in (move, move.get("beside")) if part and part["of"] not in figures
            ]:
                hint = did_you_mean(of, figures)
                yield ("bookings", at, "moves", place), f"{of} have no figure that is moved.", hint


def _find_field_problems(name: str, each: Mapping[str, Any], resource: Resource) -> Iterator[tuple[str, str]]:
    parts = [*(each.get("moves") or ()), *(each.get("unsure") or ())]
    first = [each.get("field"), each.get("total"), each.get("reversed_by")]
    first += [part.get("lines") or part["field"].partition(".")[0] for part in parts]
    for field in dict.fromkeys(first):
        if field and field not in resource.fields:
            yield f'{name} has no field "{field}".', did_you_mean(field, resource.fields)


def _by_resource(value: Mapping[str, Any], key: str) -> Iterator[tuple[int, str, dict[str, Any]]]:
    for at, each in enumerate(value.get(key) or ()):
        yield from ((at, name, each) for name in each["resources"])


def _figure(value: dict[str, Any]) -> MovedFigure:
    return MovedFigure(
        value["kind"],
        value["field"],
        value["label"],
        _conditions(value.get("only_with")),
        _conditions(value.get("unless")),
    )


def _booking(value: dict[str, Any], links: Links, place: Place) -> Booking:
    return Booking(
        value.get("total", ""),
        value.get("reversed_by", ""),
        tuple(_move(each, links, place) for each in value["moves"]),
        tuple(
            Unsure(
                each["kind"],
                _path(each["field"]),
                links.fill(fold(each["note"]), place),
                each.get("lines", ""),
            )
            for each in value.get("unsure") or ()
        ),
    )


def _move(value: dict[str, Any], links: Links, place: Place) -> Move:
    beside = value.get("beside") or {}
    return Move(
        field=_path(value["field"]),
        of=value["of"],
        is_raised=value["is"] == "raised",
        lines=value.get("lines", ""),
        by=_path(value.get("by", "")),
        when=_conditions(value.get("when")),
        beside=_path(beside.get("field", "")),
        beside_of=beside.get("of", ""),
        beside_has=_conditions(beside.get("has")),
        note=links.fill(fold(value["note"]), place) if value.get("note") else "",
    )


def _conditions(value: Mapping[str, Any] | None) -> Conditions:
    return tuple((_path(path), tuple(values)) for path, values in (value or {}).items())


def _path(text: str) -> tuple[str, ...]:
    return tuple(text.split(".")) if text else ()
