"""Neighbours' access logs as they were last seen.

Revision: 0028, after 0027
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

TEXT = sa.Text()
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "witnessed_log",
        sa.Column("region", TEXT, primary_key=True),
        sa.Column("origin", TEXT, nullable=False),
        sa.Column("vkeys", sa.ARRAY(TEXT), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("evidence", TEXT, nullable=False),
        sa.Column("seen_at", TIME, nullable=True),
        sa.Column("looked_at", TIME, nullable=False),
        sa.CheckConstraint("state IN ('CONSISTENT','MISSED','SHRUNK','FORK','UNSEEN')", name="state"),
    )
    op.execute("REVOKE DELETE ON witnessed_log FROM hub_app")


def downgrade() -> None:
    op.drop_table("witnessed_log")
