"""The order of the compiler: from folders of definitions to a catalog, and every error on the way.

This is the one list of its stages. `assemble` runs the first for each integration and the last over the tools of all
of them; `compile_integration` runs those between, in this order:

1. documents: read the files of an integration, checked against the grammar
2. resolve: inline shared types and groups, so that every field is whole
3. methods: complete each method by the usual one of its name, and name its tool
4. references: check where references point, and find what records are known by
5. integration: read what is true of the whole vendor
6. sensitive: find what each tool hides in its answers
7. money: check by which tags tools handle money, and what the others show of it
8. arguments: derive what each tool takes
9. descriptions: fill the links and notes in its prose
10. tools: build the tool, and the bytes that clients are sent
11. write_links: tie each write to the tools that read what it writes
12. short_tools: tie short tools to the tools that they call
13. lint: hold every tool to the rules of hosts and of quality

No stage stops at an error: it reports it to the diagnostics of the run and goes on with what is right. compile runs
this when no catalog is stored; the reports use what it makes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from generator.catalog import Catalog, ResourceDoc, Tool
from generator.diagnostics import Diagnostics
from generator.reading.documents import Documents, read_documents
from generator.reading.files import Layers, find_integrations
from generator.reading.layout import check_layout
from generator.reading.yaml_events import Document
from generator.short_tools import ShortTool
from generator.stages.arguments import derive_arguments
from generator.stages.company_rules import check_dashboard
from generator.stages.descriptions import Links, describe, describe_resource, fill_properties
from generator.stages.effects import check_effects
from generator.stages.insights import check_insights
from generator.stages.integration import parse_integration
from generator.stages.lint import CompiledTool, check_names, check_tools
from generator.stages.mapping import check_mapping
from generator.stages.methods import Method, complete_methods
from generator.stages.money import check_money, handles_money
from generator.stages.policy_facts import check_policy_facts
from generator.stages.references import check_references, find_display_fields
from generator.stages.resolve import Types, resolve_resources
from generator.stages.sensitive import Mask, list_field_paths, make_masks
from generator.stages.short_tools import make_short_tools
from generator.stages.tools import build_tool
from generator.stages.write_links import link_writes
from generator.vendor import Integration


@dataclass(slots=True)
class Assembly:
    """What a run makes: integrations, tools with their sources, documentation of resources, notes on coverage."""

    integrations: dict[str, Integration] = field(default_factory=dict)
    tools: list[CompiledTool] = field(default_factory=list)
    resources: list[ResourceDoc] = field(default_factory=list)
    coverage: dict[str, Document] = field(default_factory=dict)
    short: list[ShortTool] = field(default_factory=list)


def build(layers: Layers, digest: str, diagnostics: Diagnostics) -> Catalog:
    """Compile some layers into a catalog, which is to be used only when no error was reported."""
    assembly = assemble(layers, diagnostics)
    listed = (each.tool for each in assembly.tools if not each.method.rules.get("hidden"))
    tools = sorted(listed, key=lambda tool: (tool.integration, tool.name))
    seen = {(tool.integration, tool.resource) for tool in tools}
    resources = (each for each in assembly.resources if (each.integration, each.resource) in seen)
    described = sorted(resources, key=lambda each: (each.integration, each.resource))
    short = tuple(sorted(assembly.short, key=lambda each: (each.integration, each.name)))
    return Catalog(digest[:16], assembly.integrations, tuple(tools), tuple(described), short)


def assemble(layers: Layers, diagnostics: Diagnostics) -> Assembly:
    """Compile some layers into everything that the stages make of them, hidden tools and sources included."""
    assembly, integrations = Assembly(), find_integrations(layers)
    diagnostics.report_all(check_layout(layers, integrations))
    for folders in integrations:
        compile_integration(read_documents(folders, diagnostics), assembly, diagnostics)
    diagnostics.report_all(check_tools(assembly.tools))
    if not diagnostics:  # a name that no tool has may be the name of a tool that could not be compiled
        diagnostics.report_all(check_names(assembly.tools))
    return assembly


def compile_integration(documents: Documents, assembly: Assembly, diagnostics: Diagnostics) -> None:
    """Add an integration and its tools to the assembly, unless its integration.yaml cannot be used."""
    document = documents.integration
    if document is None:
        return
    types = Types(documents.types, diagnostics)
    resources = resolve_resources(documents.resources, types)
    methods = complete_methods(resources, document, types)
    check_references(methods, document, diagnostics)
    display_fields = find_display_fields(resources, diagnostics)
    links = Links(_name_tools(methods), documents.broken, diagnostics)
    integration = parse_integration(document, links, diagnostics, documents.grammars)
    check_policy_facts(document, methods, diagnostics)
    check_effects(document, methods, diagnostics)
    masks = make_masks(methods, diagnostics)
    paths = (path for resource in resources for path, _ in list_field_paths(resource.fields))
    diagnostics.report_all(check_money(document, {path[-1] for path in paths}))
    tools = [_compile_tool(method, document, links, masks(method)) for method in methods]
    linked = link_writes(tools, diagnostics)

    _report_duplicate(integration, document, assembly, diagnostics)
    assembly.integrations[integration.name] = replace(integration, display_fields=display_fields)
    assembly.tools += linked
    compiled = [each.tool for each in linked]
    check_dashboard(document, compiled, diagnostics)
    check_insights(document, compiled, diagnostics)
    check_mapping(document, compiled, diagnostics)
    assembly.short += make_short_tools(documents.short, integration, compiled, documents.broken, diagnostics)
    described = {method.resource.name: method.resource for method in methods}.values()
    assembly.resources += [describe_resource(each, integration.name, links) for each in described]
    if documents.coverage:
        assembly.coverage[integration.name] = documents.coverage


def _compile_tool(method: Method, document: Document, links: Links, mask: Mask) -> CompiledTool:
    arguments = derive_arguments(method, document, links.diagnostics)
    description = describe(method, links, document.value.get("undo") or {})
    properties = fill_properties(arguments, method, links)
    tool: Tool = build_tool(method, arguments, description, properties, document)
    has_money = handles_money(tool, document)
    return CompiledTool(method, replace(tool, **mask.as_facts(), handles_money=has_money), document)


def _name_tools(methods: list[Method]) -> dict[tuple[str, str], str]:
    return {(method.resource.name, method.name): method.tool for method in methods}


def _report_duplicate(
    integration: Integration, document: Document, assembly: Assembly, diagnostics: Diagnostics
) -> None:
    if integration.name in assembly.integrations:
        message = f'Another folder defines an integration "{integration.name}" already.'
        diagnostics.report(document.make_diagnostic(("integration",), "twice", message))
