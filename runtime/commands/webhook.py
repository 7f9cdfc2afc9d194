"""`ledgerport webhook`: the addresses that are informed of events, and what was delivered to them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from runtime.commands.exit_on_error import FAILED, exit_on_error

if TYPE_CHECKING:
    from runtime.operations.webhooks import Webhooks

ACTOR = "command line"
json_option = click.option("--json", "is_json", is_flag=True, help="Print JSON.")
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
def list_(*, is_json: bool) -> None:
    """List the webhooks, from the oldest on."""
    with _open() as here:
        found = _read_all(here.list)
    if is_json:
        click.echo(json.dumps(found, indent=2))
        return
    for each in found:
        types = ", ".join(each["types"]) or "every event"
        whose = each["tenant_id"] or "every tenant"
        click.echo(f"{each['id']}  {each['status']:<8}  {each['url']}  {types}  {whose}{_say_reason(each)}")
    if not found:
        click.echo("There is no webhook yet. Make one with: ledgerport webhook create URL", err=True)


def _say_reason(webhook: dict[str, Any]) -> str:
    return f"  ({webhook['reason']})" if webhook["reason"] else ""


@webhook.command("create")
@click.argument("url")
@click.option(
    "--event", "types", multiple=True, help="Only this event. Repeatable; every event when left out."
)
@click.option("--tenant", default="", help="Only events of this tenant; of every tenant when left out.")
@json_option
@exit_on_error()
def create(*, url: str, types: tuple[str, ...], tenant: str, is_json: bool) -> None:
    """Make a webhook for an https address. Its secret is shown this once."""
    with _open() as here:
        made = here.create(url, types, tenant, actor=ACTOR)
    if is_json:
        click.echo(json.dumps(made, indent=2))
        return
    click.echo(
        f"{made['id']}\n{made['secret']}\n\nThe secret is not shown again. Signatures are by Standard Webhooks."
    )


@webhook.command("delete")
@click.argument("webhook_id")
@json_option
@exit_on_error()
def delete(*, webhook_id: str, is_json: bool) -> None:
    """Remove a webhook, with what was still to be delivered to it."""
    with _open() as here:
        gone = here.delete(webhook_id, actor=ACTOR)
    click.echo(json.dumps(gone) if is_json else f"Removed {gone['id']}.")


@webhook.command("test")
@click.argument("webhook_id")
@json_option
@exit_on_error()
def test(*, webhook_id: str, is_json: bool) -> None:
    """Send a test event from here, once. The exit status is 1 when it was not taken."""
    import asyncio

    with _open() as here:
        sent = asyncio.run(here.test(webhook_id, actor=ACTOR))
    click.echo(json.dumps(sent, indent=2) if is_json else _describe(sent))
    if sent["status"] != "delivered":
        raise SystemExit(FAILED)


@webhook.command("deliveries")
@click.argument("webhook_id")
@limit_option
@json_option
@exit_on_error()
def deliveries(*, webhook_id: str, limit: int, is_json: bool) -> None:
    """List what was delivered to a webhook, or is to be, the newest first."""
    with _open() as here:
        found = here.list_deliveries(webhook_id, limit)["result"]
    if is_json:
        click.echo(json.dumps(found, indent=2))
        return
    for each in found:
        click.echo(_describe(each))
    if not found:
        click.echo("Nothing was delivered to this webhook yet.", err=True)


@webhook.command("resend")
@click.argument("webhook_id")
@click.argument("delivery_id")
@json_option
@exit_on_error()
def resend(*, webhook_id: str, delivery_id: str, is_json: bool) -> None:
    """Have the running server deliver an event once more, now."""
    with _open() as here:
        found = here.resend(webhook_id, delivery_id, actor=ACTOR)
    click.echo(json.dumps(found, indent=2) if is_json else _describe(found))


def _describe(delivery: dict[str, Any]) -> str:
    parts = (
        delivery["id"],
        delivery["created_at"],
        f"{delivery['status']:<9}",
        delivery["type"],
        f"attempts {delivery['attempts']}",
        f"{delivery['code'] or '-'}",
        f"{delivery['took_ms']} ms",
        delivery["error"] or "",
        f"next {delivery['next_at']}" if delivery["next_at"] else "",
    )
    return "  ".join(part for part in parts if part)


def _read_all(read: Callable[[int, str], dict[str, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = read(200, cursor)
        found += page["result"]
        cursor = page["next_cursor"] or ""
        if not cursor:
            return found


@contextmanager
def _open() -> Iterator[Webhooks]:
    import os
    import time

    from runtime.keys.crypto import Keys
    from runtime.operations.webhook_sender import Sender
    from runtime.operations.webhooks import Webhooks
    from runtime.settings import Settings
    from runtime.stores.embedded import open_stores

    settings = Settings.load(dict(os.environ))
    stores = open_stores(settings, time.time())
    is_allowed = settings.webhook_private
    sender = Sender(is_private_allowed=is_allowed)
    try:
        yield Webhooks(stores, Keys(settings.secret_key), sender, is_private_allowed=is_allowed)
    finally:
        stores.close()
