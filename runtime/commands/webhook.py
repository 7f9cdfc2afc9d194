"""`ledgerport webhook`: the addresses that are informed of events, and what was delivered to them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from runtime.commands.exit_on_error import FAILED, exit_on_error
from runtime.commands.opened import ACTOR, list_whole, open_deployment
from runtime.commands.output import json_option, write_json, write_rows

if TYPE_CHECKING:
    from runtime.operations.webhooks import Webhooks

_OF_WEBHOOK = ("id", "status", "url", "types", "tenant_id", "reason")
_OF_DELIVERY = ("id", "created_at", "status", "type", "attempts", "code", "took_ms", "next_at", "error")
limit_option = click.option(
    "--limit", default=50, type=click.IntRange(1, 200), show_default=True, help="How many at most."
)


@click.group()
def webhook() -> None:
    """Inform other programs of events, and look at what was delivered.

    Events are delivered by the running server: at least once, and in no certain order.
    """


@webhook.command("list")
@json_option
@exit_on_error()
def list_(*, as_json: bool) -> None:
    """List the webhooks, from the oldest on. No types means every event, no tenant those of every tenant."""
    with _open() as here:
        found = list_whole(here.list)
    _show(found, _OF_WEBHOOK, as_json=as_json)
    if not found and not as_json:
        click.echo("There is no webhook yet. Make one with: ledgerport webhook create URL", err=True)


@webhook.command("create")
@click.argument("url")
@click.option(
    "--event", "types", multiple=True, help="Only this event. Repeatable; every event when left out."
)
@click.option("--tenant", default=None, help="Only events of this tenant; of every tenant when left out.")
@json_option
@exit_on_error()
def create(*, url: str, types: tuple[str, ...], tenant: str | None, as_json: bool) -> None:
    """Make a webhook for an https address. Its secret is shown this once."""
    with _open() as here:
        made = here.create(url, types, tenant, actor=ACTOR)
    if as_json:
        write_json(made)
        return
    click.echo(
        f"{made['id']}\n{made['secret']}\n\nThe secret is not shown again. Signatures are by Standard Webhooks."
    )


@webhook.command("delete")
@click.argument("webhook_id")
@json_option
@exit_on_error()
def delete(*, webhook_id: str, as_json: bool) -> None:
    """Remove a webhook, with what was still to be delivered to it."""
    with _open() as here:
        gone = here.delete(webhook_id, actor=ACTOR)
    if as_json:
        write_json(gone)
    else:
        click.echo(f"Removed {webhook_id}.")


@webhook.command("test")
@click.argument("webhook_id")
@json_option
@exit_on_error()
def test(*, webhook_id: str, as_json: bool) -> None:
    """Send a test event from here, once. The exit status is 1 when it was not taken."""
    import asyncio

    with _open() as here:
        sent = asyncio.run(here.test(webhook_id, actor=ACTOR))
    _show_one(sent, as_json=as_json)
    if sent["status"] != "delivered":
        raise SystemExit(FAILED)


@webhook.command("deliveries")
@click.argument("webhook_id")
@limit_option
@json_option
@exit_on_error()
def deliveries(*, webhook_id: str, limit: int, as_json: bool) -> None:
    """List what was delivered to a webhook, or is to be, the newest first."""
    with _open() as here:
        found = here.list_deliveries(webhook_id, limit)["result"]
    _show(found, _OF_DELIVERY, as_json=as_json)
    if not found and not as_json:
        click.echo("Nothing was delivered to this webhook yet.", err=True)


@webhook.command("resend")
@click.argument("webhook_id")
@click.argument("delivery_id")
@json_option
@exit_on_error()
def resend(*, webhook_id: str, delivery_id: str, as_json: bool) -> None:
    """Have the running server deliver an event once more, now."""
    with _open() as here:
        found = here.resend(webhook_id, delivery_id, actor=ACTOR)
    _show_one(found, as_json=as_json)


def _show(found: list[dict[str, Any]], columns: tuple[str, ...], *, as_json: bool) -> None:
    if as_json:
        write_json(found)
    else:
        write_rows(found, columns)


def _show_one(delivery: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        write_json(delivery)
    else:
        write_rows([delivery], _OF_DELIVERY)


@contextmanager
def _open() -> Iterator[Webhooks]:
    from runtime.operations.webhooks import make_webhooks

    with open_deployment() as deployment:
        yield make_webhooks(deployment)
