"""The databases of `tests.stores`, for what has to hold in several processes."""

from __future__ import annotations

from tests.stores.conftest import database, postgres

__all__ = ["database", "postgres"]
