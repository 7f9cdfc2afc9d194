"""Hands email over to the SMTP server of the settings, one message at a time. Called by `delivering`.

The server decides what arrives; what it has taken over counts as delivered. Nothing of the settings is in an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from typing import Protocol

import aiosmtplib

from runtime.logs import blank_secrets
from runtime.setting_values import LOOPBACK
from runtime.smtp_address import SmtpServer

SEND_SECONDS = 20.0
"""How long one message may take in all: as long as a stop of the server waits for the step that sends it."""
LONGEST_ANSWER = 200
"""Characters that are shown of what a mail server says."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of a message; no error: it was taken over. One that `is_final` is not tried again."""

    error: str = ""
    is_final: bool = False

    @property
    def is_sent(self) -> bool:
        """Whether the server has taken it over."""
        return not self.error


class SendsMail(Protocol):
    """Hands a message over."""

    async def send(self, message: EmailMessage) -> Sent:
        """Return what came of it. Raises nothing."""
        ...


class SmtpMailer:
    """Sends by SMTP: with TLS from the first byte, or by STARTTLS, which a password needs but on this machine."""

    def __init__(self, server: SmtpServer, host: str) -> None:
        self._server, self._host = server, host

    async def send(self, message: EmailMessage) -> Sent:
        """Return what came of a message. Raises nothing: what went wrong is in the answer."""
        server = self._server
        needs_tls = bool(server.password) and server.host not in LOOPBACK
        try:
            await aiosmtplib.send(
                message,
                hostname=server.host,
                port=server.port,
                username=server.username or None,
                password=server.password or None,
                use_tls=server.has_tls,
                start_tls=False if server.has_tls else True if needs_tls else None,
                local_hostname=self._host,
                timeout=SEND_SECONDS,
            )
        except aiosmtplib.SMTPRecipientsRefused as refused:
            code, text = refused.recipients[0].code, refused.recipients[0].message
            return _explain_answer(code, text, "the address")
        except aiosmtplib.SMTPAuthenticationError:
            return Sent("The mail server did not accept the user and password of LEDGERPORT_SMTP_URL.")
        except aiosmtplib.SMTPResponseException as refused:
            return _explain_answer(refused.code, refused.message, "the message")
        except aiosmtplib.SMTPTimeoutError:
            return Sent("The mail server did not answer in time.")
        except (aiosmtplib.SMTPException, OSError):
            return Sent("The mail server cannot be reached, or refuses a connection that is encrypted.")
        return Sent()


def _explain_answer(code: int, text: str, what: str) -> Sent:
    """Return what a refusal means: a code of 500 and more is for good (RFC 5321, 4.2.1)."""
    said = blank_secrets(" ".join(text.split()))[:LONGEST_ANSWER]
    return Sent(f"The mail server refused {what} with {code}: {said}", is_final=code >= 500)
