"""What pages have to know of a company to write its figures: its home currency and its country.

Called by the pages of companies. Where the vendor has them is said in the definitions; until they are read, and where
they cannot be, figures are written as in the United States.
"""

from __future__ import annotations

from dataclasses import dataclass

from runtime.model import Account


@dataclass(frozen=True, slots=True)
class CompanyFacts:
    """The currency of a company (ISO 4217) and its country (ISO 3166)."""

    currency: str = "USD"
    country: str = "US"


class CompanyFactsReader:
    """Reads the facts of companies. One for the process."""

    async def read(self, _account: Account) -> CompanyFacts:
        """Return the facts of a company. Raises nothing: a page is shown without them as well."""
        return CompanyFacts()
