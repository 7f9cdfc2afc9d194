"""The databases that jobs are stored in: a SQLite file, and a real PostgreSQL."""

from tests.stores.conftest import database, postgres

__all__ = ["database", "postgres"]
