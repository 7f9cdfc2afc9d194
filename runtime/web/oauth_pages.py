"""The page at which a person decides what a program may do, and the answer that takes the browser back to it.

GET `/oauth/authorize` checks the request and shows the page, to somebody who is signed in; its form's POST shows what
remains, refuses, or allows. The form holds the request sealed, for one session, and works once. An error goes back to
the program only where both it and the address are known to be right; otherwise this page says it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from runtime.errors import InvalidRequest, LedgerportError, OAuthRefused
from runtime.identity.authorizing import AUTHORIZE_PATH, Authorizing, SealedRequest
from runtime.identity.clients import ClientLook, Clients, describe_client
from runtime.identity.consenting import (
    ENDS,
    RISKS,
    Choice,
    Company,
    Consenting,
    list_tools,
    suggest_choice,
)
from runtime.identity.oauth_scopes import CLASSES, READ
from runtime.logs import Log
from runtime.people import SignedIn
from runtime.web.approval_words import write_sentence
from runtime.web.bodies import read_body
from runtime.web.connect import SECRET_ADDRESS, Show
from runtime.web.oauth_endpoints import parse_fields
from runtime.web.signing_in import find_sessions, find_signed_in, lead_to_sign_in, read_cookie

LARGEST_FORM = 65_536
"""Bytes: a sealed request has up to 12,000, and each company 50."""
MANY = 3
"""Companies: from more on, all of them can be chosen at once."""
MOST_FIELDS = 1_000
"""Fields of the form: companies, methods and tags."""
METHODS: Mapping[str, tuple[str, str]] = {
    "tools:read": ("Read", "See records and reports. Tax ids and bank numbers are masked."),
    "tools:write": ("Write", "Create, change and delete records."),
    "tools:custom": (
        "Other actions",
        "Send, void, and what else the vendor offers. Some of it cannot be undone.",
    ),
}
"""What each scope is called on the page, and what it allows."""

Fields = Sequence[tuple[str, str]]


class _Asked(NamedTuple):
    """What a person is asked: by which program, what it wants, and what may be chosen. `text` is the request sealed."""

    who: SignedIn
    sealed: SealedRequest
    text: str
    look: ClientLook
    companies: Sequence[Company]
    advice: Sequence[str]


class OAuthPages:
    """The page, in its states."""

    def __init__(
        self, authorizing: Authorizing, clients: Clients, consenting: Consenting, log: Log, show: Show
    ) -> None:
        self._authorizing, self._clients, self._consenting = authorizing, clients, consenting
        self._log, self._show = log, show

    def list_routes(self) -> list[BaseRoute]:
        """Return the routes of the page."""
        return [
            Route(AUTHORIZE_PATH, self.ask, methods=["GET"]),
            Route(AUTHORIZE_PATH, self.decide, methods=["POST"]),
        ]

    async def ask(self, request: Request) -> Response:
        """Show what a program asks for."""
        try:
            who = await find_signed_in(request)
            if who is None:
                return lead_to_sign_in(request)
            client, asked = await self._authorizing.read(parse_fields(request.url.query, MOST_FIELDS))
            await self._clients.note_use(client)
            text = self._authorizing.seal(asked, who.session.id)
            companies = await self._consenting.list_companies(who.person, asked)
            choice = suggest_choice(companies, asked)
            advice = await self._consenting.explain_left_out(who, companies)
        except LedgerportError as problem:
            return self._refuse(problem)
        look = describe_client(client, asked.redirect_uri)
        opened = _Asked(who, self._authorizing.open(text), text, look, companies, advice)
        return self._show_form(request, opened, choice)

    async def decide(self, request: Request) -> Response:
        """Do what the person decided, or show what remains of the choice."""
        try:
            fields = await _read_fields(request)
            text = dict(fields).get("request", "")
            sealed, who = self._authorizing.open(text), await find_signed_in(request)
            if who is None or who.session.id != sealed.session_id:
                return RedirectResponse(f"{AUTHORIZE_PATH}?{sealed.request.query}", 303, SECRET_ADDRESS)
            proof = dict(fields).get("proof", "")
            find_sessions(request).check_proof(read_cookie(request), _name_form(text), proof)
            return await self._decide(request, who, sealed, text, fields)
        except LedgerportError as problem:
            return self._refuse(problem)

    async def _decide(
        self, request: Request, who: SignedIn, sealed: SealedRequest, text: str, fields: Fields
    ) -> Response:
        asked, action = sealed.request, dict(fields).get("action", "")
        client = await self._clients.find(asked.client_id)
        look = describe_client(client, asked.redirect_uri)
        if action == "refuse":
            await self._consenting.take(sealed)
            self._log("oauth_not_granted", client=look.name, person=who.person.id)
            refused = OAuthRefused("access_denied", "The person did not allow it.")
            return _go_back(self._authorizing.build_refusal(asked.redirect_uri, asked.state, refused))
        companies = await self._consenting.list_companies(who.person, asked)
        choice = _choose_at_once(_read_choice(fields), action, companies)
        problem: InvalidRequest | None = None
        if action == "allow":
            try:
                code = await self._consenting.approve(who.person, sealed, look, companies, choice)
                return _go_back(self._authorizing.build_answer(asked.redirect_uri, asked.state, code=code))
            except InvalidRequest as wrong:
                problem = wrong
        advice = await self._consenting.explain_left_out(who, companies)
        return self._show_form(request, _Asked(who, sealed, text, look, companies, advice), choice, problem)

    def _show_form(
        self, request: Request, asked: _Asked, choice: Choice, problem: InvalidRequest | None = None
    ) -> Response:
        wanted = asked.sealed.request
        return self._show(
            "consent",
            400 if problem else 200,
            form_action=_list_targets(wanted.redirect_uri),
            email=asked.who.person.email,
            look=asked.look,
            request=asked.text,
            proof=find_sessions(request).make_proof(read_cookie(request), _name_form(asked.text)),
            action=AUTHORIZE_PATH,
            many=MANY,
            chosen=len(choice.companies),
            companies=[_show_company(each, choice) for each in asked.companies],
            methods=_show_methods(asked.companies, choice, wanted.scopes),
            integrations=_show_tags(asked.companies, choice),
            has_short_tools=any(each.has_short_tools for each in asked.companies),
            is_short=choice.is_short,
            floors=_list_floors(asked.companies),
            ends=[(name, label, name == choice.ends) for name, (label, _seconds) in ENDS.items()],
            advice=asked.advice,
            problem=problem.as_text() if problem else "",
        )

    def _refuse(self, problem: LedgerportError) -> Response:
        """Return the answer to what is wrong: back to the program where that is safe, otherwise a page."""
        error = problem.error if isinstance(problem, OAuthRefused) else problem.code
        self._log("oauth_refused", error=error)
        if isinstance(problem, OAuthRefused) and problem.redirect:
            return _go_back(problem.redirect)
        return self._show(
            "oauth_error", problem.status, error=error, message=problem.message, advice=problem.advice
        )


def _go_back(address: str) -> Response:
    return RedirectResponse(address, 303, SECRET_ADDRESS)


def _name_form(text: str) -> str:
    return f"consent {text}"


def _list_targets(redirect_uri: str) -> str:
    """Return where the form may lead, for the content security policy, which covers the redirects that follow."""
    parts = urlsplit(redirect_uri)
    if parts.scheme == "https":
        return "'self' https:"
    back = f"http://{parts.netloc}" if parts.scheme == "http" else f"{parts.scheme}:"
    return f"'self' https: {back}"


def _read_choice(fields: Fields) -> Choice:
    def list_values(name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(value for each, value in fields if each == name))

    tags = {
        name.removeprefix("tags:"): list_values(name) for name, _value in fields if name.startswith("tags:")
    }
    first = dict(reversed(fields))
    scopes = frozenset(list_values("scope")) & CLASSES.keys()
    is_short = first.get("tools", "") == "short"
    default, ends = first.get("default", ""), first.get("ends", "")
    return Choice(list_values("company"), default, scopes, tags, ends, is_short)


def _choose_at_once(choice: Choice, action: str, companies: Sequence[Company]) -> Choice:
    """Return the choice with all companies of the page, or none, where that button was pressed.

    The page is shown again with them marked: what is allowed is always what is marked on it.
    """
    if action not in ("all", "none"):
        return choice
    every = tuple(each.account.id for each in companies)
    return replace(choice, companies=every if action == "all" else ())


def _show_company(company: Company, choice: Choice) -> dict[str, Any]:
    account = company.account
    return {
        "id": account.id,
        "name": account.name,
        "integration": company.integration.title,
        "environment": account.environment,
        "needs_reauth": account.status != "active",
        "is_chosen": account.id in choice.companies,
        "is_default": account.id == choice.default,
        "left": len(list_tools(company, choice)),
        "all": len(company.tools),
    }


def _show_methods(companies: Sequence[Company], choice: Choice, asked: Sequence[str]) -> list[dict[str, Any]]:
    possible = frozenset[str]().union(*(each.possible for each in companies))
    return [
        {
            "scope": scope,
            "label": label,
            "says": says,
            "risk": RISKS[scope],
            "is_asked": scope in asked,
            "is_possible": scope in possible,
            "is_chosen": scope in choice.scopes,
        }
        for scope, (label, says) in METHODS.items()
    ]


def _list_floors(companies: Sequence[Company]) -> list[str]:
    """Return which writes wait by the rules of the organizations of the companies, a sentence for each."""
    floors = {
        account.tenant_id: account.tenant_limits.approval
        for account in (each.account for each in companies if each.possible - {READ})
    }
    said = [(tenant_id, write_sentence(rule)) for tenant_id, rules in floors.items() for rule in rules]
    if len(floors) == 1:
        return [text for _tenant_id, text in said]
    return [f"In {tenant_id}: {text[:1].lower()}{text[1:]}" for tenant_id, text in said]


def _show_tags(companies: Sequence[Company], choice: Choice) -> list[dict[str, Any]]:
    integrations = {each.integration.name: each for each in companies}
    return [
        {
            "name": name,
            "title": company.integration.title,
            "is_limited": bool(choice.tags.get(name)),
            "tags": [
                (tag, company.integration.tags.get(tag, ""), tag in choice.tags.get(name, ()))
                for tag in sorted({tag for tool in company.tools for tag in tool.tags})
            ],
        }
        for name, company in integrations.items()
    ]


async def _read_fields(request: Request) -> Fields:
    content = await read_body(request, LARGEST_FORM, "Open the page again.")
    return parse_fields(content.decode("utf-8", "replace"), MOST_FIELDS)
