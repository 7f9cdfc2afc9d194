"""What somebody should look at: a connection that has ended, MCP servers that end soon, what is overdue or due soon.

Called by the page of a company with what it has read. Each point leads to a page below the address of the company.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from runtime.model import Account, JournalEntry, McpServer
from runtime.operations.dashboard.figures import Listing
from runtime.operations.dashboard.panels import Panel, Panels
from runtime.operations.formats import Formats

SOON_SECONDS = 7 * 86_400.0
"""An MCP server that ends within a week is named: its owner works on at most days of one."""
MOST_NAMES = 2
"""Names in the line below a point; the page that it leads to has all."""
Level = Literal["bad", "warn", "t3"]


@dataclass(frozen=True, slots=True)
class Attention:
    """A point. `path` is below the address of the company, or a place on the page. `value` stands at its right."""

    icon: str
    level: Level
    title: str
    about: str
    path: str
    value: str = ""


def list_attention(
    account: Account,
    panels: Panels,
    servers: Sequence[McpServer],
    unclear: Sequence[JournalEntry],
    formats: Formats,
    waiting: int = 0,
) -> tuple[Attention, ...]:
    """Return what somebody should look at, the most urgent first. `waiting` changes wait for a person's approval."""
    return (
        *_list_connection(account, formats),
        *_list_waiting(waiting),
        *_list_unclear(unclear, formats),
        *_list_overdue(panels, formats),
        *_list_due(panels.due, formats),
        *_list_servers(servers, formats),
    )


def _list_connection(account: Account, formats: Formats) -> Iterator[Attention]:
    since = formats.write_day(account.status_since) if account.status_since else ""
    if account.status == "needs_reauth":
        yield Attention(
            "plug", "bad", "The company must be connected again", "Agents and pages read nothing until then",
            "/connection", since,
        )  # fmt: skip
    elif account.status != "active":
        yield Attention(
            "plug",
            "warn",
            "The company is not connected",
            "Connect it, and its figures are here",
            "/connection",
            since,
        )


def _list_waiting(waiting: int) -> Iterator[Attention]:
    if waiting:
        verb = "waits" if waiting == 1 else "wait"
        about = "Agents have asked for them, and nothing is sent before a person decides"
        yield Attention(
            "shield", "warn", f"{_count(waiting, 'write')} {verb} for approval", about, "/approvals"
        )


def _list_unclear(unclear: Sequence[JournalEntry], formats: Formats) -> Iterator[Attention]:
    if unclear:
        about = "The vendor did not answer: look whether the change was made"
        day = formats.write_day(unclear[0].begun_at)
        yield Attention(
            "warning", "bad", f"{_count(len(unclear), 'write')} may or may not have been made", about,
            "/journal?state=unknown", day,
        )  # fmt: skip


def _list_overdue(panels: Panels, formats: Formats) -> Iterator[Attention]:
    listing = panels.overdue.figures if panels.overdue else None
    if panels.overdue is not None and listing is not None and listing.records:
        oldest = listing.records[0]
        about = f"The oldest is {_count(oldest.days, 'day')} late"
        yield Attention(
            "clock", "bad", f"{panels.overdue.title}: {_count_records(listing)}", about, "#overdue",
            formats.write_amount(listing.total),
        )  # fmt: skip
    owed = panels.payables.figures if panels.payables else None
    if panels.payables is not None and owed is not None and owed.late > 0:
        shown = [name.lower() for name, amount in owed.ages[1:] if amount]
        yield Attention(
            "clock", "warn", f"{panels.payables.title}: some is overdue", ", ".join(shown), "#payables",
            formats.write_amount(owed.late),
        )  # fmt: skip


def _list_due(panel: Panel[Listing] | None, formats: Formats) -> Iterator[Attention]:
    if panel is None or panel.figures is None or not panel.figures.records:
        return
    records = panel.figures.records
    names = list(dict.fromkeys(each.party for each in records if each.party))
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    about = f"First on {formats.write_day(records[0].day)}: {', '.join(names[:MOST_NAMES])}{more}"
    total = sum((each.amount for each in records), Decimal(0))
    title = f"{panel.title}: {_count_records(panel.figures)}"
    yield Attention("calendar", "warn", title, about, "#payables", formats.write_amount(total))


def _list_servers(servers: Sequence[McpServer], formats: Formats) -> Iterator[Attention]:
    for each in servers:
        if each.expires_at is not None and each.expires_at - formats.now < SOON_SECONDS:
            left = formats.write_length(max(each.expires_at - formats.now, 0.0))
            yield Attention(
                "key", "t3", f"“{each.name}” ends in {left}", "MCP server", "/servers",
                formats.write_day(each.expires_at),
            )  # fmt: skip


def _count_records(listing: Listing) -> str:
    return f"{len(listing.records)}{'' if listing.is_whole else ' and more'}"


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
