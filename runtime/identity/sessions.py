"""Sessions: the browsers in which people are signed in, by an opaque cookie whose hash alone is stored.

Called by the pages and by the session API, which hand over the cookie. A session ends 12 hours after its last use, at
sign-out, and when a role of its person changes. `make_proof` and `check_proof` are what every form carries: only a
browser that has the cookie and the page can send both.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import re
from uuid import uuid4

from runtime.deployment import Deployment
from runtime.errors import Forbidden, StorageUnavailable
from runtime.keys.crypto import make_secret
from runtime.model import AuditEntry
from runtime.people import SESSION_IDLE_SECONDS, PersonId, Session, SessionId, SignedIn

PREFIX = "lpb_"
"""Says what a cookie is for; the log leaves out what begins so."""
NOTE_SECONDS = 60.0
"""How old the time of the last use may be: a minute is nothing beside 12 hours, and spares a write for each page."""
LONGEST_COOKIE = 100
"""Characters; ours have 47. A longer one is not looked up."""
_BROWSER = re.compile(r"[A-Za-z0-9_-]{43,60}")


def find_cookie_name(public_url: str) -> str:
    """Return the name of the cookie of a session at an address."""
    return "__Host-ledgerport-session" if public_url.startswith("https:") else "ledgerport-session"


class Sessions:
    """Begins, finds and ends sessions."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment, self._stores = deployment, deployment.stores
        self.is_secure = deployment.settings.public_url.startswith("https:")
        self.cookie_name = find_cookie_name(deployment.settings.public_url)
        self.browser_cookie_name = "__Host-ledgerport-browser" if self.is_secure else "ledgerport-browser"

    async def begin(self, person_id: PersonId, signed_in_by: str) -> str:
        """Sign a person in, and return the value of the cookie, which is shown this once."""
        cookie, now = make_secret(PREFIX), self._deployment.clock()
        session = Session(SessionId(str(uuid4())), person_id, signed_in_by, now, now)
        token_hash = self._deployment.keys.hash_token(cookie)
        audit = AuditEntry(now, person_id, "person.signed_in", person_id, {"by": signed_in_by})
        await self._stores.write(lambda: self._stores.records.add_session(session, token_hash, audit))
        return cookie

    async def find(self, cookie: str) -> SignedIn | None:
        """Return who is signed in by a cookie, with all roles as they are now; None when nobody is."""
        if not cookie.startswith(PREFIX) or len(cookie) > LONGEST_COOKIE:
            return None
        token_hash, now = self._deployment.keys.hash_token(cookie), self._deployment.clock()
        found = await self._stores.read(
            lambda: self._stores.records.find_signed_in(token_hash, now - SESSION_IDLE_SECONDS)
        )
        if found is not None and now - found.session.last_used_at >= NOTE_SECONDS:
            with contextlib.suppress(StorageUnavailable):
                await self._stores.write(lambda: self._stores.records.note_session_use(found.session, now))
        return found

    async def end(self, cookie: str) -> None:
        """Sign out the browser that has a cookie."""
        if not cookie.startswith(PREFIX) or len(cookie) > LONGEST_COOKIE:
            return
        token_hash = self._deployment.keys.hash_token(cookie)
        found = await asyncio.to_thread(lambda: self._stores.records.find_signed_in(token_hash, 0.0))
        if found is None:
            return
        audit = self._note("person.signed_out", found.person.id)
        await self._stores.write(lambda: self._stores.records.end_session(token_hash, audit))

    async def end_all(self, person_id: PersonId) -> None:
        """Sign a person out of every browser."""
        audit = self._note("person.signed_out_everywhere", person_id)
        await self._stores.write(lambda: self._stores.records.end_sessions(person_id, audit))

    async def count(self, person_id: PersonId) -> int:
        """Return in how many browsers a person is signed in."""
        since = self._deployment.clock() - SESSION_IDLE_SECONDS
        return await asyncio.to_thread(lambda: self._stores.records.count_sessions(person_id, since))

    def identify_browser(self, cookie: str) -> str:
        """Return the browser that a cookie of somebody who is not signed in yet names, or a new one."""
        return cookie if _BROWSER.fullmatch(cookie) else make_secret("")

    def make_proof(self, cookie: str, form: str) -> str:
        """Return what a page puts into its form: an HMAC over the cookie and the name of the form."""
        return self._deployment.keys.hash_token(f"form\n{form}\n{cookie}").hex()

    def check_proof(self, cookie: str, form: str, proof: str) -> None:
        """Raise Forbidden without a cookie and the proof that the page gave its browser for this form."""
        made = self.make_proof(cookie, form)
        if not cookie or not hmac.compare_digest(made.encode(), proof.encode("utf-8", "replace")):
            raise Forbidden(
                "This form did not come from a page that this browser was shown. Nothing was changed.",
                advice="Allow cookies of this site, open the page again and send its form from there.",
            )

    def _note(self, action: str, person_id: PersonId) -> AuditEntry:
        return AuditEntry(self._deployment.clock(), person_id, action, person_id)
