"""A vendor that sends back what it was sent and what it knows, in every place of an answer that a client might show."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from tests.faults.canaries import Canaries
from tests.vendor_server import http, vendor

Echo = Callable[[str], bytes]
"""From a text to repeat to the bytes of an answer."""
HEADERS = (
    "WWW-Authenticate: Bearer realm=\"{0}\", error_description=\"{0}\"", "Location: https://elsewhere.example/?token={0}",
    "intuit_tid: {0}", "Retry-After: {0}", "Link: <https://x.example/?page={0}>; rel=\"next\"", "Set-Cookie: a={0}",
    "Server: {0}", "Warning: 199 - \"{0}\"",
)  # fmt: skip


def _headers(text: str) -> list[str]:
    return [each.format(text) for each in HEADERS]


def _with_status_text(status: int, text: str, answer: bytes) -> bytes:
    return answer.replace(b"%d X" % status, b"%d %b" % (status, text.encode()), 1)


def fault(status: int) -> Echo:
    """A JSON fault whose every text is the text to repeat."""

    def answer(text: str) -> bytes:
        error = {"Message": text, "Detail": f"Refused: {text}", "code": text, "element": text}
        body = json.dumps({"Fault": {"Error": [error], "type": text}, "time": text, "requestId": text})
        found = http(status, body.encode(), "application/json", *_headers(text))
        return _with_status_text(status, text, found)

    return answer


def known_fault(status: int, code: str) -> Echo:
    """A JSON fault with a code that has advice."""

    def answer(text: str) -> bytes:
        error = {"Message": f"Request has invalid {text}", "Detail": f"The token is {text}.", "code": code}
        return http(
            status, json.dumps({"Fault": {"Error": [error]}}).encode(), "application/json", *_headers(text)
        )

    return answer


def slashed(text: str) -> bytes:
    """A JSON fault as encoders write it that escape more than they have to."""
    said = text.replace("/", "\\/").replace("+", "\\u002b")
    body = f'{{"Fault":{{"Error":[{{"Message":"No: {said}","Detail":"{said}","code":"9"}}]}}}}'
    return http(400, body.encode())


def xml(status: int) -> Echo:
    """A fault in XML."""

    def answer(text: str) -> bytes:
        body = (
            f'<IntuitResponse time="{text}"><Fault type="{text}"><Error code="{text}" element="{text}">'
            f"<Message>{text}</Message><Detail>{text}</Detail></Error></Fault></IntuitResponse>"
        )
        return http(status, body.encode(), "application/xml", *_headers(text))

    return answer


def page(status: int) -> Echo:
    """The page of a proxy."""

    def answer(text: str) -> bytes:
        body = f"<html><title>{text}</title><body>Authorization: Bearer {text}</body></html>"
        return http(status, body.encode(), f"text/html; charset={text}", *_headers(text))

    return answer


def cut_short(text: str) -> bytes:
    """Half an answer, and the end of the connection."""
    whole = http(200, json.dumps({"Fault": text, "x": "y" * 200}).encode(), "application/json", "X-Close: 1")
    return whole[:-100]


ERRORS: dict[str, Echo] = {
    **{f"fault {status}": fault(status) for status in (200, 400, 403, 404, 409, 422, 429, 500, 503, 999)},
    "fault with a known code": known_fault(400, "5010"),
    "fault of a token": known_fault(400, "3200"),
    "fault with escapes": slashed,
    **{f"XML {status}": xml(status) for status in (200, 400, 500)},
    **{f"page {status}": page(status) for status in (200, 403, 404, 500, 502)},
    "redirect": lambda text: http(302, text.encode(), "text/plain", *_headers(text)),
    "unreadable": lambda text: http(200, f'{{"a": {text}'.encode(), text, *_headers(text)),
    "content type of a refusal": lambda text: http(418, text.encode(), text),
    "another shape": lambda text: http(
        200, json.dumps({text: text}).encode(), "application/json", *_headers(text)
    ),
    "a list": lambda text: http(200, json.dumps([text, {text: [text]}]).encode()),
    "reset": lambda text: b"",
    "cut short": cut_short,
    "no HTTP": lambda text: f"{text}\r\n\r\n".encode(),
    "401": fault(401),
}


def record(text: str, private: str) -> bytes:
    """A success whose free texts repeat the text, and whose sensitive fields hold a private number."""
    one = {
        "Id": "7",
        "SyncToken": "0",
        "DisplayName": f"Ada {text}",
        "PrintOnCheckName": text,
        "Notes": f"Authorization: Bearer {text}",
        text: text,
    }
    every = {
        "Employee": {**one, "SSN": private},
        "Customer": one,
        "Invoice": one,
        "CompanyInfo": {"CompanyName": text, **one},
        "Attachable": {**one, "TempDownloadUri": f"https://files.example/?token={quote(text, safe='')}"},
        "QueryResponse": {"Employee": [{**one, "SSN": private}], "Invoice": [one], "totalCount": 1},
        "AttachableResponse": [{"Attachable": one}],
        "BatchItemResponse": [
            {
                "bId": "1",
                "Employee": {**one, "SSN": private},
                "Fault": {"Error": [{"Message": text, "code": text}]},
            }
        ],
        "Header": {"ReportName": text, "Option": [{"Name": text, "Value": text}]},
        "Columns": {"Column": [{"ColTitle": text, "ColType": "Money"}]},
        "Rows": {"Row": [{"type": "Data", "ColData": [{"value": text, "id": text}]}]},
        "time": text,
    }
    return http(200, json.dumps(every).encode(), "application/json", *_headers(text))


@dataclass
class EchoingVendor:
    """Its secrets, what it was asked, and how it answers now."""

    canaries: Canaries
    client_secret: str
    private: tuple[str, ...]
    """Numbers of persons that it repeats beside tokens in errors."""
    url: str = ""
    code: str = ""
    access_token: str = ""
    refresh_token: str = ""
    api: Callable[[], bytes] | None = None
    """What its API answers; None for what a company's own connection needs."""
    token: Callable[[], bytes] | None = None
    """What its token address answers; None for tokens."""
    asked: list[bytes] = field(default_factory=list)
    lives: float = 3600
    """Seconds that its access tokens live."""
    refresh_tokens: dict[str, str] = field(default_factory=dict)
    """For each access token the refresh token that came with it."""
    proofs: tuple[str, ...] = ()
    """The header fields by which the last caller of its API proved itself."""

    def secrets(self) -> list[str]:
        """What it could repeat now."""
        pair = f"client:{quote(self.client_secret, safe='')}"
        basic = self.canaries.add("client secret", base64.b64encode(pair.encode()).decode())
        token = self.proofs[0].rpartition(" ")[2] if self.proofs else ""
        if token not in self.refresh_tokens:
            return [*self.proofs]
        return [self.refresh_tokens[token], self.client_secret, basic, *self.proofs]

    def agree(self) -> str:
        """The code that the browser brings back."""
        self.code = self.canaries.make("authorization code")
        return self.code

    def __call__(self, line: str, headers: dict[str, str], body: bytes) -> bytes:
        self.asked.append(
            "\n".join([line, *(f"{name}: {value}" for name, value in headers.items())]).encode() + body
        )
        path = urlsplit(line.split(" ")[1]).path
        if path in ("/oauth2/v1/tokens/bearer", "/token"):
            form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
            if "code_verifier" in form:
                self.canaries.add("PKCE verifier", form["code_verifier"])
            return self.token() if self.token else self._granted()
        if "revoke" in path:
            return http(200, self.access_token.encode())
        self.proofs = tuple(headers[name] for name in ("authorization", "x-client") if name in headers)
        return self.api() if self.api else self._company(path)

    def _granted(self) -> bytes:
        self.access_token = self.canaries.make("access token")
        self.refresh_token = self.canaries.make("refresh token")
        self.refresh_tokens[self.access_token] = self.refresh_token
        values: dict[str, Any] = {
            "token_type": "bearer", "access_token": self.access_token, "expires_in": self.lives,
            "refresh_token": self.refresh_token, "x_refresh_token_expires_in": 8_640_000,
            "scope": self.access_token, "id_token": self.access_token,
        }  # fmt: skip
        return http(200, json.dumps(values).encode(), "application/json", *_headers(self.access_token))

    def _company(self, path: str) -> bytes:
        name, number = " ".join(self.proofs), path.rsplit("/", 1)[1]
        value = {"CompanyInfo": {"CompanyName": name}, "pier": {"id": number}}
        return http(200, json.dumps(value).encode())


def refusals(vendor: EchoingVendor) -> Iterator[bytes]:
    """What the token address may refuse with: each secret as the code, and all of them in every place."""
    sent = [
        each
        for each in (vendor.code, vendor.refresh_token, vendor.access_token, vendor.client_secret)
        if each
    ]
    for text in sent:
        for status in (200, 400):
            values = {"error": text, "error_description": text, "error_uri": f"https://x/?{text}", text: text}
            yield http(status, json.dumps(values).encode(), "application/json", *_headers(text))
    together = " ".join(sent)
    for status in (401, 403, 500, 503):
        yield page(status)(together)
    yield http(302, b"", "text/plain", *_headers(together))
    yield http(200, json.dumps({"access_token": together, "token_type": together}).encode())
    yield cut_short(together)
    yield b""
    said = {"error": "invalid_client", "error_description": together}
    yield http(401, json.dumps(said).encode(), "application/json", *_headers(together))


@contextmanager
def echoing_vendor(
    canaries: Canaries, client_secret: str, private: tuple[str, ...]
) -> Iterator[EchoingVendor]:
    """The vendor, listening in a thread while the block runs."""
    made = EchoingVendor(canaries, client_secret, private)
    is_ready, is_over, loop = threading.Event(), asyncio.Event(), asyncio.new_event_loop()

    async def serve() -> None:
        async with vendor(made) as listening:
            made.url = listening.url
            is_ready.set()
            await is_over.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    assert is_ready.wait(20)
    try:
        yield made
    finally:
        loop.call_soon_threadsafe(is_over.set)
        thread.join(10)
