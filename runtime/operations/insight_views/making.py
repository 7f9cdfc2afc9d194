"""An answer of an analysis as people see it. Called by the pages of analyses and by schedules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from generator.catalog import Catalog
from runtime.operations.formats import Formats
from runtime.operations.insight_views.anomaly_view import describe_anomalies
from runtime.operations.insight_views.answer_values import (
    Values,
    read_count,
    read_map,
    read_records,
    read_text,
    read_texts,
    write_title,
)
from runtime.operations.insight_views.change_view import describe_change
from runtime.operations.insight_views.checklist_view import describe_checklist
from runtime.operations.insight_views.client_view import describe_clients
from runtime.operations.insight_views.collection_view import describe_collections
from runtime.operations.insight_views.forecast_view import describe_forecast
from runtime.operations.insight_views.margin_view import describe_margin
from runtime.operations.insight_views.notices import is_complete, list_missing, list_notices, read_ties
from runtime.operations.insight_views.plain_view import describe_plainly
from runtime.operations.insight_views.spend_view import describe_spend
from runtime.operations.insight_views.summary import Style, Summary
from runtime.operations.insight_views.unit_view import describe_units
from runtime.operations.insight_views.valuation_view import describe_valuation
from runtime.operations.insight_views.view import InsightView

_Describe = Callable[[Values, Style], Summary]
_DESCRIPTIONS: Mapping[str, _Describe] = MappingProxyType(
    {
        "cash_flow_forecast": describe_forecast,
        "month_end_checklist": describe_checklist,
        "find_anomalies": describe_anomalies,
        "collections": describe_collections,
        "spend_by_vendor": describe_spend,
        "unit_economics": describe_units,
        "explain_change": describe_change,
        "valuation": describe_valuation,
        "margin_check": describe_margin,
        "client_profitability": describe_clients,
    }
)
"""What draws the figures of an analysis, by the name that definitions give it."""
_NOTHING: Mapping[str, str] = MappingProxyType({})
_NO_FIGURES = "There are no figures."
_IN_PART = "Not complete, from what could be read:"
_NOTHING_SO_FAR = "There is nothing in what could be read."


def list_titles(catalog: Catalog, integration: str) -> Mapping[str, str]:
    """Return what the tools of an integration are called, by their names, and analyses by theirs too."""
    tools = catalog.list_tools(integration)
    titles = {each.name: each.title.removesuffix(" report") for each in tools}
    return titles | {each.returns.computed: each.title for each in tools if each.returns.computed}


def make_view(
    name: str, answer: Values, formats: Formats, titles: Mapping[str, str] = _NOTHING
) -> InsightView:
    """Return the answer of an analysis as it is shown. `titles` are those of tools (see `list_titles`).

    `name` is that of the analysis (`tool.returns.computed`), `answer` has been read by `parse_answer`. What the answer
    lacks is left out, and said in a notice.
    """
    figures, ties = read_map(answer, "figures"), read_ties(answer, titles)
    summary = _DESCRIPTIONS.get(name, describe_plainly)(figures, Style(formats, titles))
    is_whole = is_complete(answer)
    if not figures:
        summary = replace(summary, headline=_NO_FIGURES)
    if not is_whole:
        summary = _limit(summary)
    return InsightView(
        name=name,
        title=titles.get(name) or write_title(name),
        headline=summary.headline,
        as_of=_write_moment(read_text(answer, "as_of"), formats),
        period=summary.period,
        file_part=summary.file_part,
        facts=summary.facts,
        tables=summary.tables,
        notices=(*list_notices(answer, ties, formats), *summary.notices),
        assumptions=tuple(read_texts(answer, "assumptions")),
        ties=ties,
        evidence=read_records(answer, "evidence"),
        missing=list_missing(answer),
        is_complete=is_whole,
        continue_from="" if is_whole else read_text(answer, "continue_from"),
        retry_after=read_count(answer, "retry_after"),
        calls_used=read_count(answer, "calls_used"),
    )


def _limit(summary: Summary) -> Summary:
    """Return a summary of a part of the books, which must not read as if it was one of the whole."""
    tables = tuple(replace(each, empty=_NOTHING_SO_FAR) for each in summary.tables)
    return replace(summary, headline=f"{_IN_PART} {summary.headline}", tables=tables)


def _write_moment(text: str, formats: Formats) -> str:
    """Return when an answer was read, in the viewer's zone."""
    try:
        seconds = datetime.fromisoformat(text).timestamp()
    except ValueError:
        return text
    return f"{formats.write_full_day(seconds)}, {formats.write_clock(seconds)} {formats.zone_name}"
