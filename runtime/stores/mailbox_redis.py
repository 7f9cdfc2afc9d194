"""The mailbox of a fleet: streams are found, and answers handed over, through Redis or Valkey.

Each process has one list, its inbox, which it reads with one blocking command; each open stream has one key, which
names the process and expires unless it is renewed. A stream of the same process is found without Redis, so that a loss
of Redis stops only what has to come from another process. What passes through is sealed: it is somebody's books.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from functools import partial

from runtime.errors import SealBroken, StorageUnavailable
from runtime.keys.crypto import Keys
from runtime.stores.mailbox import RENEW_SECONDS, Inbox, Post, StreamAddress
from runtime.stores.mailbox_memory import MemoryMailbox
from runtime.stores.redis_link import LIMIT_SECONDS, RETRY_SECONDS, RedisLink, RedisLost

logger = logging.getLogger(__name__)

EXPIRY_SECONDS = round(3 * RENEW_SECONDS)
"""How long a stream is found whose process is gone: two renewals may fail."""
MOST_IN_INBOX = 1_000
"""Messages. A process reads thousands a second; one that has left so many for others to hold does not read."""
BLOCK_SECONDS = 5
"""How long one reading waits. Redis is asked again so often, in case the connection died without a sign."""
READER_SECONDS = BLOCK_SECONDS + 4 * LIMIT_SECONDS
"""The time limit for the reader's replies: what it waits for on purpose, and time to connect and to pass 8 MiB."""
_ADDRESS_BYTES = 64
"""Hexadecimal digits of a hash of 32 bytes."""


class RedisMailbox:
    """The mailbox of one process of a fleet. `reader` is for the blocking command; its limit is READER_SECONDS."""

    def __init__(self, link: RedisLink, reader: RedisLink, keys: Keys) -> None:
        self._link = link
        self._reader = reader
        self._keys = keys
        self._own = MemoryMailbox()
        self._process = secrets.token_hex(16)

    async def open(self, address: StreamAddress, inbox: Inbox) -> None:
        """Let a stream of this process be found. Raises StorageUnavailable."""
        await self._own.open(address, inbox)
        try:
            await self._announce(address)
        except RedisLost as lost:
            await self._own.close(address)
            raise _unavailable(lost) from lost

    async def close(self, address: StreamAddress) -> None:
        """Let it be found no more. Where Redis does not answer, its key expires."""
        await self._own.close(address)
        await asyncio.gather(self._link.run("DEL", _name_stream(address)), return_exceptions=True)

    async def find(self, address: StreamAddress) -> Post | None:
        """Return what hands a message to a stream; None when there is none. Raises StorageUnavailable."""
        if (own := await self._own.find(address)) is not None:
            return own
        try:
            process = await self._link.run("GET", _name_stream(address))
        except RedisLost as lost:
            raise _unavailable(lost) from lost
        return None if process is None else partial(self._send, process.decode(), address)

    async def renew(self) -> None:
        """Let the streams of this process be found for longer, also by a Redis that was started anew."""
        await asyncio.gather(*map(self._announce, self._own.list_addresses()), return_exceptions=True)

    async def run(self) -> None:
        """Hand over what other processes have sent, until cancelled."""
        try:
            while True:
                await self._receive()
        finally:
            await self._reader.close()

    async def _receive(self) -> None:
        try:
            found = await self._reader.run("BLPOP", _name_inbox(self._process), BLOCK_SECONDS)
        except RedisLost:
            await asyncio.sleep(RETRY_SECONDS)
            return
        if found is not None:
            self._deliver(found[1])

    async def _announce(self, address: StreamAddress) -> None:
        """Say that a stream is in this process. Raises RedisLost."""
        await self._link.run("SET", _name_stream(address), self._process, "EX", EXPIRY_SECONDS)

    async def _send(self, process: str, address: StreamAddress, message: bytes) -> None:
        """Hand a message to a stream of another process. Raises StorageUnavailable."""
        inbox = _name_inbox(process)
        sealed = address.encode() + self._keys.seal(message, _name_stream(address))
        replies = await asyncio.gather(
            self._link.run("RPUSH", inbox, sealed),
            self._link.run("LTRIM", inbox, -MOST_IN_INBOX, -1),
            self._link.run("EXPIRE", inbox, EXPIRY_SECONDS),
            return_exceptions=True,
        )
        if isinstance(replies[0], RedisLost):
            raise _unavailable(replies[0])

    def _deliver(self, sealed: bytes) -> None:
        address = StreamAddress(sealed[:_ADDRESS_BYTES].decode("ascii", "replace"))
        try:
            message = self._keys.open(sealed[_ADDRESS_BYTES:], _name_stream(address))
        except SealBroken:
            logger.warning(
                "A message for an event stream was not sealed with the secret key of this deployment."
            )
            return
        self._own.put(address, message)


def _name_stream(address: StreamAddress) -> str:
    return f"ledgerport:stream:{address}"


def _name_inbox(process: str) -> str:
    return f"ledgerport:inbox:{process}"


def _unavailable(lost: RedisLost) -> StorageUnavailable:
    return StorageUnavailable(
        "The event streams of other processes cannot be reached now.",
        reason=str(lost),
        advice="Try again in a few seconds, or use Streamable HTTP with the same URL and /mcp/ in place of /sse/.",
    )
