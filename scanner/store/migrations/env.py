"""Run by Alembic: the caller has opened the connection and its transaction already."""

from alembic import context

from scanner.store import (  # noqa: F401 (their tables belong to the metadata)
    checkpoint_schema,
    decision_schema,
    import_schema,
    intake_schema,
    series_schema,
)
from scanner.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
    transactional_ddl=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
