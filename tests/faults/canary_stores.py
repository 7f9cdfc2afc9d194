"""Everything that the stores of a fleet hold, for the search for secrets: PostgreSQL with its log, and Redis."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
from psycopg import sql
from redis import Redis

from tests.engines import Postgres
from tests.faults.canaries import Content

_TABLES = """SELECT schemaname, tablename FROM pg_tables
WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2"""
_STATEMENTS = "SELECT application_name || ' ' || query FROM pg_stat_activity WHERE pid != pg_backend_pid()"


def postgres_contents(server: Postgres, url: str) -> Iterator[Content]:
    """Every value of every table of a database, what its sessions ask, and the log of the server."""
    with psycopg.connect(server.url(urlsplit(url).path[1:]), autocommit=True) as connection:
        for schema, table in connection.execute(_TABLES).fetchall():
            statement = sql.SQL("SELECT * FROM {}").format(sql.Identifier(schema, table))
            for row in connection.execute(statement):
                values = (each if isinstance(each, bytes) else str(each).encode() for each in row)
                yield Content(f"table {table}", b"\n".join(values))
        for (text,) in connection.execute(_STATEMENTS):
            yield Content("sessions of PostgreSQL", str(text).encode())
    yield Content("log of PostgreSQL", (server.folder / "log").read_bytes())


def redis_contents(client: Redis) -> Iterator[Content]:
    """Every key with its value, what Redis knows of its clients, and the commands that it noted."""
    for key in client.scan_iter(count=1_000):
        kind = bytes(client.type(key))
        yield Content("Redis", key + b"\n" + _read_value(client, key, kind))
    yield Content("clients of Redis", str(client.client_list()).encode())
    yield Content("slow commands of Redis", str(client.slowlog_get(10_000)).encode())


def _read_value(client: Redis, key: bytes, kind: bytes) -> bytes:
    match kind:
        case b"string":
            return bytes(client.get(key) or b"")
        case b"hash":
            return b"\n".join(part for pair in client.hgetall(key).items() for part in pair)
        case b"list":
            return b"\n".join(client.lrange(key, 0, -1))
        case b"set":
            return b"\n".join(client.smembers(key))
        case b"zset":
            return b"\n".join(client.zrange(key, 0, -1))
        case b"stream":
            return str(client.xrange(key)).encode()
        case _:  # it has run out since the scan
            return b""
