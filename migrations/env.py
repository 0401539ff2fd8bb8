"""Alembic's entry: runs the migrations on the connection hub/migrate.py hands over, all of them in one transaction."""

from alembic import context

from hub.tables import Base


def run() -> None:
    """Run on the given connection. There is no offline mode: a migration that looks at the data cannot be printed."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=Base.metadata,
        compare_type=True,
        compare_server_default=True,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
