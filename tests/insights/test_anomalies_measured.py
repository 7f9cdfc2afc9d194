"""`find_anomalies` on ten companies with faults that a script planted which it was not written against."""

from __future__ import annotations

import pytest

from tests.insights.measuring import Measured, measure_anomalies, write_table
from tests.insights.planting import KINDS

RECALL, PRECISION = 0.9, 0.8
"""At least, of each kind, at medium sensitivity."""


@pytest.fixture(scope="module")
def rows() -> dict[str, Measured]:
    from runtime.insights.kinds import find_insight

    return {row.kind: row for row in measure_anomalies(find_insight("find_anomalies"))}


@pytest.mark.parametrize("kind", KINDS)
def test_nine_of_ten_planted_faults_are_found_and_four_of_five_findings_are_right(
    rows: dict[str, Measured], kind: str
):
    row = rows[kind]

    assert row.faults >= 10
    assert row.recall >= RECALL and row.precision >= PRECISION, write_table([row], with_examples=30)
