"""What the transactions on PostgreSQL leave of what an operator has set there."""

from __future__ import annotations

from sqlalchemy import text

from runtime.errors import StorageUnavailable
from runtime.stores.condition import Condition
from runtime.stores.postgres_engine import PostgresReading, PostgresWriting, make_engine
from tests.waiting import wait_until


def test_a_database_that_is_set_read_only_while_it_is_used_takes_no_change(postgres):
    engine = make_engine(postgres.make_migrated())
    condition = Condition()

    def is_refused():
        with PostgresReading(
            engine
        ).begin() as connection:  # so that the next one to use the connection changes
            connection.execute(text("SELECT 1"))
        try:
            with PostgresWriting(engine, condition).begin() as connection:
                connection.execute(text("UPDATE deployment SET probed_at = 1"))
        except StorageUnavailable:
            return True
        return False

    assert not is_refused()
    postgres.execute("ALTER SYSTEM SET default_transaction_read_only = on")
    try:
        postgres.execute("SELECT pg_reload_conf()")
        wait_until(is_refused, 10)
    finally:
        postgres.execute("ALTER SYSTEM RESET default_transaction_read_only")
        postgres.execute("SELECT pg_reload_conf()")
        wait_until(lambda: not is_refused())
        engine.dispose()
    assert not condition.reason
