"""`ledgerport account`: the companies of this deployment. `cli` adds `connect`, which is also a command of its own."""

from __future__ import annotations

import asyncio
from typing import Any

import click

from runtime.commands.exit_on_error import exit_on_error
from runtime.commands.opened import ACTOR, choose_account, list_whole, open_deployment, open_runtime
from runtime.commands.output import json_option, write_json, write_rows
from runtime.tenancy import AccountId

COLUMNS = ("id", "status", "integration", "environment", "company", "writing", "name")


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
    write_rows(
        (each | {"writing": "read-only" if each["read_only"] else "writable"} for each in found), COLUMNS
    )
    if not found:
        click.echo("There is no such account. Connect one: ledgerport account connect", err=True)


@account.command("test")
@click.argument("account_id", default="")
@json_option
@exit_on_error()
def test_(*, account_id: str, as_json: bool) -> None:
    """Test a connection: ask the vendor for the company's name. ACCOUNT_ID may be left out where there is only one."""
    found = asyncio.run(_test(account_id))
    if as_json:
        write_json(found)
        return
    click.echo(f"{found['company']} answers, in {found['took_ms']} ms.")


@account.command("read-only")
@click.argument("account_id")
@click.option("--off", is_flag=True, help="Allow writing again.")
@json_option
@exit_on_error()
def read_only(*, account_id: str, off: bool, as_json: bool) -> None:
    """Make a company read only: no tool that writes is there for it, whatever its MCP servers say."""
    from runtime.connect.tokens import AccessTokens
    from runtime.operations.accounts import Accounts

    with open_deployment() as deployment:
        accounts = Accounts(deployment, AccessTokens(deployment))
        found = accounts.change(account_id, is_read_only=not off, actor=ACTOR)
    if as_json:
        write_json(found)
        return
    click.echo(f"{found['name']} {'is read only' if found['read_only'] else 'may be written to'}.")


@account.command("disconnect")
@click.argument("account_id")
@json_option
@exit_on_error()
def disconnect(*, account_id: str, as_json: bool) -> None:
    """Disconnect a company: its URLs and its company mapping end, its credentials are revoked and destroyed; it stays
    listed.
    """
    found = asyncio.run(_disconnect(account_id))
    if as_json:
        write_json(found)
        return
    proof = "proved" if found["revoked"] == "proved" else "not proved"
    click.echo(f"{found['name']} is disconnected. Revocation {proof}: {found['revoked_reason']}")


async def _test(account_id: str) -> dict[str, Any]:
    from runtime.operations.account_tests import AccountTests
    from runtime.operations.accounts import Accounts

    async with open_runtime() as runtime:
        accounts = Accounts(runtime.deployment, runtime.tokens)
        account = await accounts.fetch(choose_account(account_id, accounts))
        return await AccountTests(runtime.deployment, runtime.tokens).test(account)


async def _disconnect(account_id: str) -> dict[str, Any]:
    from runtime.operations.accounts import Accounts
    from runtime.operations.company_mapping.endings import count_mappings, describe_mappings

    async with open_runtime() as runtime:
        if said := describe_mappings(await count_mappings(runtime.deployment, AccountId(account_id))):
            click.echo(said, err=True)
        return await Accounts(runtime.deployment, runtime.tokens).disconnect(account_id, actor=ACTOR)
