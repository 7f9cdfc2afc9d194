"""How much of the vendors' answers is read at one time, of one call and of all together."""

from __future__ import annotations

import asyncio
import gzip
from types import SimpleNamespace
from typing import Any

import pytest

from runtime.errors import Indeterminate, LedgerportError, VendorUnavailable
from runtime.upstream import client as client_module
from runtime.upstream.client import VendorClient, VendorRequest
from tests.vendor_server import Vendor, http, vendor

MIB = 1024 * 1024


@pytest.fixture(autouse=True)
def small_bounds(monkeypatch):
    """The same bounds a hundred times smaller, so that a test moves few bytes."""
    monkeypatch.setattr(client_module, "SMALL_ANSWER", 10_000)
    monkeypatch.setattr(client_module, "LARGEST_ANSWER", 3 * MIB)
    monkeypatch.setattr(client_module, "MOST_READ_AT_ONCE", 4 * MIB)


def answer_of(size: int) -> bytes:
    return http(200, b"x" * size, "text/plain")


async def sent(client: VendorClient, server: Vendor, path: str, **more: bool) -> int | LedgerportError:
    """The size of the answer, or the error."""
    try:
        response = await client.send(VendorRequest("GET", f"{server.url}/{path}", **more), path)
    except LedgerportError as error:
        return error
    return len(response.body)


async def is_read(client: VendorClient) -> None:
    """Returns when most of a large answer is there."""
    loop = asyncio.get_running_loop()
    came = loop.create_future()

    def look() -> None:
        if client._reading >= 2 * MIB:
            came.set_result(None)
        else:
            loop.call_soon(look)

    look()
    await came


@pytest.mark.parametrize(("changes_data", "kind"), [(False, VendorUnavailable), (True, Indeterminate)])
def test_an_answer_without_end_is_not_read_and_the_error_says_why(changes_data, kind):
    async def main():
        async with vendor(lambda *_: answer_of(3 * MIB + 1)) as server:
            client = VendorClient(timeout_seconds=5, per_account=10)
            error = await sent(client, server, "a", changes_data=changes_data)
            assert isinstance(error, kind)
            assert "more than 3 MiB" in error.message
            assert await sent(client, server, "b") != error
            await client.close()

    asyncio.run(main())


def test_large_answers_have_a_bound_for_all_together_and_small_ones_are_read_whatever_happens():
    async def main():
        is_open = asyncio.Event()

        async def handler(line, headers, body):
            if "small" in line:
                return answer_of(9_000)
            return answer_of(3 * MIB)[: -1 if "half" in line and not is_open.is_set() else None]

        async with vendor(handler) as server:
            client = VendorClient(timeout_seconds=5, per_account=10)
            held = [asyncio.create_task(sent(client, server, "half"))]
            await asyncio.wait_for(is_read(client), 5)
            refused = await sent(client, server, "large")
            assert isinstance(refused, VendorUnavailable)
            assert "other answers were being read" in refused.message
            assert await sent(client, server, "small") == 9_000
            for task in held:
                task.cancel()
            await asyncio.gather(*held, return_exceptions=True)
            assert client._reading == 0
            assert await sent(client, server, "large") == 3 * MIB
            await client.close()

    asyncio.run(main())


def test_an_answer_that_is_small_only_while_it_is_packed_is_bounded_as_it_is_read():
    packed = gzip.compress(b"x" * (3 * MIB + 1))
    assert len(packed) < client_module.SMALL_ANSWER

    async def main():
        answer = http(200, packed, "text/plain", "Content-Encoding: gzip")
        async with vendor(lambda *_: answer) as server:
            client = VendorClient(timeout_seconds=5, per_account=10)
            error = await sent(client, server, "a")
            assert isinstance(error, VendorUnavailable)
            assert "more than 3 MiB" in error.message
            assert client._reading == 0
            await client.close()

    asyncio.run(main())


@pytest.mark.parametrize(("size", "counted"), [(9_000, 0), (10_000, 0), (10_001, 10_001)])
def test_an_answer_of_unknown_length_counts_only_once_it_is_no_longer_small(size, counted):
    async def main():
        client = VendorClient(timeout_seconds=5, per_account=10)
        seen = []

        async def iter_any():
            yield b"x" * size
            seen.append(client._reading)

        response: Any = SimpleNamespace(content=SimpleNamespace(iter_any=iter_any))
        assert await client._read(response) == b"x" * size
        assert (seen, client._reading) == ([counted], 0)
        await client.close()

    asyncio.run(main())
