"""The load counts what it says it counts, and does not take a wrong answer for a right one."""

from __future__ import annotations

import pytest

from tests.bench import machine
from tests.bench.entry import Aim, Row
from tests.bench.invoice import FAST_ID, path_of
from tests.bench.load import Target, Wrong, measure_calls
from tests.bench.messages import get_request, is_invoice
from tests.bench.processes import server


def test_every_request_is_answered_counted_and_the_first_of_each_connection_checked():
    with server("vendor", machine.cores()[1]) as vendor:
        target = _target(vendor.port, FAST_ID, FAST_ID, {"vendor": vendor.pid})
        measured = measure_calls(target, connections=4, each=5)

    assert measured.answers == len(measured.latencies) == 20
    assert measured.checked == 4
    assert measured.used["vendor"] > 0


@pytest.mark.parametrize("asked", ["146", "not-a-number"])
def test_a_wrong_answer_and_a_refusal_end_the_measurement(asked):
    with server("vendor", machine.cores()[1]) as vendor, pytest.raises(Wrong):
        measure_calls(_target(vendor.port, asked, FAST_ID, {}), connections=2, each=2)


def test_a_row_is_held_against_its_aim_by_its_median():
    row = Row("ratio", "", "", [0.7, 0.9, 0.85], Aim("at least", 0.8))

    assert row.median == 0.85
    assert row.is_reached


def _target(port, asked, expected, watched):
    return Target(port, get_request(port, path_of(asked)), is_invoice(expected), watched)
