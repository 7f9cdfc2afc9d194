"""Who asks: the company and the keys of a member in Basic, the id of the integration in the header clientId.

Called by `app` before anything else; the rights of the role are changed by `control.control_api`.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from runtime.simulators.connectwise.errors import make_forbidden, make_unauthenticated

METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True, slots=True)
class Keys:
    """The pair of keys of an API member."""

    company: str = "sandbox"
    public: str = "sandbox-public"
    private: str = "sandbox-private"
    member: str = "ApiMember"
    """Identifier of the member, which writes are stamped with."""


@dataclass
class Rights:
    """What the role of the member does not allow: methods by path, and fields that it does not see, by path."""

    denied: dict[str, list[str]] = field(default_factory=dict)
    hidden: dict[str, list[str]] = field(default_factory=dict)

    def configure(self, sent: Mapping[str, Any]) -> None:
        """Take `denied` and `hidden` over; raises ValueError for what is not lists of names by path."""
        for name, value in sent.items():
            if name not in ("denied", "hidden"):
                raise ValueError(f"rights have no {name}; they have denied and hidden")
            if not isinstance(value, dict) or not all(_is_list_of_names(each) for each in value.values()):
                raise ValueError(f"{name} is lists of names by path, such as {{'/finance': ['GET']}}")
        self.denied = dict(sent.get("denied", self.denied))
        self.hidden = dict(sent.get("hidden", self.hidden))

    def check(self, method: str, path: str) -> None:
        """Refuse a method that the role does not have at a path."""
        for prefix, methods in self.denied.items():
            if path.lower().startswith(prefix.lower()) and method in methods:
                raise make_forbidden("You do not have the security permission for this action.")

    def list_hidden(self, path: str) -> frozenset[str]:
        """Return the fields of the records at a path that the role does not see."""
        return frozenset(self.hidden.get(path, ()))


def _is_list_of_names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def authenticate(keys: Keys, headers: Mapping[str, str]) -> None:
    """Refuse credentials that are not those of the member, and a request without the id of an integration."""
    kind, _, given = headers.get("authorization", "").partition(" ")
    try:
        decoded = base64.b64decode(given.strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise make_unauthenticated() from error
    wanted = f"{keys.company}+{keys.public}:{keys.private}".encode()
    # The company is compared without case, the keys as they are.
    company, plus, rest = decoded.partition(b"+")
    if kind.lower() != "basic" or not hmac.compare_digest(company.lower() + plus + rest, _fold(wanted)):
        raise make_unauthenticated()
    if not headers.get("clientid", "").strip():
        raise make_forbidden("A clientId header is required.")


def _fold(wanted: bytes) -> bytes:
    company, plus, rest = wanted.partition(b"+")
    return company.lower() + plus + rest
