"""What is not mapped, in amounts: the revenue of customers without a client, the hours of clients without a customer.

Called by `mappings`. Revenue is what the report of the dashboard has for the last twelve months; hours are added up
from records of work. What cannot be read cheaply is said to be unknown, and never 0.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from runtime.deployment import Deployment
from runtime.model import Account
from runtime.operations.company_mapping.readings import Readings, ToolCall, read_text
from runtime.operations.dashboard.figures import find_ranking
from runtime.operations.dashboard.panels import list_asked
from runtime.operations.dashboard.periods import USUAL_PERIOD
from runtime.operations.explorer.reading import parse_answer
from runtime.upstream.answer import follow_path

MOST_HOURS = 10_000
"""Records of work that are added up for what is not mapped: ten calls of a thousand."""
MOST_CLIENTS = 200
"""Clients that a list of hours is asked for by their ids; an address of so many stays far below what servers take."""
MOST_PARTS = 10
"""Parts of the report of revenue that are read."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """Amounts by id. `missing` says why they are not known, or not whole; empty where they are."""

    by_id: Mapping[str, Decimal] = field(default_factory=dict)
    missing: str = ""


class UnmappedAmounts:
    """Reads amounts."""

    def __init__(self, deployment: Deployment, readings: Readings) -> None:
        self._catalog, self._clock, self._readings = deployment.catalog, deployment.clock, readings

    @property
    def _today(self) -> date:
        return datetime.fromtimestamp(self._clock(), UTC).date()

    async def read_revenue(self, account: Account, call: ToolCall) -> Amounts:
        """Return the revenue of each customer within the last twelve months, that of its sub-customers included."""
        dashboard = self._catalog().integrations[account.integration].company.dashboard
        if dashboard is None or dashboard.ranking is None:
            return Amounts(missing="No report of it has the revenue of each customer.")
        asked = list_asked(dashboard, USUAL_PERIOD, self._today)[dashboard.ranking.read]
        whole: dict[str, Any] = {}
        cursor = ""
        for _ in range(MOST_PARTS):
            answer = await call(
                account, asked.tool, asked.arguments | ({"next_cursor": cursor} if cursor else {})
            )
            if answer.error is not None:
                return Amounts(missing=f"Revenue could not be read: {answer.error.message}")
            part = parse_answer(answer.text)
            if not isinstance(part, dict):
                return Amounts(missing="Revenue could not be read: the report has another form.")
            whole = {**part, "rows": [*whole.get("rows", ()), *(part.get("rows") or ())]}
            cursor = str(part.get("next_cursor") or "")
            if not cursor:
                break
        ranking = find_ranking(dashboard.ranking, whole)
        missing = "The report of revenue has more parts than were read." if cursor else ""
        return Amounts({each.id: each.amount for each in ranking.entries if each.id}, missing)

    async def read_hours(self, account: Account, call: ToolCall, clients: Sequence[str]) -> Amounts:
        """Return the hours of some clients within the last twelve months."""
        rules = self._catalog().integrations[account.integration].company.mapping.hours
        if not rules.resource:
            return Amounts(missing="Nothing says how many hours each client has.")
        if not clients:
            return Amounts()
        asked = list(clients[:MOST_CLIENTS])
        values = {"{start}": USUAL_PERIOD.find_start(self._today).isoformat(), "{clients}": asked}
        arguments = {
            name: values.get(each, each) if isinstance(each, str) else each
            for name, each in rules.arguments.items()
        }
        records, missing, _ = await self._readings.list_records(
            account, call, rules.resource, arguments, MOST_HOURS
        )
        found: dict[str, Decimal] = defaultdict(Decimal)
        for record in records:
            found[read_text(follow_path(record, rules.client))] += _read_hours(
                follow_path(record, rules.quantity)
            )
        if len(clients) > len(asked) and "{clients}" in rules.arguments.values():
            missing = missing or f"Hours were read of the first {len(asked)} clients only."
        return Amounts({id_: found[id_] for id_ in clients if id_ in found}, missing)


def _read_hours(value: Any) -> Decimal:
    try:
        found = Decimal(value) if isinstance(value, int | Decimal | str) else Decimal(0)
    except InvalidOperation:
        return Decimal(0)
    return found if found.is_finite() else Decimal(0)
