"""What of the arguments of a list call chooses records. Called by `raw_query` and `branches`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generator.catalog import Listing
from runtime.errors import InvalidArguments


def refuse_mixture(listing: Listing, arguments: Mapping[str, Any]) -> None:
    """Raise InvalidArguments for typed filters beside a raw query."""
    typed = [each.argument for each in listing.conditions if each.argument in arguments]
    typed += [name for name in ("order_by", "descending") if name in arguments]
    if typed:
        raise InvalidArguments(
            f'Argument "query" cannot stand beside {", ".join(typed)}.',
            advice="Put the conditions into the query, or leave the query out.",
        )
