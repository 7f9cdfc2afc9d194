"""A folder of definitions into a catalog: all stages in their order. Eighth stage and the way in.

load → grammar → resolve → methods → arguments → words → check → catalog. What comes out may be kept on disk under
a digest of everything that went in, the generator's own code included; a kept catalog that is damaged is made anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from generator import kept
from generator.arguments import arguments_of
from generator.catalog import Catalog, Integration, Tool
from generator.check import Made, check_tools
from generator.facts import integration_of
from generator.load import Document, shown
from generator.methods import Method, methods_of
from generator.mistakes import DefinitionMistakes, Mistake
from generator.resolve import Types, resolve
from generator.sources import documents_of, folders_of
from generator.tools import tool_of
from generator.words import Links, check_prose, describe, fill_properties

__all__ = ["DefinitionMistakes", "Mistake", "check", "compile_catalog"]


def compile_catalog(folder: Path, cache: Path | None = None) -> Catalog:
    """The catalog of every integration in a folder; kept in the folder `cache` when there is one.

    Raises DefinitionMistakes with every mistake of the run.
    """
    digest = kept.digest_of(folder)
    if cache and (catalog := kept.read(cache, digest)):
        return catalog
    mistakes: list[Mistake] = []
    catalog = _catalog(folder, digest, mistakes)
    if mistakes:
        raise DefinitionMistakes(mistakes)
    if cache:
        kept.write(cache, digest, catalog)
    return catalog


def check(folders: Iterable[Path]) -> list[Mistake]:
    """Every mistake in some folders of definitions, in the order of files and lines."""
    mistakes: list[Mistake] = []
    for folder in folders:
        _catalog(folder, "", mistakes)
    return sorted(set(mistakes))


def _catalog(folder: Path, digest: str, mistakes: list[Mistake]) -> Catalog:
    integrations: dict[str, Integration] = {}
    made: list[Made] = []
    folders = folders_of(folder)
    if not folders:
        message = "There is no integration here: no folder with an integration.yaml."
        mistakes.append(Mistake(shown(folder), 1, "", "integration", message))
    for each in folders:
        if integration := _integration(each, made, mistakes):
            integrations[integration.name] = integration
    mistakes.extend(check_tools(made))
    tools = sorted((each.tool for each in made), key=lambda tool: (tool.integration, tool.name))
    return Catalog(version=digest[:16], integrations=integrations, tools=tuple(tools))


def _integration(folder: Path, made: list[Made], mistakes: list[Mistake]) -> Integration | None:
    """One integration: its tools are added to `made`. None when its integration.yaml cannot be used."""
    documents = documents_of(folder, mistakes)
    document = documents.integration
    if document is None:
        return None
    types = Types(documents.types, mistakes)
    types.check()
    methods = [
        method for each in documents.resources for method in methods_of(resolve(each, types), document, types)
    ]
    tools = {(method.resource.name, method.name): method.tool for method in methods}
    links = Links(tools, documents.broken, mistakes)
    integration = integration_of(document, links, mistakes)
    for method in methods:
        made.append(Made(method, _tool(method, document, integration, links), document))
    return integration


def _tool(method: Method, document: Document, integration: Integration, links: Links) -> Tool:
    arguments = arguments_of(method, document, links.mistakes)
    check_prose(method, links)
    properties = fill_properties(arguments, method, links)
    return tool_of(method, arguments, describe(method, links), properties, integration.name)
