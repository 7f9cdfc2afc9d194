"""A finding that somebody said is right is not found again, for everybody, until that is undone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from runtime.errors import InvalidArguments, NotFound
from runtime.model import AccountId
from runtime.operations.insights.dismissals import Dismissals, Dismisser
from tests.operations.insights.analyst import Analyst


@pytest.fixture
def analyst(tmp_path: Path) -> Iterator[Analyst]:
    here = Analyst(tmp_path)
    yield here
    here.close()


def list_findings(analyst: Analyst, **more: object) -> list[str]:
    return [each["id"] for each in analyst.compute("find_anomalies", **more)["figures"]["findings"]]


def test_a_dismissed_finding_is_not_found_again_and_is_counted(analyst: Analyst) -> None:
    first, *others = list_findings(analyst)
    analyst.compute("dismiss_anomaly", finding=first, reason="Rent of two offices.")
    found = analyst.compute("find_anomalies")

    assert [each["id"] for each in found["figures"]["findings"]] == others
    assert found["figures"]["dismissed"] == 1
    assert first in list_findings(analyst, show_dismissed=True)


def test_a_dismissal_is_undone(analyst: Analyst) -> None:
    before = list_findings(analyst)
    analyst.compute("dismiss_anomaly", finding=before[0], reason="Right.")
    analyst.compute("dismiss_anomaly", finding=before[0], reason="Wrong after all.", undo=True)

    assert list_findings(analyst) == before


def test_nothing_is_sent_to_the_vendor_for_a_dismissal(analyst: Analyst) -> None:
    analyst.compute("dismiss_anomaly", finding="dup-0123456789ab", reason="Right.")

    assert analyst.count_sent() == 0


def test_the_reason_is_sealed_and_who_dismissed_it_is_in_the_audit_log(analyst: Analyst) -> None:
    analyst.compute("dismiss_anomaly", finding="dup-0123456789ab", reason="Rent of two offices.")
    [stored] = analyst.list_dismissed()

    assert b"Rent" not in stored.reason
    assert stored.by_person == f"mcp_server:{'1' * 32}"
    with analyst.records._reading.begin() as connection:
        noted = connection.execute(
            text("SELECT actor, subject FROM audit WHERE action = 'finding.dismissed'")
        )
        assert list(noted) == [(f"mcp_server:{'1' * 32}", "a")]


@pytest.mark.parametrize("finding", ["nonsense", "dup-xyz", "../dup-0123456789ab", "dup-0123456789ab\n"])
def test_what_is_no_id_of_a_finding_is_refused(analyst: Analyst, finding: str) -> None:
    assert isinstance(analyst.refused("dismiss_anomaly", finding=finding, reason="Right."), InvalidArguments)


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_a_reason_that_says_nothing_or_too_much_is_refused_also_from_a_page(
    analyst: Analyst, reason: str
) -> None:
    dismissals = Dismissals(analyst.here.parts())

    with pytest.raises(InvalidArguments, match="1 to 500"):
        analyst._runner.run(
            dismissals.dismiss(AccountId("a"), "dup-0123456789ab", reason, Dismisser("person:p"))
        )
    assert analyst.list_dismissed() == []


def test_what_was_not_dismissed_cannot_be_restored(analyst: Analyst) -> None:
    error = analyst.refused("dismiss_anomaly", finding="dup-0123456789ab", reason="x", undo=True)

    assert isinstance(error, NotFound)
