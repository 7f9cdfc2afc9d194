"""Where a person may be sent when a company is connected: only to origins that the deployment lists.

Called by `operations.link_tokens` when an address is given, and again by the pages before they send somebody there,
because the list may have become shorter meanwhile.
"""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from runtime.errors import InvalidRequest
from runtime.settings import Settings

LONGEST = 2_000
"""Characters that every browser and proxy takes in an address."""


def check_return_url(settings: Settings, url: str) -> str:
    """Return an address of an allowed origin, unchanged. Raises InvalidRequest for any other."""
    if not is_allowed(settings, url):
        allowed = ", ".join(settings.return_urls) or "none yet"
        raise InvalidRequest(
            "redirect_uri is not an address of an origin that LEDGERPORT_RETURN_URLS lists.",
            advice=f"It lists {allowed}. Whoever runs Ledgerport can add the origin.",
        )
    return url


def is_allowed(settings: Settings, url: str) -> bool:
    """Whether an address is one of an allowed origin: the same scheme, host and port, and no user in it."""
    if len(url) > LONGEST or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return False
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    return f"{parts.scheme}://{parts.netloc.lower()}" in settings.return_urls


def add_outcome(url: str, outcome: dict[str, str]) -> str:
    """Return an address with what became of the connection in its query."""
    parts = urlsplit(url)
    query = "&".join(each for each in (parts.query, urlencode(outcome)) if each)
    return parts._replace(query=query).geturl()
