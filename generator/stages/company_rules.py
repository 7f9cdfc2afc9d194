"""What integration.yaml says of companies and their dashboards: parsed for the catalog, and checked against the tools.

Part of `integration`. `pipeline` has it checked when the tools are known: a read, an argument, a field or a resource
that does not exist is reported here, before anybody opens a page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from generator.catalog import Tool
from generator.company_rules import (
    PLACEHOLDERS,
    BalancePanel,
    CompanyRules,
    Dashboard,
    DashboardRead,
    ListPanel,
    OwedPanel,
    ProfitPanel,
    RankingPanel,
)
from generator.diagnostics import Diagnostics, Path
from generator.reading.yaml_events import Document
from generator.stages.descriptions import Links
from generator.stages.mapping import parse_mapping
from generator.stages.resolve import Place
from generator.suggestions import did_you_mean
from generator.templates import find_names
from generator.vendor_rules import Setting

PANELS = ("cash", "receivables", "payables", "profit", "ranking", "overdue", "due")
"""The keys of `dashboard` that are panels."""
RULE = "dashboard"


def parse_company_rules(document: Document, links: Links) -> CompanyRules:
    """Return where the facts of a company are read, and what its dashboard shows."""
    value = document.value.get("company") or {}
    return CompanyRules(
        _setting(value, "currency", document, links),
        _setting(value, "country", document, links),
        dict(value.get("countries") or {}),
        _dashboard(document, links) if document.value.get("dashboard") else None,
        parse_mapping(document),
    )


def check_dashboard(document: Document, tools: Sequence[Tool], diagnostics: Diagnostics) -> None:
    """Report what a dashboard names and what is not there."""
    value = document.value.get("dashboard") or {}
    known = {(each.resource, each.method): each for each in tools}
    for path, message, hint in _find_problems(value, known):
        place = Place(document, (RULE, *path))
        diagnostics.report(place.make_diagnostic(RULE, message, hint))


def _find_problems(
    value: Mapping[str, Any], known: Mapping[tuple[str, str], Tool]
) -> Iterator[tuple[Path, str, str]]:
    reads = value.get("reads") or {}
    for name, read in reads.items():
        tool = known.get(_split(read["tool"]))
        yield from _find_read_problems(("reads", name), read, tool)
    resources = {resource for resource, _ in known}
    for key in PANELS:
        panel = value.get(key)
        if not panel:
            continue
        if panel["read"] not in reads:
            yield (key, "read"), f'There is no read "{panel["read"]}".', did_you_mean(panel["read"], reads)
        records = panel.get("records")
        if records and records not in resources:
            yield (key, "records"), f'There is no resource "{records}".', did_you_mean(records, resources)
        if key in ("overdue", "due") and panel["read"] in reads:
            yield from _find_field_problems(key, panel, known.get(_split(reads[panel["read"]]["tool"])))


def _find_read_problems(
    path: Path, read: Mapping[str, Any], tool: Tool | None
) -> Iterator[tuple[Path, str, str]]:
    if tool is None:  # reported as a dead link
        return
    if not tool.is_read_only:
        yield (*path, "tool"), f"{read['tool']} does not only read.", ""
    own = tool.input_schema["properties"]
    for name, value in (read.get("arguments") or {}).items():
        if name not in own:
            yield (
                (*path, "arguments", name),
                f'"{name}" is no argument of {read["tool"]}.',
                did_you_mean(name, own),
            )
        for each in find_names(value) if isinstance(value, str) else ():
            if each not in PLACEHOLDERS:
                message = f"{{{each}}} is filled by nothing."
                yield (*path, "arguments", name), message, did_you_mean(each, PLACEHOLDERS)


def _find_field_problems(
    key: str, panel: Mapping[str, Any], tool: Tool | None
) -> Iterator[tuple[Path, str, str]]:
    listing = tool.listing if tool else None
    if listing is None:
        return
    for name in ("number", "party", "day", "amount"):
        first = panel[name].partition(".")[0]
        if first not in listing.columns:
            message = f'The list has no column "{first}".'
            yield (key, name), message, did_you_mean(first, listing.columns)


def _dashboard(document: Document, links: Links) -> Dashboard:
    value = document.value["dashboard"]
    steps = value["steps"]
    panels = {key: _PARSERS[key](value[key]) for key in PANELS if value.get(key)}
    for key in ("overdue", "due"):
        if report := (value.get(key) or {}).get("report"):
            links.fill(f"[[{report}]]", Place(document, (RULE, key, "report")))
    return Dashboard(
        reads={name: _read(name, each, document, links) for name, each in value["reads"].items()},
        week=steps["week"],
        month=steps["month"],
        week_end=steps["week_end"],
        **panels,
    )


def _read(name: str, value: Mapping[str, Any], document: Document, links: Links) -> DashboardRead:
    tool = links.fill(f"[[{value['tool']}]]", Place(document, (RULE, "reads", name, "tool")))
    arguments = {key: _as_given(each) for key, each in (value.get("arguments") or {}).items()}
    return DashboardRead(tool, _split(value["tool"])[0], arguments)


def _as_given(value: Any) -> Any:
    """Return a value as a call gives it: YAML has dates of its own."""
    return value if isinstance(value, str | int | float | bool) else str(value)


def _split(tool: str) -> tuple[str, str]:
    resource, _, method = tool.partition(".")
    return resource, method


def _balance(value: Mapping[str, Any]) -> BalancePanel:
    return BalancePanel(value["title"], value.get("about", ""), value["read"], value["group"])


def _owed(value: Mapping[str, Any]) -> OwedPanel:
    return OwedPanel(value["title"], value["read"], value["group"], tuple(value["ages"]))


def _profit(value: Mapping[str, Any]) -> ProfitPanel:
    return ProfitPanel(
        value["title"], value["read"], tuple(value["income"]), tuple(value["costs"]), value["net"]
    )


def _ranking(value: Mapping[str, Any]) -> RankingPanel:
    return RankingPanel(value["title"], value["read"], value["records"], value["group"])


def _list(value: Mapping[str, Any]) -> ListPanel:
    paths = {name: _path(value[name]) for name in ("number", "party", "day", "amount")}
    return ListPanel(
        value["title"], value["read"], value["records"], **paths, report=_split(value.get("report", ""))[0]
    )


_PARSERS: Mapping[str, Any] = {
    "cash": _balance,
    "receivables": _owed,
    "payables": _owed,
    "profit": _profit,
    "ranking": _ranking,
    "overdue": _list,
    "due": _list,
}


def _setting(value: Mapping[str, Any], key: str, document: Document, links: Links) -> Setting | None:
    given = value.get(key)
    if not given:
        return None
    tool = links.fill(f"[[{given['tool']}]]", Place(document, ("company", key, "tool")))
    return Setting(tool, _path(given["field"]))


def _path(text: str) -> tuple[str, ...]:
    return tuple(text.split("."))
