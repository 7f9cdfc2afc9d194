"""The account fields that whoever makes an account gives. Called by `accounts` and `account_keys`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from generator.suggestions import did_you_mean
from generator.vendor import AccountField, Integration
from runtime.errors import InvalidRequest
from runtime.model import Account, Credentials

_LONGEST_FIELD = 4096
"""Characters of an account field: what a header field of ours may have."""


def list_wanted_fields(integration: Integration) -> tuple[AccountField, ...]:
    """Return the fields that whoever makes an account gives; by OAuth the vendor says them all."""
    if integration.auth.type == "oauth2":
        return ()
    return tuple(each for each in integration.account_fields if not each.source)


def check_fields(integration: Integration, given: Mapping[str, str]) -> None:
    """Raise InvalidRequest for a field that is missing, unknown or out of form."""
    wanted = list_wanted_fields(integration)
    names = [each.name for each in wanted]
    problems = [
        f'fields has "{name[:80]}", which {integration.title} does not ask for. '
        f"{did_you_mean(name, names)}".rstrip()
        for name in given
        if name not in names
    ]
    for field in wanted:
        value = given.get(field.name, "")
        if not value:
            problems.append(f"fields.{field.name} is missing: {field.title}. {field.description}")
        elif not _is_in_form(field, value):
            problems.append(f"fields.{field.name} is not in the form of a {field.title}.")
    if problems:
        raise InvalidRequest(" ".join(problems[:20]), details={"fields": names})


def fill_fields(
    integration: Integration, account: Account, given: Mapping[str, str]
) -> tuple[Account, Credentials]:
    """Return an account that is active by its fields, and its credentials: the fields that are secret."""
    secret = {each.name for each in integration.account_fields if each.secret}
    open_fields = {name: value for name, value in given.items() if name not in secret}
    company = next((given[each.name] for each in integration.account_fields if each.identifies), "")
    account = replace(account, status="active", fields=open_fields, company=company)
    return account, Credentials(secrets={name: given[name] for name in given if name in secret})


def _is_in_form(field: AccountField, value: str) -> bool:
    """Whether a value fits, and could stand in a header field or an address without ending it."""
    is_plain = value.isascii() and value.isprintable() and len(value) <= _LONGEST_FIELD
    return is_plain and (not field.pattern or re.fullmatch(field.pattern, value, re.ASCII) is not None)
