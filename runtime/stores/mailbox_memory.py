"""The mailbox of one process: every stream is here. `mailbox_redis` holds one for the streams of its own process."""

from __future__ import annotations

from runtime.stores.mailbox import Inbox, Post, StreamAddress


class MemoryMailbox:
    """The open streams of this process by their addresses."""

    def __init__(self) -> None:
        self._inboxes: dict[StreamAddress, Inbox] = {}

    async def open(self, address: StreamAddress, inbox: Inbox) -> None:
        """Let a stream be found."""
        self._inboxes[address] = inbox

    async def close(self, address: StreamAddress) -> None:
        """Let it be found no more."""
        self._inboxes.pop(address, None)

    async def find(self, address: StreamAddress) -> Post | None:
        """Return what hands a message to a stream; None when there is none."""
        inbox = self._inboxes.get(address)
        if inbox is None:
            return None

        async def post(message: bytes) -> None:
            inbox.put(message)

        return post

    async def renew(self) -> None:
        """Nothing expires here."""

    async def run(self) -> None:
        """No other process sends anything here."""

    def list_addresses(self) -> list[StreamAddress]:
        """Return the addresses of the streams that are open."""
        return list(self._inboxes)

    def put(self, address: StreamAddress, message: bytes) -> None:
        """Hand a message to a stream; drops it when there is none."""
        if (inbox := self._inboxes.get(address)) is not None:
            inbox.put(message)
