"""What the arguments of a tool are collected in, and how a field becomes the schema of one. Part of `arguments`."""

from __future__ import annotations

from dataclasses import dataclass, field

from generator.catalog import Listing, Reference
from generator.diagnostics import Diagnostics
from generator.stages.methods import Method
from generator.stages.resolve import Field
from generator.texts import fold

OWN_KEYS = frozenset(
    {
        "access",
        "required_for",
        "filter",
        "filter_name",
        "filter_field",
        "sort",
        "references",
        "to",
        "separator",
        "sensitive",
        "visible_with",
        "advanced",
        "caution",
    }
)
SHAPE = ("type", "format", "enum")


@dataclass(slots=True)
class Arguments:
    """The arguments of one tool."""

    properties: dict[str, Field] = field(default_factory=dict)
    required: list[str] = field(default_factory=list)
    body: list[tuple[str, str]] = field(default_factory=list)
    query: list[str] = field(default_factory=list)
    """Arguments that the request does not name and that go into the query under their own name."""
    joins: dict[str, str] = field(default_factory=dict)
    ignored_arguments: tuple[str, ...] = ()
    advanced: list[str] = field(default_factory=list)
    """Fields that few calls need, as the field itself says."""
    cautions: dict[str, str] = field(default_factory=dict)
    """What a caller must know of a field even where it is shown among rare ones."""
    listing: Listing | None = None
    takes_company: bool = False
    needs: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """For an update that is guarded, what each object inside the record needs once it is whole."""
    options: tuple[str, ...] = ()
    """Arguments that say how an update is carried out, and are not sent."""
    references: list[Reference] = field(default_factory=list)


def add_usual(made: Arguments, usual: dict[str, Field], method: Method, diagnostics: Diagnostics) -> None:
    """Add arguments that every tool of a kind has; a field or an argument of the same name is reported."""
    for name in usual.keys() & made.properties.keys():
        message = f'The argument "{name}" is there already: every such tool has it.'
        diagnostics.report(method.find_place(name).make_diagnostic("argument twice", message))
    made.properties |= usual


def strip_own_keys(given: Field) -> Field:
    """Return a field as JSON Schema, without the keys that are ours."""
    out = {key: value for key, value in given.items() if key not in OWN_KEYS}
    if about := describe_field(given):
        out["description"] = about
    if "items" in out:
        out["items"] = strip_own_keys(out["items"])
    if "properties" in out:
        out["properties"] = {
            name: strip_own_keys(each) for name, each in out["properties"].items() if _is_shown(each)
        }
        if not out["properties"]:
            del out["properties"]
    return out


def _is_shown(given: Field) -> bool:
    return given.get("access") != "read_only"


def describe_field(given: Field) -> str:
    """Return what is said of a field, and where the Id in it comes from."""
    about = fold(str(given.get("description") or ""))
    if points := given.get("references"):
        about = f"{about} Id from [[{points}.list]].".strip()
    return about


def pick_shape(given: Field) -> Field:
    """Return what a field says of its values, without words."""
    return {key: given[key] for key in SHAPE if key in given}
