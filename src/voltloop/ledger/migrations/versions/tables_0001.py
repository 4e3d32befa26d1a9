"""All tables of the ledger."""

from alembic import op

from voltloop.ledger.migrations.ddl import table_statements

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables, their indexes, and the partitions at the edges of the calendar."""
    for statement in table_statements():
        op.execute(statement)
