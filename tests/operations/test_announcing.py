"""Emails about changes that wait: to whom, how often, what they say, and what becomes of those that fail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from runtime.jobs.work import Task
from runtime.operations.approvals.announcing import DELAYS, MOST_LISTED
from runtime.operations.approvals.proposals import Note
from runtime.operations.approvals.rules import Approvers
from runtime.server.pending_changes import make_announcing
from tests.identity.authorization import ADDRESS, Place, opened
from tests.operations.test_schedule_emails import Mailbox, receiving_mail
from tests.proposed import PROPOSAL, make_change, store_change

APPROVERS = Approvers(((("owner",), ("ed@example.com",)),))


@dataclass
class Scene:
    place: Place
    account: str
    announcing: Any

    def add(self, id_: str, proposal: Any = None, **more: Any) -> None:
        proposal = proposal or replace(PROPOSAL, approvers=APPROVERS)
        made = make_change(self.place.runtime.keys, id_, self.account, "server-1", proposal)
        store_change(self.place.records, replace(made, created_at=self.place.clock(), **more))

    async def work(self) -> int:
        """Do the jobs of these kinds that are due, and those that they ask for now; return how many."""
        done, kinds = 0, {each.name: each.steps[0] for each in self.announcing.jobs}
        while due := [
            each
            for each in self.place.records.list_due_jobs(self.place.clock(), 0, 500)
            if each.name in kinds
        ]:
            for job in due:
                await kinds[job.name](Task(job.id, job.args))
                self.place.records.finish_job(job.id)
                done += 1
        return done


@asynccontextmanager
async def begin(data: Path, port: int) -> AsyncIterator[Scene]:
    variables = {"LEDGERPORT_SMTP_URL": f"smtp://127.0.0.1:{port}"} if port else {}
    async with opened(data, **variables) as place:
        account = place.add_company("Alder")
        place.set_status(account, "active")
        place.add_server(account, "server-1")
        place.add_person("anna@example.com")
        log: Callable[..., None] = lambda event, **fields: place.logged.append((event, fields))  # noqa: E731
        yield Scene(place, account, make_announcing(place.runtime.deployment, log))


def tell_story(data: Path, story: Callable[[Scene, Mailbox], Awaitable[None]]) -> list[EmailMessage]:
    with receiving_mail() as (mailbox, server):

        async def main() -> None:
            async with begin(data, server.port) as scene:
                await story(scene, mailbox)

        asyncio.run(main())
    return mailbox.messages


def read(message: EmailMessage) -> str:
    body = message.get_body()
    assert body is not None and body.get_content_type() == "text/plain"
    text: str = body.get_content()
    return text


def test_those_who_may_approve_are_written_to_and_never_who_asked(tmp_path: Path) -> None:
    async def story(scene: Scene, _mailbox: Mailbox) -> None:
        for email, role, tenant in (
            ("bob@example.com", "owner", "default"), ("cleo@example.com", "admin", "default"),
            ("dan@example.com", "owner", "other"), ("ed@example.com", "viewer", "default"),
        ):  # fmt: skip
            scene.place.add_person(email, role, tenant)  # type: ignore[arg-type]
        scene.add("pch_1", requested_by="person-bob@example.com")
        await scene.work()

    messages = tell_story(tmp_path, story)

    assert sorted(each["To"] for each in messages) == ["anna@example.com", "ed@example.com"]
    assert messages[0]["Subject"] == "A change waits for approval: Alder"
    text = read(messages[0])
    assert "“Create invoice of Cool Cars, 500.00 USD”" in text and "Waits until" in text
    assert f"{ADDRESS}/company/" in text and "/approvals/pch_1" in text
    assert "These links sign nobody in." in " ".join(text.split())
    assert "The customer ordered it." not in text and "15 Jan" not in text


def test_a_batch_is_one_email_and_what_comes_within_ten_minutes_another_one(tmp_path: Path) -> None:
    async def story(scene: Scene, mailbox: Mailbox) -> None:
        for number in range(MOST_LISTED + 2):
            scene.add(f"pch_{number:02}", batch="b1")
        await scene.work()
        assert [each["Subject"] for each in mailbox.messages] == ["12 changes wait for approval: Alder"]
        for number in range(3):
            scene.place.clock.pass_(60)
            scene.add(f"pch_later_{number}")
            await scene.work()
        assert len(mailbox.messages) == 1
        scene.place.clock.pass_(421)
        await scene.work()
        scene.place.clock.pass_(3600)
        assert await scene.work() == 0

    first, second = tell_story(tmp_path, story)

    assert "And 2 more." in read(first)
    assert second["Subject"] == "3 changes wait for approval: Alder"
    assert first["Message-ID"] != second["Message-ID"]


def test_what_was_decided_meanwhile_is_not_written_about(tmp_path: Path) -> None:
    async def story(scene: Scene, mailbox: Mailbox) -> None:
        scene.add("pch_1", status="refused")
        scene.add("pch_2", expires_at=scene.place.clock())
        await scene.work()
        assert mailbox.messages == []
        came_back = Note(scene.place.clock() + 60, "", "It came back: the record was changed.")
        scene.add("pch_3", replace(PROPOSAL, approvers=APPROVERS, notes=(came_back,)))
        await scene.work()

    (message,) = tell_story(tmp_path, story)
    assert "/approvals/pch_3" in read(message)


def test_mail_that_fails_is_tried_again_and_in_the_end_given_up(tmp_path: Path) -> None:
    async def story(scene: Scene, mailbox: Mailbox) -> None:
        mailbox.refused = {"anna@example.com": "450 mailbox full"}
        scene.add("pch_1")
        assert await scene.work() == 2
        for delay in DELAYS[:-1]:
            assert await scene.work() == 0
            scene.place.clock.pass_(delay)
            assert await scene.work() == 1
        mailbox.refused = {}
        scene.place.clock.pass_(DELAYS[-1])
        assert await scene.work() == 1
        mailbox.refused = {"anna@example.com": "550 no such user"}
        scene.add("pch_2")
        await scene.work()
        scene.place.clock.pass_(DELAYS[-1])
        assert await scene.work() == 0, "an address that is refused for good is not tried again"

    assert len(tell_story(tmp_path, story)) == 1


def test_names_and_books_that_are_hostile_stay_text_in_one_line(tmp_path: Path) -> None:
    hostile = "Evil\r\nBcc: thief@example.com\r\n\r\nhttp://evil.example www.evil.example \u202e"

    async def story(scene: Scene, _mailbox: Mailbox) -> None:
        with scene.place.records._engine.begin() as connection:
            connection.exec_driver_sql("UPDATE account SET name = ?", (hostile,))
        scene.add("pch_1", replace(PROPOSAL, approvers=APPROVERS, says=hostile * 20))
        scene.place.add_person("anna@example.com, thief@example.com")
        await scene.work()

    (message,) = tell_story(tmp_path, story)

    assert message["To"] == "anna@example.com" and message["Bcc"] is None
    text = read(message)
    assert not [line for line in text.splitlines() if line.startswith("Bcc")] and "\u202e" not in text
    assert (
        "http://evil"
        not in text.split("Everything that waits")[0].replace(f"{ADDRESS}", "").partition("“")[2]
    )
    assert (
        message["Subject"].startswith("A change waits for approval: Evil Bcc: thief")
        and len(message["Subject"]) <= 200
    )


@pytest.mark.anyio
async def test_a_server_without_mail_does_nothing(tmp_path: Path) -> None:
    async with begin(tmp_path, 0) as scene:
        scene.add("pch_1")
        assert await scene.work() == 1
        assert scene.place.list_events("approval_mail") == []
