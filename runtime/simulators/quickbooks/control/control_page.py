"""The page of the control API: the companies, the switches, the last requests. Plain HTML, works without scripts.

Called by `control.control_api`, which has the data and takes what the forms send.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

from runtime.simulators.quickbooks.clock import PACIFIC
from runtime.simulators.serving.control import PATH

STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;"
    "padding:0 1rem;color:#1b1f24;background:#fff}"
    "table{border-collapse:collapse;width:100%}"
    "th,td{text-align:left;padding:.25rem .6rem;border-bottom:1px solid #c9ced4}"
    "td.number{text-align:right}code{background:#f1f3f5;padding:0 .25rem}form{display:inline}"
    "button{font:inherit;padding:.3rem .8rem;margin:.2rem;border:1px solid #1b5e20;border-radius:6px;background:#fff}"
    "button:focus-visible{outline:3px solid #0b5fff}"
)
SHOWN = ("Customer", "Vendor", "Item", "Account", "Invoice", "Bill", "Payment", "Purchase", "JournalEntry")
LAST = 50
"""Requests that the page shows: what fits on two screens."""


@dataclass(frozen=True)
class Company:
    """A company, and how many records of each kind it has."""

    realm: str
    name: str
    counts: Mapping[str, int]


@dataclass(frozen=True)
class State:
    """What the page shows. `seconds` is the simulator's clock; throttle and rules are as the API answers them."""

    seconds: float
    companies: tuple[Company, ...]
    throttle: Mapping[str, Any]
    rules: tuple[Mapping[str, Any], ...]
    last_requests: tuple[Mapping[str, Any], ...]
    """Entries of the log, the newest first."""


def render(state: State) -> str:
    """Return the whole page."""
    now = datetime.fromtimestamp(state.seconds, PACIFIC).strftime("%A %d %B %Y, %H:%M:%S %Z")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>QuickBooks simulator</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{STYLE}</style></head><body><main>'
        f"<h1>QuickBooks simulator</h1><p>Not QuickBooks Online itself. Its clock says {escape(now)}.</p>"
        f"{_companies(state)}{_switches(state)}{_rules(state)}{_log(state)}</main></body></html>"
    )


def _table(head: tuple[str, ...], rows: list[tuple[object, ...]]) -> str:
    titles = "".join(f'<th scope="col">{escape(title)}</th>' for title in head)
    body = "".join(f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>"


def _companies(state: State) -> str:
    rows: list[tuple[object, ...]] = [
        (company.name, company.realm, *(company.counts.get(entity, 0) for entity in SHOWN))
        for company in state.companies
    ]
    return f"<h2>Companies</h2>{_table(('Name', 'Realm', *SHOWN), rows)}"


def _button(action: str, title: str, name: str, value: str) -> str:
    return (
        f'<form method="post" action="{PATH}/{action}"><input type="hidden" name="{name}" value="{escape(value)}">'
        f'<button type="submit">{escape(title)}</button></form>'
    )


def _switches(state: State) -> str:
    throttle = state.throttle
    switch = "on" if throttle["is_on"] else "off"
    forced = {0: "none", -1: "all"}.get(throttle["forced"], str(throttle["forced"]))
    return (
        f"<h2>Switches</h2><p>Throttle: {switch}, {throttle['per_minute']} a minute, "
        f"{throttle['per_second']} a second, "
        f"{throttle['batches_per_minute']} batches a minute; requests still refused: {forced}.</p><p>"
        + _button("throttle", "Throttle on", "is_on", "true")
        + _button("throttle", "Throttle off", "is_on", "false")
        + _button("throttle", "Refuse everything", "forced", "-1")
        + _button("throttle", "Refuse nothing", "forced", "0")
        + _button("clock", "One day on", "advance_seconds", "86400")
        + _button("clock", "Back to now", "reset", "true")
        + _button("tokens", "End access tokens", "expire", '["access"]')
        + _button("reset", "Reset companies", "companies", "true")
        + "</p>"
    )


def _rules(state: State) -> str:
    if not state.rules:
        return "<h2>Fault rules</h2><p>None.</p>"
    rows: list[tuple[object, ...]] = [
        (rule["method"] or "any", rule["path"] or "any", rule["times"] if rule["times"] is not None else "no end",
         rule["chance"], rule["status"] or "", rule["cut"], rule["delay_ms"])
        for rule in state.rules
    ]  # fmt: skip
    return "<h2>Fault rules</h2>" + _table(
        ("Method", "Path", "Times", "Chance", "Status", "Cut", "Delay (ms)"), rows
    )


def _log(state: State) -> str:
    rows: list[tuple[object, ...]] = [
        (datetime.fromtimestamp(entry["time"], PACIFIC).strftime("%H:%M:%S"), entry["method"], entry["path"],
         entry["parameters"].get("query", ""), entry["status"], entry["intuit_tid"])
        for entry in state.last_requests
    ]  # fmt: skip
    return "<h2>Last requests</h2>" + _table(
        ("Time", "Method", "Path", "Query", "Status", "intuit_tid"), rows
    )
