"""What the demo asks of its two servers: as a program, and as the browser of the person who connects the company."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from html import unescape
from typing import Any

from runtime.errors import LedgerportError


class Api:
    """The management API, as a program uses it."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.token = token

    def call(self, verb: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """One request. Raises LedgerportError with the server's own words when it refuses."""
        request = urllib.request.Request(  # noqa: S310 - our own loopback address
            self.url + path,
            method=verb,
            data=json.dumps(body).encode() if body is not None else None,
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        try:
            with make_opener().open(request, timeout=60) as response:
                answer: dict[str, Any] = json.load(response)
                return answer
        except urllib.error.HTTPError as refused:
            raise LedgerportError(f"{verb} {path}: {refused.read().decode(errors='replace')[:500]}") from None


def ask_server(url: str, message: dict[str, Any]) -> bytes:
    """Return the reply of an MCP URL to one message."""
    request = urllib.request.Request(  # noqa: S310 - our own loopback address
        url,
        data=json.dumps(message).encode(),
        headers={"Content-Type": "application/json", "Accept": "application/json, text/event-stream"},
    )
    with make_opener().open(request, timeout=60) as response:
        reply: bytes = response.read()
        return reply


def sign_in(url: str, authorize_url: str) -> None:
    """Do what a person's browser does: open the link, continue, choose the company and connect. `url` is ours."""
    opener = make_opener(urllib.request.HTTPCookieProcessor())
    address, page = _visit(opener, authorize_url)
    address, page = _submit(opener, address, page)
    address, _ = _submit(opener, address, page, decision="connect")
    if not address.startswith(url):
        raise LedgerportError("The simulator did not send the browser back to Ledgerport.")


def _visit(
    opener: urllib.request.OpenerDirector, address: str, form: dict[str, str] | None = None
) -> tuple[str, str]:
    """Where an address leads in the end, and the page there."""
    data = None if form is None else urllib.parse.urlencode(form).encode()
    with opener.open(address, data=data, timeout=30) as response:
        return response.geturl(), response.read().decode()


def _submit(
    opener: urllib.request.OpenerDirector, address: str, page: str, **pressed: str
) -> tuple[str, str]:
    """Press the button of a page's form, with what the form holds already."""
    return _visit(opener, urllib.parse.urljoin(address, _action(page)), dict(_fields(page)) | pressed)


def _fields(page: str) -> Iterator[tuple[str, str]]:
    """The hidden fields of the form, and the first company to choose."""
    seen = set()
    for tag in re.findall(r"<(?:input|option)\b[^>]*>", page):
        attributes = {name: unescape(value) for name, value in re.findall(r'([\w-]+)="([^"]*)"', tag)}
        name = attributes.get("name", "")
        if name and name not in seen and attributes.get("type") in ("hidden", "radio"):
            seen.add(name)
            yield name, attributes.get("value", "")


def _action(page: str) -> str:
    found = re.search(r'<form\b[^>]*\baction="([^"]*)"', page)
    return unescape(found.group(1)) if found else ""


def make_opener(*handlers: urllib.request.BaseHandler) -> urllib.request.OpenerDirector:
    """Return what opens addresses on this machine, past any proxy."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}), *handlers)
