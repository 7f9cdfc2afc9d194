"""Removes the secrets of a connection from what its vendor answers: a vendor may repeat what it was sent, or knows.

Called by `operations.vendor_calls` and `authorize` before a response is read, so that no answer, error, cursor, file or
log can hold them. Patterns for the shape of tokens (`runtime.logs`) cover what is not known here; these are known
exactly.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from functools import cached_property, lru_cache

from runtime.connect.vendor_http import encode_basic
from runtime.model import Credentials
from runtime.settings import IntegrationSettings

LEAST = 8
"""Characters. Anything shorter is found by chance in what is no echo."""
NOTHING_SENT: Mapping[str, str] = {}
BLANKED = "[secret]"
_RUN = re.compile(r"[A-Za-z0-9]+")


class Echoes:
    """The secrets of one connection, and how to find them however they are escaped."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = sorted({each for each in secrets if len(each) >= LEAST}, key=len, reverse=True)
        self._cores = [_core(each) for each in self._secrets]
        self._core_bytes = [each.encode() for each in self._cores]

    def strip(self, headers: Mapping[str, str], body: bytes) -> tuple[Mapping[str, str], bytes]:
        """Return the header fields and the body of an answer without the secrets; the same objects where there are
        none.
        """
        fields = "\n".join(headers.values())
        if any(each in fields for each in self._cores):
            headers = {name.lower(): self._text.sub(BLANKED, value) for name, value in headers.items()}
        if any(each in body for each in self._core_bytes):
            body = self._bytes.sub(BLANKED.encode(), body)
        return headers, body

    def are_in(self, text: str) -> bool:
        """Whether one of the secrets stands in a text."""
        return bool(self._secrets) and self._text.search(text) is not None

    @cached_property
    def _text(self) -> re.Pattern[str]:
        return re.compile("|".join(map(_however_written, self._secrets)))

    @cached_property
    def _bytes(self) -> re.Pattern[bytes]:
        return re.compile(self._text.pattern.encode())


@lru_cache(maxsize=1024)
def find_echoes(*secrets: str) -> Echoes:
    """Return the secrets as something to look for, made once for each connection."""
    return Echoes(secrets)


def list_secrets(credentials: Credentials, sent: Mapping[str, str] = NOTHING_SENT) -> tuple[str, ...]:
    """Return what has to stay secret of a connection, and of the header fields that prove it."""
    proofs = (each.rpartition(" ")[2] for each in sent.values())
    return (credentials.access_token, credentials.refresh_token, *credentials.secrets.values(), *proofs)


@lru_cache(maxsize=64)
def list_app_secrets(app: IntegrationSettings) -> tuple[str, ...]:
    """Return the client secret, as it is and as HTTP Basic sends it; none when it is not set."""
    if not app.client_secret:
        return ()
    pair = encode_basic(app.client_id, app.client_secret)["Authorization"]
    return (app.client_secret, pair.partition(" ")[2])


def _core(secret: str) -> str:
    """Return the longest part that no encoding of JSON, XML, HTML or URLs changes: looking for it is fast."""
    return max(_RUN.findall(secret), key=len, default="")


def _however_written(secret: str) -> str:
    return "".join(
        each if _RUN.fullmatch(each) else _escaped(each) for each in re.split(r"([^A-Za-z0-9])", secret)
    )


def _escaped(character: str) -> str:
    """Return a pattern for one character as JSON, URLs, XML and HTML may write it; empty for none."""
    if not character:
        return ""
    code = ord(character)
    forms = {character, f"\\{character}", html.escape(character)}
    literal = "|".join(sorted(map(re.escape, forms), key=len, reverse=True))
    return rf"(?:{literal}|(?i:%{code:02x}|\\u{code:04x}|&\#0*{code};|&\#x0*{code:x};))"
