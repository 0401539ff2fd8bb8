"""People erased from the log: when, on which ground, by which two officers. Every person has a log key.

Revision: 0024, after 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

TEXT = sa.Text()


def upgrade() -> None:
    op.create_table(
        "log_erasure",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("person_id", sa.Uuid(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ground", TEXT, nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("second", TEXT, nullable=False),
        sa.CheckConstraint("by <> second", name="two_officers"),
    )
    op.create_index("ix_log_erasure_person_id", "log_erasure", ["person_id"])
    op.execute("REVOKE UPDATE, DELETE ON log_erasure FROM hub_app")
    op.alter_column("person", "log_key", nullable=False)


def downgrade() -> None:
    op.alter_column("person", "log_key", nullable=True)
    op.drop_table("log_erasure")
