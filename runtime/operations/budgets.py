"""Budgets of the accounts of an organization, and what of them is used this month.

Called by the pages of settings. `spending` counts and holds calls to the budgets; what it has counted in the last two
seconds is not stored yet, and not in what is shown here.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from runtime.deployment import Deployment
from runtime.errors import InvalidRequest
from runtime.model import Account, AccountId, AuditEntry, Spent
from runtime.operations import answers
from runtime.operations.names import refuse_unknown_account
from runtime.operations.policy_config import read_budget
from runtime.operations.scopes import is_within
from runtime.operations.spending import WARN_FROM
from runtime.tenancy import AccountFilter, Reach

MOST_ACCOUNTS = 50
"""Accounts on one part of the list, each of which costs a read of what it has spent."""
LONGEST_NUMBER = 15
"""Characters of a number in a form: more than the largest budget has, with its separators."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What an account has sent to its vendor this month, in all and by MCP server, beside its budget."""

    account: Account
    spent: Spent

    def is_near(self, kind: str) -> bool:
        """Whether a budget of `reads` or `writes` is nearly used up, or quite."""
        most: int = getattr(self.account.budget, f"{kind}_per_month")
        return bool(most) and bool(getattr(self.spent, kind) >= WARN_FROM * most)


@dataclass(frozen=True, slots=True)
class UsagePart:
    """A part of the accounts of an organization, with what each has used in a month such as 2026-11."""

    month: str
    rows: tuple[Usage, ...]
    next_cursor: str | None


class Budgets:
    """Reads what was used of budgets, and sets them."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment, self._stores = deployment, deployment.stores

    async def list_usage(self, reach: Reach, cursor: str = "") -> UsagePart:
        """Return what the accounts within reach have used this month, from the oldest account on."""
        return await asyncio.to_thread(self._list_usage, reach, cursor)

    async def change(self, account_id: str, budget: dict[str, Any], *, reach: Reach, actor: str) -> Account:
        """Set the budget of an account as a whole. Raises InvalidRequest, and NotFound for one out of reach."""
        wanted, now = read_budget(budget, "budget"), self._deployment.clock()
        audit = AuditEntry(now, actor, "account.changed", account_id)

        def changed(account: Account) -> Account:
            if not is_within(reach, account):
                raise refuse_unknown_account()
            return replace(account, budget=wanted, updated_at=now)

        records = self._stores.records
        found = await self._stores.write(
            lambda: records.change_account(AccountId(account_id), changed, audit, _describe_change)
        )
        if found is None:
            raise refuse_unknown_account()
        return found

    def _list_usage(self, reach: Reach, cursor: str) -> UsagePart:
        month, records = name_month(self._deployment.clock()), self._stores.records
        wanted = AccountFilter(reach)
        part = answers.read_part(
            lambda after, limit: records.list_accounts(after, limit, wanted),
            lambda account: {"account": account},
            MOST_ACCOUNTS,
            cursor,
        )
        rows = (each["account"] for each in part["result"])
        return UsagePart(
            month,
            tuple(
                Usage(account, sum(self._stores.read_spending(account.id, month).values(), Spent()))
                for account in rows
            ),
            part["next_cursor"],
        )


def name_month(seconds: float) -> str:
    """Return the month of a time in UTC, as spending is counted: 2026-11."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m")


def read_count(text: str, name: str) -> int:
    """Return a whole number of a form, 0 for none; a thousands separator is taken. Raises InvalidRequest."""
    clean = "".join(text.split()).replace(",", "")
    if not clean:
        return 0
    if len(clean) > LONGEST_NUMBER or not (clean.isascii() and clean.isdigit()):
        raise InvalidRequest(
            f"{name} is a whole number, such as 5000.",
            advice="Leave it empty for no limit.",
            details={"of": name},
        )
    return int(clean)


def _describe_change(before: Account, after: Account) -> dict[str, Any]:
    if before.budget == after.budget:
        return {}
    return {"changes": {"budget": {"before": before.budget.as_dict(), "after": after.budget.as_dict()}}}
