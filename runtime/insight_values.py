"""What is stored for analyses: dismissed findings, what was read before a rate limit, and the mapping of companies.

`stores.insight_records` and `stores.mapping_records` store them, `operations.insights` and `operations.company_mapping`
make them. Whatever may have names of customers or amounts
in it comes sealed, for the owner that is named here. Times are seconds since the epoch.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from runtime.tenancy import AccountId, TenantId

MOST_READINGS = 5
"""Readings of one company that are stored together: one for each analysis that somebody is likely to have under way."""


@dataclass(frozen=True, slots=True)
class Dismissal:
    """A finding that a person said is right as it is. `reason` and `says`, what the finding said, are sealed.

    `by_person` is the id of the person, or how the audit names who did it; `by_name` is what people read.
    """

    account_id: AccountId
    finding: str
    kind: str
    reason: bytes = field(repr=False)
    says: bytes = field(repr=False)
    by_person: str
    by_name: str
    at: float


@dataclass(frozen=True, slots=True)
class StoredReading:
    """A reading for an analysis that a rate limit interrupted, so that it goes on where it stopped.

    `holder` is who may go on with it, `question` the analysis and its options, sealed. What was read are its parts.
    """

    id: str
    account_id: AccountId
    holder: str
    question: bytes = field(repr=False)
    created_at: float
    expires_at: float


def name_dismissal(account_id: str, finding: str) -> str:
    """Return the id of a dismissal: findings of two companies may have the same."""
    return f"{account_id}/{finding}"


def name_dismissal_owner(dismissal_id: str) -> str:
    """Return for whom the texts of a dismissal are sealed; its id is that of `name_dismissal`."""
    return f"dismissal {dismissal_id}"


def name_reading_owner(reading_id: str) -> str:
    """Return for whom the question of a reading is sealed."""
    return f"insight reading {reading_id}"


def name_part(reading_id: str, name: str) -> str:
    """Return the id of a part of a reading."""
    return f"{reading_id}/{name}"


def name_part_owner(part_id: str) -> str:
    """Return for whom a part of a reading is sealed; its id is that of `name_part`."""
    return f"insight part {part_id}"


@dataclass(frozen=True, slots=True)
class StoredMapping:
    """Which clients of a work system are which customers of the books, of one pair of accounts of a tenant.

    `sealed` holds the links and what was refused: names of customers are in it. Each change raises `version`; 0 is that
    of a mapping which is not stored yet.
    """

    id: str
    tenant_id: TenantId
    work_account_id: AccountId
    books_account_id: AccountId
    version: int
    sealed: bytes = field(repr=False)
    created_at: float
    updated_at: float


def name_mapping(work_account_id: str, books_account_id: str) -> str:
    """Return the id of the mapping of a pair of accounts."""
    return f"{work_account_id}/{books_account_id}"


def name_mapping_owner(mapping_id: str) -> str:
    """Return for whom a mapping is sealed."""
    return f"company mapping {mapping_id}"
