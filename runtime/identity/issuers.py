"""Issuers of identities, as OpenID Connect has them: their documents, their keys, and the tokens that they sign.

Called by `sign_ins`. What an issuer says of a person is believed only from a token that it has signed for our app and
for this sign-in, and from its userinfo for the same subject. Nothing here knows which issuer it is: the names of claims
are compared without their letter case and underscores, because issuers spell them in several ways.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from runtime.connect.consents import derive_challenge
from runtime.connect.vendor_http import OAuthAnswer, VendorHttp, encode_basic
from runtime.errors import InvalidRequest, SettingsError, VendorUnavailable
from runtime.model import Clock
from runtime.setting_values import read_issuer
from runtime.settings import IssuerSettings

ALGORITHMS = ("ES256", "RS256")
"""What a token may be signed with. `none`, and HMAC with a public key as its secret, are not among them."""
SCOPES = "openid profile email"
FRESH_SECONDS = 600.0
"""How long documents and keys of an issuer are used before they are read again; a new key is looked for at once."""
TOLERANCE_SECONDS = 60
"""How much clocks of issuers may differ from ours."""
LONGEST_CODE = 4096
"""Characters. The longest code known of an issuer has 512."""
_DOCUMENT = "/.well-known/openid-configuration"
_REFUSED = "The answer of {} cannot be believed: {}. Nobody was signed in."


@dataclass(frozen=True, slots=True)
class Document:
    """What an issuer says of itself, with its keys, and until when that is used."""

    issuer: str
    values: Mapping[str, Any]
    keys: Mapping[str, Any]
    fresh_until: float

    def read_address(self, name: str) -> str:
        """Return one of its addresses. Raises SettingsError where it is missing or may not be used."""
        return read_issuer(name, str(self.values.get(name) or ""))


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signs in, as an issuer says it; `email` is empty where the issuer has not verified one."""

    issuer: str
    subject: str
    email: str
    name: str
    claimed_email: str = ""
    """The address that the issuer names, verified or not."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a sign-in remembers of its request."""

    nonce: str
    verifier: str = field(repr=False)
    redirect_uri: str


class Issuer:
    """One issuer of identities."""

    def __init__(self, settings: IssuerSettings, http: VendorHttp, clock: Clock) -> None:
        self.settings, self._http, self._clock = settings, http, clock
        self._document: Document | None = None

    async def build_address(self, state: str, asked: Asked) -> str:
        """Return the address at which a person signs in there. Raises VendorUnavailable."""
        document = await self._read_document()
        address = self._find_address(document, "authorization_endpoint")
        values = {
            "client_id": self.settings.client_id,
            "response_type": "code",
            "scope": SCOPES,
            "redirect_uri": asked.redirect_uri,
            "state": state,
            "nonce": asked.nonce,
            "code_challenge": derive_challenge(asked.verifier),
            "code_challenge_method": "S256",
        }
        return f"{address}{'&' if '?' in address else '?'}{urlencode(values)}"

    async def check_sender(self, given: str | None) -> None:
        """Raise InvalidRequest where an answer says that another issuer sent it (RFC 9207), or should say which."""
        document = await self._read_document()
        must_say = document.values.get("authorization_response_iss_parameter_supported") is True
        if given != document.issuer and (given is not None or must_say):
            raise self._refuse("it comes from another issuer")

    async def identify(self, code: str, asked: Asked) -> Identity:
        """Return who has signed in there, from the code of the answer.

        Raises InvalidRequest where the code, or what comes of it, is not what was asked for, VendorUnavailable.
        """
        if not 0 < len(code) <= LONGEST_CODE:
            raise self._refuse("it has no code")
        document = await self._read_document()
        tokens = await self._exchange(document, code, asked)
        claims = await self._read_token(document, str(tokens.get("id_token") or ""), asked.nonce)
        subject = str(claims["sub"])
        said = _fold(claims)
        if "email" not in said or "emailverified" not in said:
            said = await self._ask_userinfo(document, str(tokens.get("access_token") or ""), subject) | said
        email = str(said.get("email") or "")
        is_verified = str(said.get("emailverified", "")).lower() == "true"
        return Identity(document.issuer, subject, email if is_verified else "", _choose_name(said), email)

    async def _exchange(self, document: Document, code: str, asked: Asked) -> Mapping[str, Any]:
        sent = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": asked.redirect_uri,
            "code_verifier": asked.verifier,
        }
        client_id, secret = self.settings.client_id, self.settings.client_secret
        methods = document.values.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if "client_secret_basic" in methods:
            headers = encode_basic(client_id, secret)
        else:
            headers, sent = {}, {**sent, "client_id": client_id, "client_secret": secret}
        answer = await self._http.post(self._find_address(document, "token_endpoint"), sent, headers)
        if answer.status != 200:
            raise self._refuse("it does not accept its own code, which works once and for a few minutes")
        return answer.values

    async def _read_token(self, document: Document, token: str, nonce: str) -> Mapping[str, Any]:
        """Return what a token says that the issuer has signed. Raises InvalidRequest where anything of it is wrong."""
        from joserfc.errors import JoseError

        try:
            return self._verify(document, token, nonce)
        except (JoseError, ValueError, KeyError, TypeError):
            pass
        try:  # once more with the keys as they are now: issuers replace them
            return self._verify(await self._read_document(is_forced=True), token, nonce)
        except (JoseError, ValueError, KeyError, TypeError):
            raise self._refuse("its token is not signed by it for this sign-in, or has expired") from None

    def _verify(self, document: Document, token: str, nonce: str) -> Mapping[str, Any]:
        """Return the claims of a token. Raises JoseError, or ValueError for what is no token."""
        from joserfc.jwk import KeySet
        from joserfc.jwt import JWTClaimsRegistry, decode

        found = decode(token, KeySet.import_key_set(dict(document.keys)), algorithms=ALGORITHMS)  # type: ignore[arg-type]
        claims: Mapping[str, Any] = found.claims
        JWTClaimsRegistry(
            now=int(self._clock()),
            leeway=TOLERANCE_SECONDS,
            iss={"essential": True, "value": document.issuer},
            aud={"essential": True, "value": self.settings.client_id},
            nonce={"essential": _has_nonces(document), "value": nonce},
            sub={"essential": True},
            exp={"essential": True},
        ).validate(dict(claims))
        mine = self.settings.client_id
        if claims.get("nonce", nonce) != nonce or claims.get("azp", mine) != mine:
            raise ValueError("the token is for another sign-in or app")
        return claims

    async def _ask_userinfo(self, document: Document, access_token: str, subject: str) -> dict[str, Any]:
        """Return what the issuer says of a subject beside its token; nothing where it says nothing of that one."""
        if not document.values.get("userinfo_endpoint") or not access_token.isascii():
            return {}
        headers = {"Authorization": f"Bearer {access_token}"}
        answer = await self._http.get(self._find_address(document, "userinfo_endpoint"), headers)
        is_same = answer.status == 200 and answer.values.get("sub") == subject
        return _fold(answer.values) if is_same else {}

    async def _read_document(self, *, is_forced: bool = False) -> Document:
        """Return the document of the issuer with its keys. Raises VendorUnavailable where it cannot be used."""
        known, now = self._document, self._clock()
        if known is not None and now < known.fresh_until and not is_forced:
            return known
        base = self.settings.issuer
        answer = await self._http.get(base if "/.well-known/" in base else base.rstrip("/") + _DOCUMENT, {})
        issuer = answer.values.get("issuer")
        if answer.status != 200 or not isinstance(issuer, str) or not self._is_issuer(issuer):
            raise self._refuse_document()
        found = Document(issuer, answer.values, {}, now + FRESH_SECONDS)
        keys: OAuthAnswer = await self._http.get(self._find_address(found, "jwks_uri"), {})
        if keys.status != 200 or not isinstance(keys.values.get("keys"), list):
            raise self._refuse_document()
        self._document = Document(issuer, answer.values, keys.values, found.fresh_until)
        return self._document

    def _is_issuer(self, said: str) -> bool:
        """Whether a document may say that it is this issuer's: the address of the document itself may be anywhere."""
        given = self.settings.issuer
        return bool(said) and ("/.well-known/" in given or said == given)

    def _find_address(self, document: Document, name: str) -> str:
        try:
            found = document.read_address(name)
        except SettingsError:
            found = ""
        if not urlsplit(found).netloc:
            raise self._refuse_document()
        return found

    def _refuse(self, why: str) -> InvalidRequest:
        return InvalidRequest(
            _REFUSED.format(self.settings.title, why), advice="Begin again at the sign-in page."
        )

    def _refuse_document(self) -> VendorUnavailable:
        return VendorUnavailable(
            f"{self.settings.title} does not say how to sign in there.",
            advice="Try again later, or sign in otherwise. The operator can check LEDGERPORT_OIDC_"
            f"{self.settings.name.upper()}_ISSUER.",
        )


def _has_nonces(document: Document) -> bool:
    """Whether the tokens of an issuer have a nonce: all but where it lists their claims, and the nonce is not there.

    Without it the state, the browser and PKCE bind the answer to this sign-in; one that is there has to be right.
    """
    listed = document.values.get("claims_supported")
    return not isinstance(listed, list) or "nonce" in listed


def _fold(claims: Mapping[str, Any]) -> dict[str, Any]:
    """Return claims under their names in small letters alone."""
    return {re.sub(r"[^a-z]", "", str(name).lower()): value for name, value in claims.items()}


def _choose_name(said: Mapping[str, Any]) -> str:
    """Return what to call a person; empty where the issuer has no name that can be shown."""
    parts = [said.get("name")] if said.get("name") else [said.get("givenname"), said.get("familyname")]
    name = " ".join(str(part) for part in parts if part).strip()[:200]
    return name if name.isprintable() else ""
