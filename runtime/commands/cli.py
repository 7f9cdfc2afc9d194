"""The command `ledgerport`. Each command imports what it needs when it runs."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any, get_args

import click

from runtime.commands import compare, definitions, format_keys, journal, new_entity, pages, rotate_keys
from runtime.commands.exit_on_error import exit_on_error
from runtime.commands.folders import as_setting, definitions_option
from runtime.errors import SettingsError
from runtime.model import ScopeName


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="ledgerport")
def main() -> None:
    """QuickBooks Online for AI agents: one secret URL for each agent and company.

    Other vendors are added as YAML: new-entity, keys, check and show help to write it, connect connects a company.

    The exit status is 0 when all is well, 1 when it is not or there are errors, 2 for a call that cannot be understood
    and for a check that cannot read its folders, and 130 after Ctrl-C.
    """


for each_command in (definitions.check, definitions.show, definitions.cost, definitions.coverage):
    main.add_command(each_command)
main.add_command(compare.diff)
main.add_command(new_entity.new_entity)
main.add_command(pages.pages)
main.add_command(format_keys.keys)
main.add_command(journal.journal)
main.add_command(rotate_keys.rotate_keys)


@main.command()
@click.option("--host", help="Address to listen on (LEDGERPORT_HOST, 127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on (LEDGERPORT_PORT, 8000).")
@definitions_option
@click.option("--watch", is_flag=True, help="Read the definitions again whenever a file of theirs changes.")
@exit_on_error()
def serve(*, host: str | None, port: int | None, own: tuple[Path, ...], watch: bool) -> None:
    """Serve the MCP endpoint, the management API and the pages. SIGHUP reads the definitions again."""
    from runtime.server.serve import run

    settings = _settings(
        LEDGERPORT_HOST=host,
        LEDGERPORT_PORT=None if port is None else str(port),
        LEDGERPORT_DEFINITIONS=as_setting(own) or None,
    )
    run(settings, watches=watch)


@main.command()
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=8000,
    envvar="LEDGERPORT_PORT",
    help="Ledgerport's port (LEDGERPORT_PORT, 8000).",
)
@click.option(
    "--simulator-port",
    type=click.IntRange(1, 65535),
    default=8001,
    show_default=True,
    help="The simulator's port.",
)
@click.option("--stand-in-port", "former_port", type=click.IntRange(1, 65535), hidden=True)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Its directory (demo in LEDGERPORT_DATA, .ledgerport/demo).",
)
@definitions_option
@click.option(
    "--reset", "is_reset", is_flag=True, help="Begin anew: remove its company, URLs and API tokens."
)
@click.option("--yes", is_flag=True, help="Do not ask before a reset.")
@exit_on_error()
def demo(
    *,
    port: int,
    simulator_port: int,
    former_port: int | None,
    data: Path | None,
    own: tuple[Path, ...],
    is_reset: bool,
    yes: bool,
) -> None:
    """Start a QuickBooks simulator with a demo company and Ledgerport, and print a URL to use.

    A line for each call of an agent follows. A reset asks first; without a terminal it needs --yes.
    """
    import signal

    from runtime.commands.demo import Demo, reset, run

    if former_port is not None:
        click.echo("--stand-in-port is now called --simulator-port.", err=True)
        simulator_port = former_port
    data = (data or Path(os.environ.get("LEDGERPORT_DATA") or ".ledgerport") / "demo").expanduser().absolute()
    if is_reset:
        _confirm_reset(data, is_confirmed=yes)
        reset(data)
    # A shell that starts us in the background has SIGINT ignored.
    ends = [signal.SIGINT, signal.SIGTERM]
    # SIGHUP says that the terminal is gone, and our servers must not stay, unless nohup has it ignored.
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        ends.append(signal.SIGHUP)
    for each in ends:
        signal.signal(each, signal.default_int_handler)
    run(Demo(data, port, simulator_port, as_setting(own)))


def _confirm_reset(data: Path, *, is_confirmed: bool) -> None:
    """Ask whether to remove what a demo has made. Raises SettingsError where nobody can be asked."""
    if is_confirmed or not data.is_dir():
        return
    if not sys.stdin.isatty():
        raise SettingsError(
            f"Without a terminal nobody can be asked whether to remove the demo in {data}.",
            advice="Add --yes.",
        )
    click.confirm(f"Remove the company, the URLs and the API tokens of the demo in {data}?", abort=True)


@main.command(context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def simulator(options: tuple[str, ...]) -> None:
    """Start the QuickBooks simulator alone. `ledgerport simulator --help` lists its options."""
    _start_simulator(options)


@main.command(context_settings={"ignore_unknown_options": True}, add_help_option=False, hidden=True)
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def sandbox(options: tuple[str, ...]) -> None:
    """Start the simulator under the former name of the command."""
    click.echo("ledgerport sandbox is now called ledgerport simulator.", err=True)
    _start_simulator(options)


def _start_simulator(options: tuple[str, ...]) -> None:
    """Replace this process by the simulator's."""
    os.execv(sys.executable, [sys.executable, "-m", "runtime.simulators.quickbooks", *options])  # noqa: S606


@main.command()
@click.argument("integration", default="")
@click.option("--name", default="", help="What to call the company here.")
@click.option("--account", default="", help="Connect this integrated account again instead of a new one.")
@click.option(
    "--field",
    "fields",
    multiple=True,
    metavar="NAME=VALUE",
    help="A field of the account, such as a key, where no person agrees; with - as VALUE it is read from a line "
    "of the standard input. In a terminal you are asked for what is missing. Repeatable.",
)
@exit_on_error()
def connect(integration: str, name: str, account: str, fields: tuple[str, ...]) -> None:
    """Connect a company: print the address to open, and wait until the person has agreed.

    Where the vendor is signed in to with keys it asks for them instead, and nobody has to agree. INTEGRATION is the
    vendor; it can be left out where there is only one.
    """
    from runtime.commands.connect import run
    from runtime.commands.connect_fields import parse_fields

    run(_settings(), integration, name, account, parse_fields(fields))


@main.command()
@click.argument("url", default="")
@exit_on_error()
def stdio(url: str) -> None:
    """Be an MCP server on standard input and output, for hosts that only start processes.

    URL is that of an MCP server of Ledgerport. In LEDGERPORT_URL instead it does not stand in the list of processes; an
    API token, where the MCP server wants one, comes from LEDGERPORT_API_TOKEN. It ends with standard input.
    """
    from runtime.commands.stdio import run

    run(url or os.environ.get("LEDGERPORT_URL", ""), os.environ.get("LEDGERPORT_API_TOKEN", ""))


@main.group()
def token() -> None:
    """Make, list and revoke API tokens for the management API."""


@token.command("create")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(get_args(ScopeName)),
    help="What it may do: admin is everything; tools:call is the tools of one --account. Admin when left out.",
)
@click.option("--account", help="The id of the integrated account that tools:call is bound to.")
@click.option("--replace", is_flag=True, help="Revoke the other API tokens of this name.")
@click.option("--bare", is_flag=True, help="Print the token alone.")
@exit_on_error()
def token_create(
    *, name: str, scopes: tuple[str, ...], account: str | None, replace: bool, bare: bool
) -> None:
    """Make an API token. It is shown this once."""
    from runtime.operations.scopes import ADMIN

    tokens = _api_tokens()
    replaced = [each["id"] for each in _all_tokens(tokens) if each["name"] == name] if replace else []
    made = tokens.create(name, scopes or (ADMIN,), account)
    for token_id in replaced:
        tokens.revoke(token_id)
    if replaced:
        click.echo(f'The earlier API token "{name}" is revoked; this one takes its place.', err=True)
    click.echo(
        made["token"]
        if bare
        else f"{made['token']}\n\nIt is not shown again. Send it as: Authorization: Bearer …"
    )


@token.command("list")
@exit_on_error()
def token_list() -> None:
    """List the API tokens, without their secrets."""
    found = _all_tokens(_api_tokens())
    for each in found:
        bound = f" ({each['integrated_account_id']})" if each["integrated_account_id"] else ""
        scopes = ", ".join(each["scopes"]) or "no scope"
        click.echo(f"{each['id']}  {each['created_at']}  {each['name']}  {scopes}{bound}")
    if not found:
        click.echo("There is no API token yet. Make one with: ledgerport token create NAME")


@token.command("revoke")
@click.argument("token_id")
@exit_on_error()
def token_revoke(token_id: str) -> None:
    """Revoke an API token by its id (not the secret)."""
    _api_tokens().revoke(token_id)
    click.echo(f"Revoked {token_id}.")


def _settings(**overrides: str | None) -> Any:
    from runtime.settings import Settings

    given = {name: value for name, value in overrides.items() if value is not None}
    return Settings.load({**os.environ, **given})


def _api_tokens() -> Any:
    from runtime.keys.crypto import Keys
    from runtime.operations.api_tokens import ApiTokens
    from runtime.stores.embedded import open_stores

    settings = _settings()
    keys = Keys(settings.secret_key, settings.previous_secret_keys)
    return ApiTokens(open_stores(settings, time.time(), keys), keys, actor="command line")


def _all_tokens(tokens: Any) -> list[dict[str, Any]]:
    found, cursor = [], ""
    while True:
        page = tokens.list(limit=100, next_cursor=cursor)
        found += page["result"]
        cursor = page["next_cursor"]
        if not cursor:
            return found
