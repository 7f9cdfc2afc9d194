"""The connection of one process to Redis (or Valkey): bounded in time, and out of the path while Redis does not answer.

`hot_redis` counts through it and `generation` reads through it. Commands that are given while others are under way wait
and go together in one pipeline: the library takes 180 µs of processor time for a command of its own, and 30 for each
of sixteen that share a pipeline.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runtime.redis_address import RedisAddress

if TYPE_CHECKING:
    from redis.asyncio import Redis

LIMIT_SECONDS = 0.5
"""Connecting included. A server in the same place answers within 1 ms; what takes 500 times as long is a fault, and a
request that waits for it is still answered in good time.
"""
PART = 0.4
"""Of the limit: for each sentinel or node that is asked where the others are, so that a second one is asked in time."""
RETRY_SECONDS = 1.0
"""Between two attempts while Redis does not answer: one request in a second waits for it, the others do not."""
MOST_IN_A_PIPELINE = 200
"""What a pipeline carries: with 100 bytes for each command it fits into one read of the other side."""

Command = tuple[str | bytes | int, ...]


class RedisLost(Exception):
    """Redis did not answer, in time or with sense. What was sent may have been done all the same."""


@dataclass(frozen=True, slots=True)
class _Connected:
    """What is closed together: a client, and those that asked the sentinels for its server."""

    client: Any
    sentinels: Sequence[Redis] = ()


class RedisLink:
    """Sends commands. One for the process, used in one event loop. `fault` is a sentence, empty while Redis answers."""

    def __init__(
        self,
        address: RedisAddress,
        *,
        limit_seconds: float = LIMIT_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.address = address
        self.fault = ""
        self._limit = limit_seconds
        self._clock = clock
        self._retry_at = 0.0
        self._faults = 0
        self._connected: _Connected | None = None
        self._waiting: list[tuple[Command, asyncio.Future[Any]]] = []
        self._sending: asyncio.Task[None] | None = None
        self._closing: set[asyncio.Task[None]] = set()

    async def run(self, *command: str | bytes | int) -> Any:
        """Return the reply to a command. It is sent after this call.

        Raises RedisLost, at once while Redis is known not to answer, and in any case within twice the limit.
        """
        if self.fault:
            now = self._clock()
            if now < self._retry_at:
                raise RedisLost(self.fault)
            self._retry_at = now + RETRY_SECONDS
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((command, future))
        if self._sending is None:
            self._sending = asyncio.create_task(self._send())
        return await future

    async def run_script(self, script: str, sha: str, keys: Sequence[str], *values: str | int) -> Any:
        """Return the reply of a Lua script, sent by its SHA-1 where Redis knows it. Raises RedisLost."""
        from redis.exceptions import NoScriptError

        try:
            return await self.run("EVALSHA", sha, len(keys), *keys, *values)
        except NoScriptError:  # it has just been started: nothing was run
            return await self.run("EVAL", script, len(keys), *keys, *values)

    async def probe(self) -> None:
        """Find out whether Redis answers. `fault` says it."""
        from redis.exceptions import RedisError

        with contextlib.suppress(RedisLost, RedisError):
            await self.run("GET", "ledgerport:probe")

    async def close(self) -> None:
        """Close the connections. What is under way is lost."""
        if self._sending is not None:
            self._sending.cancel()
            await asyncio.gather(self._sending, return_exceptions=True)
        self._fail_all(())
        if self._connected is not None:
            await _close(self._connected)
            self._connected = None
        await asyncio.gather(*self._closing, return_exceptions=True)

    async def _send(self) -> None:
        """Send what waits, until nothing does."""
        batch: list[tuple[Command, asyncio.Future[Any]]] = []
        try:
            while self._waiting:
                batch, self._waiting = (
                    self._waiting[:MOST_IN_A_PIPELINE],
                    self._waiting[MOST_IN_A_PIPELINE:],
                )
                await self._send_batch(batch)
        finally:
            self._fail_all(batch)

    def _fail_all(self, batch: Sequence[tuple[Command, asyncio.Future[Any]]]) -> None:
        """End the sending: whoever has no reply yet gets none."""
        self._sending = None
        _fail([*batch, *self._waiting], "The connection to Redis was closed.")
        self._waiting = []

    async def _send_batch(self, batch: Sequence[tuple[Command, asyncio.Future[Any]]]) -> None:
        try:
            async with asyncio.timeout(self._limit):
                replies = await self._execute([command for command, _ in batch])
        except Exception as problem:  # noqa: BLE001  (whatever the library raises: the requests are answered without it)
            self._note_fault(problem)
            _fail([*batch, *self._waiting], self.fault)
            self._waiting = []
            return
        self.fault = ""
        for (_, future), reply in zip(batch, replies, strict=True):
            self._settle(future, reply)

    async def _execute(self, commands: Sequence[Command]) -> Sequence[Any]:
        if self._connected is None:
            self._connected = _connect(self.address, self._faults, self._limit * PART)
        client = self._connected.client
        if len(commands) == 1:
            return [await _execute_one(client, commands[0])]
        pipeline = client.pipeline(transaction=False)
        for command in commands:
            pipeline.execute_command(*command)
        replies: Sequence[Any] = await pipeline.execute(raise_on_error=False)
        return replies

    def _settle(self, future: asyncio.Future[Any], reply: Any) -> None:
        """Hand a reply over. A server that answers with errors (it loads, is full, or is a replica now) is at fault."""
        from redis.exceptions import NoScriptError

        if isinstance(reply, Exception) and not isinstance(reply, NoScriptError):
            self._note_fault(reply)
            reply = RedisLost(self.fault)
        if future.done():
            return
        if isinstance(reply, Exception):
            future.set_exception(reply)
        else:
            future.set_result(reply)

    def _note_fault(self, problem: Exception) -> None:
        """Leave Redis out of the path for a second, and begin with new connections then: none holds an old reply."""
        self.fault = f"Redis at {self.address.describe()} does not answer: {_explain(problem)}."
        self._retry_at = self._clock() + RETRY_SECONDS
        self._faults += 1
        connected, self._connected = self._connected, None
        if connected is not None:
            task = asyncio.create_task(_close(connected))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)


async def _execute_one(client: Any, command: Command) -> Any:
    from redis.exceptions import ResponseError

    try:
        return await client.execute_command(*command)
    except ResponseError as refused:
        return refused


def _fail(batch: Sequence[tuple[Command, asyncio.Future[Any]]], reason: str) -> None:
    for _, future in batch:
        if not future.done():
            future.set_exception(RedisLost(reason))


async def _close(connected: _Connected) -> None:
    for client in (connected.client, *connected.sentinels):
        with contextlib.suppress(Exception):
            async with asyncio.timeout(LIMIT_SECONDS):
                await client.aclose()


def _explain(problem: Exception) -> str:
    """Return the kind of a failure, and no more of it than that: what the library says may name what was sent."""
    return "it took too long" if isinstance(problem, TimeoutError) else type(problem).__name__


def _connect(address: RedisAddress, faults: int, part_seconds: float) -> _Connected:
    """Return a client that has not connected yet. After each fault another host is the first to be asked."""
    from redis.asyncio import Redis
    from redis.asyncio.cluster import ClusterNode, RedisCluster
    from redis.asyncio.retry import Retry
    from redis.asyncio.sentinel import Sentinel
    from redis.backoff import NoBackoff

    first = faults % len(address.hosts)
    hosts = [*address.hosts[first:], *address.hosts[:first]]
    shared: dict[str, Any] = {
        "username": address.username or None,
        "password": address.password or None,
        "socket_timeout": None,
        "socket_connect_timeout": part_seconds,
        "retry": Retry(NoBackoff(), 0),
        **_name_tls(address),
    }
    if address.kind == "cluster":
        nodes = [ClusterNode(host, port) for host, port in hosts]
        shared |= {"socket_timeout": part_seconds, "retry": Retry(NoBackoff(), 1)}  # one redirection
        return _Connected(RedisCluster(startup_nodes=nodes, **shared))
    if address.kind == "sentinel":
        asked = {
            "password": address.sentinel_password or None,
            "socket_timeout": part_seconds,
            "socket_connect_timeout": part_seconds,
            "retry": Retry(NoBackoff(), 0),
            **_name_tls(address),
        }
        sentinel = Sentinel(hosts, sentinel_kwargs=asked)  # type: ignore[no-untyped-call]
        return _Connected(
            sentinel.master_for(address.service, db=address.database, **shared), sentinel.sentinels
        )
    return _Connected(Redis(host=hosts[0][0], port=hosts[0][1], db=address.database, **shared))


def _name_tls(address: RedisAddress) -> dict[str, Any]:
    if not address.has_tls:
        return {}
    return {
        "ssl": True,
        "ssl_cert_reqs": "required",
        "ssl_check_hostname": True,
        "ssl_ca_certs": address.ca_certs or None,
    }
