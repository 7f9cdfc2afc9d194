"""The bodies that browsers and programs send to the pages: read within a bound, whoever then reads what is in them.

Called by every page that takes a form, and by the endpoints of OAuth.
"""

from __future__ import annotations

from starlette.requests import Request

from runtime.errors import TooLarge


async def read_body(request: Request, longest: int, advice: str) -> bytes:
    """Return the body of a request. Raises TooLarge beyond so many bytes, with what to do about it."""
    content = bytearray()
    async for piece in request.stream():
        content += piece
        if len(content) > longest:
            raise TooLarge(
                f"This request is too large: its body has more than {longest} bytes.", advice=advice
            )
    return bytes(content)
