"""Calls of a tenant: as many in a minute as it may make, and as many at once; the others go on."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from runtime.errors import RateLimited
from runtime.mcp_server.results import build_fields, build_result
from runtime.model import AccountId
from runtime.operations.tenant_calls import TenantCalls
from runtime.stores.hot_memory import MemoryHotState
from runtime.tenancy import Tenant, TenantId, TenantLimits
from tests.deployment import HandClock
from tests.made_up_calls import ACCOUNT, READ, run
from tests.vendor_server import http

LIMITED = replace(ACCOUNT, tenant_id=TenantId("one"), tenant_limits=TenantLimits(calls_per_minute=2))
OTHER = replace(ACCOUNT, id=AccountId("a2"), tenant_id=TenantId("two"))


async def answer(line: str, headers: object, body: bytes) -> bytes:
    return http(200, b'{"Id":"7"}')


def test_a_tenant_that_has_made_its_calls_of_a_minute_waits_and_the_others_do_not():
    answers, vendor = run(answer, READ, READ, READ, accounts=(LIMITED, OTHER))
    refused = answers[2]
    assert [each.error is None for each in answers] == [True, True, False, True, True, True]
    assert len(vendor.requests) == 5
    assert isinstance(refused.error, RateLimited)
    assert "2 calls within a minute" in refused.error.message
    assert f"Wait {refused.error.retry_after} seconds" in refused.error.advice


def test_a_refusal_says_so_to_the_model_in_its_data_and_in_the_header_fields():
    refused = run(answer, READ, READ, READ, accounts=(LIMITED,))[0][2]
    result, fields = build_result(refused), dict(build_fields(refused))
    assert result["isError"] is True
    assert "then retry the same call" in result["content"][0]["text"]
    assert isinstance(refused.error, RateLimited)
    wait = refused.error.retry_after
    assert result["_meta"]["ledgerport/ratelimit"]["retry_after"] == wait
    assert (fields[b"ratelimit-limit"], fields[b"ratelimit-remaining"]) == (b"2", b"0")
    assert (fields[b"retry-after"], fields[b"ratelimit-policy"]) == (b"%d" % wait, b'"tenant";q=2;w=60')


def test_accounts_of_a_tenant_share_its_calls_and_those_without_a_limit_are_not_counted():
    async def story() -> None:
        hot, clock = MemoryHotState(), HandClock()
        calls = TenantCalls(hot, clock=clock)
        same = replace(LIMITED, id=AccountId("a3"))
        assert [await calls.admit(each) is None for each in (LIMITED, same, LIMITED, same)] == [
            True, True, False, False,
        ]  # fmt: skip
        assert await calls.count(Tenant(TenantId("one"), LIMITED.tenant_limits, 0.0)) == 2
        counted = len(hot)
        assert await calls.admit(OTHER) is None
        clock.pass_(59.5)
        refusing = await calls.admit(LIMITED)
        assert refusing is not None
        assert (refusing.retry_after, refusing.resets) == (1, (1,))
        clock.pass_(0.5)
        assert await calls.admit(LIMITED) is None
        assert len(hot) == counted

    asyncio.run(story())


def test_a_tenant_has_so_many_calls_under_way_at_once_and_no_more():
    calls = TenantCalls(MemoryHotState(), most_at_once=2)
    with calls.hold(LIMITED), calls.hold(LIMITED):
        with pytest.raises(RateLimited, match="2 calls for this organization"), calls.hold(LIMITED):
            pass
        with calls.hold(OTHER):
            pass
    with calls.hold(LIMITED):
        pass
