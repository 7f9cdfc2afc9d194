"""Values of an account that are stored as text: what went wrong last, and its budget. Part of `look_up`."""

from __future__ import annotations

import json

from runtime.model import NO_BUDGET, Budget
from runtime.tenancy import AccountError


def read_error(text: str) -> AccountError | None:
    """Return the last error of an account as it is stored."""
    return AccountError(*json.loads(text)) if text else None


def write_error(error: AccountError | None) -> str:
    """Return the same as text; empty for none."""
    return json.dumps(error, ensure_ascii=False) if error else ""


def read_budget(text: str) -> Budget:
    """Return the budget of an account as it is stored."""
    return Budget(**json.loads(text)) if text else NO_BUDGET


def write_budget(budget: Budget) -> str:
    """Return the same as text; empty where nothing is set."""
    values = budget.as_dict()
    return json.dumps(values) if values else ""
