"""Whether the policies of an MCP server let a write through. Pure: what is stored and counted is passed in.

Called by `operations.write_policies`, which reads the record as it stands and counts what was written. What a policy
looks at, such as where a record has its amount, are facts of the definitions (`PolicyFacts`, `Reference`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from generator.catalog import Reference, Tool
from generator.vendor import Integration
from generator.vendor_rules import Draft, RecordAmount
from runtime.errors import PolicyRefused
from runtime.model import CLOSING_DATE, Policies
from runtime.safety.references import Found, find_references
from runtime.upstream import figures
from runtime.upstream.answer import follow_path

NOTHING: Mapping[str, Any] = {}
MOST_NAMED = 10
"""Broken rules that an error says in its message, and Ids of a list that it names."""
LONGEST_VALUE = 80
"""Characters of a value that an error repeats."""
MAKES = ("create", "overwrite")
BOOKS = ("create", "overwrite", "destroy")
"""Risks of tools that change what is booked; one that only sends a record does not."""


class Violation(NamedTuple):
    """A rule that a write breaks. `found` and `allowed` are sentences."""

    rule: str
    found: str
    allowed: str


class Rate(NamedTuple):
    """What one unit of the currency of a write is worth in the home currency; `unknown` says why that is not known."""

    value: Decimal
    currency: str = ""
    """The foreign currency; empty for the home currency."""
    unknown: str = ""


HOME_RATE = Rate(Decimal(1))


@dataclass(frozen=True, slots=True)
class Write:
    """A write, as policies look at it. A tool that changes no record that is there has nothing `before`."""

    tool: Tool
    integration: Integration
    content: Mapping[str, Any]
    """What is sent of the record, under the vendor's names."""
    references: tuple[Reference, ...] = ()
    """Where a record of the tool's resource refers to others."""
    before: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    """The record as it stands."""
    rate: Rate = HOME_RATE
    """By which its amount is compared."""

    @property
    def counts(self) -> bool:
        """Whether it has an amount."""
        fact = self.integration.policy_facts.amounts.get(self.tool.resource)
        if fact is None or self.tool.risk not in BOOKS:
            return False
        return self.tool.risk not in MAKES or _sends(self.tool, fact.lines or fact.field)

    @property
    def counted(self) -> Mapping[str, Any]:
        """The record whose amount counts: as it will stand, or the one that is removed."""
        return self.after if self.tool.risk in MAKES else self.before

    @property
    def day(self) -> str:
        """The field that holds its day; empty where it has none."""
        return self.integration.policy_facts.days.get(self.tool.resource, "")

    @property
    def after(self) -> Mapping[str, Any]:
        """The record as it will stand: what is left out counts as it was."""
        return {**self.before, **self.content}

    @property
    def states(self) -> list[Mapping[str, Any]]:
        """What the write touches: the record as it stands, and as it will."""
        changed = [self.after] if self.tool.risk in MAKES else []
        return [*([self.before] if self.before else []), *changed]


def needs_current(policies: Policies) -> bool:
    """Whether a change of a record can be judged only with the record as it stands."""
    return bool(
        policies.max_amount is not None
        or policies.max_amount_per_day is not None
        or policies.allow
        or policies.deny
        or policies.not_before
        or policies.drafts_only
    )


def find_violations(policies: Policies, write: Write, first_day: str, today: str) -> Iterator[Violation]:
    """Yield each rule that a write breaks by itself. `first_day` is what `not_before` comes to, empty for any day."""
    if write.tool.resource in write.integration.policy_facts.unexamined and write.tool.risk in MAKES:
        yield from _unexamined(policies, write, first_day)
        return
    yield from _amount(policies, write)
    yield from _references(policies, write)
    yield from _days(write, first_day, today)
    yield from _closing(policies, write)
    yield from _drafts(policies, write)


def _unexamined(policies: Policies, write: Write, first_day: str) -> Iterator[Violation]:
    """Yield the first rule that looks into records, for a record that holds another one, unseen."""
    set_rules = {
        "max_amount": policies.max_amount is not None,
        "max_amount_per_day": policies.max_amount_per_day is not None,
        "allow": bool(policies.allow),
        "deny": bool(policies.deny),
        "not_before": bool(first_day),
        "drafts_only": policies.drafts_only,
    }
    for rule in [name for name, is_set in set_rules.items() if is_set][:1]:
        found = f"{write.tool.name} writes a record that holds another one, which is not looked into."
        yield Violation(rule, found, "It is not allowed where a policy looks at what records hold.")


def refuse(violations: Iterable[tuple[str, Violation]], server: str = "this MCP server") -> None:
    """Raise PolicyRefused when any rule is broken; each comes with what to call the write, empty when it is alone."""
    found = list(violations)
    if not found:
        return
    said = [f"{at + ': ' if at else ''}{each.rule}: {each.found} {each.allowed}" for at, each in found]
    raise PolicyRefused(
        f"The policies of {server} do not allow this. {' '.join(said[:MOST_NAMED])} Nothing was sent.",
        advice="Do not try it in other parts or forms: ask the person, who can change the policies.",
        details={"errors": [{**({"call": at} if at else {}), **each._asdict()} for at, each in found]},
    )


def measure_amount(write: Write) -> Decimal | None:
    """Return what a write counts: the amount of the record after it, or of the one that it removes. None: it has none.

    It is in the home currency. Raises ValueError, with a sentence, for an amount that cannot be known.
    """
    if not write.counts:
        return None
    if write.rate.unknown:
        raise ValueError(write.rate.unknown)
    fact = write.integration.policy_facts.amounts[write.tool.resource]
    return measure_record(fact, write.counted) * write.rate.value


def measure_record(fact: RecordAmount, of: Mapping[str, Any]) -> Decimal:
    """Return the amount of a record in its own currency. Raises ValueError for one that cannot be known."""
    amount = _sum(fact, of.get(fact.lines)) if fact.lines else abs(_number(of.get(fact.field), fact.field))
    return amount + sum(abs(_number(follow_path(of, path), ".".join(path))) for path in fact.plus)


def _amount(policies: Policies, write: Write) -> Iterator[Violation]:
    if policies.max_amount is None and policies.max_amount_per_day is None:
        return
    rule, most = "max_amount", policies.max_amount
    if most is None:
        rule, most = "max_amount_per_day", policies.max_amount_per_day
    allowed = f"At most {most} is allowed."
    try:
        amount = measure_amount(write)
    except ValueError as unknown:
        yield Violation(rule, str(unknown), allowed)
        return
    if amount is not None and most is not None and amount > most:
        at = f" in the home currency, at {write.rate.value} for 1 {write.rate.currency[:10]}"
        yield Violation(rule, f"The amount is {amount}{at if write.rate.currency else ''}.", allowed)


def _sum(fact: RecordAmount, lines: Any) -> Decimal:
    """Return what lines come to. Amounts below 0 do not hide those above it: the greater side counts."""
    raising = opposite = lowering = Decimal(0)
    for at, line in enumerate(lines if isinstance(lines, list) else ()):
        kind = follow_path(line, fact.kind) if fact.kind else None
        if kind is not None and kind in fact.ignored:
            continue
        given = line.get(fact.field) if isinstance(line, Mapping) else None
        amount = _number(given, f"{fact.lines}[{at}].{fact.field}")
        if kind is not None and kind in fact.lowering:
            lowering += abs(amount)
        elif given is None:
            raise ValueError(f"{fact.lines}[{at}] does not say its {fact.field}.")
        else:
            raising, opposite = raising + max(amount, Decimal(0)), opposite - min(amount, Decimal(0))
    return abs(max(raising, opposite) - lowering)


def _number(value: Any, name: str) -> Decimal:
    """Return a number, or a number as text; nothing counts 0. Raises ValueError for another value."""
    if value is None or value == "":
        return Decimal(0)
    number = figures.read_decimal(value)
    if number is None:
        raise ValueError(f"{name} is no number.")
    return number


def _sends(tool: Tool, name: str) -> bool:
    return any(sent == name for _, sent in tool.call.body_arguments)


def _references(policies: Policies, write: Write) -> Iterator[Violation]:
    if not policies.allow and not policies.deny:
        return
    allow, deny = dict(policies.allow), dict(policies.deny)
    identifier = write.tool.identifier or write.integration.identifier
    own = write.after.get(identifier)
    found = [Found(identifier, (write.tool.resource,), str(own))] if own else []
    for state in write.states:
        found += find_references(write.references, state, write.integration)
    for each in dict.fromkeys(found):
        for resource in each.resources:
            yield from _reference(each, resource, allow.get(resource), deny.get(resource))


def _reference(
    found: Found, resource: str, allowed: tuple[str, ...] | None, denied: tuple[str, ...] | None
) -> Iterator[Violation]:
    said = (
        f"{found.place} is {resource} {found.id[:LONGEST_VALUE]}."
        if found.id
        else f"{found.place} has no Id."
    )
    if allowed is not None and found.id not in allowed:
        yield Violation(f"allow.{resource}", said, f"Only {_listed(allowed)} may be used.")
    if denied is not None and (not found.id or found.id in denied):
        yield Violation(f"deny.{resource}", said, f"{_listed(denied)} must not be used.")


def _listed(ids: tuple[str, ...]) -> str:
    shown = ", ".join(ids[:MOST_NAMED])
    return shown if len(ids) <= MOST_NAMED else f"{shown} and {len(ids) - MOST_NAMED} more"


def _days(write: Write, first_day: str, today: str) -> Iterator[Violation]:
    name = write.integration.policy_facts.days.get(write.tool.resource)
    if not first_day or name is None or write.tool.risk not in BOOKS:
        return
    if write.tool.risk in MAKES and not _sends(write.tool, name):
        return
    days = [str(state.get(name) or today)[: len(first_day)] for state in write.states]
    for day in dict.fromkeys(each for each in days if each < first_day):
        yield Violation("not_before", f"{name} is {day}.", f"The first day allowed is {first_day}.")


def _closing(policies: Policies, write: Write) -> Iterator[Violation]:
    """Yield the rule that a write breaks which opens closed books, where these are what holds it."""
    fact = write.integration.policy_facts.closing_date
    if policies.not_before != CLOSING_DATE or fact is None or fact.tool not in write.tool.read_by:
        return
    clears = bool(write.tool.clears_unless) and not write.content.get(write.tool.clears_unless)
    then = str(follow_path(write.content if clears else write.after, fact.path) or "")
    present = str(follow_path(write.before, fact.path) or "")
    if then < present:
        found = f"The closing date is {present}, and would be {then or 'none'}."
        yield Violation("not_before", found, "It may only become later.")


def _drafts(policies: Policies, write: Write) -> Iterator[Violation]:
    if not policies.drafts_only:
        return
    drafts = write.integration.policy_facts.drafts
    draft = drafts.get(write.tool.resource)
    allowed = f"Only drafts may be written: {', '.join(sorted(drafts)) or 'nothing here has any'}."
    if draft is None or write.tool.risk not in MAKES:
        yield Violation("drafts_only", f"{write.tool.name} makes no draft.", allowed)
    elif any(not _is_draft(draft, state) for state in write.states):
        is_one = f"{draft.field} is {' or '.join(draft.values)} in one."
        yield Violation("drafts_only", f"The record is no draft, before or after. {is_one}", allowed)


def _is_draft(draft: Draft, state: Mapping[str, Any]) -> bool:
    return not draft.field or state.get(draft.field) in draft.values
