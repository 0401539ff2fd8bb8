"""What the law keeps from the people it is about, and refusals found by their case.

Revision: 0016, after 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TEXT = sa.Text()
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "access_hold",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("case_id", TEXT, nullable=True),
        sa.Column("organisation", TEXT, nullable=True),
        sa.Column("purpose", TEXT, nullable=True),
        sa.Column("article", TEXT, nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.Column("set_by", TEXT, nullable=False),
        sa.Column("set_at", TIME, nullable=False),
        sa.Column("lifted_at", TIME, nullable=True),
        sa.CheckConstraint("case_id IS NOT NULL OR organisation IS NOT NULL", name="condition"),
    )
    op.create_index("access_hold_until", "access_hold", ["until"], postgresql_where=sa.text("lifted_at IS NULL"))
    op.create_index("log_entry_refused", "log_entry", ["case_id", "idx"], postgresql_where=sa.text("kind = 'REFUSAL'"))


def downgrade() -> None:
    op.drop_index("log_entry_refused", "log_entry")
    op.drop_table("access_hold")
