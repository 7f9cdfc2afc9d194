"""The wrong company guard: every answer and error of a write names its company, and a write may name the one it is for.

Called by `operations.calls` before anything is sent. The compiler adds the argument `company` to every tool that
changes something (`Tool.takes_company`); it is never sent to the vendor.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from generator.catalog import COMPANY, Tool
from runtime.errors import LedgerportError, OtherCompany
from runtime.model import Account

LONGEST_NAME = 200
"""Characters of a company's name that an answer repeats."""


def describe_company(account: Account) -> dict[str, str]:
    """Return the company of an account: the vendor's Id of it, and its name as the account has it."""
    shown = {"id": account.company, "name": account.name[:LONGEST_NAME]}
    return {key: value for key, value in shown.items() if value}


@contextlib.contextmanager
def name_company(account: Account) -> Iterator[None]:
    """Have every error of a write name its company, as its answer does."""
    try:
        yield
    except LedgerportError as error:
        error.company = describe_company(account)
        raise


def _say_company(account: Account) -> str:
    """Return the company of an account in a sentence; empty where nothing is known of it."""
    shown = describe_company(account)
    if "name" not in shown:
        return f"Company: {shown['id']}." if shown else ""
    return f"Company: {shown['name']} ({shown['id']})." if "id" in shown else f"Company: {shown['name']}."


def refuse_other_company(account: Account, tool: Tool, arguments: Mapping[str, Any]) -> None:
    """Raise OtherCompany when a write names another company, by Id or name, than the one it would reach."""
    named = arguments.get(COMPANY) if tool.takes_company else None
    if named is None or fold_name(named) in {
        fold_name(each) for each in (account.company, account.name, account.id)
    }:
        return
    raise OtherCompany(
        f"{tool.name} was not called: it is meant for the company {str(named)[:LONGEST_NAME]}, and this is another "
        f"one. {_say_company(account)}".rstrip(),
        advice="Nothing was sent. Use the server of the company that is meant.",
        details={"named": str(named)[:LONGEST_NAME]},
    )


def drop_company(tool: Tool, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments that may be sent: without the company that a write is meant for."""
    if not tool.takes_company or COMPANY not in arguments:
        return arguments
    return {name: value for name, value in arguments.items() if name != COMPANY}


def fold_name(name: object) -> str:
    """Return a name without what people write one time and not the other: case, and blanks around and in it."""
    return " ".join(str(name).split()).casefold()
