"""Where mail is handed over, read from `LEDGERPORT_SMTP_URL`, and the address it is from, of `LEDGERPORT_SMTP_FROM`.

    smtp://user:password@mail.example.com:587    STARTTLS where the server offers it, always where there is a password
    smtps://user:password@mail.example.com:465   TLS from the first byte

Called by `settings`; `operations.schedules.emails` connects to it. The password is in no message and no `repr`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from runtime.errors import SettingsError

NAME = "LEDGERPORT_SMTP_URL"
LONGEST_EMAIL = 254
"""Characters of an address (RFC 5321, erratum 1690)."""
_PORTS = {"smtp": 587, "smtps": 465}
"""Of message submission (RFC 6409, RFC 8314)."""
_HOST = re.compile(r"\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+")
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_FROM = re.compile(r"(?P<name>[^<>\r\n\"]*)<(?P<email>[^<>\s]+)>")


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """A server that takes mail. Without a user it is not signed in to."""

    host: str
    port: int
    has_tls: bool = False
    """Whether the connection begins with TLS; otherwise it is upgraded by STARTTLS."""
    username: str = ""
    password: str = field(default="", repr=False)

    def describe(self) -> str:
        """Return where it is, without who signs in."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Sender:
    """Whom mail is from."""

    email: str
    name: str = ""


def parse_smtp_url(value: str) -> SmtpServer | None:
    """Return the server that the URL names; None when it is empty. Raises SettingsError, which never shows the URL."""
    if not value:
        return None
    wrong = SettingsError(
        f"{NAME} must be like smtp://user:password@mail.example.com:587 or smtps://mail.example.com.",
        advice="Write % signs and the characters : / @ ? # of a password as %25, %3A and so on.",
    )
    try:
        parts = urlsplit(value)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        raise wrong from None
    username, _, password = parts.netloc.rpartition("@")[0].partition(":")
    rest = parts.path.strip("/") + parts.query + parts.fragment
    if (
        parts.scheme not in _PORTS
        or not _HOST.fullmatch(parts.hostname or "")
        or rest
        or not value.isprintable()
    ):
        raise wrong
    return SmtpServer(
        parts.hostname or "", port, parts.scheme == "smtps", unquote(username), unquote(password)
    )


def parse_sender(name: str, value: str) -> Sender | None:
    """Return whom mail is from: an address, or a name and `<address>`; None when empty. Raises SettingsError."""
    if not value:
        return None
    match = _FROM.fullmatch(value.strip())
    email, title = (match["email"], match["name"].strip()) if match else (value.strip(), "")
    if not is_email(email):
        raise SettingsError(f"{name} must be an address, or be like Ledgerport <reports@example.com>.")
    return Sender(email, title)


def is_email(text: str) -> bool:
    """Whether a text is an address that mail can be sent to: of plain characters, with a host that has a dot."""
    match = _EMAIL.fullmatch(text) if len(text) <= LONGEST_EMAIL else None
    host = text.rpartition("@")[2]
    return match is not None and ".." not in text and ("." in host or host == "localhost")
