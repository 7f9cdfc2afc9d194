"""Every code that an error may have, with what happened and what to do: the one list of them.

The OpenAPI document enumerates them, the reference pages have a page for each, and a test compares them with what the
program can raise.
"""

from __future__ import annotations

from typing import NamedTuple

ERROR_PAGES = "/docs/errors"
"""Where the page of each code is, below the address of the deployment."""


class ErrorCode(NamedTuple):
    """A code of an error. `status` is the HTTP status over REST; 0 stands for the vendor's own."""

    code: str
    status: int
    happened: str
    to_do: str


_ALL = (
    # What was sent.
    ErrorCode(
        "invalid_request",
        400,
        "What was sent cannot be read, or is not allowed here.",
        "Read the message, which says where, and correct the request. Repeating it unchanged fails again.",
    ),
    ErrorCode(
        "invalid_arguments",
        400,
        "The arguments of a tool do not fit its input schema. Nothing was sent to the vendor.",
        "details.errors has an entry for each argument, with the nearest right name. Correct them and call again.",
    ),
    ErrorCode(
        "invalid",
        0,
        "The vendor understood the call and refused a value in it. Nothing was changed.",
        "The message repeats what the vendor says, and advice says what to correct. vendor_code is its own code.",
    ),
    ErrorCode(
        "not_found",
        404,
        "Not found, or not for this caller: a record, an integrated account, an MCP server, an API "
        "token, a tool or an address.",
        "Compare the Id or name with a list of what exists. Ids come from lists; none can be guessed.",
    ),
    ErrorCode(
        "method_not_allowed",
        405,
        "The address exists, and does not take this HTTP method.",
        "Use a method that the Allow header names.",
    ),
    ErrorCode(
        "unsupported_media_type",
        415,
        "The body is not JSON.",
        "Send JSON with the header Content-Type: application/json.",
    ),
    ErrorCode(
        "too_large",
        413,
        "The body of the request is larger than is read here.",
        "Send less at once. A file goes as multipart/form-data.",
    ),
    ErrorCode(
        "body_timeout",
        408,
        "The body of the request did not come in time. Nothing was done.",
        "Send it again over a faster connection, or send less.",
    ),
    ErrorCode(
        "request_timeout",
        408,
        "The head of the request did not come in time. Nothing was done.",
        "Send the request again.",
    ),
    ErrorCode("uri_too_long", 414, "The URL is longer than 8 KiB.", "Shorten the query string."),
    ErrorCode(
        "head_too_large",
        431,
        "The head of the request is larger than 64 KiB, or has more than 100 header fields.",
        "Send fewer or shorter header fields, such as cookies.",
    ),
    ErrorCode(
        "misdirected_request",
        421,
        "The Host header names a host that this server does not serve.",
        "Use the address of the deployment. Whoever runs it sets LEDGERPORT_PUBLIC_URL.",
    ),
    ErrorCode(
        "idempotency_key_reused",
        422,
        "The idempotency key was used for another call. Nothing was sent.",
        "Use a new key for each write, and the same one only for a repeat of the same call.",
    ),
    ErrorCode(
        "limit_reached",
        409,
        "The tenant has as many integrated accounts or MCP servers as it may have. Nothing was made.",
        "Remove one that is not used any more, or have the limit of the tenant raised: details.limit says what it is.",
    ),
    ErrorCode(
        "idempotency_key_in_use",
        409,
        "The call with this idempotency key is under way. Nothing was sent a second time.",
        "Wait until it has ended, then repeat it with the same key.",
    ),
    ErrorCode(
        "idempotency_key_spent",
        409,
        "The call with this idempotency key was sent before, and the vendor would not recognize a repeat.",
        "Look whether the first call was carried out. If it was not, call again with a new key.",
    ),
    # Who asks.
    ErrorCode(
        "unauthorized",
        401,
        "The API token is missing, is not one of this deployment, or was revoked.",
        "Send a valid one as the header Authorization: Bearer <API token>.",
    ),
    ErrorCode(
        "forbidden",
        403,
        "The caller is known, but this is not allowed: the API token lacks the scope, the vendor's user lacks the "
        "permission, the plan lacks the feature, or the period is closed.",
        "Read the message for which of them it is. A person has to grant it; a repeat fails again.",
    ),
    ErrorCode(
        "policy_refused",
        403,
        "A policy of the MCP server does not let this write through: its amount, its date, what it refers to, or how "
        "much was written before. Nothing was sent to the vendor.",
        "details.errors says for each rule what was found and what is allowed. Whoever made the MCP server can change "
        "config.policies.",
    ),
    ErrorCode(
        "budget_reached",
        403,
        "The reads or writes of this month are used up: the budget of the MCP server or of the integrated account. "
        "Nothing was sent to the vendor.",
        "details says which budget, and what is used. Raise it in config.budget or the account, or wait for the next "
        "month in UTC.",
    ),
    ErrorCode(
        "other_company",
        403,
        "The write names a company in the argument company, and the MCP server is for another one. Nothing was sent.",
        "Use the MCP server of the company that is meant, or correct the argument.",
    ),
    ErrorCode(
        "too_many_guesses",
        429,
        "Too many wrong tokens came from one address.",
        "Send a valid API token, which is accepted at any time, or wait as Retry-After says.",
    ),
    # The company and its connection.
    ErrorCode(
        "not_connected",
        409,
        "The company of this integrated account has never been connected to the vendor: its status is pending.",
        "POST /integrated-account/{id}/connect answers the address at which a person connects it.",
    ),
    ErrorCode(
        "needs_reauth",
        409,
        "The company was connected, and the connection has ended: the vendor refused it, it ran out, or a refresh was "
        "interrupted. The account's ended_by says which.",
        "POST /integrated-account/{id}/connect answers the address at which a person connects it again.",
    ),
    ErrorCode(
        "reconnect",
        409,
        "The vendor refused this call because it does not accept the connection of the company.",
        "A person has to connect the company again. Until then other calls are likely to fail as well.",
    ),
    # The state of what is written.
    ErrorCode(
        "conflict",
        0,
        "The record, account or server is not in the state that the caller assumes: it was changed meanwhile, or "
        "others depend on it. Ledgerport itself answers 409, a vendor has a status of its own.",
        "Read it again, look at what changed, and repeat the call with its current state.",
    ),
    ErrorCode(
        "duplicate",
        0,
        "The vendor has such a record already. Nothing was made.",
        "Find the existing record and use it, or choose another name or number. Where details.twin names a record that "
        "only looks the same, call again with allow_duplicate true.",
    ),
    ErrorCode(
        "partly_done",
        409,
        "Of two writes that belong together one was done and the other one not, and the first could not be taken back.",
        "details names the change that stands: revert it with revert_change, or do what is missing by itself.",
    ),
    ErrorCode(
        "indeterminate",
        502,
        "A write was sent and its answer was lost: it may have been done or not.",
        "Look whether the change is there before it is sent again. With an idempotency key a repeat is safe.",
    ),
    # The vendor.
    ErrorCode(
        "rate_limited",
        429,
        "The rate limit of the vendor is reached. Nothing was done, and nothing is repeated by Ledgerport.",
        "Wait as many seconds as Retry-After says, then repeat the same call.",
    ),
    ErrorCode(
        "unavailable",
        0,
        "The vendor says that it cannot do this now, or not in this form.",
        "Follow advice. After a write, look whether it was done before it is sent again.",
    ),
    ErrorCode(
        "vendor_unavailable",
        502,
        "The vendor is down, or answered something that cannot be understood. Nothing was changed.",
        "Try again in a minute.",
    ),
    ErrorCode(
        "no_company_answered",
        502,
        "A call for several companies failed at each of them.",
        "details.companies has the error of each. Correct what they say, or ask the companies one by one.",
    ),
    ErrorCode(
        "vendor_timeout",
        504,
        "The vendor did not answer in time. Nothing was changed.",
        "Try again in a minute, and ask for less at once.",
    ),
    ErrorCode(
        "answer_too_large",
        502,
        "The vendor answered more than can be passed on. It is not cut, because a part of it would be of no use.",
        "Ask for less: fewer records, a shorter period, or the file over REST.",
    ),
    # The deployment.
    ErrorCode(
        "busy",
        503,
        "The server already has as much work of this kind as it accepts.",
        "Repeat the request after as many seconds as Retry-After says.",
    ),
    ErrorCode(
        "too_many_requests",
        429,
        "Too many requests wait on one connection.",
        "Wait for answers before more requests are sent on it.",
    ),
    ErrorCode(
        "too_many_connections",
        503,
        "The server already has as many connections as it accepts.",
        "Repeat the request after as many seconds as Retry-After says.",
    ),
    ErrorCode(
        "too_much_received",
        503,
        "The server is receiving as much as it can hold.",
        "Repeat the request after as many seconds as Retry-After says.",
    ),
    ErrorCode(
        "stopping",
        503,
        "The server is stopping, and this request was not done.",
        "Repeat the request after as many seconds as Retry-After says.",
    ),
    ErrorCode(
        "no_space",
        507,
        "A file cannot be stored until it is forwarded: the disk is full, or a quota is used up.",
        "Whoever runs the deployment has to make space. Nothing was sent.",
    ),
    ErrorCode(
        "storage_unavailable",
        503,
        "The database cannot be read or written now. The message says why.",
        "Repeat the request after as many seconds as Retry-After says. If it persists, whoever runs the deployment has "
        "to investigate.",
    ),
    ErrorCode(
        "seal_broken",
        500,
        "A stored credential cannot be decrypted: it was changed, or was encrypted with another key.",
        "Whoever runs the deployment has to restore the key, or the company has to be connected again.",
    ),
    ErrorCode(
        "internal_error",
        500,
        "The server failed. The cause is in its log, and nowhere else.",
        "Repeat a read once. After a write, look whether it was done first. Report it to whoever runs the deployment.",
    ),
)
ERROR_CODES = {each.code: each for each in _ALL}
NEVER_ANSWERED = frozenset({"error", "vendor_refused", "settings", "oauth_refused"})
"""Codes of classes that no client meets: they are always given another one, and that of settings ends a start."""
