"""Passkeys: what an authenticator signs counts once, for one browser and one site, with a counter that goes up."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import encode_cbor

from runtime.errors import Conflict, Forbidden, InvalidRequest, LedgerportError, NotFound
from runtime.identity.passkeys import CHALLENGE_SECONDS, MOST_PASSKEYS, Passkeys
from runtime.identity.people import People
from runtime.identity.sessions import Sessions
from runtime.people import SignedIn
from tests.deployment import Deployment, deployed
from tests.web.visitors import HERE, OPERATOR

ORIGIN, HOST = "https://books.example.com", "books.example.com"
MINE, OTHER = "browser-" + "m" * 40, "browser-" + "o" * 40
PRESENT, VERIFIED, HAS_KEY = 0x01, 0x04, 0x40


def encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


@dataclass
class Authenticator:
    """A device with one passkey, which signs whatever it is asked to."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    id: bytes = b"credential-1"
    count: int = 0
    user: str = ""

    def _describe(self, flags: int, host: str) -> bytes:
        return hashlib.sha256(host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _say(self, kind: str, options: dict[str, Any], origin: str) -> bytes:
        return json.dumps({"type": kind, "challenge": options["challenge"], "origin": origin}).encode()

    def make(self, options: dict[str, Any], flags: int = PRESENT | VERIFIED) -> dict[str, Any]:
        """What a browser answers when it has made the passkey."""
        self.user = base64.urlsafe_b64decode(options["user"]["id"] + "==").decode()
        point = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
        data = self._describe(flags | HAS_KEY, HOST) + bytes(16) + len(self.id).to_bytes(2, "big") + self.id
        attested = encode_cbor({"fmt": "none", "attStmt": {}, "authData": data + encode_cbor(public)})
        said = self._say("webauthn.create", options, ORIGIN)
        response = {"clientDataJSON": encode(said), "attestationObject": encode(attested)}
        return {"id": encode(self.id), "rawId": encode(self.id), "type": "public-key", "response": response}

    def use(
        self, options: dict[str, Any], origin: str = ORIGIN, host: str = HOST, flags: int = PRESENT | VERIFIED
    ) -> dict[str, Any]:
        """What a browser answers when the passkey is used."""
        data, said = self._describe(flags, host), self._say("webauthn.get", options, origin)
        signature = self.key.sign(data + hashlib.sha256(said).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": encode(said), "authenticatorData": encode(data), "signature": encode(signature),
            "userHandle": encode(self.user.encode()),
        }  # fmt: skip
        return {"id": encode(self.id), "rawId": encode(self.id), "type": "public-key", "response": response}


async def sign_in(here: Deployment, email: str) -> SignedIn:
    made = await People(here.parts()).invite(OPERATOR, HERE, email, "owner")
    person = await People(here.parts()).accept(made.link.rpartition("/")[2], None)
    sessions = Sessions(here.parts())
    found = await sessions.find(await sessions.begin(person.id, "invitation"))
    assert found is not None
    return found


@asynccontextmanager
async def standing(tmp_path: Path) -> AsyncIterator[tuple[Deployment, Passkeys, SignedIn, Authenticator]]:
    """Somebody who is signed in and has added a passkey."""
    async with deployed(tmp_path, LEDGERPORT_PUBLIC_URL=ORIGIN) as here:
        who, passkeys, device = (
            await sign_in(here, "anna@example.com"),
            Passkeys(here.parts()),
            Authenticator(),
        )
        await passkeys.add(who, MINE, device.make(await passkeys.begin_adding(who, MINE)), " My laptop ")
        yield here, passkeys, who, device


def test_a_passkey_that_was_added_signs_its_person_in(tmp_path: Path) -> None:
    async def story() -> None:
        async with standing(tmp_path) as (here, passkeys, who, device):
            device.count = 1
            person = await passkeys.sign_in(MINE, device.use(await passkeys.begin_signing_in(MINE)))
            assert person == who.person
            (found,) = await passkeys.list_all(who.person.id)
            assert (found.name, found.sign_count, found.last_used_at) == ("My laptop", 1, here.clock.now)

    asyncio.run(story())


def test_a_challenge_counts_once_in_time_and_in_its_browser(tmp_path: Path) -> None:
    async def story() -> None:
        async with standing(tmp_path) as (here, passkeys, who, device):
            answer = device.use(await passkeys.begin_signing_in(MINE))
            with pytest.raises(InvalidRequest, match="not asked for in this browser"):
                await passkeys.sign_in(OTHER, answer)
            assert await passkeys.sign_in(MINE, answer) == who.person
            with pytest.raises(InvalidRequest, match="not asked for in this browser"):
                await passkeys.sign_in(MINE, answer)
            late = device.use(await passkeys.begin_signing_in(MINE))
            here.clock.pass_(CHALLENGE_SECONDS)
            with pytest.raises(InvalidRequest, match="came too late"):
                await passkeys.sign_in(MINE, late)
            adding = await passkeys.begin_adding(who, MINE)
            with pytest.raises(InvalidRequest, match="not asked for"):
                await passkeys.sign_in(MINE, device.use(adding))

    asyncio.run(story())


def test_a_counter_that_does_not_go_up_is_that_of_a_copy(tmp_path: Path) -> None:
    async def story() -> None:
        async with standing(tmp_path) as (_, passkeys, who, device):
            for count, is_right in ((5, True), (5, False), (4, False), (0, False), (6, True)):
                device.count = count
                answer = device.use(await passkeys.begin_signing_in(MINE))
                if is_right:
                    assert await passkeys.sign_in(MINE, answer) == who.person
                else:
                    with pytest.raises(InvalidRequest):
                        await passkeys.sign_in(MINE, answer)

    asyncio.run(story())


@pytest.mark.parametrize(
    "change",
    [
        {"origin": "https://evil.example"},
        {"host": "evil.example"},
        {"flags": PRESENT},
        {"flags": VERIFIED},
    ],
)
def test_what_was_signed_for_another_site_or_without_its_user_is_refused(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    async def story() -> None:
        async with standing(tmp_path) as (_, passkeys, who, device):
            with pytest.raises(InvalidRequest, match="does not fit"):
                await passkeys.sign_in(MINE, device.use(await passkeys.begin_signing_in(MINE), **change))
            made = Authenticator(id=b"credential-2").make(await passkeys.begin_adding(who, MINE), PRESENT)
            with pytest.raises(InvalidRequest, match="does not fit"):
                await passkeys.add(who, MINE, made, "")

    asyncio.run(story())


def test_a_passkey_of_another_key_or_person_is_refused(tmp_path: Path) -> None:
    async def story() -> None:
        async with standing(tmp_path) as (here, passkeys, who, device):
            bo = await sign_in(here, "bo@example.com")
            for wrong, error in (
                (Authenticator(user=device.user), InvalidRequest),
                (Authenticator(device.key, user=bo.person.id), Forbidden),
                (Authenticator(device.key, b"unknown", user=device.user), Forbidden),
            ):
                with pytest.raises(error):
                    await passkeys.sign_in(MINE, wrong.use(await passkeys.begin_signing_in(MINE)))
            with pytest.raises(InvalidRequest, match="known already"):
                await passkeys.add(bo, MINE, device.make(await passkeys.begin_adding(bo, MINE)), "")
            with pytest.raises(NotFound):
                await passkeys.remove(bo, encode(device.id))
            await passkeys.remove(who, encode(device.id))
            with pytest.raises(Forbidden):
                await passkeys.sign_in(MINE, device.use(await passkeys.begin_signing_in(MINE)))

    asyncio.run(story())


def test_a_passkey_of_who_was_removed_signs_nobody_in(tmp_path: Path) -> None:
    async def story() -> None:
        async with standing(tmp_path) as (here, passkeys, who, device):
            await sign_in(here, "bo@example.com")
            await People(here.parts()).remove(OPERATOR, HERE, who.person.id)
            with pytest.raises(Forbidden):
                await passkeys.sign_in(MINE, device.use(await passkeys.begin_signing_in(MINE)))

    asyncio.run(story())


def test_nobody_has_more_passkeys_than_a_page_can_list(tmp_path: Path) -> None:
    async def story() -> None:
        async with standing(tmp_path) as (_, passkeys, who, _device):
            for number in range(1, MOST_PASSKEYS):
                new = Authenticator(id=f"credential-{number + 1}".encode())
                await passkeys.add(who, MINE, new.make(await passkeys.begin_adding(who, MINE)), f"{number}")
            with pytest.raises(Conflict, match="as many as anybody may have"):
                await passkeys.begin_adding(who, MINE)

    asyncio.run(story())


@pytest.mark.parametrize(
    "answer",
    [
        None, 7, "x", [], {}, {"response": None}, {"response": {"clientDataJSON": "e30"}}, {"id": 5, "response": {}},
        {"response": {"clientDataJSON": "x" * 5000}},
    ],
)  # fmt: skip
def test_whatever_else_a_client_sends_is_refused(tmp_path: Path, answer: Any) -> None:
    async def story() -> None:
        async with standing(tmp_path) as (_, passkeys, who, device):
            with pytest.raises(InvalidRequest):
                await passkeys.sign_in(MINE, answer)
            right = device.use(await passkeys.begin_signing_in(MINE))
            for name in ("id", "rawId", "type"):
                with pytest.raises(LedgerportError):
                    await passkeys.sign_in(MINE, right | {name: None})
            with pytest.raises(InvalidRequest):
                await passkeys.add(who, MINE, answer, "x")

    asyncio.run(story())


@pytest.mark.parametrize(
    ("url", "is_possible"), [("http://127.0.0.1:8000", False), ("http://localhost:8000", True)]
)
def test_there_are_passkeys_for_host_names_only(tmp_path: Path, url: str, is_possible: bool) -> None:
    async def story() -> None:
        async with deployed(tmp_path, LEDGERPORT_PUBLIC_URL=url) as here:
            assert Passkeys(here.parts()).is_possible() is is_possible

    asyncio.run(story())
