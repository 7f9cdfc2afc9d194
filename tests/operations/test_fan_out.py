"""One read at several companies: parts, their order, their bounds, and what is answered when all fail."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.vendor import RateWindow
from runtime.errors import InvalidArguments, LedgerportError, NotFound, RateLimited, VendorRefused
from runtime.exchange import bounds
from runtime.exchange.allowance import Form
from runtime.exchange.tool_answer import NO_LIMITS, Answer
from runtime.model import Account, AccountId
from runtime.operations.fan_out import LEAST_PART, MOST_AT_ONCE, Asked, Space, ask_each, find_most_exhausted
from runtime.upstream.limits import Limits

ACCOUNT = Account(AccountId("acc"), "books", "production", "", "active", "", {}, b"", 0.0, 0.0)
FRAME = 300
ESCAPED = Form(lambda answer: FRAME + len(orjson.dumps(answer.text)), is_escaped=True, most_frame=FRAME)
WINDOWS = (RateWindow("minute", 100, 60),)


def make_account(at: int, name: str = "Client") -> Account:
    return replace(ACCOUNT, id=AccountId(f"acc-{at}"), name=f"{name} {at}", company=f"90{at}")


def ask(answers: list[Any], budget: int = 32_000, name: str = "Client", most_text: int = 0) -> Answer:
    """The answer of companies of which each answers, or raises, or is asked with its form."""

    def call(each: Any) -> Any:
        async def answer(form: Form) -> Answer:
            if isinstance(each, Exception):
                raise each
            return each(form) if callable(each) else each

        return answer

    asked = [Asked(make_account(at, name), 32_000, call(each)) for at, each in enumerate(answers)]
    return asyncio.run(ask_each(asked, Space(ESCAPED, budget, most_text), Answer(status=0)))


def read(answer: Answer) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = orjson.loads(answer.text)["companies"]
    return parts


def page(text: str, count: int) -> Any:
    """A company that answers as many rows as its form has space for, and the cursor of the rest."""

    def answer(form: Form) -> Answer:
        allowance = form.compute_allowance(32_000, Answer())
        rows = bounds.Source(count, lambda at: orjson.dumps({"Id": str(at), "Memo": text}))
        return Answer(
            bounds.append_rows(lambda shown, _remark: {"returned": shown}, "records", rows, allowance)
        )

    return answer


@settings(deadline=None, max_examples=100)
@given(
    data=st.data(),
    text=st.text(max_size=200),
    rows=st.integers(0, 60),
    budget=st.sampled_from([8_000, 32_000]),
    name=st.text(max_size=80),
)
def test_the_whole_is_within_the_budget_whatever_the_records_hold(data, text, rows, budget, name):
    companies = data.draw(st.integers(1, (budget - 1_000) // LEAST_PART))
    answer = ask([page(text, rows)] * companies, budget, name)
    assert ESCAPED.size_of(answer) <= budget
    assert len(read(answer)) == companies


@settings(deadline=None)
@given(message=st.text(max_size=9_000), companies=st.integers(2, 12), rows=st.integers(0, 40))
def test_long_errors_take_no_more_than_their_part(message, companies, rows):
    error = VendorRefused(message, details={"errors": [message]})
    answer = ask([page("x" * 50, rows), *[Answer(error=error)] * (companies - 1)], 8_000)
    assert ESCAPED.size_of(answer) <= 8_000
    assert [each["ok"] for each in read(answer)] == [True, *[False] * (companies - 1)]


def test_a_result_that_does_not_fit_becomes_an_error_of_its_part():
    answer = ask([Answer(orjson.dumps({"a": "x" * 20_000}).decode()), Answer('{"a":1.50}')])
    assert [each["ok"] for each in read(answer)] == [False, True]
    assert read(answer)[0]["error"]["code"] == "answer_too_large"
    assert '"result":{"a":1.50}' in answer.text


def test_a_limit_of_the_text_holds_for_all_parts_together():
    answer = ask([page("x" * 100, 100)] * 3, most_text=4_400)
    assert len(answer.text) <= 4_400


def test_more_companies_than_an_answer_holds_are_refused_with_how_many_it_does():
    with pytest.raises(InvalidArguments) as refused:
        ask([Answer("{}")] * 200)
    most = int(refused.value.message.rpartition(" ")[2].rstrip("."))
    assert len(read(ask([Answer("{}")] * most))) == most


def test_a_note_and_a_text_that_is_no_json_stand_in_their_part():
    [first, second] = read(ask([Answer("{}", note="Look."), Answer("plain")]))
    assert (first["note"], second["result"]) == ("Look.", "plain")


def test_what_fails_inside_fails_in_its_part_and_says_nothing_of_why():
    parts = read(ask([Answer("{}"), ValueError("secret"), NotFound("Not there.")]))
    assert [each.get("error", {}).get("code") for each in parts] == [None, "internal_error", "not_found"]
    assert "secret" not in orjson.dumps(parts).decode()


def test_when_all_are_refused_for_their_rate_so_is_the_call_with_the_longest_wait():
    error = ask([RateLimited("Slow.", retry_after=each) for each in (3, 30, 7)]).error
    assert isinstance(error, RateLimited)
    assert error.retry_after == 30


def test_when_all_failed_each_error_is_in_the_one_that_is_answered():
    error = ask([RateLimited("Slow.", retry_after=3), NotFound("Gone.")]).error
    assert isinstance(error, LedgerportError)
    assert error.code == "no_company_answered"
    assert "Client 0 (acc-0): Slow." in error.message
    assert [each["error"]["code"] for each in error.details["companies"]] == ["rate_limited", "not_found"]


def test_the_limits_are_those_of_the_company_that_may_ask_the_least():
    much, little = (Limits(WINDOWS, (left,), (60,)) for left in (90, 10))
    out, waiting = (Limits(WINDOWS, (0,), (60,), wait) for wait in (5, 50))
    assert find_most_exhausted([much, NO_LIMITS, little]) is little
    assert find_most_exhausted([little, out, waiting, much]) is waiting
    assert find_most_exhausted([NO_LIMITS, much]) is much
    assert find_most_exhausted([]) is NO_LIMITS


def test_a_long_refusal_for_the_rate_is_shortened_in_its_part():
    parts = read(ask([Answer("{}"), Answer(error=RateLimited("Slow. " * 2_000, retry_after=3))], 8_000))
    assert parts[1]["error"]["code"] == "rate_limited"
    assert len(orjson.dumps(parts)) < 8_000


def test_eight_are_asked_at_once_and_never_more():
    under_way, most = 0, 0

    async def count(_form: Form) -> Answer:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)  # the others begin meanwhile
        under_way -= 1
        return Answer("{}")

    asked = [Asked(make_account(at), 32_000, count) for at in range(3 * MOST_AT_ONCE)]
    asyncio.run(ask_each(asked, Space(ESCAPED, 32_000), Answer(status=0)))
    assert most == MOST_AT_ONCE == 8
