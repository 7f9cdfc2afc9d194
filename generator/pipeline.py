"""All stages in their order, from a folder to a catalog and its errors. Called by compile when none is kept.

documents (load, grammar) → resolve → methods → arguments → words → tools → check. A stage never stops at an error:
it adds it to the list of the run and goes on with what is right.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from generator.catalog import Catalog, ResourceDoc, Tool
from generator.diagnostics import Diagnostic, Diagnostics, did_you_mean
from generator.reading.documents import read_documents
from generator.reading.files import Layers, find_ignored_files, find_integrations, find_orphan_folders
from generator.reading.yaml_events import Document, display_path
from generator.stages.arguments import derive_arguments
from generator.stages.descriptions import Links, describe, describe_resource, fill_properties
from generator.stages.integration import parse_integration
from generator.stages.linked import link_writes
from generator.stages.lint import CompiledTool, check_rare, check_required_for, check_tools
from generator.stages.methods import Method, complete_methods
from generator.stages.resolve import Types, resolve
from generator.stages.sensitive import Sensitive
from generator.stages.tools import build_tool
from generator.vendor import Integration


@dataclass(slots=True)
class Assembly:
    """What a run makes: integrations, each tool with what it was made from, words on resources, notes on coverage."""

    integrations: dict[str, Integration] = field(default_factory=dict)
    made: list[CompiledTool] = field(default_factory=list)
    resources: list[ResourceDoc] = field(default_factory=list)
    coverage: dict[str, Document] = field(default_factory=dict)


def build(layers: Layers, digest: str, diagnostics: Diagnostics) -> Catalog:
    """What the definitions in some layers come to; to be used only when no error was added."""
    assembly = assemble(layers, diagnostics)
    found = (each.tool for each in assembly.made if not each.method.rules.get("hidden"))
    tools = sorted(found, key=lambda tool: (tool.integration, tool.name))
    seen = {(tool.integration, tool.resource) for tool in tools}
    resources = (each for each in assembly.resources if (each.integration, each.resource) in seen)
    described = sorted(resources, key=lambda each: (each.integration, each.resource))
    return Catalog(digest[:16], assembly.integrations, tuple(tools), tuple(described))


def assemble(layers: Layers, diagnostics: Diagnostics) -> Assembly:
    """Everything that the stages make of some layers, hidden tools too, for those who want more than the catalog."""
    assembly = Assembly()
    folders = find_integrations(layers)
    diagnostics.report_all(_misplaced(layers, folders))
    for each in folders:
        _integration(each, assembly, diagnostics)
    diagnostics.report_all(check_tools(assembly.made))
    if not diagnostics:
        diagnostics.report_all((*check_rare(assembly.made), *check_required_for(assembly.made)))
    return assembly


def _misplaced(layers: Layers, folders: list[Layers]) -> Iterator[Diagnostic]:
    """An error for a layer where there is nothing, for a folder that is laid over nothing, and for a file not read."""
    if not folders:
        message = "There is no integration here: no folder with an integration.yaml."
        yield from (Diagnostic(display_path(layer), 1, "", "integration", message) for layer in layers)
    elif len(layers) > 1:
        known = [each[0].name for each in folders]
        for stray in find_orphan_folders(layers):
            message = f'There is no integration "{stray.name}" that this folder could be laid over.'
            yield Diagnostic(
                display_path(stray), 1, "", "integration", message, did_you_mean(stray.name, known)
            )
    for path in find_ignored_files(layers):
        yield Diagnostic(
            display_path(path), 1, "", "unread", "This file is not read.", _where_to_put(path, layers)
        )


def _where_to_put(path: Path, layers: Layers) -> str:
    if path.parent in layers:
        return "Put it into a folder that has the name of its integration."
    return f"Call it {path.stem}.yaml."


def _integration(folders: Layers, assembly: Assembly, diagnostics: Diagnostics) -> None:
    """Add one integration and its tools, unless its integration.yaml cannot be used."""
    documents = read_documents(folders, diagnostics)
    document = documents.integration
    if document is None:
        return
    types = Types(documents.types, diagnostics)
    types.check()
    methods = [
        method
        for each in documents.resources
        for method in complete_methods(resolve(each, types), document, types)
    ]
    tools = {(method.resource.name, method.name): method.tool for method in methods}
    links = Links(tools, documents.broken, diagnostics)
    integration = parse_integration(document, links, diagnostics)
    if integration.name in assembly.integrations:
        message = f'Another folder defines an integration "{integration.name}" already.'
        diagnostics.report(document.diagnostic(("integration",), "twice", message))
    assembly.integrations[integration.name] = integration
    sensitive = Sensitive(methods, diagnostics)
    made = []
    for method in methods:
        tool = replace(_tool(method, document, integration, links), **sensitive.of(method).as_facts())
        made.append(CompiledTool(method, tool, document))
    assembly.made += link_writes(made, diagnostics)
    resources = {method.resource.name: method.resource for method in methods}
    assembly.resources += [describe_resource(each, integration.name, links) for each in resources.values()]
    if documents.coverage:
        assembly.coverage[integration.name] = documents.coverage


def _tool(method: Method, document: Document, integration: Integration, links: Links) -> Tool:
    arguments = derive_arguments(method, document, links.diagnostics)
    properties = fill_properties(arguments, method, links)
    return build_tool(method, arguments, describe(method, links), properties, document)
