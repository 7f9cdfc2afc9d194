"""What several requests of calls have to do with each other: access tokens, time and counted limits."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from runtime.model import AccountId
from tests.made_up import GET, LIST, TOOLS
from tests.made_up_calls import ACCOUNT, BATCH, READ, WRITE, json_vendor, run
from tests.vendor_server import http


async def answer_never(line, headers, body):
    await asyncio.Event().wait()


def test_a_refused_access_token_is_renewed_once():
    def handler(line, headers, body):
        if headers["authorization"] == "Bearer old":
            return http(401, b'{"fault": {"error": [{"code": "3200", "message": "expired"}]}}')
        return http(200, b'{"Invoice": {"Id": "7"}}')

    [answer], server = run(handler, READ)
    assert json.loads(answer.text) == {"Id": "7"}
    assert len(server.requests) == 2


def test_a_call_after_a_refusal_for_too_many_is_not_held_back():
    [refused, after], _ = run(lambda *_: http(429, b"{}"), READ, (GET.name, {}))
    assert refused.error.code == "rate_limited"
    assert after.error.code == "invalid_arguments"


def test_accounts_whose_company_is_not_known_are_counted_apart():
    nameless = replace(ACCOUNT, company="")
    accounts = (nameless, replace(nameless, id=AccountId("a2")))
    answers, _ = run(json_vendor({"Invoice": {"Id": "7"}}), READ, accounts=accounts)
    assert [answer.limits.remaining for answer in answers] == [(499, 9), (499, 9)]


@pytest.mark.parametrize(("call", "code"), [(READ, "vendor_timeout"), (WRITE, "indeterminate")])
def test_a_vendor_that_does_not_answer_in_time_may_have_obeyed_a_write(call, code):
    [answer], _ = run(answer_never, call, timeout=0.3)
    assert answer.error.code == code
    assert "no answer within 0.3 seconds" in answer.error.message


def test_a_batch_that_only_reads_has_changed_nothing_when_its_answer_is_lost():
    calls = {"calls": [{"tool": LIST.name, "arguments": {}}]}
    [answer], _ = run(answer_never, (BATCH.name, calls), tools={**TOOLS, BATCH.name: BATCH}, timeout=0.3)
    assert answer.error.code == "vendor_timeout"


def test_a_request_that_is_sent_twice_has_the_time_of_one():
    async def hang_up_late(line, headers, body):
        await asyncio.sleep(0.2)
        return b""

    [answer], _ = run(hang_up_late, READ, timeout=0.3)
    assert answer.error.code == "vendor_timeout"
