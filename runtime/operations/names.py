"""What a person may call things, and times as people write them: checked alike at every endpoint."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from runtime.errors import InvalidRequest, NotFound
from runtime.tenancy import TenantId


@dataclass(frozen=True, slots=True)
class Unset:
    """Stands for what a change does not mention, where None means "clear it"."""


UNSET = Unset()
LONGEST_NAME = 200
"""Characters on one line of a page or a log."""
LEAST_AHEAD_SECONDS = 60.0
"""A URL that ends sooner has ended before anybody has used it."""
LONGEST_ID = 100
"""Characters of a name that a platform gives a tenant or an account: a UUID has 36, a hash in hexadecimal 64."""
MOST_METADATA = 50
"""Members; each is compared where a list is filtered by them."""
LONGEST_METADATA = 500
"""Characters of the value of a member: an address or a note of a line."""
_TENANT_ID = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._:@~+=-]{{0,{LONGEST_ID - 1}}}")
"""What stands in an address as it is, and is no `..`."""
_FROM_NOW = re.compile(r"([0-9]{1,5})([mhd])")
_UNITS = {"m": 60, "h": 3600, "d": 86_400}
_METADATA_KEY = re.compile(r"[A-Za-z0-9_.-]{1,40}")


def check_name(name: str) -> str:
    """Return a name without blanks around it. Raises InvalidRequest when nothing is left, or it cannot be shown."""
    clean = name.strip()
    if not clean or len(clean) > LONGEST_NAME or not clean.isprintable():
        raise InvalidRequest(
            f"name must be 1 to {LONGEST_NAME} characters on one line.",
            advice="Give it a name that says what it is for.",
        )
    return clean


def check_tenant_id(text: str) -> TenantId:
    """Return the name of a tenant. Raises InvalidRequest for one that could not stand in an address."""
    if not _TENANT_ID.fullmatch(text):
        raise InvalidRequest(
            f"tenant_id must be 1 to {LONGEST_ID} letters, digits or any of . _ : @ ~ + = - and begin with a letter or "
            "digit.",
            advice="Give it the Id that your customer has with you.",
        )
    return TenantId(text)


def check_external_id(text: str | None) -> str | None:
    """Return what a platform calls an account; empty is none. Raises InvalidRequest when it cannot be shown."""
    if text and (len(text) > LONGEST_ID or not text.isprintable()):
        raise InvalidRequest(f"external_id must be 1 to {LONGEST_ID} characters on one line.")
    return text or None


def check_metadata(values: Mapping[str, str]) -> dict[str, str]:
    """Return what a platform notes of an account. Raises InvalidRequest for too many, or one out of form."""
    if len(values) > MOST_METADATA:
        raise InvalidRequest(f"metadata has {len(values)} members; at most {MOST_METADATA} are stored.")
    for name, value in values.items():
        check_metadata_key(name)
        if len(value) > LONGEST_METADATA or not value.isprintable():
            raise InvalidRequest(f"metadata.{name} must be up to {LONGEST_METADATA} characters on one line.")
    return dict(values)


def check_metadata_key(name: str) -> str:
    """Return the name of a member of metadata. Raises InvalidRequest for one out of form."""
    if not _METADATA_KEY.fullmatch(name):
        raise InvalidRequest(
            f'metadata has "{name[:80]}"; a name there is 1 to 40 letters, digits or any of . _ -'
        )
    return name


def read_end(text: str, now: float) -> str | None:
    """Return a time in ISO 8601 for one that is given so, or as a time from now such as 90d or 12h; None for none."""
    found = _FROM_NOW.fullmatch(text)
    if found is None:
        return text or None
    seconds = now + int(found[1]) * _UNITS[found[2]]
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def check_expiry(text: str | None, now: float, *, of_token: bool = False) -> float | None:
    """Return a time to come, from ISO 8601 with a zone. Raises InvalidRequest when it is not at least 60 s ahead.

    `of_token`: it is the end of an API token, and not of a URL.
    """
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
        seconds = at.astimezone(UTC).timestamp()
    except (ValueError, OverflowError):
        at, seconds = datetime.min, 0.0  # noqa: DTZ901  (without a zone, as what is refused below)
    if at.tzinfo is None:
        raise InvalidRequest(
            "expires_at must be a time in ISO 8601 with its zone, such as 2030-01-31T17:00:00Z.",
            advice=f"Leave it out for {'an API token' if of_token else 'a URL'} that does not expire.",
        )
    if seconds < now + LEAST_AHEAD_SECONDS:
        raise InvalidRequest(
            f"expires_at must be at least {LEAST_AHEAD_SECONDS:g} seconds from now.",
            advice="To end an API token now, revoke it."
            if of_token
            else "To end a URL now, delete its MCP server.",
        )
    return seconds


def refuse_unknown_account() -> NotFound:
    """Return the error for an integrated account that is not there, or not for the caller: the same for both."""
    return NotFound(
        "There is no such integrated account.",
        advice="The list of integrated accounts has the Ids that there are.",
    )
