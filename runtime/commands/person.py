"""`ledgerport person`: the people of a tenant, for whoever has the machine. This is how the first owner gets in."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any

import click

from runtime.commands.exit_on_error import exit_on_error
from runtime.commands.opened import ACTOR
from runtime.commands.output import json_option, write_json
from runtime.people import ROLES

_tenant_option = click.option("--tenant", default="default", show_default=True, help="The tenant.")


@click.group()
def person() -> None:
    """Invite people, list them, change their roles and remove them."""


@person.command("invite")
@click.argument("email")
@click.option("--role", type=click.Choice(ROLES), default="member", show_default=True, help="The role.")
@_tenant_option
@json_option
@exit_on_error()
def person_invite(*, email: str, role: str, tenant: str, as_json: bool) -> None:
    """Print a link that lets somebody in once, within 24 hours. A member is signed in by it, and stays what he is."""
    made = _run(lambda people, operator: people.invite(operator, tenant, email, role))
    if as_json:
        write_json({"email": made.invitation.email, "role": made.invitation.role, "link": made.link})
        return
    click.echo(made.link)
    click.echo(f"\nIt signs in as {made.invitation.email}, once and within 24 hours.", err=True)


@person.command("list")
@_tenant_option
@json_option
@exit_on_error()
def person_list(*, tenant: str, as_json: bool) -> None:
    """List the people of a tenant with their roles."""
    found = _run(lambda people, operator: people.list_all(operator, tenant))
    if as_json:
        write_json([{"id": each.id, "email": each.email, "role": member.role} for each, member in found])
        return
    for each, member in found:
        click.echo(f"{each.email}  {member.role}  {each.name}")
    if not found:
        click.echo("Nobody yet. Invite somebody with: ledgerport person invite EMAIL --role owner")


@person.command("role")
@click.argument("email")
@click.argument("role", type=click.Choice(ROLES))
@_tenant_option
@exit_on_error()
def person_role(*, email: str, role: str, tenant: str) -> None:
    """Give somebody another role, which signs the person out everywhere."""

    async def change(people: Any, operator: Any) -> None:
        found = await people.find_by_email(tenant, email)
        await people.change_role(operator, tenant, found.id, role)

    _run(change)
    click.echo(f"{email} is {role} of {tenant}.")


@person.command("remove")
@click.argument("email")
@_tenant_option
@exit_on_error()
def person_remove(*, email: str, tenant: str) -> None:
    """Remove somebody from a tenant, and sign the person out everywhere."""

    async def remove(people: Any, operator: Any) -> None:
        found = await people.find_by_email(tenant, email)
        await people.remove(operator, tenant, found.id)

    _run(remove)
    click.echo(f"{email} is removed from {tenant}.")


def _run(work: Callable[[Any, Any], Awaitable[Any]]) -> Any:
    """Return what is done with the people of this deployment, as the operator."""
    from generator.catalog import Catalog
    from runtime.deployment import Deployment
    from runtime.identity.people import Operator, People
    from runtime.settings import Settings
    from runtime.stores.embedded import open_stores

    settings = Settings.load(os.environ)
    keys = settings.make_keys()
    stores = open_stores(settings, time.time(), keys)
    deployment = Deployment(settings, keys, stores, lambda: Catalog("", {}, ()))
    return asyncio.run(_await(work(People(deployment), Operator(ACTOR))))


async def _await(work: Awaitable[Any]) -> Any:
    return await work
