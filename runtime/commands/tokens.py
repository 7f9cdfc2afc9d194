"""`ledgerport token`: the API tokens by which programs use the management API."""

from __future__ import annotations

import os
import time
from typing import Any, get_args

import click

from runtime.commands.exit_on_error import exit_on_error
from runtime.commands.opened import ACTOR, list_whole
from runtime.commands.output import json_option, write_json
from runtime.model import ScopeName


@click.group()
def token() -> None:
    """Make, list and revoke API tokens for the management API."""


@token.command("create")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(get_args(ScopeName)),
    help="What it may do: admin is everything; tools:call wants an --account or a --tenant. Admin when left out. "
    "Repeatable.",
)
@click.option("--account", help="The id of the one integrated account that it reaches.")
@click.option("--tenant", help="The one tenant that it reaches.")
@click.option(
    "--expires", default="", help="When it ends: after 90d or 12h, or a time in ISO 8601 with its zone."
)
@click.option("--replace", is_flag=True, help="Revoke the other API tokens of this name.")
@click.option("--bare", is_flag=True, help="Print the token alone.")
@json_option
@exit_on_error()
def token_create(
    *,
    name: str,
    scopes: tuple[str, ...],
    account: str | None,
    tenant: str | None,
    expires: str,
    replace: bool,
    bare: bool,
    as_json: bool,
) -> None:
    """Make an API token. It is shown this once."""
    from runtime.operations.api_tokens import Bounds
    from runtime.operations.names import read_end
    from runtime.operations.scopes import ADMIN

    tokens = _api_tokens()
    replaced = [each["id"] for each in list_whole(tokens.list) if each["name"] == name] if replace else []
    bounds = Bounds(tenant, read_end(expires, time.time()))
    made = tokens.create(name, scopes or (ADMIN,), account, bounds=bounds)
    for token_id in replaced:
        tokens.revoke(token_id)
    if replaced:
        click.echo(f'The earlier API token "{name}" is revoked; this one takes its place.', err=True)
    if as_json:
        write_json(made)
        return
    click.echo(
        made["token"]
        if bare
        else f"{made['token']}\n\nIt is not shown again. Send it as: Authorization: Bearer …"
    )


@token.command("list")
@json_option
@exit_on_error()
def token_list(*, as_json: bool) -> None:
    """List the API tokens, without their secrets."""
    found = list_whole(_api_tokens().list)
    if as_json:
        write_json(found)
        return
    for each in found:
        to = each["integrated_account_id"] or (f"tenant {each['tenant_id']}" if each["tenant_id"] else "")
        bound = f" ({to})" if to else ""
        bound += f"  until {each['expires_at']}" if each["expires_at"] else ""
        bound += f"  last used {each['last_used_at']}" if each["last_used_at"] else "  never used"
        scopes = ", ".join(each["scopes"]) or "no scope"
        click.echo(f"{each['id']}  {each['created_at']}  {each['name']}  {scopes}{bound}")
    if not found:
        click.echo("There is no API token yet. Make one with: ledgerport token create NAME")


@token.command("revoke")
@click.argument("token_id")
@json_option
@exit_on_error()
def token_revoke(*, token_id: str, as_json: bool) -> None:
    """Revoke an API token by its id (not the secret)."""
    done = _api_tokens().revoke(token_id)
    if as_json:
        write_json(done)
    else:
        click.echo(f"Revoked {token_id}.")


def _api_tokens() -> Any:
    from runtime.operations.api_tokens import ApiTokens
    from runtime.settings import Settings
    from runtime.stores.embedded import open_stores

    settings = Settings.load(os.environ)
    keys = settings.make_keys()
    return ApiTokens(open_stores(settings, time.time(), keys), keys, actor=ACTOR)
