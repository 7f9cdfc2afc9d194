"""From the answer of a call to the result of `tools/call`, or to HTTP 429 where a server is switched to that.

A tool that fails is a result with `isError`, whose text says what happened and what to do, so that the model reads it.
There is never `structuredContent`: no tool declares an output schema, and some clients hold errors against one too.
"""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

from runtime.errors import AnswerTooLarge, LedgerportError, RateLimited
from runtime.mcp_server.replies import ANSWER_FIELDS, RATE_LIMITED, REFUSAL_FIELDS, Field, Reply, error_body
from runtime.operations.answered import Answer, File
from runtime.upstream.limits import Limits

LARGEST_FILE = 4 * 1024 * 1024
"""Bytes of a file in a result, 5.6 MB in base64 and as much as a request may have. The PDF of a form has about 100 kB;
of anything larger no model reads the text, and hosts cut results at a fraction of it.
"""
LIMITS_KEY = "ledgerport/ratelimit"
ERROR_KEY = "ledgerport/error"


def result_of(answer: Answer) -> dict[str, Any]:
    """The result of a call, as every revision has it."""
    answer = _without_large_file(answer)
    result: dict[str, Any] = {"content": content_of(answer), "isError": answer.error is not None}
    if meta := meta_of(answer):
        result["_meta"] = meta
    return result


def _without_large_file(answer: Answer) -> Answer:
    """The answer, with an error in place of a file that is too large for a result."""
    if answer.file is None or len(answer.file.content) <= LARGEST_FILE:
        return answer
    size = len(answer.file.content)
    error = AnswerTooLarge(
        f"{answer.file.name} has {size:,} bytes; a result holds at most {LARGEST_FILE:,}.",
        advice="Nothing was changed. A program can fetch it by calling the same tool over the REST endpoint.",
    )
    return answer._replace(file=None, error=error)


def content_of(answer: Answer) -> list[dict[str, Any]]:
    """What the model reads: the error, or the text, or the file."""
    if answer.error is not None:
        return [_text(error_text(answer.error, answer.limits))]
    if answer.file is not None:
        return [_text(answer.text or _description(answer.file)), _resource(answer.file)]
    return [_text(text) for text in (answer.text, answer.note) if text]


def meta_of(answer: Answer) -> dict[str, Any]:
    """The same for programs: the rate limits, and the error in its one shape."""
    meta: dict[str, Any] = {}
    if limits := answer.limits.as_dict():
        meta[LIMITS_KEY] = limits
    if answer.error is not None:
        meta[ERROR_KEY] = answer.error.as_dict()
    if isinstance(answer.error, RateLimited):
        meta[LIMITS_KEY] = {**limits, "status": 429, "retry_after": answer.error.retry_after}
    return meta


def error_text(error: LedgerportError, limits: Limits) -> str:
    """What happened and what to do, in sentences. No client shows headers, so a limit's numbers are in the text."""
    if not isinstance(error, RateLimited) or error.advice:
        return error.as_text()
    return " ".join(part for part in (error.as_text(), _state(limits), _wait(error.retry_after)) if part)


def _state(limits: Limits) -> str:
    if not limits.windows:
        return ""
    at = limits.closest()
    left, of, reset = limits.remaining[at], limits.windows[at].limit, limits.resets[at]
    return f"{left} of {of} requests left, resets in {reset} s."


def _wait(seconds: int) -> str:
    return f"Wait {seconds} second{'' if seconds == 1 else 's'}, then retry the same call."


def fields_of(answer: Answer) -> list[Field]:
    """The rate-limit fields of the response, with `retry-after` whenever the call was refused for asking too often."""
    fields = answer.limits.fields()
    if isinstance(answer.error, RateLimited) and not any(name == b"retry-after" for name, _ in fields):
        fields.append((b"retry-after", b"%d" % answer.error.retry_after))
    return fields


def too_many(answer: Answer, id: str | int | None) -> Reply:
    """HTTP 429 and a JSON-RPC error, for callers that asked to have it so."""
    assert answer.error is not None
    body = error_body(RATE_LIMITED, error_text(answer.error, answer.limits), id, meta_of(answer)[LIMITS_KEY])
    return Reply(429, (*REFUSAL_FIELDS, *fields_of(answer)), body)


def success(body: bytes, answer: Answer) -> Reply:
    """HTTP 200 with the rate-limit fields, whether the tool succeeded or not."""
    return Reply(200, (*ANSWER_FIELDS, *fields_of(answer)), body)


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _description(file: File) -> str:
    return f"{file.name} ({file.media_type}, {len(file.content):,} bytes) is attached."


def _resource(file: File) -> dict[str, Any]:
    blob = base64.b64encode(file.content).decode("ascii")
    uri = f"ledgerport://files/{quote(file.name, safe='')}"
    return {"type": "resource", "resource": {"uri": uri, "mimeType": file.media_type, "blob": blob}}
