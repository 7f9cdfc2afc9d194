"""Amounts are the digits that the vendor sent, through every kind of call; what is added up is decimal."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.catalog import Returns
from runtime.exchange.worked_out import note_on
from runtime.safety.preflight.carried_taxes import read_number
from runtime.upstream.client import VendorResponse
from tests import made_up
from tests.made_up_calls import BATCH
from tests.upstream.test_hostile_answers import call
from tests.upstream.test_tables import LIST

CHANGES = replace(
    made_up.GET, name="changes_of", returns=Returns("behaviour", behaviour="quickbooks.changes")
)
FIGURES = st.from_regex(r"-?(0|[1-9][0-9]{0,17})\.[0-9]{1,12}", fullmatch=True) | st.from_regex(
    r"-?[1-9]\.[0-9]{1,9}[eE][+-]?[0-9]{1,2}", fullmatch=True
)
RECORD = '{"Id":"1","Total":%s,"TaxId":"123456789","Line":[{"Amount":%s,"Detail":{"Qty":%s}}]}'
SENSITIVE = (("TaxId",),)


@settings(max_examples=60, deadline=None)
@given(st.tuples(FIGURES, FIGURES, FIGURES))
def test_the_digits_of_every_amount_come_out_as_they_came_through_every_kind_of_call(found):
    record = RECORD % found
    page = f'{{"QueryResponse": {{"Invoice": [{record}]}}}}'
    batch = f'{{"BatchItemResponse": [{{"bId": "1", "QueryResponse": {{"Invoice": [{record}]}}}}]}}'
    changes = f'{{"CDCResponse": [{{"QueryResponse": [{{"Invoice": [{record}]}}]}}]}}'
    for sensitive in ((), SENSITIVE):
        lists = replace(LIST, sensitive=sensitive)
        for tool, body, arguments in (
            (lists, page, {"fields": ["*"]}),
            (lists, page, {"fields": ["Id", "Total", "Line"]}),
            (lists, page, {"detail": "full", "format": "table"}),
            (lists, page, {"fields": ["Line[0:]", "Total"], "format": "table"}),
            (replace(made_up.GET, sensitive=sensitive), f'{{"Invoice": {record}}}', None),
            (made_up.UPDATE, f'{{"Invoice": {record}}}', None),
            (BATCH, batch, {"calls": [{"tool": made_up.LIST.name, "arguments": {"fields": ["*"]}}]}),
            (CHANGES, changes, None),
        ):
            answer = call(tool, VendorResponse(200, {}, body.encode()), arguments=arguments, budget=10_000)
            assert answer.error is None, answer.error
            assert all(each in answer.text for each in found), (tool.name, arguments, answer.text)


def test_an_amount_without_empty_fields_beside_it_stays_as_it_was_written():
    body = b'{"QueryResponse": {"Invoice": [{"Id": "1", "Total": 100.00, "Memo": null}]}}'
    assert '"Total":100.00}' in call(LIST, VendorResponse(200, {}, body), arguments={"detail": "full"}).text


@pytest.mark.parametrize(("given", "came"), [("100.1", "100.10"), ("1.015", "1.02"), ("1e2", "100.00")])
def test_amounts_that_are_equal_or_rounded_are_no_difference(given, came):
    assert note_on({"Total": orjson.loads(given)}, f'{{"Total":{came}}}', "Acme") == ""


def test_a_difference_is_said_in_the_digits_that_the_vendor_sent():
    text = note_on({"Total": 7}, '{"Total":12345678901234567.10}', "Acme")
    assert text == "Total was given as 7.00, and Acme worked out 12345678901234567.10."


def test_amounts_are_added_up_as_decimals():
    numbers: list[Any] = [read_number(each) for each in (0.1, 0.2)]
    assert str(sum(numbers)) == "0.3"
