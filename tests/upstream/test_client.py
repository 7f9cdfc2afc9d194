"""Requests to a vendor that ends idle connections as we write: what is sent a second time, and what never is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest

from runtime.errors import Indeterminate, LedgerportError, VendorTimeout, VendorUnavailable
from runtime.upstream import client as client_module
from runtime.upstream.client import VendorClient, VendorRequest, VendorResponse
from runtime.upstream.deadlines import Deadlines
from runtime.upstream.files import MultipartBody
from tests.vendor_server import http, vendor

ANSWER = b"HTTP/1.1 200 X\r\nContent-Length: 2\r\n\r\n{}"


@dataclass
class Hasty:
    """A vendor that answers the first request of a connection, reads the second, and closes without an answer."""

    url: str = ""
    verbs: list[str] = field(default_factory=list)
    closes_after: int = 1
    """Requests of a connection that are answered."""
    stops_listening: bool = False
    """Whether nobody takes a connection after the first that was closed so."""


@asynccontextmanager
async def hasty(made: Hasty) -> AsyncIterator[Hasty]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answered = 0
        try:
            while line := (await reader.readline()).decode():
                made.verbs.append(line.split()[0])
                length = 0
                while header := (await reader.readline()).decode().strip():
                    if header.lower().startswith("content-length"):
                        length = int(header.split(":")[1])
                await reader.readexactly(length)
                if answered == made.closes_after:
                    break
                answered += 1
                writer.write(ANSWER)
                await writer.drain()
        finally:
            if answered == made.closes_after and made.stops_listening:
                server.close()
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    try:
        yield made
    finally:
        server.close()


def second_of_two(
    verb: str, *, changes_data: bool, is_once: bool, made: Hasty
) -> VendorResponse | LedgerportError:
    """What the second request over a connection that the vendor closes meanwhile comes to."""

    async def main() -> VendorResponse | LedgerportError:
        async with hasty(made):
            client = VendorClient(timeout_seconds=10, per_account=5)
            body = None if verb == "GET" else b"{}"
            request = VendorRequest(verb, made.url, {}, body, changes_data, is_once)
            try:
                if made.closes_after:
                    await client.send(VendorRequest("GET", made.url), "a1")
                return await client.send(request, "a1")
            except LedgerportError as error:
                return error
            finally:
                await client.close()

    return asyncio.run(main())


@pytest.mark.parametrize("verb", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("closes_after", [0, 1])
def test_a_write_without_a_key_is_sent_once_whatever_its_verb(verb: str, closes_after: int) -> None:
    made = Hasty(closes_after=closes_after)
    found = second_of_two(verb, changes_data=True, is_once=False, made=made)
    assert isinstance(found, Indeterminate)
    assert made.verbs.count(verb) == 1


@pytest.mark.parametrize("verb", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_write_with_a_key_is_sent_a_second_time_over_a_new_connection(verb: str) -> None:
    made = Hasty()
    found = second_of_two(verb, changes_data=True, is_once=True, made=made)
    assert isinstance(found, VendorResponse) and found.status == 200
    assert made.verbs.count(verb) == 2


@pytest.mark.parametrize("verb", ["GET", "POST"])
def test_a_read_is_sent_a_second_time(verb: str) -> None:
    made = Hasty()
    found = second_of_two(verb, changes_data=False, is_once=False, made=made)
    assert isinstance(found, VendorResponse) and found.status == 200
    assert made.verbs[1:] == [verb, verb]


@pytest.mark.parametrize(("verb", "changes_data"), [("GET", False), ("DELETE", True)])
def test_nothing_is_sent_a_third_time(verb: str, changes_data: bool) -> None:
    made = Hasty(closes_after=0)
    found = second_of_two(verb, changes_data=changes_data, is_once=True, made=made)
    assert isinstance(found, LedgerportError)
    assert made.verbs == [verb, verb]


def test_a_write_is_indeterminate_when_only_its_second_attempt_cannot_connect() -> None:
    made = Hasty(stops_listening=True)
    found = second_of_two("POST", changes_data=True, is_once=True, made=made)
    assert isinstance(found, Indeterminate)
    assert made.verbs == ["GET", "POST"]


def test_closing_ends_the_connections_to_vendors():
    async def main():
        async with hasty(Hasty(closes_after=9)) as made:
            client = VendorClient(timeout_seconds=5, per_account=10)
            await client.send(VendorRequest("GET", made.url), "a1")
            session = client._session
            await client.close()
            assert session.closed

    asyncio.run(main())


CLOSED = (aiohttp.ServerDisconnectedError, ConnectionResetError, aiohttp.ClientConnectionResetError)
"""What an idle connection that the vendor closed looks like, before and while something is written."""
CUT = (aiohttp.ClientPayloadError, aiohttp.ClientOSError, OSError, ValueError, client_module._TooMuch)
"""An answer that began, or a connection that ended after the request was out."""


def unreachable() -> Exception:
    """Nobody takes a connection."""
    return aiohttp.ClientConnectorError(SimpleNamespace(host="x", port=1, ssl=True), OSError("refused"))  # type: ignore[arg-type]


def attempts(
    failures: list[Exception], *, changes_data: bool, is_once: bool = False
) -> tuple[VendorResponse | LedgerportError, int]:
    """What a request comes to whose attempts fail like this, one after another, and how often it was sent."""

    async def main() -> tuple[VendorResponse | LedgerportError, int]:
        client = VendorClient(timeout_seconds=10, per_account=5)
        made = 0

        async def exchange(*_: Any) -> VendorResponse:
            nonlocal made
            made += 1
            if made <= len(failures):
                raise failures[made - 1]
            return VendorResponse(200, {}, b"{}")

        client._exchange = exchange  # type: ignore[method-assign]
        request = VendorRequest("POST", "http://x/", {}, b"{}", changes_data, is_once)
        try:
            return await client.send(request, "a1"), made
        except LedgerportError as error:
            return error, made
        finally:
            assert not client._deadlines._running
            await client.close()

    return asyncio.run(main())


@pytest.mark.parametrize("kind", CLOSED)
@pytest.mark.parametrize(
    ("changes_data", "is_once", "sent"),
    [(False, False, 2), (False, True, 2), (True, True, 2), (True, False, 1)],
)
def test_only_what_may_arrive_twice_is_sent_again_over_a_new_connection(kind, changes_data, is_once, sent):
    found, made = attempts([kind()], changes_data=changes_data, is_once=is_once)
    assert made == sent
    assert isinstance(found, VendorResponse if sent == 2 else Indeterminate)


@pytest.mark.parametrize("kind", CUT)
@pytest.mark.parametrize("is_once", [False, True])
@pytest.mark.parametrize(("changes_data", "error"), [(False, VendorUnavailable), (True, Indeterminate)])
def test_an_answer_that_was_cut_is_never_asked_for_again(kind, is_once, changes_data, error):
    found, made = attempts([kind("why")], changes_data=changes_data, is_once=is_once)
    assert (type(found), made) == (error, 1)
    assert isinstance(found, LedgerportError)
    assert ("why" if kind is client_module._TooMuch else "broke off its answer") in found.message


@pytest.mark.parametrize("changes_data", [False, True])
@pytest.mark.parametrize("make", [unreachable, aiohttp.ConnectionTimeoutError])
def test_nothing_was_sent_when_the_first_attempt_cannot_connect(make, changes_data):
    found, made = attempts([make()], changes_data=changes_data, is_once=True)
    assert (type(found), made) == (VendorUnavailable, 1)
    assert isinstance(found, LedgerportError) and "nothing was sent" in found.message


@pytest.mark.parametrize("make", [unreachable, aiohttp.ConnectionTimeoutError])
@pytest.mark.parametrize(
    ("changes_data", "error", "said"),
    [(False, VendorUnavailable, "nothing was sent"), (True, Indeterminate, "cannot be reached now")],
)
def test_only_a_write_is_unclear_when_its_second_attempt_cannot_connect(make, changes_data, error, said):
    found, made = attempts(
        [aiohttp.ServerDisconnectedError(), make()], changes_data=changes_data, is_once=True
    )
    assert (type(found), made) == (error, 2)
    assert isinstance(found, LedgerportError) and said in found.message


@pytest.mark.parametrize("kind", CLOSED)
@pytest.mark.parametrize(("changes_data", "error"), [(False, VendorUnavailable), (True, Indeterminate)])
def test_a_second_attempt_that_fails_is_the_last(kind, changes_data, error):
    found, made = attempts([kind(), kind()], changes_data=changes_data, is_once=True)
    assert (type(found), made) == (error, 2)


def test_a_vendor_that_is_down_was_sent_nothing():
    async def main():
        client = VendorClient(timeout_seconds=1, per_account=1)
        with pytest.raises(VendorUnavailable, match="nothing was sent") as found:
            await client.send(VendorRequest("POST", "http://127.0.0.1:9/x", changes_data=True), "a")
        await client.close()
        return found.value.code

    assert asyncio.run(main()) == "vendor_unavailable"


def test_one_company_cannot_take_all_connections():
    async def answer_never(line, headers, body):
        await asyncio.Event().wait()

    async def main():
        async with vendor(answer_never) as server:
            client = VendorClient(timeout_seconds=0.3, per_account=2)
            sends = [client.send(VendorRequest("GET", server.url), company) for company in "aaab"]
            results = await asyncio.gather(*sends, return_exceptions=True)
            await client.close()
            return [each.code for each in results]

    assert asyncio.run(main()) == ["vendor_timeout", "vendor_timeout", "rate_limited", "vendor_timeout"]


def test_a_cancellation_from_outside_is_no_answer_of_the_vendor():
    with pytest.raises(asyncio.CancelledError):
        attempts([asyncio.CancelledError()], changes_data=True)  # type: ignore[list-item]


@pytest.mark.parametrize(("changes_data", "error"), [(False, VendorTimeout), (True, Indeterminate)])
def test_an_answer_that_does_not_come_in_its_time_is_not_asked_for_again(changes_data, error):
    async def main():
        client = VendorClient(timeout_seconds=0.05, per_account=5)
        made = []

        async def exchange(*_: Any) -> VendorResponse:
            made.append(1)
            await asyncio.Event().wait()
            raise AssertionError("nobody waits for it")

        client._exchange = exchange  # type: ignore[method-assign]
        with pytest.raises(LedgerportError) as found:
            await client.send(VendorRequest("POST", "http://x/", {}, b"{}", changes_data, True), "a1")
        assert (type(found.value), made) == (error, [1])
        await client.close()

    asyncio.run(main())


def test_the_end_of_one_request_leaves_the_others_their_time():
    async def main():
        client = VendorClient(timeout_seconds=0.05, per_account=5)

        async def exchange(session: Any, request: VendorRequest) -> VendorResponse:
            if request.verb == "POST":
                await asyncio.Event().wait()
            return VendorResponse(200, {}, b"{}")

        client._exchange = exchange  # type: ignore[method-assign]
        late = asyncio.create_task(client.send(VendorRequest("POST", "http://x/"), "a1"))
        await asyncio.sleep(0)
        await client.send(VendorRequest("GET", "http://x/"), "a2")
        with pytest.raises(VendorTimeout):
            await asyncio.wait_for(late, 20)
        await client.close()

    asyncio.run(main())


def test_a_large_body_has_a_timer_of_its_own_that_ends_with_it(monkeypatch):
    made = []

    class Watched(Deadlines):
        def __init__(self, seconds: float) -> None:
            super().__init__(seconds)
            made.append(self)

    monkeypatch.setattr(client_module, "Deadlines", Watched)

    async def main():
        client = VendorClient(timeout_seconds=10, per_account=5)

        async def exchange(*_: Any) -> VendorResponse:
            assert [each._timer is not None for each in made] == [False, True]
            return VendorResponse(200, {}, b"{}")

        client._exchange = exchange  # type: ignore[method-assign]
        body = MultipartBody((), {}, {})
        await client.send(VendorRequest("POST", "http://x/", {}, body), "a1")
        assert [each._timer for each in made] == [None, None]
        await client.close()

    asyncio.run(main())


def test_a_redirect_is_an_answer_and_is_not_followed():
    async def main():
        answer = http(302, b"", "text/plain", "Location: /other")
        async with vendor(lambda *_: answer) as server:
            client = VendorClient(timeout_seconds=10, per_account=5)
            headers = {"Authorization": "Bearer secret"}
            found = await client.send(VendorRequest("GET", f"{server.url}/one", headers), "a1")
            assert (found.status, len(server.requests)) == (302, 1)
            await client.close()

    asyncio.run(main())
