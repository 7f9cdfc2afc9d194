"""Takes over changed definitions while the server runs: when it is asked to, or when it sees a file change.

They are compiled in a process of their own, so that calls do not wait, and then put in place of the old ones between
two requests. Calls that are under way end as they began, with the old. Definitions with errors are refused: the log
has every reason, and the old ones go on serving.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Protocol

from generator.catalog import Catalog
from generator.diagnostics import DefinitionErrors
from generator.reading.files import BUILTIN_DEFINITIONS
from runtime.errors import SettingsError
from runtime.logs import Log

COMPILE = (
    f"import sys; sys.path.insert(0, {str(BUILTIN_DEFINITIONS.parent)!r}); "
    "from generator.__main__ import main; sys.exit(main())"
)
"""What a process of its own runs to compile: this very generator, wherever the server was started."""
LOOK_EVERY_SECONDS = 1.0
MOST_LOGGED = 50
"""How many errors of one refusal the log names."""
PATIENCE_SECONDS = 120.0
"""How long compiling may take before it is given up."""


class Source(Protocol):
    """Whoever has the definitions and serves from them."""

    catalog: Catalog

    def list_definitions(self) -> tuple[Path, ...]:
        """Return the folders that the catalog is made of."""

    def build_compiler_arguments(self) -> Sequence[str]:
        """Return the arguments of Python for a process that compiles them; prints errors and exits with 1."""

    def read_catalog(self) -> Catalog:
        """Return the catalog as the definitions have it now. Raises DefinitionErrors."""

    def take(self, catalog: Catalog) -> None:
        """Serve from another catalog from now on. Raises SettingsError when that cannot be."""


class Reloader:
    """Reloads one source. `run` is the work, to be a task; `ask` may be called from a signal or another thread."""

    def __init__(self, source: Source, log: Log, *, watches: bool = False) -> None:
        self._source = source
        self._log = log
        self._watches = watches
        self._asked = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.fault = ""
        """Why the definitions as they are now do not serve, in a sentence; empty when they do."""

    def ask(self) -> None:
        """Have the definitions read again soon."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._asked.set)

    async def run(self) -> None:
        """Reload whenever it is asked to, until it is cancelled."""
        self._loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._serve())
            if self._watches:
                group.create_task(self._watch())

    async def reload(self) -> bool:
        """Read the definitions again; whether they serve now. The log says what came of it."""
        began = perf_counter()
        try:
            found = await self._compiled()
            if found.version != self._source.catalog.version:
                self._source.take(found)
        except DefinitionErrors as wrong:
            self._refused([str(error) for error in wrong.diagnostics])
        except _Refused as wrong:
            self._refused(wrong.reasons)
        except SettingsError as wrong:
            self._refused([wrong.as_text()])
        except OSError as wrong:
            self._refused([f"They cannot be read: {wrong.strerror or wrong}."])
        else:
            took = round((perf_counter() - began) * 1000)
            self.fault = ""
            self._log("definitions_taken", version=found.version, tools=len(found.tools), ms=took)
            return True
        return False

    async def _serve(self) -> None:
        while True:
            await self._asked.wait()
            self._asked.clear()
            await self.reload()

    async def _watch(self) -> None:
        """Asks when files have changed and stayed so for one look: an editor may be writing several."""
        taken = seen = await asyncio.to_thread(_state, self._source.list_definitions())
        while True:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            now = await asyncio.to_thread(_state, self._source.list_definitions())
            if now == seen and now != taken:
                taken = now
                self.ask()
            seen = now

    async def _compiled(self) -> Catalog:
        """Return the catalog, compiled elsewhere into the cache and read from there in a thread. Raises its errors."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *self._source.build_compiler_arguments(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            said, _ = await asyncio.wait_for(process.communicate(), PATIENCE_SECONDS)
        except TimeoutError:
            raise _Refused([f"Compiling took more than {PATIENCE_SECONDS:g} seconds."]) from None
        finally:
            if process.returncode is None:
                process.kill()
        if process.returncode:
            raise _Refused(
                said.decode(errors="replace").splitlines() or [f"It ended with {process.returncode}."]
            )
        return await asyncio.to_thread(self._source.read_catalog)

    def _refused(self, reasons: Sequence[str]) -> None:
        self.fault = (
            f"The definitions have {len(reasons)} errors, which the log names; those of before go on serving."
        )
        self._log("definitions_refused", reasons=len(reasons), serving=self._source.catalog.version)
        for reason in reasons[:MOST_LOGGED]:
            self._log("definitions_error", says=reason)


class _Refused(Exception):
    """The definitions cannot be taken."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__()
        self.reasons = reasons


def _state(folders: tuple[Path, ...]) -> frozenset[tuple[str, int, int]]:
    """Every definition file with its time and size. One that vanishes while it is looked at is left out."""
    found = set()
    for folder in folders:
        with contextlib.suppress(
            OSError
        ):  # a folder that vanishes ends the walk; the next look sees the rest
            for path in folder.rglob("*.yaml"):
                with contextlib.suppress(OSError):
                    status = path.stat()
                    found.add((str(path), status.st_mtime_ns, status.st_size))
    return frozenset(found)
