"""What an analysis wants, as calls of the tools that list records: one question for each resource and filter.

Called by `reading`. The filters are those of the tools, found by the fields that the definitions name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from generator.catalog import Tool
from generator.effect_rules import Path
from generator.insight_rules import Fields, InsightRules, ListRules, RecordRules
from runtime.exchange.context import CallContext
from runtime.exchange.page_request import get_listing
from runtime.insights.analysis import Records, Wanted
from runtime.insights.assembly import TEMPLATES, TRANSACTIONS

LEAST_OPEN = 0.01
"""Of an amount in any currency with cents: what is open by less is not open."""
OPEN_DAYS = 731
"""Days back over which records are read where the vendor cannot be asked for the open ones alone: two years, as far as
most analyses look back anyway.
"""


@dataclass(frozen=True, slots=True)
class Question:
    """Records that are asked for: of a resource, by the filters of its list tool.

    `part` is `TRANSACTIONS`, `TEMPLATES`, or the name of a list. `since` and `until` are the days that it is about;
    `is_open` asks for what is open only, of any day.
    """

    part: str
    resource: str
    tool: Tool
    arguments: Mapping[str, Any] = field(default_factory=dict)
    kind: str = ""
    since: date | None = None
    until: date | None = None
    is_open: bool = False

    @property
    def name(self) -> str:
        """What distinguishes it from every other one."""
        return f"{self.resource} {json.dumps(self.arguments, sort_keys=True)}"

    @property
    def path(self) -> Path:
        """Where its records stand in the body of a response."""
        return self.tool.returns.path

    def describe(self) -> str:
        """Return what it asks for, for a person."""
        title = self.resource.replace("_", " ")
        if self.is_open:
            return f"open {title}"
        return f"{title} from {self.since} to {self.until}" if self.since else title


def list_questions(call: CallContext, wanted: Wanted, today: date) -> list[Question]:
    """Return the questions of an analysis, each once, the lists first."""
    rules = call.integration.insights
    found = [*_ask_lists(call, rules, wanted), *_ask_records(call, rules, wanted, today)]
    once = list({each.name: each for each in found}.values())
    return [each for each in once if not any(_contains(other, each) for other in once)]


def list_unlisted(call: CallContext, wanted: Wanted) -> list[str]:
    """Return the resources that an analysis wants and that no tool lists, as where an operator has hidden it."""
    rules = call.integration.insights
    kinds = {kind for each in wanted.records for kind in each.kinds}
    asked = [rules.templates if name == TEMPLATES else rules.lists.get(name) for name in wanted.lists]
    named = [each.resource for each in rules.transactions if each.kind in kinds]
    named += [each.resource for each in asked if each is not None]
    return [each for each in dict.fromkeys(named) if _find_list(call, each) is None]


def _contains(whole: Question, part: Question) -> bool:
    """Whether a question finds everything that another one does, and more."""
    if whole is part or whole.resource != part.resource or not whole.kind or whole.is_open or part.is_open:
        return False
    since = whole.since is None or (part.since is not None and whole.since <= part.since)
    return since and (whole.until or date.max) >= (part.until or date.max)


def _ask_lists(call: CallContext, rules: InsightRules, wanted: Wanted) -> Iterator[Question]:
    for name in wanted.lists:
        asked = rules.templates if name == TEMPLATES else rules.lists.get(name)
        tool = _find_list(call, asked.resource) if asked is not None else None
        if asked is None or tool is None:
            continue
        yield Question(name, asked.resource, tool)
        if (inactive := _find_inactive(tool, asked)) is not None:
            yield Question(name, asked.resource, tool, {inactive: False})


def _ask_records(call: CallContext, rules: InsightRules, wanted: Wanted, today: date) -> Iterator[Question]:
    for each in wanted.records:
        for record in rules.transactions:
            tool = _find_list(call, record.resource) if record.kind in each.kinds else None
            if tool is not None:
                yield _ask(tool, record, each, today)


def _ask(tool: Tool, rules: RecordRules, wanted: Records, today: date) -> Question:
    if wanted.is_open:
        argument = find_argument(tool, rules.fields, "open", "from")
        if argument is not None:
            arguments = {argument: LEAST_OPEN}
            return Question(TRANSACTIONS, rules.resource, tool, arguments, rules.kind, is_open=True)
        wanted = replace(wanted, since=wanted.since or today - timedelta(days=OPEN_DAYS))
    found: dict[str, Any] = {}
    for operator, day in (("from", wanted.since), ("until", wanted.until)):
        argument = find_argument(tool, rules.fields, "day", operator)
        if day is not None and argument is not None:
            found[argument] = day.isoformat()
    until = wanted.until or date.max
    return Question(TRANSACTIONS, rules.resource, tool, found, rules.kind, wanted.since, until)


def _find_list(call: CallContext, resource: str) -> Tool | None:
    return call.listings.get((call.integration.name, resource))


def find_argument(tool: Tool, fields: Fields, part: str, operator: str) -> str | None:
    """Return the filter of a list on a part of its records; None where there is none."""
    paths = {".".join(path) for path in fields.get(part, ())}
    conditions = get_listing(tool).conditions
    found = (each.argument for each in conditions if each.field in paths and each.operator == operator)
    return next(found, None)


def _find_inactive(tool: Tool, rules: ListRules) -> str | None:
    """Return the filter that asks for what is not active any more, which a list leaves out otherwise."""
    paths = {".".join(path) for path in rules.fields.get("active", ())}
    conditions = get_listing(tool).conditions
    return next(
        (each.argument for each in conditions if each.field in paths and each.operator == "equals"), None
    )
