"""Refusals, in the service's own words and envelopes.

Three envelopes exist: the API's (`Fault`), the gateway's (lower-case keys, for authentication), and XML (throttling,
and requests without usable credentials). A code fixes message, status and type through `facts/errors.json`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

ERRORS: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "facts" / "errors.json").read_text("utf-8")
)

JSON, XML = "application/json;charset=UTF-8", "application/xml"


WITH_ELEMENT = frozenset({"610", "5010", "6000"})
"""Codes that were recorded with an `element` that names nothing."""


@dataclass(frozen=True)
class Mistake:
    """One `Error` of a fault: the code, the detail, and the property concerned."""

    code: str
    detail: str
    element: str | None = None
    message: str | None = None

    def as_json(self) -> dict[str, str]:
        """The `Error` object of the API's envelope."""
        shown = {
            "Message": self.message or ERRORS[self.code]["message"],
            "Detail": self.detail,
            "code": self.code,
        }
        if self.element or self.code in WITH_ELEMENT:
            shown["element"] = self.element or ""
        return shown


@dataclass
class Fault(Exception):
    """A refused request in the API's envelope. Several mistakes are possible."""

    mistakes: list[Mistake]
    status: int = 400
    type: str = "ValidationFault"
    headers: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The `Fault` object; also what a batch item carries."""
        return {"Error": [mistake.as_json() for mistake in self.mistakes], "type": self.type}

    def body(self, time: str, milliseconds: int) -> tuple[str, bytes]:
        """Content type and bytes of the answer."""
        return JSON, json.dumps({"Fault": self.as_json(), "time": time}).encode()


class GatewayFault(Fault):
    """A refusal by the gateway: the same facts under lower-case keys."""

    def body(self, time: str, milliseconds: int) -> tuple[str, bytes]:
        """Content type and bytes of the answer."""
        error = [
            {"message": mistake.message, "detail": mistake.detail, "code": mistake.code, "element": None}
            for mistake in self.mistakes
        ]
        envelope: dict[str, Any] = {
            "warnings": None, "intuitObject": None, "fault": {"error": error, "type": self.type}, "report": None,
            "queryResponse": None, "batchItemResponse": [], "attachableResponse": [], "syncErrorResponse": None,
            "requestId": None, "time": milliseconds, "status": None, "cdcresponse": [],
        }  # fmt: skip
        return JSON, json.dumps(envelope).encode()


class XmlFault(Fault):
    """A refusal that comes as XML whatever was asked for."""

    def body(self, time: str, milliseconds: int) -> tuple[str, bytes]:
        """Content type and bytes of the answer."""
        errors = "".join(
            f'<Error code="{mistake.code}">'
            f"<Message>{escape(mistake.message or ERRORS[mistake.code]['message'])}</Message>"
            f"<Detail>{escape(mistake.detail)}</Detail></Error>"
            for mistake in self.mistakes
        )
        text = (
            '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
            f'<IntuitResponse time="{time}" xmlns="http://schema.intuit.com/finance/v3">'
            f'<Fault type="{self.type}">{errors}</Fault></IntuitResponse>'
        )
        return XML, text.encode()


def fault(code: str, detail: str, element: str | None = None) -> Fault:
    """A refusal of one mistake, with the status and type that the code has."""
    known = ERRORS[code]
    return Fault([Mistake(code, detail, element)], known["status"], known["type"])


def missing(name: str) -> Fault:
    """2020: a required property is absent."""
    return fault("2020", f"Required parameter {name} is missing in the request", name)


def business(sentence: str, element: str | None = None) -> Fault:
    """6000: a rule of bookkeeping was broken."""
    return fault("6000", f"Business Validation Error: {sentence}", element)


def not_found(what: str = "accounts, customers, items, vendors or employees") -> Fault:
    """610: no such record, or an inactive one."""
    return fault(
        "610",
        "Object Not Found : Something you're trying to use has been made inactive. "
        f"Check the fields with {what}.",
    )


def invalid_reference(name: str) -> Fault:
    """2500: a reference names a record that is absent or inactive."""
    return fault(
        "2500",
        "Invalid Reference Id : Something you're trying to use has been made inactive. "
        "Check the fields with accounts, customers, items, vendors or employees.",
        name,
    )


def stale() -> Fault:
    """5010: the SyncToken sent is not the current one."""
    return fault(
        "5010",
        "Stale Object Error : You and root were working on this at the same time. "
        "root finished before you did, so your work was not saved.",
    )


def unsupported(path: str, origin: str = "https://quickbooks.api.intuit.com") -> Fault:
    """500: no such resource or operation."""
    return fault(
        "500",
        f"Operation Could not find resource for relative : {path} of full path: {origin}{path} is not supported.",
    )


def invalid_id(value: object) -> Fault:
    """2030: an identifier that is not a whole number."""
    return fault("2030", f"Id should be a valid number. Supplied value:{value}", "Id")


def token_refused(detail: str) -> GatewayFault:
    """401: an access token that is expired, malformed or unknown."""
    return GatewayFault(
        [Mistake("3200", detail, message="message=AuthenticationFailed; errorCode=003200; statusCode=401")],
        401,
        "AUTHENTICATION",
        {"WWW-Authenticate": 'Bearer realm="Intuit", error="invalid_token"'},
    )


def scope_refused() -> GatewayFault:
    """403: the token was not given for accounting, or not for this company."""
    message = "message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403"
    return GatewayFault([Mistake("3100", "", message=message)], 403, "SERVICE")


def unauthenticated() -> XmlFault:
    """401 in XML: no usable credentials."""
    return XmlFault(
        [Mistake("100", "AuthenticationErrorGeneral: SRV-110-Authentication Failure , statusCode: 401")],
        401,
        "AUTHENTICATION",
    )


def throttled(form: str = "xml", retry_after: int | None = None) -> Fault:
    """429: too many requests. The recorded body is XML even when JSON was asked for."""
    kind = {"xml": XmlFault, "json": Fault}[form]
    mistake = Mistake(
        "3001",
        "The request limit was reached.  Try again later",
        message="message=ThrottleExceeded; errorCode=003001; statusCode=429",
    )
    return kind([mistake], 429, "SERVICE", {} if retry_after is None else {"Retry-After": str(retry_after)})


def system_failure() -> Fault:
    """500: something is wrong with the service itself."""
    detail = "System Failure Error: An unexpected error occurred while accessing or saving your data."
    return fault("10000", detail, "SystemFailureError")
