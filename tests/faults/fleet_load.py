"""Agents and platforms of two tenants that work at a fleet without a pause, and check every answer they get.

What was acknowledged is noted, so that a test can compare it with the vendor's books and the journal.
"""

from __future__ import annotations

import contextlib
import http.client
import random
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from tests.faults.process import LIST
from tests.waiting import wait_until

CREATE, GET, SEEK = (
    "create_a_quick_books_invoice",
    "get_single_quick_books_invoice_by_id",
    "list_all_quick_books_invoices",
)
DETAIL = "SalesItemLineDetail"
LONGEST_SECONDS = 60
"""A connection that is left hanging for longer fails the test."""
REFUSED = frozenset({401, 404, 429})
UNAVAILABLE = 503
EXPLAINED = frozenset({"storage_unavailable"})
"""The codes of the errors that a tool may answer while a part of the fleet fails."""


class Answer(NamedTuple):
    """A status and what came with it."""

    status_code: int
    text: str

    def json(self) -> Any:
        return orjson.loads(self.text)


@dataclass
class Tenant:
    """A tenant with one company, and what its agents know of it."""

    name: str
    mark: str
    """What everything is named after that this tenant makes: it never appears in an answer to the other one."""
    company: str
    realm: str
    account: str
    api_token: str
    url: str
    customer: str = ""
    item: str = ""
    other: Tenant | None = None

    @property
    def path(self) -> str:
        return f"/integrated-account/{self.account}"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.api_token}"}

    def is_named_in(self, text: str) -> bool:
        return any(each in text for each in (self.mark, self.company, self.realm, self.account))


@dataclass
class Load:
    """What the threads have done so far. `wrong` says what must never happen, and did."""

    port: int
    tenants: Sequence[Tenant]
    acknowledged: dict[str, str] = field(default_factory=dict)
    """The Id of each invoice whose creation succeeded, by its number."""
    attempted: set[str] = field(default_factory=set)
    """The numbers of all invoices, acknowledged or not."""
    revoked: list[tuple[str, str]] = field(default_factory=list)
    """The kind and token of what was revoked, once that was answered."""
    wrong: list[str] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    progress: dict[str, int] = field(default_factory=dict)
    """How often each thread has succeeded with all it does."""
    may_break: bool = False
    """Whether a process is killed, whose connections end with it."""
    may_be_unavailable: bool = False
    """Whether a fault is on in which what is revoked cannot be looked up: 503 then."""
    number: int = 0
    counting: threading.Lock = field(default_factory=threading.Lock)
    ending: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        for tenant in self.tenants:
            for kind in (self.write, self.write, self.read, self.browse, self.manage, self.guess):
                name = f"{tenant.name} {kind.__name__} {len(self.threads)}"
                self.progress[name] = 0
                thread = threading.Thread(target=self._run, args=(kind, tenant, name), daemon=True)
                self.threads.append(thread)
                thread.start()

    def stop(self) -> None:
        self.ending.set()
        for thread in self.threads:
            thread.join(LONGEST_SECONDS + 5)
            assert not thread.is_alive(), "a request hangs"

    def wait_for_progress(self, times: int = 2, patience: float = 30.0) -> None:
        """Wait until every thread has succeeded so often from now on."""
        before = dict(self.progress)

        def is_made() -> bool:
            assert not self.wrong, self.wrong[:5]
            return all(self.progress[name] >= before[name] + times for name in before)

        try:
            wait_until(is_made, patience)
        except AssertionError:
            assert not self.wrong, self.wrong[:5]
            late = [name for name in before if self.progress[name] < before[name] + times]
            raise AssertionError(f"not whole again: {late} {self.answers}") from None

    def _run(self, work: Callable[[Tenant, random.Random], bool], tenant: Tenant, name: str) -> None:
        chance = random.Random(name)
        while not self.ending.is_set():
            try:
                done = work(tenant, chance)
            except Exception as unexpected:
                self.wrong.append(f"{name}: {unexpected!r:.300}")
                return
            if done:
                self.progress[name] += 1
            else:
                self.ending.wait(0.05)

    def write(self, tenant: Tenant, _chance: random.Random) -> bool:
        """Create an invoice under a key of its own."""
        with self.counting:
            self.number += 1
            number = f"{tenant.mark}-{self.number}"
            self.attempted.add(number)
        line = {"DetailType": DETAIL, "Amount": 5, DETAIL: {"ItemRef": {"value": tenant.item}}}
        invoice = {"CustomerRef": {"value": tenant.customer}, "DocNumber": number, "Line": [line]}
        made = self.call(tenant, CREATE, invoice | {"allow_duplicate": True}, f"key-{number}")
        if made is None:
            return False
        if made["DocNumber"] != number:
            self.wrong.append(f"{number} was answered with {made}")
        self.acknowledged[number] = made["Id"]
        return True

    def read(self, tenant: Tenant, chance: random.Random) -> bool:
        """List and read as an agent."""
        done = [self.post(tenant, f"/mcp/{tenant.url}", LIST) is not None]
        company = self.call(tenant, "get_quick_books_company_info", {})
        done.append(company is not None)
        if company and company["CompanyName"] != tenant.company:
            self.wrong.append(f"{tenant.name} is {company['CompanyName']}")
        found = self.call(tenant, SEEK, {"limit": 5, "DocNumber_contains": chance.choice(self.tenants).mark})
        done.append(found is not None)
        if mine := [each for each in list(self.acknowledged) if each.startswith(tenant.mark)]:
            number = chance.choice(mine)
            record = self.call(tenant, GET, {"id": self.acknowledged[number]})
            done.append(record is not None)
            if record and record["DocNumber"] != number:
                self.wrong.append(f"{number} reads {record['DocNumber']}")
        return all(done)

    def browse(self, tenant: Tenant, chance: random.Random) -> bool:
        """List as the platform, and ask for what belongs to the other tenant."""
        assert tenant.other is not None
        path = chance.choice(("/integrated-account", f"{tenant.path}/journal?limit=5", f"{tenant.path}/mcp"))
        foreign = tenant.other.path + chance.choice(("", "/journal", "/mcp"))
        found, refused = self.ask(tenant, "GET", path, {200}), self.ask(tenant, "GET", foreign, {404})
        return found is not None and refused is not None

    def manage(self, tenant: Tenant, chance: random.Random) -> bool:
        """Create an MCP server or an API token, use it, and revoke it."""
        if chance.random() < 0.3:
            made = self.ask(tenant, "POST", "/api-token", {201}, {"name": tenant.mark})
            path, kind = "/api-token", "api"
        else:
            made = self.ask(tenant, "POST", f"{tenant.path}/mcp", {201}, {"name": tenant.mark})
            path, kind = f"{tenant.path}/mcp", "mcp"
        if made is None or self.use(tenant, kind, made["token"]) != 200:
            return False
        if self.ask(tenant, "DELETE", f"{path}/{made['id']}", {200}) is None:
            return False
        self.revoked.append((kind, made["token"]))
        return True

    def guess(self, tenant: Tenant, chance: random.Random) -> bool:
        """Use what has been revoked, mostly lately."""
        revoked = self.revoked[-5:] if chance.random() < 0.7 else self.revoked
        if not revoked:
            return False
        status = self.use(tenant, *chance.choice(revoked))
        if status in REFUSED:
            return True
        if status and not (status == UNAVAILABLE and self.may_be_unavailable):
            self.wrong.append(f"what is revoked answers {status}")
        return False

    def use(self, tenant: Tenant, kind: str, token: str) -> int:
        """Return the status that a token is answered with, 0 where the connection broke."""
        if kind == "api":
            headers = {"Authorization": f"Bearer {token}"}
            answer = self.send(tenant, "GET", "/integrated-account", headers=headers)
        else:
            answer = self.send(tenant, "POST", f"/mcp/{token}", json=LIST)
        return answer.status_code if answer is not None else 0

    def find_revived(self) -> list[tuple[str, str]]:
        """Return what was revoked and is not refused."""
        return [each for each in self.revoked if self.use(self.tenants[0], *each) not in REFUSED]

    def call(self, tenant: Tenant, tool: str, arguments: dict[str, Any], key: str = "") -> Any:
        """Return what a tool answers; None when it failed in a manner that a fault explains."""
        meta = {"_meta": {"ledgerport/idempotency-key": key}} if key else {}
        params = {"name": tool, "arguments": arguments, **meta}
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        result = self.post(tenant, f"/mcp/{tenant.url}", message)
        if result is None:
            return None
        text = result["content"][0]["text"]
        if not result.get("isError"):
            return orjson.loads(text)
        self.answers[f"{tool}: {text[:120]}"] += 1
        if result["_meta"]["ledgerport/error"]["code"] not in EXPLAINED:
            self.wrong.append(f"{tool}: {text:.300}")
        return None

    def post(self, tenant: Tenant, path: str, message: dict[str, Any]) -> Any:
        answer = self.send(tenant, "POST", path, json=message)
        if answer is None:
            return None
        body = answer.json()
        if answer.status_code == 200:
            return body["result"]
        self._judge(f"{message['method']}", answer.status_code, body["error"]["message"])
        return None

    def ask(
        self, tenant: Tenant, verb: str, path: str, wanted: set[int], body: dict[str, Any] | None = None
    ) -> Any:
        """Return what the management API answers with a status that is wanted; None for an error of a fault."""
        answer = self.send(tenant, verb, path, headers=tenant.headers, json=body)
        if answer is None:
            return None
        found = answer.json()
        if answer.status_code in wanted:
            return found
        self._judge(f"{verb} {path.rpartition('/')[2]}", answer.status_code, str(found.get("message", found)))
        return None

    def send(
        self, tenant: Tenant, verb: str, path: str, *, headers: dict[str, str] | None = None, json: Any = None
    ) -> Answer | None:
        """Return an answer, whoever of the fleet gives it; None where its process was killed meanwhile."""
        try:
            answer = self._exchange(verb, path, headers or {}, json)
        except (OSError, http.client.HTTPException) as broken:
            if not self.may_break or isinstance(broken, TimeoutError):
                self.wrong.append(f"{verb} {path}: {broken!r}")
            return None
        assert tenant.other is not None
        if tenant.other.is_named_in(answer.text) and tenant.other.account not in path:
            self.wrong.append(f"{tenant.name} sees the other at {path}: {answer.text:.300}")
        return answer

    def _exchange(self, verb: str, path: str, headers: dict[str, str], message: Any) -> Answer:
        """Send a request on a connection of its own, which any worker may get."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LONGEST_SECONDS)
        with contextlib.closing(connection):
            body = None if message is None else orjson.dumps(message)
            connection.request(verb, path, body, {"Content-Type": "application/json", **headers})
            response = connection.getresponse()
            return Answer(response.status, response.read().decode())

    def _judge(self, what: str, status: int, message: str) -> None:
        self.answers[f"{what}: {status} {message:.120}"] += 1
        if status != UNAVAILABLE:
            self.wrong.append(f"{what}: {status} {message:.300}")
