"""What of an integration can be asked by a query: the tool that reads it, the kinds of records, their fields.

Called by the explorer's pages and by `completion`, `checks` and `results`. Everything is read from the catalog.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from generator.catalog import Catalog, Listing, QueryField, ResourceDoc, Tool
from generator.vendor import Integration

LONGEST_SENTENCE = 90
"""Characters of what is said of a field beside its name."""
MOST_COLUMNS = 8
"""Fields that a query begins with, where the definitions name no columns."""


@dataclass(frozen=True)
class Entity:
    """A kind of record that can be asked for."""

    name: str
    resource: str
    summary: str
    listing: Listing
    about: Mapping[str, str]
    """What the definitions say of its fields, in a few words."""
    references: Mapping[str, str]
    """Which resource a field refers to, where that is always the same."""
    columns: tuple[str, ...] = ()
    """What a table of it shows, as far as the definitions say so; without what only an update needs."""

    def find_field(self, path: str) -> QueryField | None:
        """Return a field by its path, in capitals or not."""
        return next((each for each in self.listing.fields if each.path.lower() == path.lower()), None)

    @property
    def fields(self) -> tuple[QueryField, ...]:
        """Its fields in the order in which people look for them: the usual ones, the others, parts of objects."""
        usual = {path: place for place, path in enumerate(self.columns)}
        last = len(usual)
        return tuple(
            sorted(self.listing.fields, key=lambda each: (usual.get(each.path, last), "." in each.path))
        )

    def write_query(self) -> str:
        """Return a query for it to begin with."""
        usual = self.columns or tuple(
            each.path for each in self.listing.fields if each.kind != "object" and "." not in each.path
        )
        return f"select {', '.join(usual[:MOST_COLUMNS]) or '*'}\nfrom {self.name}"


@dataclass(frozen=True)
class Queryable:
    """What can be asked of an integration by queries: with which tool, and of which kinds of records."""

    tool: Tool
    integration: Integration
    entities: tuple[Entity, ...]
    groups: tuple[tuple[str, tuple[Entity, ...]], ...]
    """The same under the words that sort them."""

    def find(self, name: str) -> Entity | None:
        """Return a kind of record by its name, in capitals or not."""
        return next((each for each in self.entities if each.name.lower() == name.lower()), None)


def find_queryable(catalog: Catalog, integration: str) -> Queryable | None:
    """Return what can be asked of an integration; None where it has no language for queries."""
    tools = catalog.list_tools(integration)
    tool = next((each for each in tools if _is_for_any(each)), None)
    if tool is None:
        return None
    docs = {each.resource: each for each in catalog.resources if each.integration == integration}
    version = catalog.integrations[integration].updates.version
    listed = {each.resource: each for each in tools if each.listing and each.listing.fields}
    entities = tuple(
        sorted(
            (_make_entity(each, docs.get(each.resource), tools, version) for each in listed.values()),
            key=lambda entity: entity.name,
        )
    )
    return Queryable(tool, catalog.integrations[integration], entities, _group(entities, docs))


def _is_for_any(tool: Tool) -> bool:
    return tool.listing is not None and tool.listing.raw_query and tool.listing.entity == "*"


def _make_entity(tool: Tool, doc: ResourceDoc | None, tools: Iterable[Tool], version: str) -> Entity:
    own = [each for each in tools if each.resource == tool.resource]
    about: dict[str, str] = {}
    references: dict[str, str] = {}
    for each in own:
        if each.method in ("create", "update"):
            for name, schema in each.input_schema["properties"].items():
                about.setdefault(name, _cut(str(schema.get("description", ""))))
            for reference in each.references:
                if "" in reference.resources:
                    references.setdefault(".".join(reference.path), reference.resources[""])
    assert tool.listing is not None
    columns = tuple(each for each in tool.listing.columns if each != version)
    summary = doc.summary if doc else ""
    return Entity(tool.listing.entity, tool.resource, summary, tool.listing, about, references, columns)


def _cut(text: str) -> str:
    sentence = text.split(". ")[0].rstrip(".")
    return sentence if len(sentence) <= LONGEST_SENTENCE else f"{sentence[: LONGEST_SENTENCE - 1]}…"


def _group(
    entities: Iterable[Entity], docs: Mapping[str, ResourceDoc]
) -> tuple[tuple[str, tuple[Entity, ...]], ...]:
    """Return entities under their first tag that does not belong to half of them: it sorts nothing."""
    entities = tuple(entities)
    tags = {each.name: docs[each.resource].tags if each.resource in docs else () for each in entities}
    counts = Counter(tag for some in tags.values() for tag in some)
    common = {tag for tag, count in counts.items() if count * 2 > len(entities)}
    groups: dict[str, list[Entity]] = {}
    for each in entities:
        own = [tag for tag in tags[each.name] if tag not in common] or list(tags[each.name]) or ["other"]
        groups.setdefault(own[0], []).append(each)
    ordered = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    shown = [(name, tuple(some)) for name, some in ordered if len(some) > 1]
    alone = sorted(
        (each for _, some in ordered if len(some) == 1 for each in some), key=lambda each: each.name
    )
    return (*shown, ("other", tuple(alone))) if alone else tuple(shown)
