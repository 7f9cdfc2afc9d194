"""`ledgerport account`: the companies of this deployment. `cli` adds `connect`, which is also a command of its own."""

from __future__ import annotations

import click

from runtime.commands.exit_on_error import exit_on_error
from runtime.commands.opened import list_whole, open_deployment
from runtime.commands.output import json_option, write_json, write_rows

COLUMNS = ("id", "status", "integration", "environment", "company", "name")


@click.group()
def account() -> None:
    """Connect companies, and look at their connections."""


@account.command("list")
@click.option("--status", default="", help="Only those with this status, such as active.")
@click.option("--integration", default="", help="Only those of this vendor.")
@json_option
@exit_on_error()
def list_(*, status: str, integration: str, as_json: bool) -> None:
    """List the integrated accounts, from the oldest on."""
    from runtime.connect.tokens import AccessTokens
    from runtime.operations.accounts import Accounts

    with open_deployment() as deployment:
        found = list_whole(Accounts(deployment, AccessTokens(deployment)).list)
    wanted = {"status": status, "integration": integration}
    found = [
        each for each in found if all(not value or each[name] == value for name, value in wanted.items())
    ]
    if as_json:
        write_json(found)
        return
    write_rows(found, COLUMNS)
    if not found:
        click.echo("There is no such account. Connect one: ledgerport account connect", err=True)
