"""`ledgerport logs`: the calls of tools as the call log has them, also as they come."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from runtime.commands.exit_on_error import exit_on_error

if TYPE_CHECKING:
    from runtime.stores.records import Records
    from runtime.watching.calls import StoredCall

LOOK_SECONDS = 1.0
"""How often a follower looks for new calls: a server stores them every two seconds."""
MOST_AT_ONCE = 1_000
"""Calls that a follower reads at once."""


@click.command("logs")
@click.option("--follow", "-f", is_flag=True, help="Go on with the calls as they come, until Ctrl-C.")
@click.option(
    "--limit", default=20, type=click.IntRange(0, 1_000), show_default=True, help="How many to begin with."
)
@click.option("--json", "is_json", is_flag=True, help="One JSON object a line.")
@exit_on_error()
def show_logs(limit: int, *, follow: bool, is_json: bool) -> None:
    """List the last calls of tools, the oldest first: who called what when, and what it came to."""
    import os

    from runtime.settings import Settings
    from runtime.stores.embedded import open_stores

    stores = open_stores(Settings.load(dict(os.environ)), time.time())
    try:
        for calls in read_calls(stores.records, limit, follow=follow):
            for each in calls:
                click.echo(_write_line(each, is_json=is_json))
    except KeyboardInterrupt:
        return
    finally:
        stores.close()


def read_calls(records: Records, limit: int, *, follow: bool) -> Iterator[Sequence[StoredCall]]:
    """Yield the last calls, and then those that come. A call that another process stores late may be passed over."""
    seen = max(0, records.find_newest_call() - limit)
    while True:
        found = records.list_calls_after(seen, MOST_AT_ONCE)
        seen = found[-1].id if found else seen
        yield found
        if not follow:
            return
        if len(found) < MOST_AT_ONCE:
            time.sleep(LOOK_SECONDS)


def _write_line(stored: StoredCall, *, is_json: bool) -> str:
    from runtime.operations.call_log import show_call

    shown: dict[str, Any] = show_call(stored)
    if is_json:
        return json.dumps(shown, ensure_ascii=False)
    caller = shown["mcp_server_id"] or shown["api_token_id"] or shown["person_id"]
    program = f"{shown['client_name']} {shown['client_version']}".strip() or "-"
    outcome = shown["error_code"] or shown["status"]
    return f"{shown['at']}  {outcome:<20}  {shown['duration_ms']:>9.1f} ms  {shown['tool_name']}  {caller}  {program}"
