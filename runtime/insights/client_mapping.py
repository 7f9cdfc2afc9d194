"""Which client of the work system is which customer of the books, as analyses see it.

Made by `operations.insights` of the mapping that the people of a tenant confirmed; read by `profitability`. Several
clients of the work system may be one customer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class ClientLink:
    """What a client of the work system is; `customer` is the Id in the books, empty for what is no client."""

    work: str
    status: Literal["linked", "not_a_client"]
    customer: str = ""


@dataclass(frozen=True, slots=True)
class ClientMapping:
    """The links of a pair of accounts, by the Id of the client in the work system."""

    links: Mapping[str, ClientLink] = field(default_factory=dict)

    def list_customers(self) -> frozenset[str]:
        """Return the customers that have a client in the work system."""
        return frozenset(each.customer for each in self.links.values() if each.customer)

    def list_work(self, customer: str) -> list[str]:
        """Return the clients of the work system that are a customer."""
        return [each.work for each in self.links.values() if each.customer == customer]
