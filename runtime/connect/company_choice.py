"""The choice between several companies that one consent covers: what waits for it, sealed, until the person has chosen.

Called by `authorize`, when the code is exchanged and `company_lookup` has asked which companies the token is for.
`authorize` then goes on with the one that was chosen. Nothing is ever chosen here that the person did not choose.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import orjson

from generator.vendor import AccountField, Integration
from runtime.connect.company_lookup import LONGEST_NAME, PLACE, Company
from runtime.connect.grants import Granted
from runtime.errors import Conflict
from runtime.model import Account, Credentials


@dataclass(frozen=True, slots=True)
class Waiting:
    """A connection that lacks nothing but the choice: what the vendor answered, and the companies."""

    callback: dict[str, str]
    granted: Granted
    companies: tuple[Company, ...]

    def __repr__(self) -> str:
        return "Waiting(…)"

    def as_bytes(self) -> bytes:
        """Return it as it is sealed and stored."""
        value = {
            "callback": self.callback,
            "credentials": asdict(self.granted.credentials),
            "values": self.granted.values,
            "companies": [asdict(each) for each in self.companies],
        }
        return orjson.dumps(value)

    @classmethod
    def read(cls, content: bytes) -> Waiting:
        """Return what `as_bytes` made."""
        value: dict[str, Any] = orjson.loads(content)
        granted = Granted(Credentials(**value["credentials"]), value["values"])
        return cls(value["callback"], granted, tuple(Company(**each) for each in value["companies"]))


@dataclass(frozen=True, slots=True)
class Choice:
    """A consent that covers several companies, of which the person has to choose one."""

    account: Account
    companies: tuple[Company, ...]


def list_candidates(
    integration: Integration, account: Account, companies: tuple[Company, ...]
) -> tuple[Company, ...]:
    """Return the companies that an account may be connected to, each once.

    An account that has been connected before is one company's for ever. Raises Conflict when that is not among
    several, and for several that nothing distinguishes.
    """
    if len(companies) == 1:
        return companies
    field = _identifying(integration)
    if field is None:
        raise Conflict(
            f"{integration.title} named {len(companies)} companies for this connection, and one can be stored.",
            advice="Start again and choose one company at the vendor, or disconnect the others there first.",
        )
    path = field.source.partition(".")[2]
    ids = ((str(each.values[path])[:LONGEST_NAME], each) for each in companies)
    by_id = {id_: replace(each, id=id_) for id_, each in ids}
    if account.company and account.company not in by_id:
        raise Conflict(
            f"The account {account.name!r} is connected to company {account.company} ({account.environment}), which "
            f"is not among the {len(by_id)} companies that were chosen now.",
            advice="Choose the same company, or connect the others as new integrated accounts.",
        )
    return (by_id[account.company],) if account.company else tuple(by_id.values())


def _identifying(integration: Integration) -> AccountField | None:
    fields = integration.account_fields
    return next((each for each in fields if each.identifies and each.source.startswith(f"{PLACE}.")), None)
