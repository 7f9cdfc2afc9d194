"""Processes of the demo: servers that run while a block runs, our commands, and ports that are free.

Called by `demo` and `demo_work`.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
from collections.abc import Iterator
from contextlib import contextmanager

from runtime.commands.demo_http import make_opener
from runtime.errors import SettingsError

START_SECONDS = 40.0
"""A start takes a few; the rest is for a slow machine that compiles the definitions first."""
STOP_SECONDS = 10.0
"""Then it is killed: what was answered is durable, and a demo has nothing else to lose."""


def run_command(environment: dict[str, str], *words: str) -> str:
    """Return what one of our commands prints; what it says beside it is said."""
    command = [sys.executable, "-m", "runtime", *words]
    done = subprocess.run(  # noqa: S603 - our own interpreter and words
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SettingsError(done.stderr.strip())
    if done.stderr.strip():
        report(done.stderr.strip())
    return done.stdout.strip()


@contextmanager
def run_process(
    command: list[str], environment: dict[str, str], ready_url: str, output: int = subprocess.DEVNULL
) -> Iterator[subprocess.Popen[bytes]]:
    """Yield a server that runs while the block runs. It gets a group of its own, so that Ctrl-C reaches it through
    us.
    """
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and words
        command, env={**os.environ, **environment}, stdout=output, start_new_session=True
    )
    try:
        wait_until_ready(process, ready_url)
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_until_ready(process: subprocess.Popen[bytes], url: str) -> None:
    """Wait until a server answers. Raises SettingsError when it ends, or does not within `START_SECONDS`."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SettingsError(f"A server ended at once (exit status {process.returncode}); see above.")
        try:
            with make_opener().open(url, timeout=2):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
    raise SettingsError(f"A server did not answer within {START_SECONDS:g} seconds.")


def check_free(port: int, option: str) -> None:
    """Raise SettingsError when a port is taken; `option` is the one to choose another with."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise SettingsError(
                f"Port {port} is taken.", advice=f"Stop what uses it, or choose another with {option} NUMBER."
            ) from None


def report(text: str) -> None:
    """Write a line for the person who started the demo."""
    print(text, file=sys.stderr, flush=True)
