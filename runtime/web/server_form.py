"""The form of an MCP server: what its fields held, as the config that the management API would take, and what is wrong.

Called by `server_form_pages`. Each field is checked by the code that checks it everywhere; what that says is shown
beside the field.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

from generator.catalog import Tool
from generator.vendor import Integration
from runtime.approval import NO_APPROVAL, RISKS, ApprovalRule
from runtime.errors import InvalidRequest
from runtime.model import CLOSING_DATE, McpServer, ServerConfig
from runtime.networks import check_networks
from runtime.operations.answers import show_config
from runtime.operations.config_bounds import LARGEST_NUMBERS, MOST_FILTERED
from runtime.operations.mcp_servers import CHOICES, check_filter
from runtime.operations.names import UNSET, Unset, check_expiry, check_name, read_end
from runtime.operations.policy_config import LARGEST_BUDGET, read_policies, read_time_zone
from runtime.web.approval_form import (
    ApprovalContext,
    can_write,
    fill_approval,
    is_waiting,
    read_approval,
)
from runtime.web.form_fields import FormFields

ENDS: Mapping[str, str] = {
    "": "Never",
    "7d": "In 7 days",
    "30d": "In 30 days",
    "90d": "In 90 days",
    "365d": "In a year",
    "day": "After a day",
}
"""When a server may end: what the field sends, and what it says."""
AS_IT_IS = "as_it_is"
"""What the field of the end sends where it is not to change."""
SWITCHES = ("require_api_token_auth", "show_sensitive")
NUMBERS = ("max_rows", "max_answer_tokens", "max_answer_bytes", "max_uses")
BUDGETS = ("reads_per_month", "writes_per_month")
AMOUNTS = ("max_amount", "max_amount_per_day")
LISTS = ("allow", "deny")
LONGEST_LINE = 100
"""Characters of a value that an error repeats."""


@dataclass(frozen=True, slots=True)
class FormContext:
    """What the fields are read against: the integration with its tools, the viewer's zone, the time it is, and whom an
    approval may name.
    """

    integration: Integration
    tools: tuple[Tool, ...]
    zone: tzinfo
    now: float
    approval: ApprovalContext | None = None
    """None where nothing can be written, so that nothing can wait."""


@dataclass(frozen=True, slots=True)
class ServerDraft:
    """What a form asks for. `errors` has a sentence for each field that is wrong; then nothing else may be used."""

    name: str
    config: dict[str, Any]
    expires_at: str | Unset | None
    errors: dict[str, str] = field(default_factory=dict)


def read_draft(fields: FormFields, context: FormContext) -> ServerDraft:
    """Return what a form asks for, with everything that is wrong with it."""
    reader = _Reader(fields, context)
    config = reader.read_config()
    name = reader.check("name", lambda: check_name(fields.read("name")), "name")
    return ServerDraft(name or "", config, reader.read_expiry(), reader.errors)


def read_filter_only(fields: FormFields, *, is_read_only: bool) -> ServerConfig:
    """Return the config of a form as far as its tools depend on it, unchecked."""
    exposure = fields.read("tool_exposure")
    waiting = (ApprovalRule(risks=RISKS),) if is_waiting(fields) else NO_APPROVAL
    return ServerConfig(
        methods=fields.list_all("methods")[:MOST_FILTERED],
        tags=fields.list_all("tags")[:MOST_FILTERED],
        tool_exposure=exposure if exposure in CHOICES["tool_exposure"] else "auto",  # type: ignore[arg-type]
        is_read_only=is_read_only,
        approval=waiting,
    )


def fill_fields(
    config: ServerConfig,
    rule: ApprovalRule | None = None,
    *,
    ends: str = "",
    server: McpServer | None = None,
) -> FormFields:
    """Return the fields of a form that shows a config, with a rule of what waits."""
    shown = show_config(config)
    policies, budget = shown["policies"], shown["budget"]
    lists = {
        each: tuple(f"{key}: {', '.join(ids)}" for key, ids in policies.get(each, {}).items())
        for each in LISTS
    }
    not_before = policies.get("not_before", "")
    values = {
        "name": server.name if server else "",
        "ends": AS_IT_IS if server else ends,
        "not_before": not_before if not_before in ("", CLOSING_DATE) else "day",
        "not_before_on": not_before if not_before not in ("", CLOSING_DATE) else "",
        "time_zone": config.time_zone,
        "networks": "\n".join(config.networks),
        "drafts_only": "yes" if policies.get("drafts_only") else "",
        **{each: shown[each] for each in CHOICES},
        **{each: "yes" if shown[each] else "" for each in SWITCHES},
        **{each: _write_number(shown[each]) for each in NUMBERS},
        **{each: _write_number(budget.get(each)) for each in BUDGETS},
        **{each: _write_number(policies.get(each)) for each in (*AMOUNTS, "max_writes_per_hour")},
        **{each: "\n".join(lines) for each, lines in lists.items()},
    }
    picked = {"methods": config.methods, "tags": config.tags} | (fill_approval(rule) if rule else {})
    return FormFields({each: (value,) for each, value in values.items()} | picked)


class _Reader:
    """Reads one form."""

    def __init__(self, fields: FormFields, context: FormContext) -> None:
        self._fields, self._context = fields, context
        self.errors: dict[str, str] = {}

    def check(self, name: str, work: Callable[[], Any], called: str = "") -> Any:
        """Return what the work returns; None, with the error noted for a field, where it refuses.

        `called` is what the error calls the field; the page says This, since the label stands above it.
        """
        try:
            return work()
        except InvalidRequest as problem:
            said = (
                problem.message.replace(f"{called}.", "").replace(called, "This")
                if called
                else problem.message
            )
            advice = f" {problem.advice}" if name == "networks" else ""
            self.errors[name] = f"{said}{advice}"
            return None

    def read_config(self) -> dict[str, Any]:
        """Return the config, each key of which the form has."""
        fields = self._fields
        methods, tags = fields.list_all("methods"), fields.list_all("tags")
        self.check(
            "methods", lambda: check_filter(self._context.integration, self._context.tools, methods, tags)
        )
        networks = [line for line in fields.read("networks").replace(",", "\n").split() if line]
        return self._read_approval(methods, tags) | {
            "methods": list(methods),
            "tags": list(tags),
            **{each: fields.read(each) or choices[0] for each, choices in CHOICES.items()},
            **{each: fields.has(each) for each in SWITCHES},
            **{each: self._read_count(each, LARGEST_NUMBERS[each]) for each in NUMBERS},
            "budget": {each: self._read_count(each, LARGEST_BUDGET) for each in BUDGETS},
            "policies": self._read_policies(),
            "time_zone": self.check(
                "time_zone", lambda: read_time_zone(fields.read("time_zone")), "config.time_zone"
            ),
            "networks": list(
                self.check("networks", lambda: check_networks(networks, "config.networks"), "config.networks")
                or ()
            ),
        }

    def _read_approval(self, methods: Sequence[str], tags: Sequence[str]) -> dict[str, Any]:
        """Return which writes wait; nothing, so that it stays, where the server can write nothing."""
        approval = self._context.approval
        if approval is None or not can_write(approval.tools, methods, tags):
            return {}
        draft = read_approval(self._fields, approval)
        self.errors |= draft.errors
        return {"approval": draft.values}

    def read_expiry(self) -> str | Unset | None:
        """Return when it ends: None for never, unset where that is not to change."""
        wanted, now = self._fields.read("ends"), self._context.now
        if wanted == AS_IT_IS:
            return UNSET
        if wanted == "day":
            return self._read_day()
        if wanted not in ENDS:
            self.errors["ends"] = "Choose when it ends from the list."
            return None
        return read_end(wanted, now)

    def _read_day(self) -> str | None:
        """Return the end of the day that was chosen, where the viewer is."""
        try:
            chosen = date.fromisoformat(self._fields.read("ends_on"))
            after = datetime.combine(chosen + timedelta(days=1), datetime.min.time(), self._context.zone)
        except (ValueError, OverflowError):
            self.errors["ends_on"] = "Choose the last day on which it may be used."
            return None
        text = after.isoformat()
        try:
            check_expiry(text, self._context.now)
        except InvalidRequest:
            self.errors["ends_on"] = "This day is over. Choose today or a later day."
        return text

    def _read_policies(self) -> dict[str, Any]:
        """Return the policies; an empty object where nothing is set."""
        fields = self._fields
        values: dict[str, Any] = {each: self._read_amount(each) for each in AMOUNTS}
        values["max_writes_per_hour"] = self._read_count(
            "max_writes_per_hour", LARGEST_NUMBERS["max_writes_per_hour"]
        )
        values |= {each: self._read_lists(each) for each in LISTS}
        values["not_before"] = self._read_first_day()
        values["drafts_only"] = fields.has("drafts_only")
        given = {each: value for each, value in values.items() if value}
        for each, value in given.items():
            self._check_policy(each, value)
        return {"not_before": "", **given} if given else {}

    def _check_policy(self, name: str, value: Any) -> None:
        context = self._context
        shown_at = "not_before_on" if name == "not_before" and value != CLOSING_DATE else name
        self.check(
            shown_at,
            lambda: read_policies({name: value}, context.integration, context.tools),
            f"config.policies.{name}",
        )

    def _read_first_day(self) -> str:
        chosen = self._fields.read("not_before")
        if chosen != "day":
            return chosen if chosen in ("", CLOSING_DATE) else ""
        day = self._fields.read("not_before_on")
        if not day:
            self.errors["not_before_on"] = "Choose the first day that may be written to."
        return day

    def _read_lists(self, name: str) -> dict[str, list[str]]:
        """Return lists of Ids by resource: a line for each, such as `vendors: 56, 41`."""
        found: dict[str, list[str]] = {}
        for line in self._fields.read(name).splitlines():
            resource, colon, ids = line.partition(":")
            listed = [each for each in (part.strip() for part in ids.split(",")) if each]
            if line.strip() and not (colon and listed):
                self.errors[name] = f"“{_shorten(line)}” is no list of Ids. Write vendors: 56, 41 on a line."
            elif listed:
                found.setdefault(resource.strip(), []).extend(listed)
        return found

    def _read_amount(self, name: str) -> Decimal | None:
        text = self._fields.read(name)
        if not text:
            return None
        try:
            amount = Decimal(text.replace(",", ""))
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite():
            self.errors[name] = f"“{_shorten(text)}” is not an amount. Write 2500.00."
            return None
        if amount <= 0:
            self.errors[name] = "An amount is above 0. Leave the field empty for no limit."
            return None
        return amount

    def _read_count(self, name: str, largest: int) -> int:
        text = self._fields.read(name).replace(",", "")
        if not text:
            return 0
        if not (
            text.isascii() and text.isdigit() and len(text) <= len(str(largest)) and int(text) <= largest
        ):
            self.errors[name] = (
                f"“{_shorten(text)}” is not a whole number up to {largest:,}. Leave the field empty for no limit."
            )
            return 0
        return int(text)


def _write_number(value: Any) -> str:
    return f"{value}" if value else ""


def _shorten(text: str) -> str:
    return text.strip()[:LONGEST_LINE]
