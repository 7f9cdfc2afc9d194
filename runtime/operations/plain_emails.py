"""The beginning of every email that is sent: from whom, to whom, about what, and an id that a repeat has as well.

Called by `schedules` and `approvals`. Texts of people and of books come into a header as one line, without what would
begin another one.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import urlsplit

from runtime.smtp_address import Sender

LONGEST_SUBJECT = 200
"""Characters; mail programs show some 70."""
USUAL_NAME = "Ledgerport"


def begin_email(
    recipient: str, subject: str, at: float, mark: str, public_url: str, sender: Sender | None
) -> EmailMessage:
    """Return an email without its text. `mark` is the same at every attempt, and so is the Message-ID then."""
    host = urlsplit(public_url).hostname or "localhost"
    source = sender or Sender(f"ledgerport@{host}", USUAL_NAME)
    user, _, domain = source.email.rpartition("@")
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(make_line(source.name), user, domain)
    message["To"] = recipient
    message["subject"] = make_line(subject)[:LONGEST_SUBJECT]
    message["Date"] = format_datetime(datetime.fromtimestamp(at, UTC))
    message["Message-ID"] = _make_message_id(mark, recipient, host)
    message["Auto-Submitted"] = "auto-generated"
    return message


def make_line(text: str) -> str:
    """Return a text in one line, which a header may have."""
    return " ".join("".join(each for each in text if each.isprintable() or each == " ").split())


def _make_message_id(mark: str, recipient: str, host: str) -> str:
    hashed = hashlib.sha256(recipient.encode()).hexdigest()[:16]
    return f"<{mark}.{hashed}@{host}>"
