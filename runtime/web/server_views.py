"""MCP servers as pages show them: how they stand, how they were used on the last seven days, what their config says.

Called by `server_pages`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from generator.catalog import Risk, Tool
from runtime.model import CLOSING_DATE, McpServer, ServerConfig
from runtime.operations.formats import Formats
from runtime.operations.own_tools import WORST_LAST
from runtime.watching.calls import CallerDays
from runtime.web.approval_words import list_facts, write_sentence
from runtime.web.company_pages import Place

DAYS = 7
"""Days of the use that is shown: a week, so that each weekday is there once."""
SOON_SECONDS = 7 * 86_400.0
"""What ends within a week is said to end soon."""
SPARK_WIDTH, SPARK_TOP, SPARK_BOTTOM, SPARK_EDGE = 88.0, 3.0, 20.0, 2.0
"""The lines of a sparkline of 92 by 22, with its stroke inside."""
EXPOSURES: Mapping[str, tuple[str, str]] = {
    "auto": (
        "Automatic",
        "Every tool where there are at most 120, otherwise everyday tools beside those that find the others.",
    ),
    "full": (
        "Every tool",
        "Each tool is listed. Models see all of them; long lists cost tokens at every prompt.",
    ),
    "discovery": (
        "Discovery",
        "Only the tools that find, describe and call the others. A short list; the agent searches first.",
    ),
    "short": (
        "Short tools",
        "Some twenty tools with few arguments, for small models. They do the usual work.",
    ),
}
"""The title of each exposure, and what it means."""
RISK_WORDS: Mapping[Risk, str] = {
    "read": "Changes nothing",
    "create": "Makes new records; nothing that exists is changed",
    "overwrite": "Changes records that exist",
    "send": "Sends something to other people",
    "destroy": "Deletes or ends records",
}
"""What a risk means, in words for people."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a server stands: the kind of the status, and what it says. `group` is the tab that it is under."""

    kind: str
    text: str
    group: str


@dataclass(frozen=True, slots=True)
class ServerRow:
    """A server as a list has it."""

    server: McpServer
    standing: Standing
    tools: int
    worst: Risk
    use: CallerDays
    points: str
    granted: Mapping[str, str] | None

    @property
    def last_point(self) -> tuple[str, str]:
        """Where the line of its use ends."""
        x, _, y = self.points.rpartition(" ")[2].partition(",")
        return x, y


def describe_standing(server: McpServer, formats: Formats) -> Standing:
    """Return how a server stands now."""
    end, now = server.expires_at, formats.now
    if end is not None and end <= now:
        return Standing("off", f"expired {formats.write_moment(end)}", "ended")
    if server.used_up_at is not None:
        return Standing("off", "used up", "ended")
    if end is None:
        return Standing("ok", "active", "")
    if end - now <= SOON_SECONDS:
        return Standing("wait", f"expires in {formats.write_length(end - now)}", "soon")
    return Standing("ok", f"active until {formats.write_day(end)}", "")


def list_day_bounds(formats: Formats) -> tuple[float, ...]:
    """Return where each of the last seven days begins for the viewer, and where today ends."""
    first = formats.today - timedelta(days=DAYS - 1)
    days = (first + timedelta(days=each) for each in range(DAYS + 1))
    return tuple(datetime.combine(day, datetime.min.time(), formats.zone).timestamp() for day in days)


def make_spark(values: Sequence[int]) -> str:
    """Return the points of the line of a sparkline, from zero up to the largest value."""
    most, step = max(values) or 1, (SPARK_WIDTH - SPARK_EDGE) / (len(values) - 1)
    height = SPARK_BOTTOM - SPARK_TOP
    return " ".join(
        f"{SPARK_EDGE + at * step:.1f},{SPARK_BOTTOM - height * value / most:.1f}"
        for at, value in enumerate(values)
    )


def make_row(
    server: McpServer,
    tools: Sequence[Tool],
    use: CallerDays | None,
    granted: Mapping[str, str] | None,
    formats: Formats,
) -> ServerRow:
    """Return a server as a list has it; `tools` are those that its filter leaves."""
    found = use or CallerDays(server.id, (0,) * DAYS, 0)
    worst: Risk = max((tool.risk for tool in tools), key=WORST_LAST.index, default="read")
    return ServerRow(
        server,
        describe_standing(server, formats),
        len(tools),
        worst,
        found,
        make_spark(found.days),
        granted,
    )


def list_limits(config: ServerConfig, formats: Formats) -> list[tuple[str, str]]:
    """Return everything that a config restricts or allows beside its filter: what it is, and its value."""
    policies, budget = config.policies, config.budget
    lists = [
        (title, "; ".join(f"{resource}: {', '.join(ids)}" for resource, ids in values))
        for title, values in (("Only these records", policies.allow), ("Never these records", policies.deny))
    ]
    first_day = (
        "the day after the books were closed" if policies.not_before == CLOSING_DATE else policies.not_before
    )
    facts: list[tuple[str, str]] = [
        (
            "Largest amount of one write",
            formats.write_amount(policies.max_amount) if policies.max_amount else "",
        ),
        (
            "Largest amount within 24 hours",
            formats.write_amount(policies.max_amount_per_day) if policies.max_amount_per_day else "",
        ),
        ("Writes within an hour", _write_count(policies.max_writes_per_hour, formats)),
        ("First day that may be written to", first_day),
        ("Drafts only", "yes" if policies.drafts_only else ""),
        *lists,
        ("Reads in a month", _write_count(budget.reads_per_month, formats)),
        ("Writes in a month", _write_count(budget.writes_per_month, formats)),
        ("Calls in its life", _write_count(config.max_uses, formats)),
        ("Rows of one answer", _write_count(config.max_rows, formats)),
        ("Tokens of one answer", _write_count(config.max_answer_tokens, formats)),
        ("Bytes of one answer", _write_count(config.max_answer_bytes, formats)),
        ("Networks", ", ".join(config.networks)),
        ("API token", "asked for beside the URL" if config.require_api_token_auth else ""),
        ("Sensitive values", "shown as they are" if config.show_sensitive else ""),
        ("Texts of records", "marked as data" if config.untrusted_text == "fenced" else ""),
        ("A rate limit", "answers HTTP 429" if config.rate_limit_style == "http_429" else ""),
    ]
    return [(title, value) for title, value in facts if value]


def _write_count(number: int, formats: Formats) -> str:
    return f"at most {formats.write_number(number)}" if number else ""


def describe_rule(config: ServerConfig, formats: Formats) -> list[tuple[str, str]]:
    """Return everything that the rule of a server says of writes that wait; nothing where it has none."""
    return [
        fact
        for rule in config.approval
        if rule.source == "mcp_server"
        for fact in list_facts(rule, formats.write_money)
    ]


def describe_floor(place: Place, formats: Formats) -> str:
    """Return which writes wait by the rule of the organization; empty where it has none."""
    floor = place.account.tenant_limits.approval
    return " ".join(write_sentence(rule, formats.write_money) for rule in floor)
