"""One parent and its workers, each a process that serves: `ledgerport serve --workers N`.

The parent holds the data directory and the sockets, and serves nothing itself. It starts a worker again that ends by
itself, passes SIGTERM, SIGINT and SIGHUP on, and ends when all have ended. Each worker has one end of a channel: it
says there that it serves, and ends when the other end is closed, which the kernel does however the parent ends.
Called by the command `serve`; `worker` is what it starts.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from generator.reading.files import BUILTIN_DEFINITIONS
from runtime.errors import SettingsError
from runtime.logs import Log, configure_libraries, make_log
from runtime.server.holding import hold_data
from runtime.server.listening import listen_for_each
from runtime.server.reload import COMPILE
from runtime.server.stopping import GRACE_SECONDS, is_terminal_gone
from runtime.settings import Settings
from runtime.watching.shared_counts import open_counts

MOST_FAILED_STARTS = 5
"""In a row, of one worker: with the pauses between them that is a quarter of a minute, in which a database restarts."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0
"""Seconds before a worker is started again: none the first time, then twice as many each time."""
STEADY_SECONDS = 30.0
"""A worker that has served for so long and ends is started again at once."""
PATIENCE_SECONDS = GRACE_SECONDS + 15.0
"""How long a stop waits for workers, which end calls under way by themselves; whoever is left is killed."""
SERVES = b"s"
"""What a worker says on its channel when it serves."""
_WORKER = (
    f"import sys; sys.path.insert(0, {str(BUILTIN_DEFINITIONS.parent)!r}); "
    "from runtime.commands.cli import main; main(prog_name='ledgerport')"
)
"""What a worker runs: this very Ledgerport, wherever the parent was started."""


@dataclass(slots=True)
class _Worker:
    """A worker with what outlives its process."""

    number: int
    listener: socket.socket
    process: asyncio.subprocess.Process | None = None
    failed_starts: int = 0
    short_lives: int = 0


def run(settings: Settings, environ: Mapping[str, str], *, watches: bool = False) -> int:
    """Serve with as many workers as are set until SIGINT or SIGTERM; return the exit status.

    Raises SettingsError when the port is taken, the data is in use, or the workers would not agree with each other.
    """
    check_workers(settings)
    configure_libraries()
    listeners = listen_for_each(settings, settings.workers)
    _held = hold_data(settings)
    open_counts(settings.data, "parent").purge()
    parent = _Parent(settings, listeners, environ, make_log(settings.log_format), watches=watches)
    return asyncio.run(parent.run())


def check_workers(settings: Settings) -> None:
    """Raise SettingsError where several workers would each count and refresh on their own."""
    if settings.workers > 1 and not (settings.postgres_url and settings.redis):
        raise SettingsError(
            f"{settings.workers} workers need PostgreSQL and Redis, through which they agree, and "
            f"{'LEDGERPORT_REDIS_URL' if settings.postgres_url else 'LEDGERPORT_DATABASE_URL'} names none.",
            advice="Set LEDGERPORT_DATABASE_URL to postgresql://… and LEDGERPORT_REDIS_URL to redis://…, or serve with "
            "one worker.",
        )


class _Parent:
    """Starts the workers and attends to them. `run` is all it does."""

    def __init__(
        self,
        settings: Settings,
        listeners: Sequence[socket.socket],
        environ: Mapping[str, str],
        log: Log,
        *,
        watches: bool,
    ) -> None:
        self._settings, self._environ, self._log, self._watches = settings, environ, log, watches
        self._workers = [_Worker(at + 1, each) for at, each in enumerate(listeners)]
        self._stopping = asyncio.Event()
        self._has_served = False
        self._status = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> int:
        """Serve until it is stopped, or a worker cannot be started; return the exit status."""
        loop = asyncio.get_running_loop()
        for each in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(each, self._stop)
        had_terminal = sys.stdout.isatty()
        loop.add_signal_handler(signal.SIGHUP, self._hang_up, had_terminal)
        await self._compile()  # once, and not in each worker
        attended = asyncio.gather(*(self._attend(each) for each in self._workers))
        await self._stopping.wait()
        self._send(signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(attended), PATIENCE_SECONDS)
        self._send(signal.SIGKILL)
        await attended
        self._log("stopped")
        return self._status

    async def _attend(self, worker: _Worker) -> None:
        """Have a worker run until all stop."""
        while not self._stopping.is_set():
            began = time.monotonic()
            has_served = await self._run_once(worker)
            if self._stopping.is_set():
                return
            status = worker.process.returncode if worker.process else None
            self._log("worker_ended", worker=worker.number, status=status)
            worker.failed_starts = 0 if has_served else worker.failed_starts + 1
            is_steady = has_served and time.monotonic() - began > STEADY_SECONDS
            worker.short_lives = 0 if is_steady else worker.short_lives + 1
            if worker.failed_starts and (not self._has_served or worker.failed_starts >= MOST_FAILED_STARTS):
                self._log("workers_do_not_start", worker=worker.number)
                self._status = 1
                self._stopping.set()
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), find_pause(worker.short_lives))

    async def _run_once(self, worker: _Worker) -> bool:
        """Run a worker to its end; return whether it has served."""
        ours, theirs = socket.socketpair()
        ours.settimeout(0)
        with ours:
            with theirs:
                worker.process = await self._start(worker, theirs)
            said = asyncio.create_task(asyncio.get_running_loop().sock_recv(ours, 1))
            said.add_done_callback(partial(self._note_served, worker))
            if self._stopping.is_set():  # it was asked to stop while the process was being started
                _signal(worker.process, signal.SIGTERM)
            await worker.process.wait()
            said.cancel()
            await asyncio.wait([said])
        return not said.cancelled() and said.result() == SERVES

    def _note_served(self, worker: _Worker, said: asyncio.Task[bytes]) -> None:
        if not said.cancelled() and not said.exception() and said.result() == SERVES:
            self._has_served = True
            self._log("worker_serves", worker=worker.number)

    async def _start(self, worker: _Worker, channel: socket.socket) -> asyncio.subprocess.Process:
        descriptors = (worker.listener.fileno(), channel.fileno())
        watch = ["--watch"] if self._watches else []
        return await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-c", _WORKER, "worker",
            str(worker.number), *map(str, descriptors), *watch,
            pass_fds=descriptors,
            env=dict(self._environ),
            stdin=asyncio.subprocess.DEVNULL,
            process_group=0,  # the keys of a terminal are for the parent
        )  # fmt: skip

    def _stop(self) -> None:
        """Stop; when asked a second time, without waiting for calls under way."""
        if self._stopping.is_set():
            for _ in range(2):
                self._send(signal.SIGINT)
        self._stopping.set()

    def _hang_up(self, had_terminal: bool) -> None:  # noqa: FBT001  (a handler has no names)
        if had_terminal and is_terminal_gone():
            self._stop()
            return
        task = asyncio.create_task(self._reload())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _reload(self) -> None:
        """Have the workers read the definitions again, once they are compiled for all."""
        await self._compile()
        self._send(signal.SIGHUP)

    async def _compile(self) -> None:
        """Compile the definitions into the cache. What is wrong with them the workers say."""
        folders = (BUILTIN_DEFINITIONS, *self._settings.definitions, self._settings.data / "cache")
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-c", COMPILE, *map(str, folders),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            await process.wait()
        finally:
            _signal(process, signal.SIGKILL)

    def _send(self, which: signal.Signals) -> None:
        for worker in self._workers:
            if worker.process is not None:
                _signal(worker.process, which)


def find_pause(short_lives: int) -> float:
    """Return how many seconds to wait before a worker is started again that has lived so often for a short time."""
    return 0.0 if short_lives <= 1 else min(FIRST_PAUSE * 2.0 ** (short_lives - 2), LONGEST_PAUSE)


def _signal(process: asyncio.subprocess.Process, which: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        if process.returncode is None:
            process.send_signal(which)
