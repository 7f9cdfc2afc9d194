"""Refusals, in the service's own sentences and envelopes.

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
class Problem:
    """One `Error` of a fault: the code, the detail, and the property concerned."""

    code: str
    detail: str
    element: str | None = None
    message: str | None = None

    def to_json(self) -> dict[str, str]:
        """Return the `Error` object of the API's envelope."""
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
    """A refused request in the API's envelope. It may name several problems."""

    problems: list[Problem]
    status: int = 400
    type: str = "ValidationFault"
    headers: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the `Fault` object; also what a batch item carries."""
        return {"Error": [problem.to_json() for problem in self.problems], "type": self.type}

    def render_body(self, time: str, _milliseconds: int) -> tuple[str, bytes]:
        """Return content type and bytes of the answer."""
        return JSON, json.dumps({"Fault": self.to_json(), "time": time}).encode()


class GatewayFault(Fault):
    """A refusal by the gateway: the same facts under lower-case keys."""

    def render_body(self, _time: str, milliseconds: int) -> tuple[str, bytes]:
        """Return content type and bytes of the answer."""
        error = [
            {"message": problem.message, "detail": problem.detail, "code": problem.code, "element": None}
            for problem in self.problems
        ]
        envelope: dict[str, Any] = {
            "warnings": None, "intuitObject": None, "fault": {"error": error, "type": self.type}, "report": None,
            "queryResponse": None, "batchItemResponse": [], "attachableResponse": [], "syncErrorResponse": None,
            "requestId": None, "time": milliseconds, "status": None, "cdcresponse": [],
        }  # fmt: skip
        return JSON, json.dumps(envelope).encode()


class XmlFault(Fault):
    """A refusal that comes as XML whatever was asked for."""

    def render_body(self, time: str, _milliseconds: int) -> tuple[str, bytes]:
        """Return content type and bytes of the answer."""
        errors = "".join(
            f'<Error code="{problem.code}">'
            f"<Message>{escape(problem.message or ERRORS[problem.code]['message'])}</Message>"
            f"<Detail>{escape(problem.detail)}</Detail></Error>"
            for problem in self.problems
        )
        text = (
            '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
            f'<IntuitResponse time="{time}" xmlns="http://schema.intuit.com/finance/v3">'
            f'<Fault type="{self.type}">{errors}</Fault></IntuitResponse>'
        )
        return XML, text.encode()


def make_fault(code: str, detail: str, element: str | None = None) -> Fault:
    """Return a refusal of one problem, with the status and type that the code has."""
    known = ERRORS[code]
    return Fault([Problem(code, detail, element)], known["status"], known["type"])


def make_missing_fault(name: str) -> Fault:
    """Return the fault 2020: a required property is absent."""
    return make_fault("2020", f"Required parameter {name} is missing in the request", name)


def make_business_fault(sentence: str, element: str | None = None) -> Fault:
    """Return the fault 6000: a rule of bookkeeping was broken."""
    return make_fault("6000", f"Business Validation Error: {sentence}", element)


def make_not_found_fault(what: str = "accounts, customers, items, vendors or employees") -> Fault:
    """Return the fault 610: no such record, or an inactive one."""
    return make_fault(
        "610",
        "Object Not Found : Something you're trying to use has been made inactive. "
        f"Check the fields with {what}.",
    )


def make_reference_fault(name: str) -> Fault:
    """Return the fault 2500: a reference names a record that is absent or inactive."""
    return make_fault(
        "2500",
        "Invalid Reference Id : Something you're trying to use has been made inactive. "
        "Check the fields with accounts, customers, items, vendors or employees.",
        name,
    )


def make_stale_fault() -> Fault:
    """Return the fault 5010: the SyncToken sent is not the current one."""
    return make_fault(
        "5010",
        "Stale Object Error : You and root were working on this at the same time. "
        "root finished before you did, so your work was not saved.",
    )


def make_unsupported_fault(path: str, origin: str = "https://quickbooks.api.intuit.com") -> Fault:
    """Return the fault 500: no such resource or operation."""
    return make_fault(
        "500",
        f"Operation Could not find resource for relative : {path} of full path: {origin}{path} is not supported.",
    )


def make_id_fault(value: object) -> Fault:
    """Return the fault 2030: an identifier that is not a whole number."""
    return make_fault("2030", f"Id should be a valid number. Supplied value:{value}", "Id")


def make_token_fault(detail: str) -> GatewayFault:
    """Return the fault 401: an access token that is expired, malformed or unknown."""
    return GatewayFault(
        [Problem("3200", detail, message="message=AuthenticationFailed; errorCode=003200; statusCode=401")],
        401,
        "AUTHENTICATION",
        {"WWW-Authenticate": 'Bearer realm="Intuit", error="invalid_token"'},
    )


def make_scope_fault() -> GatewayFault:
    """Return the fault 403: the token was not given for accounting, or not for this company."""
    message = "message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403"
    return GatewayFault([Problem("3100", "", message=message)], 403, "SERVICE")


def make_unauthenticated_fault() -> XmlFault:
    """Return the fault 401 in XML: no usable credentials."""
    return XmlFault(
        [Problem("100", "AuthenticationErrorGeneral: SRV-110-Authentication Failure , statusCode: 401")],
        401,
        "AUTHENTICATION",
    )


def make_throttling_fault(form: str = "xml", retry_after: int | None = None) -> Fault:
    """Return the fault 429: too many requests. The recorded body is XML even when JSON was asked for."""
    kind = {"xml": XmlFault, "json": Fault}[form]
    problem = Problem(
        "3001",
        "The request limit was reached.  Try again later",
        message="message=ThrottleExceeded; errorCode=003001; statusCode=429",
    )
    return kind([problem], 429, "SERVICE", {} if retry_after is None else {"Retry-After": str(retry_after)})


def make_system_fault() -> Fault:
    """Return the fault 500: something is wrong with the service itself."""
    detail = "System Failure Error: An unexpected error occurred while accessing or saving your data."
    return make_fault("10000", detail, "SystemFailureError")
