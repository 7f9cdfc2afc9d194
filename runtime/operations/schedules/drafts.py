"""What a form says of a schedule, checked field by field, so that each error is shown beside its field.

Called by the pages; `managing` stores what is right.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from runtime.deployment import Deployment
from runtime.errors import InvalidRequest
from runtime.model import Account
from runtime.operations.schedules.timing import check_zone, parse_when
from runtime.operations.webhook_address import check_url
from runtime.people import PersonId
from runtime.schedules import FORMATS, FileFormat, SavedReport
from runtime.settings import Settings
from runtime.smtp_address import is_email

MOST_EMAILS = 10
"""Recipients of one schedule; more of them are a mailing list, which has an address of its own."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a form says of a schedule, as it was written."""

    saved_report_id: str = ""
    when: str = ""
    zone: str = ""
    formats: tuple[str, ...] = ()
    emails: str = ""
    webhook_url: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """A draft as it would be stored. `errors` has what is wrong, under the name of its field."""

    saved: SavedReport | None = None
    cron: str = ""
    zone: str = ""
    formats: tuple[FileFormat, ...] = ()
    emails: tuple[str, ...] = ()
    webhook_url: str = ""
    errors: dict[str, InvalidRequest] = field(default_factory=dict)


async def check_draft(deployment: Deployment, account: Account, person_id: PersonId, draft: Draft) -> Checked:
    """Return a draft as it would be stored, and everything that is wrong with it."""
    errors: dict[str, InvalidRequest] = {}
    saved = await asyncio.to_thread(
        deployment.stores.records.find_saved_report, account.id, draft.saved_report_id
    )
    if saved is None or not (saved.is_shared or saved.person_id == person_id):
        saved = None
        errors["report"] = InvalidRequest("This saved report is not there.", advice="Choose another one.")
    checks: dict[str, Callable[[], Any]] = {
        "when": lambda: parse_when(draft.when),
        "zone": lambda: check_zone(draft.zone.strip()),
        "formats": lambda: _check_formats(draft.formats),
        "emails": lambda: _check_emails(draft.emails, deployment.settings),
        "webhook": lambda: _check_webhook(draft.webhook_url.strip(), deployment.settings),
    }
    values: dict[str, Any] = {}
    for name, check in checks.items():
        try:
            values[name] = check()
        except InvalidRequest as wrong:
            errors[name] = wrong
    return Checked(
        saved,
        values.get("when", ""),
        values.get("zone", ""),
        values.get("formats", ()),
        values.get("emails", ()),
        values.get("webhook", ""),
        errors,
    )


def _check_emails(text: str, settings: Settings) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(text.replace(",", " ").replace(";", " ").split()))
    if wrong := next((each for each in found if not is_email(each)), ""):
        raise InvalidRequest(f"{wrong[:80]!r} is no email address.", advice="Write one address in each line.")
    if len(found) > MOST_EMAILS:
        raise InvalidRequest(
            f"These are more than {MOST_EMAILS} addresses.", advice="Send it to a mailing list instead."
        )
    if found and settings.smtp is None:
        raise InvalidRequest(
            "This server sends no email.",
            advice="Whoever runs it sets LEDGERPORT_SMTP_URL. Leave the addresses out until then.",
        )
    return found


def _check_webhook(url: str, settings: Settings) -> str:
    is_private_allowed = settings.webhook_private
    return check_url(url, is_private_allowed=is_private_allowed) if url else ""


def _check_formats(chosen: tuple[str, ...]) -> tuple[FileFormat, ...]:
    found = tuple(each for each in FORMATS if each in chosen)
    if not found:
        raise InvalidRequest("No format is chosen.", advice="Choose at least one.")
    return found
