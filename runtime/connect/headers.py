"""The header fields that prove an account to its vendor: the one place where they are made.

OAuth gives `Authorization: Bearer …`, or the scheme that the integration names. An integration with header
authentication has templates, in which `{name}` is an account field and `{basic:…}` is what stands in it, in
base64.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from urllib.parse import quote

from generator.vendor import Integration
from runtime.errors import NeedsReconnect
from runtime.model import Account, Credentials

_FIELD = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_BASIC = re.compile(r"\{basic:((?:[^{}]|\{[A-Za-z_][A-Za-z0-9_]*\})*)\}")


def authorization_headers(
    integration: Integration, account: Account, credentials: Credentials
) -> dict[str, str]:
    """The header fields for one call. Raises NeedsReconnect when something they need is not there."""
    if integration.auth.type != "headers":
        return {"Authorization": f"{integration.auth.scheme} {credentials.access_token}"}
    return {
        name: filled_from(integration, account, credentials, template)
        for name, template in integration.auth.headers.items()
    }


def filled_from(integration: Integration, account: Account, credentials: Credentials, template: str) -> str:
    """Return a template with the fields of an account filled in. Raises NeedsReconnect when one is not there."""
    try:
        return _filled(template, {**account.fields, **credentials.secrets})
    except KeyError as missing:
        raise NeedsReconnect(
            f"The account {account.name!r} has no {missing.args[0]}.",
            advice=f"Add {integration.title} again as a new integrated account, with all of its fields.",
        ) from None


def always_sent(templates: Mapping[str, str], fields: Mapping[str, str]) -> dict[str, str]:
    """What every request carries (`send_always`), with the account's fields filled in."""
    return {
        name: _FIELD.sub(lambda found: fields[found[1]], text) if "{" in text else text
        for name, text in templates.items()
    }


def in_path(template: str, fields: Mapping[str, str]) -> str:
    """A path with account fields filled in, each of which stays one segment of it."""
    return _FIELD.sub(lambda found: quote(fields[found[1]], safe=""), template)


def _filled(template: str, values: Mapping[str, str]) -> str:
    def field(match: re.Match[str]) -> str:
        return values[match[1]]

    def basic(match: re.Match[str]) -> str:
        return base64.b64encode(_FIELD.sub(field, match[1]).encode()).decode()

    pieces, at = [], 0
    for match in _BASIC.finditer(template):
        pieces += [_FIELD.sub(field, template[at : match.start()]), basic(match)]
        at = match.end()
    return "".join([*pieces, _FIELD.sub(field, template[at:])])
