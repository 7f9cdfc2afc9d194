"""Reference pages as Markdown: an index, and one page for each resource.

Calls `tool_pages`. `ledgerport pages` writes them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from generator.catalog import Catalog
from generator.reports.tool_pages import Page, Table, ToolPart, build_pages


def write_pages(catalog: Catalog, folder: Path) -> int:
    """Write every page into a folder; how many they are."""
    pages = build_pages(catalog)
    _write(folder / "index.md", render_index(catalog, pages))
    for page in pages.values():
        _write(folder / f"{page.key}.md", render_resource(page))
    return len(pages) + 1


def render_index(catalog: Catalog, pages: dict[str, Page]) -> str:
    """Return the first page: every integration, its tags, and its resources with their tools."""
    lines = ["# Tools", ""]
    for integration in catalog.integrations.values():
        of_it = [page for page in pages.values() if page.about.integration == integration.name]
        count = sum(len(page.tools) for page in of_it)
        lines += [f"## {integration.title}", "", integration.summary, ""]
        lines += [f"{len(of_it)} resources, {count} tools.", "", "| Tag | Stands for |", "|---|---|"]
        lines += [f"| `{tag}` | {_cell(meaning)} |" for tag, meaning in integration.tags.items()]
        lines += ["", "| Resource | | Tools |", "|---|---|---|"]
        for page in of_it:
            methods = ", ".join(f"`{part.tool.method}`" for part in page.tools)
            lines.append(f"| [{page.title}]({page.key}.md) | {_cell(page.about.summary)} | {methods} |")
        lines.append("")
    return _text(lines)


def render_resource(page: Page) -> str:
    """Return the page of one resource."""
    about = page.about
    lines = [f"# {page.title}", "", about.summary, "", about.description, ""]
    lines += [f"Tags: {', '.join(f'`{tag}`' for tag in about.tags)}. The vendor's page: <{about.docs}>.", ""]
    if page.masked:
        lines += [f"Masked in answers: {', '.join(f'`{name}`' for name in page.masked)}.", ""]
    for part in page.tools:
        lines += _tool(part)
    return _text(lines)


def _tool(part: ToolPart) -> Iterator[str]:
    tool = part.tool
    yield from (f"## {tool.title}", "", f"`{tool.name}`", "", tool.description, "")
    hints = ", ".join(f"`{name}: {str(value).lower()}`" for name, value in part.hints)
    yield from (f"{tool.risk_level.capitalize()} risk. {part.risk}. Annotations: {hints}.", "")
    tags = ", ".join(f"`{tag}`" for tag in tool.tags)
    yield from (
        f"A server's filter includes it by method `{tool.method_class}`"
        + (f" or `{tool.method}`" if tool.method != tool.method_class else "")
        + f", and by any of the tags {tags}.",
        "",
    )
    for table in (part.arguments, *part.further):
        yield from _table(table)
    for example in part.examples:
        yield from (f"**{example.ask}**", "", "```json", example.arguments, "```", "")


def _table(table: Table) -> Iterator[str]:
    yield from (f"### {table.title}", "")
    if not table.rows:
        yield from ("It takes none.", "")
        return
    yield from ("| Name | Type | Required | Meaning |", "|---|---|---|---|")
    for row in table.rows:
        yield f"| `{row.name}` | {row.type} | {'yes' if row.is_required else ''} | {_cell(row.about)} |"
    yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _text(lines: list[str]) -> str:
    return "\n".join(lines).rstrip() + "\n"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
