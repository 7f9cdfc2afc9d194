"""The part of a form that says which writes wait for a person: its fields, what they ask for, and what is wrong.

Called by `server_form` for an MCP server and by `approval_floor_pages` for an organization. A rule is checked by the
code that checks it everywhere; what it has that the form does not show stays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, NamedTuple

from generator.catalog import Tool, select
from generator.suggestions import did_you_mean
from runtime.approval import RISKS, Approval, ApprovalRule, RuleSource
from runtime.identity.roles import may
from runtime.model import ServerConfig
from runtime.operations.approval_config import LARGEST_AMOUNT, MOST_HOURS, find_problems
from runtime.people import ROLES, Member, Person
from runtime.web.approval_words import (
    APPROVING_ROLE,
    describe_roles,
    find_least,
    list_from,
)
from runtime.web.form_fields import FormFields

USUAL_RISKS = ("overwrite", "send", "destroy")
"""What waits on a new MCP server that can write: everything but new records, which hurt no record that exists."""
BY_NAME, AS_IT_IS = "people", "as_it_is"
"""What the field of roles sends where nobody approves by role, and where the roles are no list from one on."""
MOST_BOXES = 20
"""People with a check box each; more of them are written as a list."""
LONGEST_SHOWN = 80
"""Characters of a value that an error repeats."""
_WAITING = ("approval_risks", "approval_above", "approval_tags", "approval_tools")
_FIELDS: Mapping[str, str] = {
    "risks": "approval_risks",
    "tags": "approval_tags",
    "tools": "approval_tools",
    "above_amount": "approval_above",
    "expires_after_hours": "approval_hours",
    "people": "approval_people",
}
"""The field beside which an error of a key is shown."""


class Approver(NamedTuple):
    """Somebody who can be named: `is_here` is false for who does not belong to the organization."""

    email: str
    name: str
    role: str
    is_here: bool = True


@dataclass(frozen=True, slots=True)
class ApprovalContext:
    """What the fields are read against: tools that can be named, the people of the organization, the rule as it is."""

    tools: tuple[Tool, ...]
    people: tuple[Approver, ...]
    stored: ApprovalRule
    """An empty one where nothing waits now."""

    @property
    def approving(self) -> int:
        """How many people may approve where a rule names nobody."""
        return sum(may(each.role, "approve_changes") for each in self.people if each.is_here)  # type: ignore[arg-type]

    @property
    def has_boxes(self) -> bool:
        """Whether each person has a check box."""
        return len(self.people) <= MOST_BOXES

    @property
    def risks(self) -> tuple[str, ...]:
        """What can be chosen to wait."""
        return RISKS

    @property
    def roles(self) -> dict[str, str]:
        """What the field of roles offers: what it sends, and what it says."""
        now = choose_role(self.stored)
        offered = {
            "": describe_roles(list_from(APPROVING_ROLE)),
            BY_NAME: "nobody by role, only these people",
        }
        others = [each for each in ROLES if each != APPROVING_ROLE or now == APPROVING_ROLE]
        offered |= {each: describe_roles(list_from(each)) for each in others}
        if now == AS_IT_IS:
            offered[AS_IT_IS] = describe_roles(self.stored.roles)
        if now == APPROVING_ROLE:
            offered[""] = "everybody whose role may approve changes"
        return {key: f"{text[:1].upper()}{text[1:]}" for key, text in offered.items()}


@dataclass(frozen=True, slots=True)
class ApprovalDraft:
    """What the fields ask for, None for nothing that waits. `errors` has a sentence for each field that is wrong."""

    values: dict[str, Any] | None
    errors: dict[str, str] = field(default_factory=dict)


def make_context(
    tools: Sequence[Tool], members: Sequence[tuple[Person, Member]], approval: Approval, source: RuleSource
) -> ApprovalContext:
    """Return what the fields of a form are read against; of the rules the one of this source is stored."""
    stored = next((each for each in approval if each.source == source), ApprovalRule(source))
    here = [Approver(person.email, person.name, member.role) for person, member in members]
    known = {each.email for each in here}
    others = [Approver(email, "", "", is_here=False) for email in stored.people if email not in known]
    return ApprovalContext(tuple(tools), (*here, *others), stored)


def suggest_rule(context: ApprovalContext) -> ApprovalRule:
    """Return the rule of a new MCP server that can write."""
    return ApprovalRule(risks=USUAL_RISKS, four_eyes=has_second(context))


def choose_rule(config: ServerConfig, context: ApprovalContext | None) -> ApprovalRule | None:
    """Return the rule that the form of an MCP server shows: its own, or what is suggested where it cannot write yet."""
    if context is None or not context.stored.is_empty:
        return context.stored if context else None
    if can_write(context.tools, config.methods, config.tags):
        return replace(context.stored, four_eyes=has_second(context))
    return suggest_rule(context)


def can_write(tools: Sequence[Tool], methods: Sequence[str], tags: Sequence[str]) -> bool:
    """Whether a filter leaves a tool that writes."""
    return any(not tool.is_read_only for tool in select(tools, methods, tags))


def has_second(context: ApprovalContext) -> bool:
    """Whether there is somebody who may approve beside the person whose agent asks."""
    return context.approving > 1


def fill_approval(rule: ApprovalRule) -> dict[str, tuple[str, ...]]:
    """Return the fields that show a rule."""
    amount = rule.above_amount
    return {
        "approval_risks": rule.risks,
        "approval_above": (f"{amount:f}" if amount is not None else "",),
        "approval_tags": ("\n".join(rule.tags),),
        "approval_tools": ("\n".join(rule.tools),),
        "approval_role": (choose_role(rule),),
        "approval_people": rule.people,
        "approval_hours": (str(rule.expires_after_hours),),
        "approval_four_eyes": ("yes" if rule.four_eyes else "",),
    }


def choose_role(rule: ApprovalRule) -> str:
    """Return what the field of roles sends for a rule."""
    if not rule.roles:
        return BY_NAME if rule.people else ""
    return find_least(rule.roles) or AS_IT_IS


def is_waiting(fields: FormFields) -> bool:
    """Whether the fields have anything wait, unchecked."""
    return any(fields.read(each) for each in _WAITING)


def read_approval(fields: FormFields, context: ApprovalContext) -> ApprovalDraft:
    """Return what the fields ask for, with everything that is wrong with it."""
    return _Reader(fields, context).read()


class _Reader:
    """Reads the fields of one form."""

    def __init__(self, fields: FormFields, context: ApprovalContext) -> None:
        self._fields, self._context = fields, context
        self._errors: dict[str, str] = {}

    def read(self) -> ApprovalDraft:
        """Return what they ask for."""
        people = self._read_people()
        values: dict[str, Any] = {
            "risks": list(self._fields.list_all("approval_risks")),
            "tags": self._list_lines("approval_tags"),
            "tools": self._list_lines("approval_tools"),
            "above_amount": self._read_amount(),
            "roles": self._read_roles(people),
            "people": people,
            "expires_after_hours": self._read_hours(),
            "four_eyes": self._fields.has("approval_four_eyes"),
            "confirm": list(self._context.stored.confirm),
        }
        self._note_problems(values)
        if not self._errors and ApprovalRule.read(values, "mcp_server").is_empty:
            if values["roles"] or people:
                self._errors["approval_risks"] = (
                    "Choose what waits: nothing does now, so nobody has to approve."
                )
            return ApprovalDraft(None, self._errors)
        return ApprovalDraft(values, self._errors)

    def _note_problems(self, values: Mapping[str, Any]) -> None:
        for key, found in find_problems(values, "approval", self._context.tools).items():
            said = " ".join(found[:3]).replace(f"approval.{key} ", "This ")
            self._errors.setdefault(_FIELDS.get(key, "approval_role"), said)

    def _list_lines(self, name: str) -> list[str]:
        """Return what stands in a list, one on a line or between commas."""
        texts = self._fields.list_all(name)
        return list(dict.fromkeys(word for text in texts for word in text.replace(",", " ").split()))

    def _read_people(self) -> list[str]:
        """Return who was chosen: people of the organization, and those whom the rule names already."""
        known = [each.email for each in self._context.people]
        chosen = [each.lower() for each in self._list_lines("approval_people")]
        for each in chosen:
            if each not in known:
                hint = did_you_mean(each, known)
                self._errors["approval_people"] = (
                    f"“{each[:LONGEST_SHOWN]}” is nobody of this organization. {hint}".rstrip()
                )
        return chosen

    def _read_roles(self, people: Sequence[str]) -> list[str]:
        chosen = self._fields.read("approval_role")
        if chosen == BY_NAME:
            if not people:
                self._errors.setdefault("approval_people", "Choose at least one person who may approve.")
            return []
        if chosen == AS_IT_IS:
            return list(self._context.stored.roles)
        least = next((each for each in ROLES if each == (chosen or APPROVING_ROLE)), None)
        if least is None:
            self._errors["approval_role"] = "Choose who may approve from the list."
            return []
        return list(list_from(least)) if chosen or people else []

    def _read_amount(self) -> Decimal | None:
        text = self._fields.read("approval_above").replace(",", "")
        whole, _, part = text.partition(".")
        is_plain = text.isascii() and (whole or part) and (whole + part).isdigit()
        if text and not (is_plain and len(text) <= 20 and Decimal(text) <= LARGEST_AMOUNT):
            self._say("approval_above", lambda shown: f"“{shown}” is not an amount from 0 on. Write 500.00.")
            return None
        return Decimal(text) if text else None

    def _read_hours(self) -> int:
        text = self._fields.read("approval_hours")
        if not text:
            return self._context.stored.expires_after_hours
        if not (text.isascii() and text.isdigit() and len(text) <= 4):
            self._say(
                "approval_hours", lambda shown: f"“{shown}” is not a number of hours from 1 to {MOST_HOURS}."
            )
            return 1
        return int(text)

    def _say(self, name: str, write: Callable[[str], str]) -> None:
        self._errors[name] = write(self._fields.read(name)[:LONGEST_SHOWN])
