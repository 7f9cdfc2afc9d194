"""The few HTTP requests of OAuth, behind one narrow class: POST a form or JSON, or GET, and read a small answer.

No redirect is followed (it would carry the client secret elsewhere), an answer is read up to a cap, which holds for
what a compressed one grows to as well, a request has a time limit, and no error says anything of what was sent or
answered.
"""

from __future__ import annotations

import asyncio
import base64
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote_plus, urlsplit

import orjson

from runtime.errors import VendorTimeout, VendorUnavailable

if TYPE_CHECKING:
    import aiohttp

LARGEST_ANSWER = 256 * 1024
"""Bytes of an answer about tokens. It has a few kB."""
TIMEOUT_SECONDS = 30.0
"""Vendors answer within a few seconds; a person waits at a page meanwhile, and hosts for 60."""
_EITHER = 47
"""Makes zlib take both of its formats, gzip and deflate, by their first bytes."""
_ALWAYS = {"Accept": "application/json", "Accept-Encoding": "identity"}


class Unchanged(VendorUnavailable):
    """The vendor changed nothing: it was not reached, or it understood the request and refused it."""


@dataclass(frozen=True, slots=True)
class OAuthAnswer:
    """What a token or revoke address answered. `values` is its JSON object, empty when it sent none."""

    status: int
    values: dict[str, Any]
    content: Any = None
    """The JSON that it sent, of any kind; None when it sent none."""

    def __repr__(self) -> str:
        return f"OAuthAnswer(status={self.status}, …)"


class VendorHttp:
    """One pool of connections to the OAuth addresses of vendors. `close` it at the end."""

    def __init__(self, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._timeout_seconds = timeout_seconds
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def post(
        self,
        url: str,
        values: Mapping[str, str],
        headers: Mapping[str, str],
        encoding: Literal["form", "json"] = "form",
    ) -> OAuthAnswer:
        """Send values and read the answer. Raises VendorUnavailable when there is none, or it is too large.

        It is Unchanged when nothing was sent.
        """
        sent: dict[str, Any] = {encoding if encoding == "json" else "data": dict(values)}
        return await self._ask("POST", url, headers, sent)

    async def get(self, url: str, headers: Mapping[str, str]) -> OAuthAnswer:
        """Ask an address and read its answer. Raises as `post` does."""
        return await self._ask("GET", url, headers, {})

    async def _ask(
        self, verb: str, url: str, headers: Mapping[str, str], sent: Mapping[str, Any]
    ) -> OAuthAnswer:
        import aiohttp

        try:
            async with self._open().request(
                verb, url, **sent, headers={**_ALWAYS, **headers}, allow_redirects=False
            ) as response:
                content = _content(await _read(response, url))
                return OAuthAnswer(response.status, content if isinstance(content, dict) else {}, content)
        except aiohttp.ClientConnectorError:
            raise Unchanged(f"{_host(url)} could not be reached.", advice="Try again later.") from None
        except TimeoutError:
            raise VendorTimeout(
                f"{_host(url)} did not answer within {self._timeout_seconds:g} s.", advice="Try again."
            ) from None
        except (aiohttp.ClientError, OSError, ValueError):
            raise VendorUnavailable(
                f"{_host(url)} gave no answer that can be read.", advice="Try again later."
            ) from None

    async def close(self) -> None:
        """Closes the pool."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open(self) -> aiohttp.ClientSession:
        import aiohttp

        loop = asyncio.get_running_loop()
        if self._session is None or self._loop is not loop:
            self._loop = loop
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=self._timeout_seconds),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                auto_decompress=False,
            )
        return self._session


def basic_authorization(client_id: str, client_secret: str) -> dict[str, str]:
    """The header field of HTTP Basic, each part form-encoded first as OAuth wants it (RFC 6749 §2.3.1)."""
    pair = f"{quote_plus(client_id)}:{quote_plus(client_secret)}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


async def _read(response: aiohttp.ClientResponse, url: str) -> bytes:
    content = bytearray()
    async for piece in response.content.iter_chunked(16 * 1024):
        content += piece
        if len(content) > LARGEST_ANSWER:
            raise _too_large(url)
    return _decompressed(bytes(content), response.headers.get("Content-Encoding", ""), url)


def _decompressed(content: bytes, encoding: str, url: str) -> bytes:
    """The content as it was before compression, which was not asked for. Raises as reading does."""
    if encoding.lower() not in ("gzip", "deflate"):
        return content
    try:
        found = zlib.decompressobj(_EITHER).decompress(content, LARGEST_ANSWER + 1)
    except zlib.error:
        return b""
    if len(found) > LARGEST_ANSWER:
        raise _too_large(url)
    return found


def _too_large(url: str) -> VendorUnavailable:
    return VendorUnavailable(
        f"{_host(url)} answered more than {LARGEST_ANSWER} bytes.", advice="Try again later."
    )


def _content(content: bytes) -> Any:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        return None


def _host(url: str) -> str:
    return urlsplit(url).hostname or "The vendor"
