"""What the vendor answers, read as a value or as an error with advice."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest

from runtime.errors import Indeterminate, RateLimited, VendorRefused, VendorUnavailable
from runtime.upstream.answer import (
    LONGEST_ASKED_WAIT,
    explain_unreadable,
    find_error,
    follow_path,
    read_value,
    wait_seconds,
)
from runtime.upstream.client import VendorResponse
from tests.made_up import VENDOR

THROTTLED = b"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<IntuitResponse time="2017-07-30T22:45:22.933-07:00" xmlns="http://schema.intuit.com/finance/v3">
<Fault type="SERVICE"><Error code="3001"><Message>message=ThrottleExceeded; errorCode=003001; statusCode=429</Message>
<Detail>The request limit was reached.  Try again later</Detail></Error></Fault></IntuitResponse>"""


def response(status: int, body: bytes | dict, **headers: str) -> VendorResponse:
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return VendorResponse(status, {name.replace("_", "-"): value for name, value in headers.items()}, content)


def failure(answer: VendorResponse, *, changes_data: bool = False):
    return find_error(answer, read_value(answer), VENDOR, changes_data=changes_data)


def fault(code: str, status: int = 400) -> VendorResponse:
    error = {
        "Message": "Stale Object Error",
        "Detail": "You and root were working",
        "code": code,
        "element": "Id",
    }
    return response(status, {"Fault": {"Error": [error], "type": "ValidationFault"}}, trace_id="1-2-3")


def test_a_record_is_no_error():
    answer = response(200, {"Invoice": {"Id": "1"}})
    assert failure(answer) is None
    assert follow_path(read_value(answer), ("Invoice", "Id")) == "1"


def test_a_fault_carries_kind_advice_code_and_trace():
    error = failure(fault("5010"))
    assert isinstance(error, VendorRefused)
    assert (error.code, error.status, error.vendor_code, error.trace) == ("conflict", 400, "5010", "1-2-3")
    assert error.message == "Acme Books refused: Stale Object Error: You and root were working (at Id)."
    assert error.advice == "Read it again and use its new version."


def test_a_fault_inside_a_200_is_an_error_too():
    assert isinstance(failure(fault("610", status=200)), VendorRefused)


def test_the_gateways_lower_case_envelope_is_read():
    body = {
        "fault": {"error": [{"message": "AuthenticationFailed", "detail": "Token expired", "code": "3200"}]}
    }
    error = failure(response(401, body))
    assert error.message == "Acme Books refused: AuthenticationFailed: Token expired."
    assert error.status == 409  # 401 would mean the API token of whoever called


def test_only_the_keys_of_the_definition_are_read():
    body = {"Fault": {"Error": [{"MESSAGE": "no", "Code": "5010", "message": "why"}]}}
    error = failure(response(400, body))
    assert error.message == "Acme Books refused: why."
    assert error.vendor_code == ""


@pytest.mark.parametrize("status", [429, 403])
def test_throttling_is_known_by_status_or_by_code_also_in_xml(status):
    error = failure(response(status, THROTTLED))
    assert isinstance(error, RateLimited)
    assert (error.retry_after, error.is_from_vendor) == (60, False)


def test_the_vendors_own_wait_wins_over_the_default():
    assert failure(response(429, THROTTLED, retry_after="7")).retry_after == 7
    assert (
        wait_seconds(VENDOR.rate_limit, {"retry-after": "Sat, 21 Nov 2026 00:00:30 GMT"}, 1795219200.0) == 30
    )


@pytest.mark.parametrize(
    "body",
    [
        b"<!DOCTYPE html><html>Bad gateway</html>",
        b'{"Invoice": {"Id": "1',
        b"\xff\xfe",
        b"<a><b></a>",
        b"<a>" * 5000 + b"</a>" * 5000,
        b'<?xml version="1.0" encoding="of our own"?><a/>',
        b"[" * 5000 + b"]" * 5000,
    ],
)
def test_a_body_that_is_neither_json_nor_xml_cannot_be_read(body):
    with pytest.raises(ValueError):
        read_value(response(200, body))


def test_a_byte_order_mark_is_no_reason_to_refuse():
    assert read_value(response(200, b'\xef\xbb\xbf{"a": 1}')) == {"a": 1}


@pytest.mark.parametrize("status", [500, 502, 504])
@pytest.mark.parametrize("envelope", [b'{"fault": {"error": [{"message": "gateway", "code": "1"}]}}', b""])
def test_a_write_that_a_gateway_lost_is_indeterminate_with_a_reason_or_without(status, envelope):
    assert isinstance(failure(response(status, envelope), changes_data=True), Indeterminate)
    assert not isinstance(failure(response(status, envelope), changes_data=False), Indeterminate)


def test_a_refusal_with_a_known_reason_is_one_also_when_its_status_is_500():
    assert failure(fault("5010", status=500), changes_data=True).code == "conflict"


def test_codes_of_a_limit_stand_where_the_definition_says():
    vendor = replace(VENDOR, errors=replace(VENDOR.errors, code=("reason",)))
    answer = response(403, {"Fault": {"Error": [{"reason": "3001", "Message": "slow down"}]}})
    assert isinstance(find_error(answer, read_value(answer), vendor, changes_data=False), RateLimited)


@pytest.mark.parametrize("wait", ["²", "9" * 5000, "-1", "soon"])
def test_a_wait_that_is_no_number_is_not_believed(wait):
    assert wait_seconds(VENDOR.rate_limit, {"retry-after": wait}, 0.0) is None


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("1-65f1c0de-0a1b2c3d4e5f60718293a4b5", "1-65f1c0de-0a1b2c3d4e5f60718293a4b5"),
        ("0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9", "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"),
        ("Bearer eyJhbGciOi.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc", "Bearer [secret]"),
        ("078-05-1120", "[secret]"),
    ],
)
def test_a_trace_is_shown_in_its_usual_forms_and_nothing_private_in_its_place(given, shown):
    assert (
        explain_unreadable(VENDOR, response(502, b"<html>", trace_id=given), changes_data=False).trace
        == shown
    )


def test_an_unreadable_answer_retains_its_trace():
    html = response(502, b"<html>", trace_id="1-2-3")
    assert explain_unreadable(VENDOR, html, changes_data=False).trace == "1-2-3"


def test_an_unreadable_answer_to_a_write_is_indeterminate():
    html = response(200, b"<html>", content_type="text/html; charset=utf-8")
    assert isinstance(explain_unreadable(VENDOR, html, changes_data=True), Indeterminate)
    error = explain_unreadable(VENDOR, html, changes_data=False)
    assert type(error) is VendorUnavailable
    assert "text/html" in error.message


@pytest.mark.parametrize(
    ("status", "changes_data", "kind"),
    [
        (503, True, VendorUnavailable),
        (502, True, Indeterminate),
        (504, True, Indeterminate),
        (502, False, VendorUnavailable),
        (404, False, VendorRefused),
        (302, True, VendorUnavailable),
    ],
)
def test_a_status_without_reason_is_named(status, changes_data, kind):
    assert type(failure(response(status, b""), changes_data=changes_data)) is kind


def test_the_longest_wait_that_a_quota_can_ask_for_is_taken_and_none_beyond_it():
    rate_limit = replace(VENDOR.rate_limit, windows=())
    for wait, taken in ((LONGEST_ASKED_WAIT, LONGEST_ASKED_WAIT), (LONGEST_ASKED_WAIT + 1, None)):
        assert wait_seconds(rate_limit, {"retry-after": str(wait)}, 0.0) == taken
        epoch = replace(rate_limit, reset_unit="epoch_seconds")
        assert wait_seconds(epoch, {"retry-after": str(1_000 + wait)}, 1_000.0) == taken


def test_a_vendor_without_a_code_a_detail_or_an_element_is_read_all_the_same():
    bare = replace(VENDOR, errors=replace(VENDOR.errors, code=(), detail=(), element=()))
    answer = fault("5010")
    error = find_error(answer, read_value(answer), bare, changes_data=False)
    assert isinstance(error, VendorRefused)
    assert (error.message, error.vendor_code) == ("Acme Books refused: Stale Object Error.", "")
