"""`ledgerport url`: the MCP servers of an account, each one secret URL for one agent."""

from __future__ import annotations

import json
from typing import Any, get_args

import click

from runtime.commands.exit_on_error import exit_on_error
from runtime.commands.opened import ACTOR, choose_account, list_whole, open_deployment
from runtime.commands.output import json_option, write_json, write_rows
from runtime.errors import NotFound, SettingsError
from runtime.model import ToolExposure

COLUMNS = ("id", "integrated_account_id", "expires_at", "methods", "tags", "name")
account_option = click.option(
    "--account", default="", help="The id of the integrated account; may be left out where there is only one."
)


@click.group()
def url() -> None:
    """Make, list, rotate and revoke the secret URLs of agents."""


@url.command("create")
@click.argument("name")
@account_option
@click.option(
    "--method", "methods", multiple=True, help="Only tools of this method, such as read. Repeatable."
)
@click.option("--tag", "tags", multiple=True, help="Only tools with this tag, such as crm. Repeatable.")
@click.option(
    "--expires-at", default=None, help="When it ends (ISO 8601 with its zone); never when left out."
)
@click.option(
    "--exposure",
    type=click.Choice(get_args(ToolExposure)),
    default=None,
    help="Which tools it lists; short ones for a small model. auto when left out.",
)
@click.option(
    "--config", default="", metavar="JSON", help="Further switches, as the management API takes them."
)
@click.option("--bare", is_flag=True, help="Print the URL alone.")
@json_option
@exit_on_error()
def create(
    *,
    name: str,
    account: str,
    methods: tuple[str, ...],
    tags: tuple[str, ...],
    expires_at: str | None,
    exposure: str | None,
    config: str,
    bare: bool,
    as_json: bool,
) -> None:
    """Make a URL for an agent. It is shown this once."""
    given = _read_config(config)
    given |= {key: [*value] for key, value in (("methods", methods), ("tags", tags)) if value}
    given |= {"tool_exposure": exposure} if exposure else {}
    with open_deployment() as deployment:
        owner = choose_account(account, _accounts(deployment))
        made = _servers(deployment).create(owner, name, given, expires_at, actor=ACTOR)
    _show_once(made, bare=bare, as_json=as_json)


@url.command("list")
@click.option("--account", default="", help="Only those of this integrated account.")
@json_option
@exit_on_error()
def list_(*, account: str, as_json: bool) -> None:
    """List the MCP servers, without their secrets."""
    with open_deployment() as deployment:
        found = [each for owner in _list_owners(deployment, account) for each in _list_of(deployment, owner)]
    if as_json:
        write_json(found)
        return
    write_rows(({**each, **each["config"]} for each in found), COLUMNS)
    if not found:
        click.echo("There is no URL. Make one: ledgerport url create NAME", err=True)


@url.command("revoke")
@click.argument("url_id")
@click.option("--account", default="", help="The id of its account; all are looked through when left out.")
@json_option
@exit_on_error()
def revoke(*, url_id: str, account: str, as_json: bool) -> None:
    """Revoke a URL by its id (not the secret): the next request to it is refused."""
    with open_deployment() as deployment:
        owner = _find_owner(deployment, url_id, account)
        done = _servers(deployment).delete(owner, url_id, actor=ACTOR)
    if as_json:
        write_json(done)
    else:
        click.echo(f"Revoked {url_id}.")


@url.command("rotate")
@click.argument("url_id")
@click.option(
    "--overlap",
    type=click.IntRange(min=0),
    default=0,
    metavar="SECONDS",
    show_default=True,
    help="How long the present URL works beside the new one.",
)
@click.option("--account", default="", help="The id of its account; all are looked through when left out.")
@click.option("--bare", is_flag=True, help="Print the URL alone.")
@json_option
@exit_on_error()
def rotate(*, url_id: str, overlap: int, account: str, bare: bool, as_json: bool) -> None:
    """Give an MCP server another URL by its id (not the secret). The new one is shown this once."""
    from runtime.operations.server_tokens import ServerTokens

    with open_deployment() as deployment:
        owner = _find_owner(deployment, url_id, account)
        made = ServerTokens(deployment, _servers(deployment)).rotate(owner, url_id, overlap, actor=ACTOR)
    _show_once(made, bare=bare, as_json=as_json)


def _show_once(made: dict[str, Any], *, bare: bool, as_json: bool) -> None:
    """Print a URL that is not stored."""
    if as_json:
        write_json(made)
    else:
        click.echo(
            made["url"] if bare else f"{made['url']}\n\nIt is not shown again. Its id is {made['id']}."
        )


def _find_owner(deployment: Any, url_id: str, account: str) -> str:
    """Return the account that an MCP server belongs to. Raises NotFound."""
    for owner in _list_owners(deployment, account):
        if any(each["id"] == url_id for each in _list_of(deployment, owner)):
            return owner
    raise NotFound("There is no such URL.", advice="ledgerport url list shows their ids.")


def _list_owners(deployment: Any, account: str) -> list[str]:
    return [account] if account else [each["id"] for each in list_whole(_accounts(deployment).list)]


def _list_of(deployment: Any, account: str) -> list[dict[str, Any]]:
    return list_whole(_servers(deployment).list, account)


def _accounts(deployment: Any) -> Any:
    from runtime.connect.tokens import AccessTokens
    from runtime.operations.accounts import Accounts

    return Accounts(deployment, AccessTokens(deployment))


def _servers(deployment: Any) -> Any:
    from runtime.operations.mcp_servers import McpServers

    return McpServers(deployment)


def _read_config(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise SettingsError("--config is no JSON object.", advice="Such as --config '{\"max_rows\": 100}'.")
    return found
