"""Every error that a person or program may meet, in one tree, with one shape at every endpoint.

    LedgerportError
    ├── InvalidRequest        400  what was sent cannot be read or is not allowed here
    │   ├── InvalidArguments  400  the arguments of a tool do not fit its schema
    │   │   └── ReadingEnded  400  what an analysis had read is not stored any more
    │   ├── BodyTimeout       408  the body did not come in time
    │   ├── TooLarge          413  the body is larger than any that makes sense here
    │   ├── UnsupportedMediaType
    │   │                     415  the body is not of a type that is read here
    │   ├── KeyReused         422  the idempotency key belongs to another call
    │   └── (Refused)         ...  of the MCP endpoint: in `mcp_server.replies`, since it is a reply as well
    ├── OAuthRefused          4xx  our authorization server says no, with the code that an RFC has for it
    ├── Unauthorized          401  no credentials, or wrong ones
    ├── Forbidden             403  known, but not allowed
    │   ├── PolicyRefused     403  a policy of the MCP server does not let this write through
    │   ├── BudgetReached     403  as much was sent to the vendor this month as may be
    │   └── OtherCompany      403  a write that names another company than the one it would reach
    ├── NotFound              404  no such thing, or not for you
    ├── MethodNotAllowed      405  the path is there, but not with this method
    ├── Conflict              409  the record is not in the state that the caller assumes
    │   ├── Duplicate         409  a record like the new one is there already
    │   ├── PartlyDone        409  of writes that belong together some were done, and others not
    │   ├── LimitReached      409  the tenant has as many as it may have
    │   ├── KeyInUse          409  the call with this idempotency key is under way
    │   └── KeySpent          409  it was sent before, and the vendor would not recognize the repeat
    ├── RateLimited           429  asked too often; says how long to wait
    │   └── TooManyGuesses    429  too many wrong API tokens from one address
    ├── VendorRefused         4xx  the vendor understood and said no; 404 and 409 where that is certain
    ├── NeedsReauth        409  the connection has ended; only a person can make a new one
    │   └── NotConnected      409  the company has never been connected
    ├── Busy                  503  too much at once; says how long to wait
    ├── NoSpace               507  a file cannot be stored until it is forwarded
    ├── VendorUnavailable     502  down, broken or not understood
    │   ├── VendorTimeout     504  no answer in time
    │   └── Unchanged         502  it was not reached, or refused: nothing has changed there
    ├── NoCompanyAnswered     502  a call for several companies failed at each of them
    ├── AnswerTooLarge        502  a file or text that is larger than can be passed on
    ├── Indeterminate         502  a write was sent and its answer was lost
    ├── StorageUnavailable    503  the database cannot be read or written now; says why
    ├── InternalError         500  a fault of our own, which is in the log
    ├── SealBroken            500  a sealed value was changed or is another's; never answered
    └── SettingsError         500  the deployment is not set up; raised at start, never to a client

Every code, with its meaning and what to do, is in `error_codes`.
What no person or program meets is no part of it: signals between two functions (`UnexpectedShape`, `ClientGone`).
`code` is for programs, `message` says what happened and to what, `advice` what to do now.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

_ENDS = ("", ".", "!", "?", ":", "…")
"""What the text of a vendor may end with, so that advice begins a sentence of its own."""


class LedgerportError(Exception):
    """The root. A class fixes `code` and `status`; an instance says the rest."""

    code = "error"
    status = 500
    quoted = ""
    """The part of the message that others wrote, where it is known: the vendor's own text."""
    company: Mapping[str, str] | None = None
    """Of a write, the company that it was for: `id`, and `name` where it is known."""

    def __init__(
        self,
        message: str,
        *,
        advice: str = "",
        vendor_code: str = "",
        trace: str = "",
        details: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice
        self.vendor_code = vendor_code
        self.trace = trace
        self.details = details or {}

    def __copy__(self) -> Self:
        """Return an error with the same members, whatever its class takes to make one."""
        made = type(self).__new__(type(self), *self.args)
        made.__dict__.update(self.__dict__)
        return made

    def quote(self, text: str) -> Self:
        """Return the error with the part of its message that others wrote."""
        self.quoted = text
        return self

    def as_dict(self) -> dict[str, Any]:
        """Return the one shape: code and message always, the rest when there is any."""
        shape: dict[str, Any] = {"code": self.code, "message": self.message}
        for name in ("advice", "vendor_code", "trace", "details"):
            if value := getattr(self, name):
                shape[name] = value
        return shape | ({"company": dict(self.company)} if self.company else {})

    def as_text(self) -> str:
        """Return the same in sentences, for a model."""
        advice = "" if self.advice and self.advice in self.message else self.advice
        has_end = not advice or self.message.rstrip()[-1:] in _ENDS
        parts = [self.message if has_end else f"{self.message.rstrip()}.", advice]
        if self.vendor_code:
            parts.append(f"(vendor code {self.vendor_code})")
        if self.trace:
            parts.append(f"(trace {self.trace})")
        if self.company:
            parts.append(f"(company {self.company.get('name') or self.company['id']})")
        return " ".join(part for part in parts if part)


class InvalidRequest(LedgerportError):
    """What was sent cannot be read, or is not allowed here."""

    code = "invalid_request"
    status = 400


class InvalidArguments(InvalidRequest):
    """The arguments of a tool do not fit its schema. `details.errors` has one entry for each error."""

    code = "invalid_arguments"


class ReadingEnded(InvalidArguments):
    """What an analysis had read is not stored any more, or is of another caller."""


class BodyTimeout(InvalidRequest):
    """The body did not come in time. A stop of the server would wait for it."""

    code = "body_timeout"
    status = 408


class TooLarge(InvalidRequest):
    """The body is larger than any that makes sense here."""

    code = "too_large"
    status = 413


class UnsupportedMediaType(InvalidRequest):
    """The body is not JSON."""

    code = "unsupported_media_type"
    status = 415


class OAuthRefused(LedgerportError):
    """Our authorization server says no. `error` is the code that an RFC of OAuth has for it.

    `redirect` is the address that takes it back to the client, where one is known to be the client's; `retry_after`
    the seconds after which it may be asked again, 0 where that changes nothing.
    """

    code = "oauth_refused"
    status = 400

    def __init__(self, error: str, message: str, *, status: int = 400, advice: str = "") -> None:
        super().__init__(message, advice=advice)
        self.error = error
        self.status = status
        self.redirect = ""
        self.retry_after = 0


class Unauthorized(LedgerportError):
    """No credentials, or wrong ones."""

    code = "unauthorized"
    status = 401


class Forbidden(LedgerportError):
    """Known, but not allowed."""

    code = "forbidden"
    status = 403


class PolicyRefused(Forbidden):
    """A policy of the MCP server does not let a write through. Nothing was sent.

    `details.errors` has an entry for each rule that is broken: `rule`, `found`, `allowed`.
    """

    code = "policy_refused"


class BudgetReached(Forbidden):
    """As much was sent to the vendor this month as the budget of an MCP server or account lets. Nothing was sent."""

    code = "budget_reached"


class OtherCompany(Forbidden):
    """A write names another company than the one that it would reach. Nothing was sent."""

    code = "other_company"


class NotFound(LedgerportError):
    """Not found, or not for this caller; which of the two is not said."""

    code = "not_found"
    status = 404


class MethodNotAllowed(LedgerportError):
    """The path is there, but not with this method."""

    code = "method_not_allowed"
    status = 405


class Conflict(LedgerportError):
    """The record is not in the state that the caller assumes."""

    code = "conflict"
    status = 409


class Duplicate(Conflict):
    """A record like the new one is there already. Nothing was sent. `details.twin` says which."""

    code = "duplicate"


class PartlyDone(Conflict):
    """Of writes that belong together some were done, and others not. `details` says which of them stand."""

    code = "partly_done"


class LimitReached(Conflict):
    """The tenant has as many of these things as it may have. `details.limit` says how many."""

    code = "limit_reached"

    @classmethod
    def refuse_more(cls, most: int, things: str) -> Self:
        """Return the error for a tenant that has `most` things of a kind, and may have no more."""
        return cls(
            f"This tenant has {most} {things}, as many as it may have.",
            advice="Remove one that is not used any more, or ask whoever runs Ledgerport to raise the limit of the "
            "tenant.",
            details={"limit": most},
        )


class KeyReused(InvalidRequest):
    """The idempotency key was used for another call. Nothing was sent."""

    code = "idempotency_key_reused"
    status = 422


class KeyInUse(Conflict):
    """The call with this idempotency key is still under way. Nothing was sent a second time."""

    code = "idempotency_key_in_use"


class KeySpent(Conflict):
    """The call with this idempotency key was sent before, and the vendor would not recognize a repeat."""

    code = "idempotency_key_spent"


class RateLimited(LedgerportError):
    """Asked too often. `retry_after` is in whole seconds, at least 1; `is_from_vendor`: the vendor itself said it."""

    code = "rate_limited"
    status = 429

    def __init__(self, message: str, *, retry_after: int, is_from_vendor: bool = False, **more: Any) -> None:
        super().__init__(message, **more)
        self.retry_after = max(1, retry_after)
        self.is_from_vendor = is_from_vendor


class TooManyGuesses(RateLimited):
    """Too many wrong tokens came from one address. A valid one is accepted at any time."""

    code = "too_many_guesses"

    def __init__(self, retry_after: int) -> None:
        super().__init__(
            "Too many wrong tokens came from this address, and this is another one.",
            advice=f"Wait {retry_after} seconds, or send a valid token: that is accepted at any time.",
            retry_after=retry_after,
        )


class VendorRefused(LedgerportError):
    """The vendor understood the call and said no. `kind` is one of ours: invalid, not_found, conflict, …

    `status` is the vendor's own, unless the kind has one whatever a vendor answers: a record that is not there is 404,
    and a connection that the vendor refuses is no wrong API token.
    """

    code = "vendor_refused"
    status = 400
    STATUSES: ClassVar[dict[str, int]] = {"not_found": 404, "reconnect": 409}

    def __init__(self, message: str, *, status: int = 400, kind: str = "invalid", **more: Any) -> None:
        super().__init__(message, **more)
        self.status = self.STATUSES.get(kind, status)
        self.code = kind


class NeedsReauth(LedgerportError):
    """The connection to the vendor has ended and only the person can make a new one."""

    code = "needs_reauth"
    status = 409


class NotConnected(NeedsReauth):
    """The company has never been connected to the vendor: nobody has opened the address that connects it."""

    code = "not_connected"


class Busy(LedgerportError):
    """The server has as much of this kind of work as it takes. `retry_after` is in whole seconds, at least 1."""

    code = "busy"
    status = 503

    def __init__(self, message: str, *, retry_after: int, **more: Any) -> None:
        super().__init__(message, **more)
        self.retry_after = max(1, retry_after)


class NoSpace(LedgerportError):
    """A file cannot be stored until it is forwarded: the disk is full, or a quota is used up."""

    code = "no_space"
    status = 507


class VendorUnavailable(LedgerportError):
    """The vendor is down, broken, or answered what cannot be understood."""

    code = "vendor_unavailable"
    status = 502


class AnswerTooLarge(LedgerportError):
    """The vendor answered more than can be passed on here. It is not cut, because half of it would be of no use."""

    code = "answer_too_large"
    status = 502


class VendorTimeout(VendorUnavailable):
    """The vendor did not answer in time."""

    code = "vendor_timeout"
    status = 504


class Unchanged(VendorUnavailable):
    """The vendor changed nothing: it was not reached, or it understood the request and refused it."""


class NoCompanyAnswered(LedgerportError):
    """A read for several companies failed at each of them. `details.companies` has the error of each."""

    code = "no_company_answered"
    status = 502


class Indeterminate(LedgerportError):
    """A write was sent and its answer was lost: it may have been done or not."""

    code = "indeterminate"
    status = 502


class StorageUnavailable(LedgerportError):
    """The database cannot be read or written now. `reason` is a sentence; `retry_after` is in whole seconds.

    `is_uncertain` says that a change may have been stored all the same.
    """

    code = "storage_unavailable"
    status = 503
    is_uncertain = False

    def __init__(self, message: str, *, reason: str, retry_after: int = 5, **more: Any) -> None:
        super().__init__(message, **more)
        self.reason = reason
        self.retry_after = retry_after


class InternalError(LedgerportError):
    """A fault of our own. Its message says nothing of the cause, which is in the log."""

    code = "internal_error"
    status = 500

    def __init__(self, message: str = "The server failed. It has been logged.", **more: Any) -> None:
        super().__init__(message, **more)


class SealBroken(LedgerportError):
    """A sealed value was changed, belongs to something else, or was sealed with another key."""

    code = "seal_broken"


class SettingsError(LedgerportError):
    """The deployment is not set up: a setting is missing or wrong. Raised at start, never to a client."""

    code = "settings"
