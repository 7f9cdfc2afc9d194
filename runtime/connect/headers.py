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

from generator.templates import fill_template
from generator.vendor import Integration
from runtime.errors import NeedsReauth
from runtime.model import Account, Credentials

_BASIC = re.compile(r"\{basic:((?:[^{}]|\{\w+\})*)\}")


def authorize_headers(integration: Integration, account: Account, credentials: Credentials) -> dict[str, str]:
    """Return the header fields for one call. Raises NeedsReauth when something they need is not there."""
    if integration.auth.type != "headers":
        return {"Authorization": f"{integration.auth.scheme} {credentials.access_token}"}
    return {
        name: fill_from(integration, account, credentials, template)
        for name, template in integration.auth.headers.items()
    }


def fill_from(integration: Integration, account: Account, credentials: Credentials, template: str) -> str:
    """Return a template with the fields of an account filled in. Raises NeedsReauth when one is not there."""
    try:
        return _filled(template, {**account.fields, **credentials.secrets})
    except KeyError as missing:
        raise NeedsReauth(
            f"The account {account.name!r} has no {missing.args[0]}.",
            advice=f"Add {integration.title} again as a new integrated account, with all of its fields.",
        ) from None


def fill_always_sent(templates: Mapping[str, str], fields: Mapping[str, str]) -> dict[str, str]:
    """Return what every request carries (`send_always`), with the account's fields filled in."""
    return {
        name: fill_template(text, fields.__getitem__) if "{" in text else text
        for name, text in templates.items()
    }


def fill_path(template: str, fields: Mapping[str, str]) -> str:
    """Return a path with account fields filled in, each of which stays one segment of it."""
    return fill_template(template, lambda name: quote(fields[name], safe=""))


def _filled(template: str, values: Mapping[str, str]) -> str:
    pieces, at = [], 0
    for match in _BASIC.finditer(template):
        inside = fill_template(match[1], values.__getitem__)
        pieces += [
            fill_template(template[at : match.start()], values.__getitem__),
            base64.b64encode(inside.encode()).decode(),
        ]
        at = match.end()
    return "".join([*pieces, fill_template(template[at:], values.__getitem__)])
