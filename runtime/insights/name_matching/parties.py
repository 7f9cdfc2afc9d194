"""A client of the work system, or a customer of the books, as they are compared.

Made by `operations.company_mapping` from records; whatever stands in them may be hostile, so nothing here trusts it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PostalAddress:
    """An address as it is written."""

    street: str = ""
    postal_code: str = ""


@dataclass(frozen=True, slots=True)
class Party:
    """A client or a customer. `names` are all that it has, the one that people know it by first.

    `sites` are web addresses and e-mail addresses; `parent_id` is the customer that a sub-customer belongs to.
    """

    id: str
    names: tuple[str, ...]
    sites: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    addresses: tuple[PostalAddress, ...] = ()
    parent_id: str = ""

    @property
    def name(self) -> str:
        """The name that people know it by."""
        return self.names[0] if self.names else ""
