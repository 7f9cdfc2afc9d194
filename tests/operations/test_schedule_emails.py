"""Runs that are sent for real: to an SMTP server and to a receiver of webhooks, each on a socket of this machine."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import openpyxl
import pypdfium2
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from standardwebhooks.webhooks import Webhook as Verifier

from runtime.operations.schedules.emails import SmtpMailer
from runtime.operations.webhook_sender import Sender
from runtime.smtp_address import SmtpServer
from tests.deployment import NOON
from tests.engines import find_free_port
from tests.identity.authorization import opened
from tests.operations.scheduling import Scheduling
from tests.webhook_receiver import receiving

NINE = NOON + 3_600


class Mailbox:
    """Stores what comes, and refuses the addresses that a test names."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.refused: dict[str, str] = {}

    async def handle_RCPT(
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        found = message_from_bytes(envelope.content, policy=default)
        assert isinstance(found, EmailMessage) and envelope.rcpt_tos == [found["To"]]
        self.messages.append(found)
        return "250 OK"


@contextmanager
def receiving_mail(password: str = "", host: str = "127.0.0.1") -> Iterator[tuple[Mailbox, SmtpServer]]:
    mailbox, port = Mailbox(), find_free_port()

    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        return AuthResult(success=given.password == password.encode())

    more = {"authenticator": check, "auth_require_tls": False, "auth_required": True} if password else {}
    controller = Controller(mailbox, hostname=host, port=port, **more)
    controller.start()
    try:
        yield mailbox, SmtpServer(host, port, username="u" if password else "", password=password)
    finally:
        controller.stop()


@asynccontextmanager
async def sending(data: Path, server: SmtpServer, **variables: str) -> AsyncIterator[Scheduling]:
    usual = {
        "LEDGERPORT_SMTP_URL": f"smtp://127.0.0.1:{server.port}",
        "LEDGERPORT_SMTP_FROM": "Ledgerport <reports@books.example>",
        "LEDGERPORT_WEBHOOK_PRIVATE": "on",
    }
    async with opened(data, **{**usual, **variables}) as here:
        yield Scheduling(here, SmtpMailer(server, "books.example"), Sender(is_private_allowed=True))


def test_an_email_has_the_files_with_the_same_numbers_and_says_where_it_is_from(tmp_path: Path) -> None:
    async def story(server: SmtpServer) -> None:
        async with sending(tmp_path, server) as place:
            schedule, _ = await place.add(emails="bob@shop.example", formats=("csv", "xlsx", "pdf"))
            place.clock.now = NINE
            await place.work()
            (made,) = await place.list_runs(schedule)
            assert made.status == "done" and made.id in mailbox.messages[0]["Message-ID"]
            assert f"/schedules/{schedule.id}" in mailbox.messages[0].get_body().get_content()

    with receiving_mail() as (mailbox, server):
        asyncio.run(story(server))

    (message,) = mailbox.messages
    assert message["From"] == "Ledgerport <reports@books.example>"
    assert message["Subject"] == "Monthly result: Elm <b>Bakery</b>"
    assert "\r" not in message["Subject"] and message["Auto-Submitted"] == "auto-generated"
    text = message.get_body().get_content()
    assert (
        "anna@shop.example has scheduled it" in text and message.get_body().get_content_type() == "text/plain"
    )
    files = {each.get_content_type(): each.get_content() for each in message.iter_attachments()}
    csv = files["text/csv"] if isinstance(files["text/csv"], str) else files["text/csv"].decode("utf-8-sig")
    assert "1250.50" in csv and "-250.25" in csv and "1000.25" in csv
    sheet = openpyxl.load_workbook(
        io.BytesIO(next(content for kind, content in files.items() if "spreadsheet" in kind))
    ).active
    assert sheet is not None
    cells = [cell.value for row in sheet.iter_rows() for cell in row]
    assert {1250.5, -250.25, 1000.25} <= {each for each in cells if isinstance(each, int | float)}
    page = pypdfium2.PdfDocument(files["application/pdf"])[0].get_textpage().get_text_bounded()
    assert "1,250.50" in page and "1,000.25" in page


def test_an_address_that_the_server_refuses_is_named_with_its_reason(tmp_path: Path) -> None:
    async def story(server: SmtpServer) -> None:
        async with sending(tmp_path, server) as place:
            schedule, _ = await place.add(emails="gone@shop.example full@shop.example bob@shop.example")
            place.clock.now = NINE
            await place.work()
            (waiting,) = await place.list_runs(schedule)
            gone, full, bob = waiting.deliveries
            assert (
                gone.is_final and gone.error == "The mail server refused the address with 550: no such user"
            )
            assert full.is_open and "450: mailbox full" in full.error
            assert bob.is_delivered and waiting.status == "made"

    with receiving_mail() as (mailbox, server):
        mailbox.refused = {
            "gone@shop.example": "550 no such user",
            "full@shop.example": "450 mailbox full",
        }
        asyncio.run(story(server))
    assert [each["To"] for each in mailbox.messages] == ["bob@shop.example"]


@pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")
@pytest.mark.parametrize(("password", "is_sent"), [("right: one", True), ("wrong", False)])
def test_a_server_with_a_password_is_signed_in_to_and_the_password_is_in_no_error(
    password: str, is_sent: bool
) -> None:
    message = EmailMessage()
    message["From"], message["To"] = "reports@books.example", "bob@shop.example"
    message.set_content("Hello")
    with receiving_mail("right: one") as (mailbox, server):
        mailer = SmtpMailer(SmtpServer(server.host, server.port, username="u", password=password), "here")
        sent = asyncio.run(mailer.send(message))
    assert sent.is_sent == is_sent and len(mailbox.messages) == int(is_sent)
    assert "wrong" not in sent.error and not sent.is_final


def test_a_server_that_is_not_there_is_an_error_that_passes() -> None:
    message = EmailMessage()
    message["From"], message["To"] = "reports@books.example", "bob@shop.example"
    sent = asyncio.run(SmtpMailer(SmtpServer("127.0.0.1", find_free_port()), "here").send(message))
    assert "cannot be reached" in sent.error and not sent.is_final


def test_a_password_goes_over_no_connection_without_tls_but_on_this_machine() -> None:
    message = EmailMessage()
    message["From"], message["To"] = "reports@books.example", "bob@shop.example"
    message.set_content("Hello")
    with receiving_mail(host="127.0.0.2") as (mailbox, server):
        assert asyncio.run(SmtpMailer(server, "here").send(message)).is_sent
        elsewhere = SmtpServer(server.host, server.port, username="u", password="secret")
        sent = asyncio.run(SmtpMailer(elsewhere, "here").send(message))
    assert not sent.is_sent and len(mailbox.messages) == 1


def test_a_webhook_gets_the_run_signed_and_a_repeat_has_the_same_id(tmp_path: Path) -> None:
    async def story(server: SmtpServer) -> None:
        async with sending(tmp_path, server) as place:
            schedule, secret = await place.add(webhook_url=receiver.url)
            place.clock.now = NINE
            await place.work()
            (waiting,) = await place.list_runs(schedule)
            assert waiting.deliveries[0].error == "The receiver answered 500."
            place.clock.now = NINE + 60
            await place.work()
            assert (await place.list_runs(schedule))[0].status == "done"
            secrets.append(secret)

    secrets: list[str] = []
    with receiving() as receiver, receiving_mail() as (_, server):
        receiver.statuses = [500, 204]
        asyncio.run(story(server))
    first, second = receiver.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"] and first.body == second.body
    for each in (first, second):
        at = datetime.fromtimestamp(int(each.headers["webhook-timestamp"]), UTC)
        expected = Verifier(secrets[0]).sign(each.headers["webhook-id"], at, each.body.decode())
        assert each.headers["webhook-signature"] == expected
