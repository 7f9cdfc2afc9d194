"""The rule of an MCP server or an organization in words: which writes wait, who may approve them, and for how long.

Called by the pages, which write amounts as each of them does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from runtime.approval import RISKS, ApprovalRule
from runtime.identity.roles import PERMISSIONS
from runtime.people import ROLES, Role

APPROVING_ROLE: Role = PERMISSIONS["approve_changes"][0]
"""The least role that may approve where a rule names nobody."""
WriteAmount = Callable[[Decimal], str]


def write_plain_amount(amount: Decimal) -> str:
    """Return an amount where no company says which currency it is in."""
    return f"{amount:,.2f} in the home currency"


def describe_waiting(rule: ApprovalRule, write_amount: WriteAmount = write_plain_amount) -> str:
    """Return which writes wait, without an end: `writes that overwrite or send, and writes above $500.00`."""
    return join_names([f"writes {each}" for each in _list_kinds(rule, write_amount)], "and", ", ")


def write_sentence(rule: ApprovalRule, write_amount: WriteAmount = write_plain_amount) -> str:
    """Return the same as a sentence: `Writes that overwrite or send wait for a person.`"""
    text = describe_waiting(rule, write_amount)
    comma = "," if " writes " in text else ""
    return f"{text[:1].upper()}{text[1:]}{comma} wait for a person."


def list_facts(rule: ApprovalRule, write_amount: WriteAmount = write_plain_amount) -> list[tuple[str, str]]:
    """Return everything that a rule says: what it is, and its value."""
    confirmed = join_names(sort_risks(rule.confirm), "and")
    facts = [
        ("What waits", "; ".join(each.removeprefix("that ") for each in _list_kinds(rule, write_amount))),
        ("Approved by", describe_approvers(rule)),
        ("Expire", f"after {count_hours(rule.expires_after_hours)}"),
        ("Four eyes", "yes: not by the person whose agent asks" if rule.four_eyes else "no"),
        ("Confirmed in the chat", f"{confirmed}, where they do not wait" if confirmed else ""),
    ]
    return [(title, value) for title, value in facts if value]


def describe_approvers(rule: ApprovalRule) -> str:
    """Return who may approve: `admin and above, or anna@shop.example`."""
    if not rule.roles and not rule.people:
        return f"{name_role(APPROVING_ROLE)} and above"
    by_role = describe_roles(rule.roles)
    return join_names([*([by_role] if by_role else []), *rule.people], "or")


def describe_roles(roles: Sequence[str]) -> str:
    """Return roles in words, those from one on as that one and above; empty for none."""
    least = find_least(roles)
    if least is None or len(roles) == 1:
        return join_names([name_role(each) for each in roles], "or")
    return f"{name_role(least)} and above"


def find_least(roles: Sequence[str]) -> Role | None:
    """Return the least of some roles where they are all from that one on."""
    return next((role for role in ROLES if set(roles) == set(list_from(role))), None)


def list_from(role: Role) -> tuple[Role, ...]:
    """Return a role and all that are above it."""
    return ROLES[ROLES.index(role) :]


def name_role(role: str) -> str:
    """Return what people call a role."""
    return role.replace("_", " ")


def count_hours(hours: int) -> str:
    """Return a number of hours in words."""
    return "1 hour" if hours == 1 else f"{hours} hours"


def join_names(names: Sequence[str], last: str, before_last: str = " ") -> str:
    """Return names as one text: `a, b or c`."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])}{before_last}{last} {names[-1]}"


def sort_risks(risks: Sequence[str]) -> list[str]:
    """Return risks with the worst last."""
    return sorted(risks, key=RISKS.index)


def _list_kinds(rule: ApprovalRule, write_amount: WriteAmount) -> Iterator[str]:
    if rule.risks:
        yield f"that {join_names(sort_risks(rule.risks), 'or')}"
    if rule.tags:
        yield f"tagged {join_names(rule.tags, 'or')}"
    if rule.tools:
        yield f"by {join_names(rule.tools, 'or')}"
    if rule.above_amount is not None:
        yield f"above {write_amount(rule.above_amount)}"
