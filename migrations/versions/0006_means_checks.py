"""Means checks asked of the regions' systems, and their sealed reports.

Revision: 0006, after 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "means_check",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("case_id", sa.Text(), sa.ForeignKey("matter_case.id"), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=True),
        sa.Column("requested_by", sa.Text(), sa.ForeignKey("organisation.code"), nullable=False),
        sa.Column("officer", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("income_from", sa.Text(), nullable=False),
        sa.Column("income_to", sa.Text(), nullable=False),
        sa.Column("people", ARRAY(sa.Text()), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("key_version", sa.Integer(), nullable=True),
        sa.Column("keep_until", sa.Date(), nullable=True),
        sa.CheckConstraint("status IN ('REQUESTED','QUEUED','COMPLETE','PARTIAL','FAILED')", name="status"),
    )
    op.create_index("ix_means_check_case_id", "means_check", ["case_id"])


def downgrade() -> None:
    op.drop_table("means_check")
