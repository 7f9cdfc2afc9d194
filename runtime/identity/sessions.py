"""Sessions: the browsers in which people are signed in, by an opaque cookie whose hash alone is stored.

Called by the pages. `make_proof` and `check_proof` are what every form carries.
"""

from __future__ import annotations

import asyncio
import hmac
from uuid import uuid4

from runtime.deployment import Deployment
from runtime.errors import Forbidden
from runtime.keys.crypto import make_secret
from runtime.model import AuditEntry
from runtime.people import PersonId, Session, SessionId, SignedIn

PREFIX = "lps_"
SESSION_IDLE_SECONDS = 12 * 3600.0
"""Half a day, so that who works with it signs in once a day."""


class Sessions:
    """Begins and finds sessions."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment, self._stores = deployment, deployment.stores
        self.is_secure = deployment.settings.public_url.startswith("https:")
        self.cookie_name = "__Host-ledgerport-session" if self.is_secure else "ledgerport-session"

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
        if not cookie.startswith(PREFIX):
            return None
        token_hash, since = (
            self._deployment.keys.hash_token(cookie),
            self._deployment.clock() - SESSION_IDLE_SECONDS,
        )
        return await asyncio.to_thread(lambda: self._stores.records.find_signed_in(token_hash, since))

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
