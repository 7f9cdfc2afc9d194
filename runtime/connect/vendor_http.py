"""The few HTTP requests of OAuth, behind one narrow class: POST a form or JSON, read a small answer.

No redirect is followed (it would carry the client secret elsewhere), an answer is read up to a cap, a request has a
time limit, and no error says anything of what was sent or answered.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote_plus, urlsplit

import orjson

from runtime.errors import VendorTimeout, VendorUnavailable

if TYPE_CHECKING:
    import aiohttp

LARGEST_ANSWER = 256 * 1024
TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class OAuthAnswer:
    """What a token or revoke address answered. `values` is its JSON object, empty when it sent none."""

    status: int
    values: dict[str, Any]

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
        """Sends values and reads the answer. Raises VendorUnavailable when there is none, or it is too large."""
        import aiohttp

        sent: dict[str, Any] = {encoding if encoding == "json" else "data": dict(values)}
        try:
            async with self._open().post(
                url, **sent, headers={"Accept": "application/json", **headers}, allow_redirects=False
            ) as response:
                return OAuthAnswer(response.status, _object(await _read(response, url)))
        except TimeoutError:
            raise VendorTimeout(
                f"{_host(url)} did not answer within {self._timeout_seconds:g} s.", advice="Try again."
            ) from None
        except aiohttp.ClientError:
            raise VendorUnavailable(
                f"{_host(url)} could not be reached.", advice="Try again later."
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
            raise VendorUnavailable(f"{_host(url)} answered more than {LARGEST_ANSWER} bytes.")
    return bytes(content)


def _object(content: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def _host(url: str) -> str:
    return urlsplit(url).hostname or "The vendor"
