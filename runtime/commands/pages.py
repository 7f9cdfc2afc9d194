"""The command `pages`: writes the reference pages as files."""

from __future__ import annotations

from pathlib import Path

import click

from generator.catalog import Catalog
from runtime.commands.exit_on_error import exit_on_error
from runtime.commands.folders import compile_layers, definitions_option
from runtime.errors import SettingsError


@click.command()
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Their folder.")
@definitions_option
@click.option("--html", is_flag=True, help="Write HTML, as a server shows it at /docs, and not Markdown.")
@exit_on_error()
def pages(*, out: Path, own: tuple[Path, ...], html: bool) -> None:
    """Write a reference page for each resource, and an index of them."""
    catalog = compile_layers(own)
    try:
        count = _as_html(catalog, out) if html else _as_markdown(catalog, out)
    except OSError as error:
        raise SettingsError(f"The pages cannot be written to {out}: {error.strerror or error}.") from error
    click.echo(f"{count} pages are in {out}.")


def _as_markdown(catalog: Catalog, out: Path) -> int:
    from generator.reports.markdown import write_pages

    return write_pages(catalog, out)


def _as_html(catalog: Catalog, out: Path) -> int:
    from runtime.web.docs import Docs

    count = 0
    for path, content in Docs(catalog).render_files():
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        (out / path).write_bytes(content)
        count += 1
    return count
