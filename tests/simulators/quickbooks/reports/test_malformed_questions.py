"""Whatever is asked of a report, it is answered or refused with a fault; nothing else escapes."""

from __future__ import annotations

import contextlib

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.simulators.quickbooks.books.store import Store
from runtime.simulators.quickbooks.companies import BUSINESSES, seed
from runtime.simulators.quickbooks.faults import Fault
from runtime.simulators.quickbooks.reports.columns import KINDS
from runtime.simulators.quickbooks.reports.question import read_report_facts
from tests.simulators.quickbooks.reports.reading import ask

ODD = st.sampled_from(
    ["", " ", "0", "-1", "99999999999999999999", "NaN", "1e400", "null", "true", "'; drop table postings --",
     "%", "\u00e9\u0000",
     "2026-02-30", "9999-12-31", "0001-01-01", "2026-01-01T00:00:00", ",", ",,1,", "1,2,x", "all", "All"]
)  # fmt: skip


@st.composite
def questions(draw: st.DrawFn) -> tuple[str, dict[str, str]]:
    """Return a report with some of its parameters: allowed values, columns, ids, days, or something odd."""
    name = draw(st.sampled_from(list(read_report_facts())))
    known = read_report_facts()[name]["parameters"]
    chosen = draw(st.lists(st.sampled_from(sorted(known)), max_size=5, unique=True))
    given: dict[str, str] = {"date_macro": "This Month"} if draw(st.booleans()) else {}
    for parameter in chosen:
        allowed = known[parameter].get("values") or ["1", "2", "35", "84"]
        columns = st.lists(st.sampled_from(list(KINDS)), max_size=6).map(",".join)
        sensible = columns if parameter in ("columns", "sort_by") else st.sampled_from(allowed)
        given[parameter] = draw(st.one_of(sensible, sensible, ODD, st.text(max_size=8)))
    return name, given


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(question=questions(), realm=st.sampled_from([business.realm for business in BUSINESSES.values()]))
def test_a_report_answers_or_refuses_whatever_it_is_asked(
    three: Store, question: tuple[str, dict[str, str]], realm: str
) -> None:
    name, given = question
    with contextlib.suppress(Fault):
        answer = ask(three, realm, name, **given)
        assert orjson.loads(orjson.dumps(answer))["Header"]["ReportName"] == name
    assert three.execute("select count(*) from postings where realm = ?", (seed.REALM,)).fetchone()[0] > 3000
