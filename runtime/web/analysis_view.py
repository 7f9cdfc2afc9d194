"""Everything that the page of an analysis shows of an answer: its chart, parts and tables, in text.

Called by `analysis_pages`. Which tables stand open, which are folded, and which a part replaces is said here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from runtime.operations.formats import Formats
from runtime.operations.insight_views import Fact, InsightTie, InsightView, Notice
from runtime.operations.insight_views.answer_values import (
    Values,
    read_amount,
    read_count,
    read_map,
    read_maps,
    read_text,
    write_title,
)
from runtime.web.analysis_charts import make_analysis_chart
from runtime.web.analysis_links import RecordLink, RecordLinks
from runtime.web.analysis_parts import (
    ChecklistGroup,
    Finding,
    Reminder,
    group_items,
    list_findings,
    list_reminders,
)
from runtime.web.analysis_tables import ShownTable, show_table
from runtime.web.charts.chart import Chart

MOST_TILES = 4
"""As the design reference has them."""
MOST_EVIDENCE = 60
"""Records behind the whole answer that are named; the files have all of them."""
_NUMBER = re.compile(r"[+\u2212]?[^\d\s]{0,4}\u00a0?[\d.,\u00a0']+( ?%)?", re.ASCII)
"""A figure, with its sign and its currency."""
_REPLACED: Mapping[str, frozenset[str]] = {
    "cash_flow_forecast": frozenset({"what_if"}),
    "month_end_checklist": frozenset({"items", "records", "fixes"}),
    "find_anomalies": frozenset({"findings", "records", "kinds"}),
    "collections": frozenset({"customers", "invoices", "letters"}),
    "explain_change": frozenset({"bridge"}),
}
"""Tables whose content a part of the page shows; files have them."""
_FIRST: Mapping[str, frozenset[str]] = {
    "cash_flow_forecast": frozenset({"movers", "parts"}),
    "collections": frozenset({"differences"}),
    "spend_by_vendor": frozenset({"vendors", "differences"}),
    "unit_economics": frozenset({"rows", "totals"}),
    "explain_change": frozenset({"by_account", "by_cause"}),
    "valuation": frozenset({"sensitivity", "levers", "add_backs"}),
    "margin_check": frozenset({"findings", "checks"}),
    "client_profitability": frozenset({"clients", "causes"}),
}
"""Tables that stand open; the others are folded."""
_BARS: Mapping[str, str] = {"spend_by_vendor": "Spent"}
"""The column that is drawn as bars as well."""


@dataclass(frozen=True, slots=True)
class ShownTie:
    """A figure beside that of the vendor's report, in text."""

    figure: str
    report: str
    state: str
    ours: str
    theirs: str
    difference: str


@dataclass(frozen=True, slots=True)
class ShownAnalysis:
    """An answer as its page has it. `reading` is what a changed question passes on, so that nothing is read twice."""

    view: InsightView
    notices: tuple[Notice, ...]
    tiles: tuple[Fact, ...]
    facts: tuple[Fact, ...]
    tables: tuple[ShownTable, ...]
    folded: tuple[ShownTable, ...]
    ties: tuple[ShownTie, ...]
    evidence: tuple[RecordLink, ...]
    chart: Chart | None
    has_comparison: bool
    findings: tuple[Finding, ...] = ()
    dismissed_count: int = 0
    groups: tuple[ChecklistGroup, ...] = ()
    reminders: tuple[Reminder, ...] = ()
    counted: str = ""
    offered: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    """What can be chosen for an option now that the figures are there, with its title, by the name of the option."""
    reading: str = ""

    @property
    def evidence_rest(self) -> int:
        """How many more records are named in the answer."""
        return len(self.view.evidence) - len(self.evidence)


def show_analysis(
    view: InsightView,
    answer: Values,
    formats: Formats,
    links: RecordLinks,
    tools: Mapping[str, tuple[str, str]],
) -> ShownAnalysis:
    """Return an answer as its page has it. `tools` are titles and addresses of tools by their names."""
    figures, (tiles, facts) = read_map(answer, "figures"), _split_facts(view)
    first = _FIRST.get(view.name)
    tables = [
        show_table(each, formats, links, _BARS.get(view.name, ""))
        for each in view.tables
        if each.key not in _REPLACED.get(view.name, frozenset())
    ]
    is_open = [first is None or each.key in first for each in tables]
    main = next((each for each in view.tables if each.key in ("findings", "customers", "items")), None)
    chart = make_analysis_chart(view.name, view.headline, figures, formats)
    return ShownAnalysis(
        view,
        _list_notices(view),
        tiles,
        facts,
        tuple(each for each, is_first in zip(tables, is_open, strict=True) if is_first),
        tuple(each for each, is_first in zip(tables, is_open, strict=True) if not is_first and each.rows),
        tuple(_show_tie(each, formats) for each in view.ties),
        tuple(links.find(each) for each in view.evidence[:MOST_EVIDENCE]),
        chart,
        has_comparison=chart is not None
        and len(chart.numbers.columns) > len(("Until", "to", "median", "from")),
        findings=list_findings(figures, formats, links) if view.name == "find_anomalies" else (),
        dismissed_count=read_count(figures, "dismissed"),
        groups=group_items(figures, formats, links, tools) if view.name == "month_end_checklist" else (),
        reminders=list_reminders(figures, formats, links) if view.name == "collections" else (),
        counted=main.note if main is not None else "",
        reading=read_text(answer, "continue_from"),
        offered=_list_offered(figures, formats),
    )


def _list_offered(figures: Values, formats: Formats) -> dict[str, tuple[tuple[str, str], ...]]:
    """Return what can be confirmed one by one: the add-backs that a valuation proposes, by their ids."""
    proposed = [each for each in read_maps(figures, "add_backs") if read_text(each, "id")]
    choices = tuple(
        (
            read_text(each, "id"),
            f"{read_text(each, 'label')}: {formats.write_money(read_amount(each, 'amount'))}",
        )
        for each in proposed
    )
    return {"add_backs": choices} if choices else {}


def _list_notices(view: InsightView) -> tuple[Notice, ...]:
    """Return the notices but for those of what is missing, which the page says in one with the button to go on."""
    if view.is_complete:
        return view.notices
    missing = {*view.missing}
    own = [each for each in view.notices[1:] if " ".join((each.text, each.advice)) not in missing]
    return tuple(own)


def _split_facts(view: InsightView) -> tuple[tuple[Fact, ...], tuple[Fact, ...]]:
    """Return the facts that are figures, as many as tiles, and the others; the period stands above all."""
    facts = [each for each in view.facts if each.text != view.period]
    tiles = [each for each in facts if _NUMBER.fullmatch(each.text)][:MOST_TILES]
    return tuple(tiles), tuple(each for each in facts if each not in tiles)


def _show_tie(tie: InsightTie, formats: Formats) -> ShownTie:
    return ShownTie(
        write_title(tie.figure.replace(".", " ")),
        tie.report,
        tie.state,
        formats.write_amount(tie.ours),
        formats.write_amount(tie.theirs),
        formats.write_amount(tie.difference),
    )
