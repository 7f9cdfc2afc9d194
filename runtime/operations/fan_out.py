"""One read at several companies: a part for each, bounded as a whole, and each ok or failed by itself.

Called by the MCP endpoint with the companies that `companies` has chosen. A part is given the same share of the answer
as every other one, so each company's own call cuts its rows where they no longer fit, and says the cursor of the rest.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, NamedTuple

import orjson

from runtime.errors import (
    AnswerTooLarge,
    InternalError,
    InvalidArguments,
    LedgerportError,
    NoCompanyAnswered,
    RateLimited,
)
from runtime.exchange.allowance import Allowance, Form, fit_error
from runtime.exchange.tool_answer import NO_LIMITS, Answer
from runtime.model import Account
from runtime.operations.companies import describe_briefly, show_name
from runtime.upstream.limits import Limits

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 8
"""Companies that one call asks at once: a firm's forty take five turns, between which others' calls get through."""
LEAST_PART = 500
"""Bytes of one part: a sum, a count or an error fits, and with a usual answer of 32,000 bytes 63 companies do."""
LONGEST_NAME = 60
"""Characters of a company's name in its part."""
MOST_LIMITS = 200
"""Bytes by which the state of the limits may grow while companies are asked: a wait, and who refused."""


class Asked(NamedTuple):
    """One company that is asked: `budget` is the bytes of a whole reply at it; `call` has its errors in the answer."""

    account: Account
    budget: int
    call: Callable[[Form], Awaitable[Answer]]


class Space(NamedTuple):
    """What the whole answer may take: how it is sent, its bytes, and those of its text where there is a limit."""

    form: Form
    budget: int
    most_text: int = 0


async def ask_each(asked: Sequence[Asked], space: Space, beside: Answer) -> Answer:
    """Return one answer with a part for each company, in their order; an error when every one of them failed.

    `beside` is what the answer has beside its text. Raises InvalidArguments when they are too many for one answer.
    Nobody waits for another one: at most `MOST_AT_ONCE` are under way, and all end when the caller does.
    """
    share = _share(asked, space, beside)
    gate = asyncio.Semaphore(MOST_AT_ONCE)

    async def ask(one: Asked) -> Answer:
        async with gate:
            return await _ask(one, share)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(ask(one)) for one in asked]
    answers = [task.result() for task in tasks]
    limits = find_most_exhausted(each.limits for each in answers)
    beside = beside._replace(limits=beside.limits if limits is NO_LIMITS else limits)
    if all(each.error for each in answers):
        return beside._replace(error=_fail(asked, answers))
    parts = [_write_part(one.account, each, share) for one, each in zip(asked, answers, strict=True)]
    return beside._replace(text=_write(answers, parts), status=max(each.status for each in answers))


def find_most_exhausted(found: Iterable[Limits]) -> Limits:
    """Return the limits of the company that may ask the least."""
    return min(found, key=_measure_left, default=NO_LIMITS)


def _measure_left(limits: Limits) -> tuple[float, int]:
    """Return the share that is left of the window closest to its end, and then the wait, longest first."""
    if limits.retry_after is not None:
        return 0.0, -limits.retry_after
    if not limits.windows:
        return 2.0, 0
    at = limits.find_closest()
    return limits.remaining[at] / limits.windows[at].limit, 0


def _share(asked: Sequence[Asked], space: Space, beside: Answer) -> Allowance:
    """Return what each part may take. Raises InvalidArguments."""
    whole = space.form.compute_allowance(space.budget - MOST_LIMITS, beside).limit(space.most_text)
    left = whole.subtract(whole.measure(_write([Answer(error=InternalError())] * len(asked), []).encode()))
    share = left.split(len(asked))
    if share.size < LEAST_PART:
        most = max(1, left.size // (LEAST_PART + 1))
        raise InvalidArguments(
            f"{len(asked)} companies are more than one answer holds; it has space for {most}.",
            advice=f"Nothing was sent. Name up to {most} companies in a list, and ask for the others in further calls.",
        )
    return share


async def _ask(one: Asked, share: Allowance) -> Answer:
    """Return the answer of one company, which fits its share; a fault of our own is that part's alone."""
    share = share.limit(one.budget)

    def size_of(answer: Answer) -> int:
        return one.budget - share.size + share.measure(_write_part(one.account, answer))

    most = one.budget - share.size + share.measure(_write_part(one.account, Answer("{}", note="…")))
    try:
        return await one.call(Form(size_of, share.is_escaped, most))
    except LedgerportError as error:
        return Answer(status=0, error=error)
    except Exception:
        logger.exception("a call for one of several companies failed inside")
        return Answer(status=0, error=InternalError("The call failed inside Ledgerport."))


def _write_part(account: Account, answer: Answer, share: Allowance | None = None) -> bytes:
    """Return the part of a company; where it has a share, a result that does not fit becomes an error."""
    head: dict[str, Any] = {"company": describe_part(account), "ok": answer.error is None}
    if answer.error is None:
        more = {"note": answer.note} if answer.note else {}
        part = orjson.dumps({**head, "result": _as_json(answer.text), **more})
        if share is None or share.holds(part):
            return part
        return _write_part(account, Answer(error=_refuse_large()), share)
    if share is None:
        return orjson.dumps({**head, "error": answer.error.as_dict()})
    left = share.subtract(share.measure(orjson.dumps({**head, "error": {}})))
    return orjson.dumps({**head, "error": orjson.Fragment(fit_error(answer.error, left))})


def describe_part(account: Account) -> dict[str, str]:
    """Return how a part names its company: by what the argument `company` takes."""
    shown = {"id": account.company or account.id, "name": show_name(account, LONGEST_NAME)}
    return {name: value for name, value in shown.items() if value}


def _as_json(text: str) -> Any:
    """Return a text that is JSON as it is, with its figures as they stand; any other as a text."""
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    return orjson.Fragment(text)


def _refuse_large() -> AnswerTooLarge:
    return AnswerTooLarge(
        "The answer is too large for its part.", advice="Ask this company by itself, or for less."
    )


def _write(answers: Sequence[Answer], parts: Sequence[bytes]) -> str:
    failed = sum(each.error is not None for each in answers)
    fragments = [orjson.Fragment(part) for part in parts]
    return orjson.dumps(
        {"answered": len(answers) - failed, "failed": failed, "companies": fragments}
    ).decode()


def _fail(asked: Sequence[Asked], answers: Sequence[Answer]) -> LedgerportError:
    """Return the one error of companies that failed, each with its own; a refusal for its rate where all are."""
    errors = [each.error for each in answers if each.error is not None]
    said = [
        f"{describe_briefly(one.account)}: {error.as_text()}"
        for one, error in zip(asked, errors, strict=True)
    ]
    message = f"None of {len(asked)} companies answered. {' '.join(said)}" if len(asked) > 1 else said[0]
    limited = [error for error in errors if isinstance(error, RateLimited)]
    if len(limited) == len(errors):
        return RateLimited(message, retry_after=max(error.retry_after for error in limited))
    details = [
        {"company": describe_part(one.account), "error": error.as_dict()}
        for one, error in zip(asked, errors, strict=True)
    ]
    return NoCompanyAnswered(message, details={"companies": details})
