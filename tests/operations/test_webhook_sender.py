"""One attempt: signed as the standard says, sent to the address that was checked, and bounded in every respect."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from standardwebhooks import Webhook

from runtime.events import Attempt
from runtime.operations import webhook_http
from runtime.operations.webhook_http import HttpSender
from runtime.operations.webhook_sender import Sender, build_body, build_headers, make_webhook_secret
from tests.webhook_receiver import Receiver, receiving

EVENT = {
    "id": "evt_1", "type": "account.connected", "at": 1_800_000_000.5, "tenant_id": "default", "data": {"name": "Zoë"},
}  # fmt: skip
AT = 1_800_000_100
NAMED = "hook.example"


def send(url: str, *, is_private_allowed: bool = True, context: ssl.SSLContext | None = None) -> Attempt:
    body = build_body(EVENT)
    headers = build_headers([make_webhook_secret()], "evt_1", AT, body)
    sender = (
        Sender(is_private_allowed=is_private_allowed)
        if context is None
        else HttpSender(is_private_allowed=is_private_allowed, context=context)
    )
    return asyncio.run(sender.send(url, body, headers))


def test_the_library_of_the_standard_makes_the_same_signatures() -> None:
    old, new, body = make_webhook_secret(), make_webhook_secret(), build_body(EVENT)

    headers = build_headers([new, old], "evt_1", AT, body)

    at = datetime.fromtimestamp(AT, UTC)
    signed = [Webhook(each).sign("evt_1", at, body.decode()) for each in (new, old)]
    assert headers["webhook-signature"].split(" ") == signed
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("evt_1", str(AT))
    assert (
        body
        == (
            '{"type":"account.connected","timestamp":"2027-01-15T08:00:00.500Z","tenant_id":"default",'
            '"data":{"name":"Zoë"}}'
        ).encode()
    )


def test_an_attempt_is_delivered_by_any_status_of_success_and_by_nothing_else() -> None:
    with receiving() as receiver:
        receiver.answer = {"location": f"{receiver.url}/elsewhere", "retry-after": "120"}
        for status, error in (
            (200, ""), (204, ""), (302, "It was redirected, which is not followed."),
            (404, "The receiver answered 404."), (410, "The receiver answered 410."),
            (503, "The receiver answered 503."),
        ):  # fmt: skip
            receiver.statuses = [status]
            found = send(receiver.url)
            assert (found.code, found.error, found.is_delivered) == (status, error, status < 300)
            assert found.wait == 120.0
        assert {each.path for each in receiver.requests} == {"/hook"}, "no redirect is followed"
        assert receiver.requests[0].headers["content-type"] == "application/json"


def test_of_a_large_answer_only_a_part_is_read_and_nothing_is_waited_for_beyond_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with receiving() as receiver:
        receiver.content = b"a" * 20_000_000
        assert send(receiver.url).code == 204 or receiver.statuses == [204]
    monkeypatch.setattr(webhook_http, "ATTEMPT_SECONDS", 0.3)
    held = Receiver()
    with receiving(held):
        found = send(held.url)
    assert (found.code, found.error) == (0, "There was no answer within 0.3 seconds.")


def test_an_answer_that_trickles_in_ends_with_the_time_of_the_attempt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(webhook_http, "ATTEMPT_SECONDS", 0.5)

    def trickle(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while True:
                connection.sendall(b"x: y\r\n")
                time.sleep(0.05)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=trickle, args=(listener,), daemon=True).start()
        found = send(f"http://127.0.0.1:{listener.getsockname()[1]}/")
    assert (found.code, found.error) == (0, "There was no answer within 0.5 seconds.")


def test_what_cannot_be_reached_is_said_without_the_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    assert send(f"http://127.0.0.1:{port}/s3cret").error == "The host cannot be reached."
    assert send("https://nowhere.invalid/s3cret").error == "The name of the host is not known."


def test_a_private_address_gets_no_connection_where_it_is_not_allowed() -> None:
    with receiving() as receiver:
        found = send(receiver.url, is_private_allowed=False)
        assert "private network" in found.error
        assert receiver.requests == []


def test_the_connection_goes_to_the_address_that_was_checked_and_the_name_is_resolved_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    with receiving() as receiver:

        async def getaddrinfo(_self: Any, host: str, port: int, **_: Any) -> list[Any]:
            asked.append(host)
            address = "127.0.0.1" if len(asked) == 1 else "127.0.0.2"
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

        monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)
        found = send(f"http://{NAMED}:{receiver.port}/hook")
        assert found.is_delivered
        assert asked[0] == NAMED and NAMED not in asked[1:]
        assert receiver.requests[0].headers["host"] == f"{NAMED}:{receiver.port}"


def make_certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The context of a server with a certificate for a name, and that of a client which trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject).issuer_name(subject).public_key(key.public_key()).serial_number(1)
        .not_valid_before(datetime(2001, 1, 1, tzinfo=UTC)).not_valid_after(datetime(2099, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem, secret = folder / "certificate.pem", folder / "key.pem"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem, secret)
    return server, ssl.create_default_context(cafile=str(pem))


@pytest.mark.parametrize(("name", "is_taken"), [(NAMED, True), ("other.example", False)])
def test_the_certificate_is_that_of_the_name_and_not_of_the_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, is_taken: bool
) -> None:
    server, client = make_certificate(tmp_path, name)

    async def getaddrinfo(_self: Any, _host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)
    with receiving(context=server) as receiver:
        found = send(f"https://{NAMED}:{receiver.port}/hook", context=client)
    assert found.is_delivered is is_taken
    assert found.error == ("" if is_taken else "The TLS certificate was not accepted.")
