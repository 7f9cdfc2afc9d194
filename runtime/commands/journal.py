"""`ledgerport journal`: the writes that agents made, whether their record is whole, and undoing them."""

from __future__ import annotations

import json
import sys
from typing import IO, TYPE_CHECKING, Any

import click

from runtime.commands.exit_on_error import exit_on_error
from runtime.operations.names import refuse_unknown_account

if TYPE_CHECKING:
    from runtime.operations.journal import Journal

NAME = "ledgerport journal revert"
account_option = click.option(
    "--account", default=None, help="The id of one integrated account; all when left out."
)


@click.group()
def journal() -> None:
    """Look at the journal of writes, and verify that nobody changed it."""


@journal.command("list")
@click.argument("account")
@click.option("--tool", default=None, help="Only writes of this tool.")
@click.option("--record", "record_id", default=None, help="Only writes of the record with this Id.")
@click.option("--outcome", default=None, help="Only writes with this outcome, such as indeterminate.")
@click.option("--kind", default=None, help="Only these: write, revert, reverse or correct.")
@click.option("--since", default=None, help="Only writes since this time (ISO 8601 with its zone).")
@click.option("--limit", default=50, type=click.IntRange(1, 200), show_default=True, help="How many at most.")
@exit_on_error()
def list_(account: str, limit: int, **filters: str | None) -> None:
    """List the writes of an integrated account, the newest first."""
    from runtime.operations.journal_filters import read_filter

    found = _journal().list(account, read_filter(**filters), limit)["result"]
    for each in found:
        click.echo(
            f"{each['id']}  {each['begun_at']}  {each['kind']:<7}  {each['outcome']:<16}  {each['tool']}"
            f"  {each['record_id'] or '-'}  {each['caller']}{_name_other(each)}"
        )
    if not found:
        click.echo("No write of this account is in the journal.", err=True)


def _name_other(entry: dict[str, Any]) -> str:
    """Return what a write undoes or reverses, for the end of its line."""
    return "".join(f"  {name} {entry[name]}" for name in ("reverts", "reverses") if entry[name])


@journal.command("show")
@click.argument("entry")
@exit_on_error()
def show(entry: str) -> None:
    """Show one write: its arguments, the record before and after it, and its outcome. What is sensitive is masked."""
    here = _journal()
    click.echo(json.dumps(here.show(here.find(None, entry)), indent=2, ensure_ascii=False))


@journal.command("revert")
@click.argument("entry")
@click.option("--dry-run", is_flag=True, help="Show what would be sent, and send nothing but reads.")
@click.option("--company", default="", help="The company that is meant, its Id or name: refused at another.")
@click.option("--allow-duplicate", is_flag=True, help="Also where it was undone before, or has a twin.")
@exit_on_error()
def revert(entry: str, dry_run: bool, company: str, allow_duplicate: bool) -> None:  # noqa: FBT001  (options)
    """Undo one write, where the vendor allows it: it is sent from here, with the credentials of its account."""
    import asyncio

    done = asyncio.run(_revert(entry, company, is_allowed=allow_duplicate, is_preview=dry_run))
    click.echo(json.dumps(done, indent=2, ensure_ascii=False))


async def _revert(entry_id: str, company: str, *, is_allowed: bool, is_preview: bool) -> dict[str, Any]:
    import os

    from runtime.model import ApiTokenId, Grant, ServerConfig
    from runtime.operations.undo import Asked
    from runtime.server.app import Runtime
    from runtime.settings import Settings

    runtime = Runtime(Settings.load(dict(os.environ)))
    try:
        entry = runtime.journal_reader.find(None, entry_id)
        account = await runtime.stores.look_up.find_account(entry.account_id)
        if account is None:
            raise refuse_unknown_account()
        tools = {tool.name: tool for tool in runtime.catalog.list_tools(account.integration)}
        grant = Grant(account, ServerConfig(), api_token_id=ApiTokenId("command_line"), client=NAME)
        asked = Asked(grant, tools, company, is_allowed)
        return await runtime.undo.revert(asked, entry_id, is_preview=is_preview)
    finally:
        await runtime.close()


@journal.command("verify")
@account_option
@click.option("--head", type=click.File("r"), help="A file with heads that were exported before.")
@exit_on_error()
def verify(account: str | None, head: IO[str] | None) -> None:
    """Verify the chain of every account; exits 1 where it is not as it was stored."""
    found = [*_journal().verify(account, head.read() if head else "")]
    for each in found:
        click.echo(f"{each.account_id}, link {each.seq}: {each.problem}")
    if found:
        sys.exit(1)
    click.echo("The journal is whole.")


@journal.command("head")
@account_option
@exit_on_error()
def head(account: str | None) -> None:
    """Print the last link of each chain. Stored elsewhere, it shows later that none of the links was removed."""
    click.echo(_journal().export_heads(account), nl=False)


def _journal() -> Journal:
    from runtime.operations.journal import Journal

    return Journal(_deployment())


def _deployment() -> Any:
    import os
    import time

    from runtime.commands.folders import compile_layers
    from runtime.deployment import Deployment
    from runtime.settings import Settings
    from runtime.stores.embedded import open_stores

    settings = Settings.load(dict(os.environ))
    catalog = compile_layers(())
    keys = settings.make_keys()
    return Deployment(settings, keys, open_stores(settings, time.time(), keys), lambda: catalog)
