"""An error answer that is broken, or a page in its place, still says what it says."""

from __future__ import annotations

import pytest

from runtime.errors import Indeterminate, RateLimited
from runtime.upstream.answer import explain_unreadable, find_error, read_value
from runtime.upstream.client import VendorResponse
from runtime.upstream.fragments import extract_words
from tests.made_up import VENDOR

STALE = "<R><Fault type='V'><Error code='5010'><Message>Stale Object</Message>"
BROKEN = [
    STALE,
    f"{STALE}<Detail>Read it ag",
    f"{STALE}</Error></Fault><b>a & b</b></R>",
    f"{STALE}</Fault></R>",
    '{"Fault":{"Error":[{"Message":"Stale Object","code":"5010","Detail":"Read',
    '{"fault":{"error":[{"message":"Stale Object","code":5010}],}}',
]


def error_of(status: int, body: str | bytes, *, changes_data: bool = True):
    content = body if isinstance(body, bytes) else body.encode()
    answer = VendorResponse(status, {"content-type": "text/html"}, content)
    try:
        value = read_value(answer)
    except ValueError:
        return explain_unreadable(VENDOR, answer, changes_data=changes_data)
    return find_error(answer, value, VENDOR, changes_data=changes_data)


@pytest.mark.parametrize("body", BROKEN)
def test_a_broken_answer_gives_its_code_words_and_advice(body):
    error = error_of(400, body)
    assert (error.code, error.vendor_code, error.status) == ("conflict", "5010", 400)
    assert error.message.startswith("Acme Books refused: Stale Object")
    assert error.advice == "Read it again and use its new version."


def test_a_rate_limit_in_a_broken_answer_is_one():
    assert isinstance(error_of(403, STALE.replace("5010", "3001")), RateLimited)


PAGE = (
    "<!DOCTYPE html><html><head><title>Request blocked</title><style>p { color: red }</style>"
    "<script>if (a < b) alert('no')</script></head><body><h1>Access denied</h1><p>Reference&nbsp;#18.2</p></body>"
)


def test_a_page_gives_its_words_without_tags_and_scripts():
    assert extract_words(PAGE.encode()) == "Request blocked Access denied Reference #18.2"
    assert error_of(403, PAGE).message == (
        "Acme Books answered 403: Request blocked Access denied Reference #18.2"
    )


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_the_words_of_a_page_do_not_change_what_an_outage_means(status):
    error = error_of(status, PAGE)
    assert "Access denied" in error.message
    assert isinstance(error, Indeterminate) == (status != 503)
    assert not isinstance(error_of(status, PAGE, changes_data=False), Indeterminate)


def test_a_plain_text_is_repeated_and_a_record_is_not():
    assert error_of(404, "No such place").message == "Acme Books answered 404: No such place"
    for body in ('{"Invoice":{"TaxId":"987-65"', '{"Invoice":{"TaxId":"987-65"}}', '[{"TaxId":"987-65"', b""):
        assert error_of(404, body).message == "Acme Books answered 404 without saying why."


def test_words_are_cut_and_have_no_secrets():
    token = "AB11" + "x9" * 23
    words = extract_words(f"<p>Bearer {token} 123-45-6789 4111111111111111</p><p>{'no ' * 9000}</p>".encode())
    assert len(words) <= 300
    assert not any(secret in words for secret in (token, "123-45-6789", "4111111111111111"))
    assert extract_words(b"\xff\xfe\x00\x1b[31m<p>down</p>") == "[31m down"


def test_no_document_type_is_read_of_a_broken_answer():
    entity = "<!DOCTYPE a [<!ENTITY b 'c'>]><R><Fault><Error code='5010'><Message>&b;</Message>"
    assert error_of(400, entity).vendor_code == ""
