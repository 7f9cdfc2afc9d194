"""`ledgerport worker`: one of the processes that `ledgerport serve --workers` starts. It is not for people."""

from __future__ import annotations

import os

import click

from runtime.commands.exit_on_error import exit_on_error


@click.command(hidden=True)
@click.argument("number", type=int)
@click.argument("listener", type=int)
@click.argument("channel", type=int)
@click.option("--watch", is_flag=True)
@exit_on_error()
def worker(*, number: int, listener: int, channel: int, watch: bool) -> None:
    """Serve as one worker of a parent, on descriptors that it has handed over."""
    from runtime.server.worker import run
    from runtime.settings import Settings

    run(Settings.load(os.environ), number, listener, channel, watches=watch)
