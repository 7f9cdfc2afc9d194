"""The command `ledgerport`. Each command imports what it needs when it runs."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from runtime.commands import (
    accounts,
    call,
    compare,
    completion,
    definitions,
    doctor,
    format_keys,
    journal,
    logs,
    new_entity,
    pages,
    person,
    rotate_keys,
    settings,
    tokens,
    transfer,
    urls,
    webhook,
    worker,
)
from runtime.commands.exit_on_error import exit_on_error
from runtime.commands.folders import as_setting, definitions_option
from runtime.commands.output import json_option
from runtime.errors import SettingsError


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
main.add_command(accounts.account)
main.add_command(urls.url)
main.add_command(tokens.token)
main.add_command(person.person)
main.add_command(call.call)
main.add_command(journal.journal)
main.add_command(logs.show_logs)
main.add_command(rotate_keys.rotate_keys)
main.add_command(webhook.webhook)
main.add_command(settings.settings)
main.add_command(doctor.doctor)
main.add_command(doctor.status)
main.add_command(completion.completion)
main.add_command(transfer.export)
main.add_command(transfer.import_)
main.add_command(worker.worker)


@main.command()
@click.option("--host", help="Address to listen on (LEDGERPORT_HOST, 127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on (LEDGERPORT_PORT, 8000).")
@definitions_option
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    help="Processes to serve with (LEDGERPORT_WORKERS, 1); more than one needs PostgreSQL and Redis.",
)
@click.option("--watch", is_flag=True, help="Read the definitions again whenever a file of theirs changes.")
@exit_on_error()
def serve(
    *, host: str | None, port: int | None, own: tuple[Path, ...], workers: int | None, watch: bool
) -> None:
    """Serve the MCP endpoint, the management API and the pages. SIGHUP reads the definitions again."""
    from runtime.settings import Settings

    given = {
        "LEDGERPORT_HOST": host,
        "LEDGERPORT_PORT": None if port is None else str(port),
        "LEDGERPORT_DEFINITIONS": as_setting(own) or None,
        "LEDGERPORT_WORKERS": None if workers is None else str(workers),
    }
    environ = {**os.environ, **{name: value for name, value in given.items() if value is not None}}
    loaded = Settings.load(environ)
    if loaded.workers > 1:
        from runtime.server.workers import run as run_workers

        sys.exit(run_workers(loaded, environ, watches=watch))
    from runtime.server.serve import run

    run(loaded, watches=watch)


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
@click.option(
    "--provider",
    is_flag=True,
    help="The company of an IT service provider, and a ConnectWise PSA simulator with its work.",
)
@click.option(
    "--work-simulator-port",
    type=click.IntRange(1, 65535),
    default=8002,
    show_default=True,
    help="The port of that simulator.",
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
    provider: bool,
    work_simulator_port: int,
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
    usual = Path(os.environ.get("LEDGERPORT_DATA") or ".ledgerport") / (
        "demo-provider" if provider else "demo"
    )
    data = (data or usual).expanduser().absolute()
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
    run(Demo(data, port, simulator_port, as_setting(own), work_simulator_port if provider else 0))


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


SIMULATED = ("quickbooks", "connectwise")
"""Vendors that have a simulator; the first is started where none is named."""


@main.command(context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.option("--vendor", type=click.Choice(SIMULATED), default=SIMULATED[0])
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def simulator(vendor: str, options: tuple[str, ...]) -> None:
    """Start the simulator of a vendor alone. `ledgerport simulator --help` lists its options."""
    _start_simulator(vendor, options)


@main.command(context_settings={"ignore_unknown_options": True}, add_help_option=False, hidden=True)
@click.option("--vendor", type=click.Choice(SIMULATED), default=SIMULATED[0])
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def sandbox(vendor: str, options: tuple[str, ...]) -> None:
    """Start the simulator under the former name of the command."""
    click.echo("ledgerport sandbox is now called ledgerport simulator.", err=True)
    _start_simulator(vendor, options)


def _start_simulator(vendor: str, options: tuple[str, ...]) -> None:
    """Replace this process by the simulator's."""
    os.execv(sys.executable, [sys.executable, "-m", f"runtime.simulators.{vendor}", *options])  # noqa: S606


@main.command()
@click.argument("integration", default="")
@click.option("--name", default="", help="What to call the company here.")
@click.option("--account", default="", help="Connect this integrated account again, or replace its keys.")
@click.option("--read-only", is_flag=True, help="No tool that writes is there for the company.")
@click.option(
    "--field",
    "fields",
    multiple=True,
    metavar="NAME=VALUE",
    help="A field of the account, such as a key, where no person agrees; with - as VALUE it is read from a line "
    "of the standard input. In a terminal you are asked for what is missing. Repeatable.",
)
@json_option
@exit_on_error()
def connect(
    *, integration: str, name: str, account: str, read_only: bool, fields: tuple[str, ...], as_json: bool
) -> None:
    """Connect a company: print the address to open, and wait until the person has agreed.

    Where the vendor is signed in to with keys it asks for them instead, and nobody has to agree. INTEGRATION is the
    vendor; it can be left out where there is only one.
    """
    from runtime.commands.connect import Wanted, run
    from runtime.commands.connect_fields import parse_fields

    run(_settings(), Wanted(integration, name, account, read_only), parse_fields(fields), as_json=as_json)


accounts.account.add_command(connect)


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


def _settings() -> Any:
    from runtime.settings import Settings

    return Settings.load(os.environ)
