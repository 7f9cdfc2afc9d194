"""The scopes of access tokens, and what each leaves of an access filter.

A scope is one class of methods. Called by `authorizing` and `consenting`, which read and offer them, and by
`oauth_grants`, which caps with them at every request.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from generator.catalog import METHOD_CLASSES, Tool
from generator.vendor import Integration
from runtime.errors import OAuthRefused
from runtime.identity.roles import USUAL_TOOLS_ROLE, is_at_least, may
from runtime.model import ServerConfig
from runtime.people import Role

READ, WRITE, CUSTOM = "tools:read", "tools:write", "tools:custom"
CLASSES: dict[str, str] = {READ: "read", WRITE: "write", CUSTOM: "custom"}
"""For each scope, the class of methods that it lets a client call."""
OFFLINE = "offline_access"
"""What a client asks for to have a refresh token (OpenID Connect Core §11). Each has one, so that it changes nothing.
"""
ADVERTISED = (*CLASSES, OFFLINE)
"""What a client may ask for at the authorization server."""
EVERY_SCOPE = frozenset(CLASSES)
LONGEST_SCOPE = 1_000
"""Characters of what is asked for; ours have 60."""


def read_scope(text: str) -> tuple[str, ...]:
    """Return the scopes of ours that a text asks for; `tools:read` where it names none. Others are passed over.

    Raises OAuthRefused where it names only such as we do not have.
    """
    asked = text.split()
    known = tuple(scope for scope in CLASSES if scope in asked)
    if len(text) > LONGEST_SCOPE or (asked and not known and OFFLINE not in asked):
        raise OAuthRefused(
            "invalid_scope",
            f"scope names nothing that there is here. The scopes are {', '.join(CLASSES)}.",
            advice=f"Ask for {READ}, or leave scope out.",
        )
    return known or (READ,)


def write_scope(scopes: Iterable[str]) -> str:
    """Return scopes as a token names them, in their one order."""
    wanted = frozenset(scopes)
    return " ".join(scope for scope in CLASSES if scope in wanted)


def find_scope(tool: Tool) -> str:
    """Return the scope that a tool needs."""
    return next(scope for scope, each in CLASSES.items() if each == tool.method_class)


def list_scopes(methods: Iterable[str]) -> frozenset[str]:
    """Return the scopes that the methods of an access filter have part of; all where it names none."""
    return frozenset(_scope_of(method) for method in methods) or EVERY_SCOPE


def list_possible_scopes(
    role: Role | None, tools_role: Role | None, *, handles_money: bool
) -> frozenset[str]:
    """Return the scopes that a person's role in a tenant lets a client have for one of its companies.

    `tools_role` is the least role for tools that handle money there, None for the usual one.
    """
    if not may(role, "grant_tools"):
        return frozenset()
    if handles_money and not may_see_money(role, tools_role):
        return frozenset()
    return EVERY_SCOPE if may(role, "grant_writes") else frozenset({READ})


def may_see_money(role: Role | None, tools_role: Role | None) -> bool:
    """Whether a role goes as far as tools that handle money. `tools_role` is as in `list_possible_scopes`."""
    return is_at_least(role, tools_role or USUAL_TOOLS_ROLE)


def is_money_hidden(role: Role | None, tools_role: Role | None, integration: Integration) -> bool:
    """Whether the tools of an integration that handle money, where not all of them do, are not there for a role."""
    return bool(integration.money_tags) and not may_see_money(role, tools_role)


def restrict(config: ServerConfig, scopes: frozenset[str]) -> ServerConfig | None:
    """Return a filter with no more than some scopes; None where they leave no method of it.

    An access token is what an API token would be required for beside a secret URL.
    """
    if config.methods:
        methods = tuple(method for method in config.methods if _scope_of(method) in scopes)
    else:
        methods = tuple(each for scope, each in CLASSES.items() if scope in scopes)
    return replace(config, methods=methods, require_api_token_auth=False) if methods else None


def _scope_of(method: str) -> str:
    """Return the scope of a method, or of a class of them, as an access filter names it."""
    wanted = method if method in CLASSES.values() else METHOD_CLASSES.get(method, "custom")
    return next(scope for scope, each in CLASSES.items() if each == wanted)
