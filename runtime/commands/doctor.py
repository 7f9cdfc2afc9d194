"""`ledgerport doctor` says what is wrong with a deployment, and `ledgerport status` what is there."""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import click

from runtime.commands.exit_on_error import FAILED, exit_on_error
from runtime.commands.opened import open_deployment
from runtime.commands.output import json_option, write_json


@click.command()
@json_option
@exit_on_error()
def doctor(*, as_json: bool) -> None:
    """Check the settings, keys, database, Redis, definitions, vendors, clock, disk and server; change nothing.

    Each line is ok, warn or fail, with what to do. Exits 1 when one is fail.
    """
    from runtime.commands import checkup

    found = []
    for each in checkup.run():
        found.append(each)
        if not as_json:
            click.echo(f"{each.state:<4}  {each.name:<11}  {each.message}")
            if each.advice:
                click.echo(f"{'':19}{each.advice}")
    if as_json:
        write_json([asdict(each) for each in found])
    if any(each.state == "fail" for each in found):
        sys.exit(FAILED)


@click.command()
@json_option
@exit_on_error()
def status(*, as_json: bool) -> None:
    """Say what this deployment has: its server, accounts, URLs and API tokens. Exits 1 when no server answers well."""
    with open_deployment() as deployment:
        found = _find_status(deployment)
    if as_json:
        write_json(found)
    else:
        for name, value in found.items():
            click.echo(f"{name + ':':<13}{_as_text(value)}")
    if found["server"]["state"] != "ok":
        sys.exit(FAILED)


def _find_status(deployment: Any) -> dict[str, Any]:
    from runtime.commands.checkup import check_server

    settings = deployment.settings
    server = asyncio.run(check_server(settings))
    return {
        "version": version("ledgerport"),
        "public_url": settings.public_url,
        "server": {"state": server.state, "message": server.message},
        "database": "PostgreSQL" if settings.postgres_url else str(settings.database),
        "redis": settings.redis.describe() if settings.redis else None,
        "tools": len(deployment.catalog().tools),
        **deployment.stores.records.count_things(time.time()),
    }


def _as_text(value: Any) -> str:
    if not isinstance(value, dict):
        return "none" if value is None else str(value)
    if "message" in value:
        return str(value["message"])
    return ", ".join(f"{count} {name}" for name, count in value.items()) or "none"
