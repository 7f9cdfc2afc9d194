"""What Alembic runs for each command: the revisions, in the transaction that the caller has open.

Called by Alembic for `stores.migrating`, which puts the connection into the attributes of the configuration. The
caller commits or rolls back everything at once: on both databases a schema is changed wholly or not at all.
"""

from __future__ import annotations

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table=context.config.attributes["version_table"],
    transactional_ddl=True,
)
context.run_migrations()
