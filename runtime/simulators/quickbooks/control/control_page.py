"""The page of the control: the companies, the switches, what was asked last. Plain HTML, works without scripts."""

from __future__ import annotations

from datetime import datetime
from html import escape
from typing import TYPE_CHECKING

from runtime.simulators.quickbooks.clock import PACIFIC

if TYPE_CHECKING:
    from runtime.simulators.quickbooks.control.control_api import Sandbox

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


def render(sandbox: Sandbox) -> str:
    """The whole page."""
    now = datetime.fromtimestamp(sandbox.store.clock.seconds(), PACIFIC).strftime("%A %d %B %Y, %H:%M:%S %Z")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sandbox</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{STYLE}</style></head><body><main>'
        f"<h1>Sandbox</h1><p>A stand-in for QuickBooks Online. Its clock says {escape(now)}.</p>"
        f"{_companies(sandbox)}{_switches(sandbox)}{_rules(sandbox)}{_log(sandbox)}</main></body></html>"
    )


def _table(head: tuple[str, ...], rows: list[tuple[object, ...]]) -> str:
    titles = "".join(f'<th scope="col">{escape(title)}</th>' for title in head)
    body = "".join(f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>"


def _companies(sandbox: Sandbox) -> str:
    rows: list[tuple[object, ...]] = []
    for realm, name in sandbox.store.companies():
        counted = dict(
            sandbox.store.execute(
                "select entity, count(*) from records where realm = ? group by 1", (realm,)
            ).fetchall()
        )
        rows.append((name, realm, *(counted.get(entity, 0) for entity in SHOWN)))
    return f"<h2>Companies</h2>{_table(('Name', 'Realm', *SHOWN), rows)}"


def _button(action: str, title: str, name: str, value: str) -> str:
    return (
        f'<form method="post" action="/_sandbox/{action}"><input type="hidden" name="{name}" value="{escape(value)}">'
        f'<button type="submit">{escape(title)}</button></form>'
    )


def _switches(sandbox: Sandbox) -> str:
    throttle = sandbox.throttle
    state = "on" if throttle.is_on else "off"
    forced = {0: "none", -1: "all"}.get(throttle.forced, str(throttle.forced))
    return (
        f"<h2>Switches</h2><p>Throttle: {state}, {throttle.per_minute} a minute, {throttle.per_second} a second, "
        f"{throttle.batches_per_minute} batches a minute; requests still refused: {forced}.</p><p>"
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


def _rules(sandbox: Sandbox) -> str:
    if not sandbox.rules:
        return "<h2>Trouble</h2><p>None.</p>"
    rows: list[tuple[object, ...]] = [
        (rule.method or "any", rule.path or "any", rule.times if rule.times is not None else "for ever", rule.chance,
         rule.status or "", rule.cut, rule.delay_ms)
        for rule in sandbox.rules
    ]  # fmt: skip
    return "<h2>Trouble</h2>" + _table(
        ("Method", "Path", "Times", "Chance", "Status", "Cut", "Delay (ms)"), rows
    )


def _log(sandbox: Sandbox) -> str:
    rows: list[tuple[object, ...]] = [
        (datetime.fromtimestamp(entry["time"], PACIFIC).strftime("%H:%M:%S"), entry["method"], entry["path"],
         entry["parameters"].get("query", ""), entry["status"], entry["intuit_tid"])
        for entry in list(sandbox.log)[: -LAST - 1 : -1]
    ]  # fmt: skip
    return "<h2>Last requests</h2>" + _table(
        ("Time", "Method", "Path", "Query", "Status", "intuit_tid"), rows
    )
