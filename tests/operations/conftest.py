"""The databases that what is durable is held to: a SQLite file, and a real PostgreSQL."""

from tests.stores.conftest import database, postgres

__all__ = ["database", "postgres"]
