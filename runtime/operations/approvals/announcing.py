"""The durable jobs that write to the people who may approve what waits. They exist where the server sends email.

`staging` asks for the first one with what waits: it finds the people, of whom each has a job of their own. A person has
one email in ten minutes about a company, of all that has come to wait since; mail that fails is tried again and stops
nothing. An email says few things of the books, and its link signs nobody in.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from urllib.parse import quote

from generator.vendor import RateWindow
from runtime.approval import PendingChange
from runtime.deployment import Deployment
from runtime.errors import SealBroken
from runtime.events import NewJob
from runtime.jobs.work import Job, Task
from runtime.logs import Log
from runtime.model import Account, AccountId
from runtime.operations.approvals.deciding import Decider, Opened, explain_not_allowed
from runtime.operations.approvals.proposals import open_proposal
from runtime.operations.approvals.staging import ANNOUNCE
from runtime.operations.approvals.status import find_page
from runtime.operations.companies import show_name
from runtime.operations.plain_emails import begin_email, make_line
from runtime.operations.schedules.emails import SendsMail
from runtime.people import Member, Person, Role
from runtime.stores.pending_steps import PendingFilter
from runtime.tenancy import TenantId

MAIL = "mail_pending_changes"
BETWEEN = RateWindow("emails", 1, 600)
"""Emails to one person about one company: whoever approves things all day is not to have a hundred of them."""
DELAYS = (60.0, 300.0, 1_800.0, 7_200.0)
"""Seconds after each failed attempt until the next, as for the emails of schedules."""
MOST_READ = 200
"""Waiting changes of a company that are looked through for one email: a month of bills has fewer."""
MOST_LISTED = 10
"""Changes that an email says something of: nobody reads more in one, and the page has all."""
LONGEST_SAID = 200
"""Characters of the sentence of a change."""


class Announcing:
    """Writes to those who may approve. `mailer` is None where no email is sent. One for the process.

    `may_approve` says whether a role may approve where no rule names who may.
    """

    def __init__(
        self,
        deployment: Deployment,
        mailer: SendsMail | None,
        may_approve: Callable[[Role | None], bool],
        log: Log,
    ) -> None:
        self._deployment, self._stores, self._log = deployment, deployment.stores, log
        self._mailer, self._may_approve = mailer, may_approve

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The jobs, each of one step."""
        return Job(ANNOUNCE, (self.announce,)), Job(MAIL, (self.mail,))

    async def announce(self, task: Task) -> None:
        """Ask for an email to each person who may approve a change, or one of its batch."""
        change = await asyncio.to_thread(self._stores.records.find_pending, str(task.args["change"]))
        if self._mailer is None or change is None:
            return
        now, since = self._deployment.clock(), float(task.args.get("since", change.created_at))
        waiting = await self._read_waiting(change.account_id, since)
        for person, member in await self._list_members(TenantId(change.tenant_id)):
            if self._choose(waiting, person, member):
                args = {"account": change.account_id, "person": person.id, "since": since, "attempt": 0}
                id_ = f"{MAIL}:{person.id}:{task.id}"
                await self._add_job(NewJob(id_, MAIL, args, now, change.tenant_id))

    async def mail(self, task: Task) -> None:
        """Write to one person what has come to wait; where that was done just now, have it done later."""
        account = await self._stores.look_up.find_account(AccountId(str(task.args["account"])))
        if self._mailer is None or account is None:
            return
        members = await self._list_members(account.tenant_id)
        found = next((each for each in members if each[0].id == task.args["person"]), None)
        waiting = await self._read_waiting(account.id, float(task.args["since"]))
        chosen = self._choose(waiting, *found) if found is not None else []
        if found is None or not chosen or not await self._is_now(task, account):
            return
        message = self._write(task, account, found[0], chosen)
        if message is not None:
            await self._send(task, account, message)

    async def _is_now(self, task: Task, account: Account) -> bool:
        """Return whether a person may be written to now; ask for it later where that is too soon."""
        if task.args["attempt"]:
            return True
        now, person = self._deployment.clock(), task.args["person"]
        wait = await self._stores.hot.admit(f"approvals:{account.id}:{person}", (BETWEEN,), now)
        if not wait:
            return True
        due = now + wait
        id_ = f"{MAIL}:{person}:{account.id}:{due:.0f}"  # the same for all that comes meanwhile
        await self._add_job(NewJob(id_, MAIL, dict(task.args), due, account.tenant_id))
        return False

    async def _send(self, task: Task, account: Account, message: EmailMessage) -> None:
        assert self._mailer is not None
        sent, attempt = await self._mailer.send(message), int(task.args["attempt"])
        self._log("approval_mail", account=account.id, is_sent=sent.is_sent, attempt=attempt)
        if sent.is_sent or sent.is_final or attempt >= len(DELAYS):
            return
        due = self._deployment.clock() + DELAYS[attempt]
        args = dict(task.args) | {"attempt": attempt + 1}
        await self._add_job(NewJob(f"{task.id}:{attempt + 1}", MAIL, args, due, account.tenant_id))

    async def _add_job(self, job: NewJob) -> None:
        await self._stores.write(lambda: self._stores.records.add_job(job))

    async def _list_members(self, tenant_id: TenantId) -> Sequence[tuple[Person, Member]]:
        return await asyncio.to_thread(self._stores.records.list_members, tenant_id)

    async def _read_waiting(self, account_id: str, since: float) -> list[Opened]:
        """Return what waits and has come, or come back, since a time; the oldest first."""
        wanted = PendingFilter((account_id,), statuses=("waiting",), until=self._deployment.clock())
        found = await asyncio.to_thread(self._stores.records.list_pending_changes, wanted, None, MOST_READ)
        opened = [each for change in reversed(found) if (each := self._open(change)) is not None]
        return [each for each in opened if _find_arrival(each) >= since]

    def _open(self, change: PendingChange) -> Opened | None:
        try:
            return Opened(change, open_proposal(self._deployment.keys, change))
        except SealBroken:
            self._log("pending_change_unreadable", change=change.id)
            return None

    def _choose(self, waiting: Sequence[Opened], person: Person, member: Member) -> list[Opened]:
        """Return what a person may approve."""
        decider = Decider(person.id, person.email, member.role, self._may_approve(member.role))
        return [each for each in waiting if not explain_not_allowed(decider, each)]

    def _write(
        self, task: Task, account: Account, person: Person, chosen: Sequence[Opened]
    ) -> EmailMessage | None:
        """Return the email; None to an address that is none, or more than one."""
        try:
            Address(addr_spec=person.email)
        except (ValueError, IndexError):
            self._log("approval_mail_address", person=person.id)
            return None
        settings, since = self._deployment.settings, float(task.args["since"])
        count = "A change waits" if len(chosen) == 1 else f"{len(chosen)} changes wait"
        first = chosen[0].change
        message = begin_email(
            person.email,
            f"{count} for approval: {show_name(account)}",
            first.created_at,
            f"{first.id}.{since:.0f}.{len(chosen)}",
            settings.public_url,
            settings.smtp_from,
        )
        message.set_content(write_text(account, chosen, settings.public_url))
        return message


def write_text(account: Account, chosen: Sequence[Opened], public_url: str) -> str:
    """Return what an email says of changes that wait: few things of the books, and where each is decided."""
    company = make_line(show_name(account))
    count = "A change" if len(chosen) == 1 else f"{len(chosen)} changes"
    lines = [
        f"{count} that an agent asked for in {company} {'waits' if len(chosen) == 1 else 'wait'} for a person."
    ]
    for each in chosen[:MOST_LISTED]:
        until = datetime.fromtimestamp(each.change.expires_at, UTC).strftime("%Y-%m-%d %H:%M UTC")
        lines += ["", _quote(each.proposal.says), f"Waits until {until}:", find_page(public_url, each.change)]
    if len(chosen) > MOST_LISTED:
        lines += ["", f"And {len(chosen) - MOST_LISTED} more."]
    lines += [
        "",
        "Everything that waits:",
        f"{public_url}/company/{quote(account.id, safe='')}/approvals",
        "",
        "Sign in there to look at a change, and to approve or refuse it. Nothing is sent before that. These links sign",
        "nobody in.",
        "",
        f"Ledgerport at {public_url} sends this to those who may approve changes in {company}.",
    ]
    return "\n".join(lines) + "\n"


def _quote(text: str) -> str:
    """Return the sentence of a change in one line; an address that somebody wrote into the books is no link in it."""
    line = make_line(text)
    shown = line if len(line) <= LONGEST_SAID else f"{line[:LONGEST_SAID]}…"
    return f"“{shown.replace('://', ' : // ').replace('www.', 'www .')}”"


def _find_arrival(opened: Opened) -> float:
    """Return since when a change waits as it is: since it was proposed, or came back."""
    return max(opened.change.created_at, *(each.at for each in opened.proposal.notes), 0.0)
