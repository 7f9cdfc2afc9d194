"""Where a browser goes when a connection is made or refused: an address of the platform, on its list of origins.

`operations.accounts` checks an address when a link is made, and `web.connect` adds to it what the connection came to.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from runtime.errors import InvalidRequest
from runtime.settings import Settings

LONGEST = 2_000
"""Characters: what every browser takes as an address."""
_OURS = frozenset({"status", "integrated_account_id", "error"})


def check_return_url(settings: Settings, url: str, name: str = "return_url") -> str:
    """Return an address that a browser may be sent to. Raises InvalidRequest for one whose origin is not listed.

    Our own pages need not be listed. `name` is what its sender calls it.
    """
    if not url:
        return ""
    origins = (*settings.return_urls, _find_origin(settings.public_url))
    if len(url) > LONGEST or not _is_plain(url) or _find_origin(url) not in origins:
        listed = ", ".join(settings.return_urls) or "none"
        raise InvalidRequest(
            f"{name} is not an address at one of the origins in LEDGERPORT_RETURN_URLS.",
            advice=f"Listed: {listed}. An address there begins with one of them, with its scheme and port.",
        )
    return url


def build_return(url: str, **said: str) -> str:
    """Return an address with what a connection came to in its query."""
    parts = urlsplit(url)
    query = [each for each in parse_qsl(parts.query, keep_blank_values=True) if each[0] not in _OURS]
    return urlunsplit(parts._replace(query=urlencode([*query, *said.items()])))


def find_return_origin(url: str) -> str:
    """Return the origin of an address that was checked, for a content security policy."""
    return _find_origin(url)


def _find_origin(url: str) -> str:
    """Return scheme, host and port as a setting has them; empty for what is none, or names a user."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  (raises ValueError)
    except ValueError:
        return ""
    return "" if "@" in parts.netloc else f"{parts.scheme}://{parts.netloc.lower()}"


def _is_plain(url: str) -> bool:
    """Whether every reader of an address reads the same: browsers take a backslash for a slash, and drop line ends."""
    return url.isascii() and url.isprintable() and not set(url) & set(' \\"<>;,')
