"""Which tools handle money, and which fields of other tools show some. Called by `pipeline` and `integration`.

An integration says it of all its tools, or names tags. With tags, a tool that reads whatever a query names may answer
what a tagged one does, and a computed one adds such answers up, so that both count whatever their own tags are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from generator.catalog import Tool
from generator.diagnostics import Diagnostic
from generator.reading.yaml_events import Document
from generator.suggestions import did_you_mean

ANY = "*"
"""The entity of a list that reads whatever its query names."""


def list_money_tags(document: Document) -> tuple[str, ...]:
    """Return the tags of the tools of an integration that handle money, where not all of them do."""
    said = document.value.get("handles_money")
    return tuple(said) if isinstance(said, list) else ()


def list_money_fields(document: Document) -> tuple[tuple[str, ...], ...]:
    """Return the paths at which the other tools of an integration show money."""
    return tuple(tuple(each.split(".")) for each in document.value.get("money_fields") or ())


def handles_money(tool: Tool, document: Document) -> bool:
    """Whether a tool touches books or payments."""
    if document.value.get("handles_money") is True:
        return True
    tags = list_money_tags(document)
    reads_anything = tool.listing is not None and tool.listing.entity == ANY
    return bool(tags) and (
        reads_anything or bool(tool.returns.computed) or not set(tags).isdisjoint(tool.tags)
    )


def check_money(document: Document, fields: Iterable[str]) -> Iterator[Diagnostic]:
    """Yield tags that the integration does not have, and fields that none of its records has. `fields` are names."""
    known = document.value["tags"]
    for tag in list_money_tags(document):
        if tag not in known:
            message = f'"{tag}" is not in the table of tags in integration.yaml.'
            yield document.make_diagnostic(("handles_money",), "tag", message, did_you_mean(tag, known))
    given, names = list_money_fields(document), frozenset(fields)
    if given and not list_money_tags(document):
        message = "money_fields are of tools that do not handle money, and handles_money names no tags."
        yield document.make_diagnostic(("money_fields",), "money_fields", message, "Give handles_money tags.")
    for path in given:
        if path[0] not in names:
            message = f'No record has a field "{path[0]}".'
            yield document.make_diagnostic(
                ("money_fields",), "money_fields", message, did_you_mean(path[0], names)
            )
