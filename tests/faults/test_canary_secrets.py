"""No secret of a deployment turns up anywhere that this file does not name, whatever a client or a vendor sends.

A real server with every logger open, real commands beside it, and a vendor that repeats every token, key and private
number in every place of its answers. What all of them wrote is searched at the end, in every usual encoding.
"""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.canaries import Canaries, Content, Found, database_contents, folder_contents, written
from tests.faults.canary_deployment import Place, deployed
from tests.faults.canary_paths import every_path

SENDER = "An error repeats what is wrong to the one who sent it; it is neither stored nor logged."
ALLOWED: dict[tuple[str, str], str] = {
    ("API token", "response POST /api-token"): "It is shown this once, to whoever makes it.",
    ("API token", "output token create"): "The same.",
    (
        "MCP token",
        "response POST /integrated-account/{id}/mcp",
    ): "It is shown this once, to whoever makes it.",
    ("link state", "response POST /integrated-account"): "The answer is the connect link.",
    ("link state", "response POST /integrated-account/{id}/connect"): "The same.",
    ("link state", "response GET /connect/{state}"): "The form of the page leads back to its own address.",
    ("link state", "response POST /connect/{state}"): "OAuth sends the state through the vendor.",
    ("form proof", "response GET /connect/{state}"): "It is what the form sends back.",
    ("browser cookie", "response GET /connect/{state}"): "It is set here.",
    (
        "browser cookie",
        "response POST /connect/{state}",
    ): "It is set here once more, as long as the link lives.",
    ("link state", "output connect"): "The command prints the connect link.",
    (
        "private number",
        "response POST /mcp/{token} passed on",
    ): "A success that is no known error is the company's data.",
    ("private number", "response POST /mcp/{token} with a link passed on"): "The same.",
    ("private number", "response GET /files/{link} passed on"): "The same.",
    ("file link", "response POST /mcp/{token} passed on"): "The answer is the link.",
    ("file link", "response POST /mcp/{token} with a link"): "The same.",
    ("file link", "response POST /mcp/{token} with a link passed on"): "What was read is named by its link.",
    ("private number", "response POST /integrated-account/{id}/tools/{tool} passed on"): "The same.",
    ("secret in a body", "response POST /mcp/{token} with bad arguments"): SENDER,
    ("secret in a body", "response POST /integrated-account/{id}/tools/{tool} with bad arguments"): SENDER,
    ("secret in a body", "response POST with a bad body"): SENDER,
    ("secret in a body", "response POST /mcp/{token} with a bad body"): SENDER,
    (
        "wrong token",
        "response POST /integrated-account/{id}/tools/{tool} with a secret in the name of a tool",
    ): SENDER,
    ("typed token", "process list"): "A person typed it into a command line.",
    ("secret key", "file data/secret.key"): "Where it is stored; nobody else can read the file.",
}
"""The places where a secret may be: kind and place, and why."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with deployed(tmp_path_factory.mktemp("canaries")) as made:
        every_path(made)
        yield made


@pytest.fixture(scope="module")
def found(place: Place) -> set[Found]:
    return place.canaries.search(place.contents())


def test_no_secret_is_anywhere_else(found: set[Found]) -> None:
    leaks = sorted({(kind, at, form) for kind, at, form in found if (kind, at) not in ALLOWED})
    assert leaks == []


def test_every_allowed_place_has_its_secret_and_so_the_search_finds_what_is_there(found: set[Found]) -> None:
    assert set(ALLOWED) <= {(kind, at) for kind, at, _ in found}


def test_every_kind_of_secret_was_in_use(place: Place) -> None:
    assert set(place.canaries.known.values()) == {
        "API token", "MCP token", "link state", "form proof", "browser cookie", "PKCE verifier", "client secret",
        "authorization code", "access token", "refresh token", "account key", "secret key", "idempotency key",
        "private number", "typed token", "uploaded secret", "secret in a body", "wrong token", "file link",
    }  # fmt: skip


def test_nothing_of_ours_went_to_the_vendor(place: Place) -> None:
    ours = {
        "API token",
        "MCP token",
        "file link",
        "browser cookie",
        "form proof",
        "secret key",
        "idempotency key",
        "wrong token",
    }
    found = place.canaries.search(Content("request to the vendor", each) for each in place.vendor.asked)
    assert {each.kind for each in found} & ours == set()
    assert {each.kind for each in found} >= {
        "access token",
        "refresh token",
        "client secret",
        "PKCE verifier",
    }


def test_the_paths_came_as_far_as_they_should(place: Place) -> None:
    log = "".join(path.read_text("utf-8", "replace") for path in place.logs)
    events = {line.split(" ")[1] for line in log.splitlines() if line[2:3] == ":"}
    assert events >= {"serving", "stopped", "connected", "not_connected", "tool_call", "api", "mcp_refused"}
    assert "DEBUG" in log
    codes = {code for code in place.error_codes() if code}
    assert codes >= {
        "vendor_unavailable", "indeterminate", "rate_limited", "invalid", "forbidden", "not_found", "conflict",
        "needs_reauth", "invalid_arguments", "unauthorized",
    }  # fmt: skip


@pytest.mark.parametrize("shape", range(3))
def test_a_secret_that_is_planted_is_found_in_every_form_and_file(shape: int, tmp_path: Path) -> None:
    canaries = Canaries()
    for _ in range(shape):
        canaries.make("none")
    canaries.known.clear()
    secret = canaries.make("planted")
    for form, text in written(secret):
        surrounded = b"x" + text + b"y"
        assert Found("planted", "here", form) in canaries.search(iter([Content("here", surrounded)]))
    for ahead in ("", "a", "ab"):
        hidden = json.dumps({"t": base64.b64encode(f"{ahead}{secret}z".encode()).decode()}).encode()
        assert Found("planted", "here", "base64") in canaries.search(iter([Content("here", hidden)]))
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "x.bin").write_bytes(b"\0" + secret.encode())
    assert Found("planted", "file tmp/cache/x.bin", "plain") in canaries.search(
        folder_contents(tmp_path, "tmp")
    )


def test_a_secret_that_is_planted_in_the_database_or_its_log_is_found(place: Place, tmp_path: Path) -> None:
    canaries, path = Canaries(), tmp_path / "copy.sqlite3"
    secret = canaries.make("planted")
    with sqlite3.connect(place.database) as original, sqlite3.connect(path) as records:
        original.backup(records)
    records.execute("PRAGMA journal_mode=WAL")
    assert canaries.search(database_contents(path)) == set()
    records.execute(
        "INSERT INTO audit (at, actor, action, subject, details) VALUES (0, '', '', '', ?)", (secret,)
    )
    records.commit()
    places = {each.place for each in canaries.search(database_contents(path))}
    assert places == {"file database-wal", "table audit"}
    records.close()
