"""From the answer of a call to the result of `tools/call`, or to HTTP 429 where a server is switched to that.

A tool that fails is a result with `isError`, whose text says what happened and what to do, so that the model reads it.
`structuredContent` is there for answers in a shape that hosts fix (`search`, `fetch`), and for no other: no tool
declares an output schema, and some clients hold errors against one too.
"""

from __future__ import annotations

import base64
from typing import Any, NamedTuple
from urllib.parse import quote

import orjson

from generator.catalog import EMBED
from runtime.errors import AnswerTooLarge, RateLimited
from runtime.exchange.tool_answer import Answer, File
from runtime.mcp_server.replies import ANSWER_FIELDS, RATE_LIMITED, REFUSAL_FIELDS, Field, Reply, write_error
from runtime.operations.file_links import LIFETIME_SECONDS
from runtime.operations.pdf_pages import count_pages
from runtime.upstream.rate_limit_errors import write_sentences

LARGEST_INLINE_FILE = 4 * 1024 * 1024
"""Bytes of a file in a result, 5.6 MB in base64 and as much as a request may have. The PDF of a form has about 100 kB;
of anything larger no model reads the text, and hosts cut results at a fraction of it.
"""
LIMITS_KEY = "ledgerport/ratelimit"
ERROR_KEY = "ledgerport/error"
COMPANY_KEY = "ledgerport/company"


class Link(NamedTuple):
    """Where the file of an answer can be fetched; an empty address where it can only be embedded."""

    uri: str = ""
    is_guarded: bool = False
    """Whether it is opened with an API token only."""
    is_block: bool = True
    """Whether the client's revision knows blocks of the type `resource_link` (2025-06-18)."""


NO_LINK = Link()


def build_result(answer: Answer, link: Link = NO_LINK) -> dict[str, Any]:
    """Return the result of a call."""
    is_linked = answer.file is not None and link.uri and not is_embedded(answer.file)
    if not is_linked:
        answer = _without_large_file(answer, link.uri)
    content = describe_link(answer, link) if is_linked else build_content(answer)
    result: dict[str, Any] = {"content": content, "isError": answer.error is not None}
    if answer.is_structured and answer.error is None:
        result["structuredContent"] = orjson.Fragment(answer.text)
    if meta := build_meta(answer):
        result["_meta"] = meta
    return result


def is_embedded(file: File) -> bool:
    """Whether the caller asked for the bytes of a file inside the result."""
    return file.arguments.get(EMBED) is True


def refuse_large_file(file: File, link: str) -> AnswerTooLarge | None:
    """Return the error for a file that is too large for a result, with where it can be fetched; None when it fits."""
    size = len(file.content)
    if size <= LARGEST_INLINE_FILE:
        return None
    fetched = "A program can fetch it by calling the same tool over the REST endpoint."
    if link:
        fetched = f"Fetch it within {LIFETIME_SECONDS // 60} minutes at {link}"
    return AnswerTooLarge(
        f"{file.name} has {size:,} bytes; a result holds at most {LARGEST_INLINE_FILE:,}.",
        advice=f"Nothing was changed. {fetched}",
    )


def _without_large_file(answer: Answer, link: str) -> Answer:
    """Return the answer, with an error in place of a file that is too large for a result."""
    error = refuse_large_file(answer.file, link) if answer.file else None
    return answer if error is None else answer._replace(file=None, error=error)


def describe_link(answer: Answer, link: Link) -> list[dict[str, Any]]:
    """Return what the model reads of a file that is not in the result: what it is, and where it is.

    The address is in the text as well: not every host passes a link on to its model.
    """
    file = answer.file
    assert file is not None
    minutes = LIFETIME_SECONDS // 60
    how = "with the API token" if link.is_guarded else "without signing in"
    text = _text(f"{describe_file(file)}. Open or fetch it within {minutes} minutes, {how}: {link.uri}")
    block = {
        "type": "resource_link",
        "uri": link.uri,
        "name": file.name,
        "mimeType": file.media_type,
        "size": len(file.content),
    }
    notes = [_text(answer.note)] if answer.note else []
    return [text, block, *notes] if link.is_block else [text, *notes]


def build_content(answer: Answer) -> list[dict[str, Any]]:
    """Return what the model reads: the error, or the text, or the file."""
    if answer.error is not None:
        texts = (answer.preface, write_sentences(answer.error, answer.limits))
        return [_text(text) for text in texts if text]
    if answer.file is not None:
        notes = [_text(answer.note)] if answer.note else []
        about = _text(answer.text or f"{describe_file(answer.file)} is attached.")
        return [about, _resource(answer.file), *notes]
    return [_text(text) for text in (answer.preface, answer.text, answer.note) if text]


def build_meta(answer: Answer) -> dict[str, Any]:
    """Return the same for programs: the rate limits, and the error in its one shape."""
    meta: dict[str, Any] = {}
    if limits := answer.limits.as_dict():
        meta[LIMITS_KEY] = limits
    if company := answer.error.company if answer.error else answer.company:
        meta[COMPANY_KEY] = dict(company)
    if answer.error is not None:
        meta[ERROR_KEY] = answer.error.as_dict()
    if isinstance(answer.error, RateLimited):
        meta[LIMITS_KEY] = {**limits, "status": 429, "retry_after": answer.error.retry_after}
    return meta


def build_fields(answer: Answer) -> list[Field]:
    """Return the rate-limit fields of the response, with `retry-after` whenever the call was refused for asking too
    often.
    """
    fields = answer.limits.write_fields()
    if answer.error is None:
        return fields
    if isinstance(answer.error, RateLimited) and not any(name == b"retry-after" for name, _ in fields):
        fields.append((b"retry-after", b"%d" % answer.error.retry_after))
    return fields


def refuse_rate(answer: Answer, id: str | int | None) -> Reply:
    """HTTP 429 and a JSON-RPC error, for callers that asked to have it so."""
    assert answer.error is not None
    body = write_error(
        RATE_LIMITED, write_sentences(answer.error, answer.limits), id, build_meta(answer)[LIMITS_KEY]
    )
    return Reply(429, (*REFUSAL_FIELDS, *build_fields(answer)), body)


def reply_success(body: bytes, answer: Answer) -> Reply:
    """HTTP 200 with the rate-limit fields, whether the tool succeeded or not."""
    return Reply(200, (*ANSWER_FIELDS, *build_fields(answer)), body)


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def describe_file(file: File) -> str:
    """Return what a file is: its name, media type, size, and pages where they are known."""
    facts = [file.media_type, f"{len(file.content):,} bytes"]
    pages = count_pages(file.media_type, file.content)
    if pages:
        facts.append("1 page" if pages == 1 else f"{pages} pages")
    return f"{file.name} ({', '.join(facts)})"


def _resource(file: File) -> dict[str, Any]:
    uri = f"ledgerport://files/{quote(file.name, safe='')}"
    return {"type": "resource", "resource": embed_file(uri, file)}


def embed_file(uri: str, file: File) -> dict[str, Any]:
    """Return the bytes of a file as the contents of a resource."""
    blob = base64.b64encode(file.content).decode("ascii")
    return {"uri": uri, "mimeType": file.media_type, "blob": blob}
