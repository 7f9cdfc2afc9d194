"""Who is in the business of an IT service provider: clients in both systems, and who works for them.

Called by `plan`, and by the makers of a plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal


@dataclass(frozen=True, slots=True)
class Place:
    """How a firm is reached."""

    street: str
    city: str
    zip: str
    phone: str
    domain: str


@dataclass(frozen=True, slots=True)
class Contact:
    """A person at a company of the work system."""

    id: int
    first: str
    last: str
    email: str
    title: str


@dataclass(frozen=True, slots=True)
class Company:
    """A company in the work system. `client` is the number of the client, or None for a firm that is none."""

    id: int
    identifier: str
    name: str
    kind: Literal["client", "vendor", "prospect", "own"]
    client: int | None
    place: Place
    site_id: int
    contacts: tuple[Contact, ...]
    since: date


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer in the books; a project of a client is a sub-customer (`parent` is the Id of the client's own)."""

    id: str
    name: str
    client: int
    place: Place
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Client:
    """A firm that is served or sold to: what it is in both systems, and how much work it makes."""

    number: int
    name: str
    customer_id: str | None
    company_ids: tuple[int, ...]
    seats: int
    intensity: float
    """Hours of work a month per hour that its size leads to expect."""
    since: date


@dataclass(frozen=True, slots=True)
class Technician:
    """Somebody who works for clients: what an hour costs, and the list rate of the role."""

    id: int
    code: str
    first: str
    last: str
    role: str
    cost: int
    capacity: int
    """Minutes a workday that are paid."""
    since: date
