"""What a program says of itself when it registers (RFC 7591), or in its client id metadata document, checked.

Called by `clients` and `client_documents`. All of it is a stranger's text: sizes are bounded, and nothing in it is
believed but where its people may be sent back to.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import SplitResult, urlsplit

from runtime.errors import OAuthRefused
from runtime.settings import LOOPBACK

MOST_REDIRECTS = 20
"""Addresses to return to; hosts have up to five."""
LONGEST_URI = 2_000
"""Characters, as much as every server takes."""
LONGEST_NAME = 80
"""Characters of a client's name; a page shows it in one line."""
KNOWN_SCHEMES = ("cursor", "vscode", "vscode-insiders")
"""Schemes without a dot that editors have registered with operating systems, as their OAuth clients send them. Any
other has a dot, as a reversed domain name (RFC 8252 §7.1).
"""
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,63}", re.ASCII)
_DANGEROUS = frozenset(
    {"javascript", "data", "file", "blob", "about", "vbscript", "view-source", "ws", "wss", "ftp"}
)
_LOOPBACK_HOSTS = frozenset({*LOOPBACK, "127.0.0.1", "::1", "localhost"})
GRANT_TYPES = ("authorization_code", "refresh_token")


def check_metadata(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is stored of a client's metadata. Raises OAuthRefused for what cannot be a client here."""
    redirects = given.get("redirect_uris")
    if not isinstance(redirects, list) or not 0 < len(redirects) <= MOST_REDIRECTS:
        raise OAuthRefused(
            "invalid_redirect_uri",
            f"redirect_uris is a list of 1 to {MOST_REDIRECTS} addresses to return to.",
        )
    grant_types = given.get("grant_types", ["authorization_code"])
    response_types = given.get("response_types", ["code"])
    if not _has(grant_types, "authorization_code") or not _has(response_types, "code"):
        raise OAuthRefused(
            "invalid_client_metadata",
            "grant_types must have authorization_code, and response_types code: there is no other flow here.",
        )
    return {
        "client_name": _read_name(given.get("client_name")),
        "redirect_uris": [check_redirect(each) for each in dict.fromkeys(map(_as_text, redirects))],
        "client_uri": _read_page(given.get("client_uri")),
    }


def check_redirect(uri: str) -> str:
    """Return an address to return to. Raises OAuthRefused for one that nobody is sent to."""
    parts = _split(uri)
    if parts is None or not _is_allowed(parts):
        raise OAuthRefused(
            "invalid_redirect_uri",
            "A redirect URI begins with https://, or with http:// for this computer (127.0.0.1, [::1], localhost), or "
            f"has a scheme of its own with a dot in it or one of {', '.join(KNOWN_SCHEMES)}. It has no fragment, user "
            f"or password, and up to {LONGEST_URI} characters.",
        )
    return uri


def may_return_to(registered: Sequence[str], uri: str) -> bool:
    """Whether a client may have people sent back to an address: it is one of its own, character for character.

    On this computer the port may be any (RFC 8252 §7.3): a program takes what is free.
    """
    return uri in registered or any(_is_same_loopback(each, uri) for each in registered)


def name_redirect_host(uri: str) -> str:
    """Return how a page names where an address leads: its host, or the scheme of a program on this computer."""
    parts = urlsplit(uri)
    return parts.netloc if parts.scheme in ("https", "http") else f"{parts.scheme}:"


def is_on_this_computer(uri: str) -> bool:
    """Whether an address leads to a program on the computer of the person, which any program there may be."""
    parts = urlsplit(uri)
    return parts.scheme not in ("https", "http") or (parts.hostname or "") in _LOOPBACK_HOSTS


def _is_same_loopback(registered: str, uri: str) -> bool:
    one, other = _split(registered), _split(uri)
    if one is None or other is None or one.scheme != "http" or one.hostname not in _LOOPBACK_HOSTS:
        return False
    return one._replace(netloc=one.hostname or "") == other._replace(netloc=other.hostname or "")


def _is_allowed(parts: SplitResult) -> bool:
    if parts.scheme == "https":
        return bool(parts.hostname)
    if parts.scheme == "http":
        return (parts.hostname or "") in _LOOPBACK_HOSTS
    is_named = parts.scheme in KNOWN_SCHEMES or "." in parts.scheme
    return is_named and parts.scheme not in _DANGEROUS and _SCHEME.fullmatch(parts.scheme) is not None


def _split(uri: str) -> SplitResult | None:
    """Return the parts of an address; None for one that readers would read differently."""
    is_plain = uri.isascii() and uri.isprintable() and not set(uri) & set(" \\<>\"'`{}|^")
    if not is_plain or not 0 < len(uri) <= LONGEST_URI or "#" in uri:
        return None
    try:
        parts = urlsplit(uri)
        _host, _port = parts.hostname, parts.port
    except ValueError:
        return None
    return None if "@" in parts.netloc else parts


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _has(values: Any, wanted: str) -> bool:
    return isinstance(values, list) and wanted in values


def _read_name(value: Any) -> str:
    """Return a name that can be shown in one line; empty without one."""
    text = " ".join("".join(c if c.isprintable() else " " for c in _as_text(value)[:1000]).split())
    return text[:LONGEST_NAME]


def _read_page(value: Any) -> str:
    text = _as_text(value)
    parts = _split(text)
    return text if parts is not None and parts.scheme == "https" else ""
