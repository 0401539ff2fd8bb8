"""Records of dishonesty on their way out: decision, notice, time to object.

Revision: 0008, after 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "credit_record",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("case_id", sa.Text(), sa.ForeignKey("matter_case.id"), nullable=False),
        sa.Column("person_id", sa.Uuid(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("organisation", sa.Text(), sa.ForeignKey("organisation.code"), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("noticed_on", sa.Date(), nullable=False),
        sa.Column("objection_until", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("filed_by", sa.Text(), nullable=True),
        sa.Column("receipt", sa.Text(), nullable=True),
        sa.UniqueConstraint("organisation", "decision"),
        sa.CheckConstraint("state IN ('NOTICED','OBJECTED','FILED')", name="state"),
    )
    op.create_index("ix_credit_record_case_id", "credit_record", ["case_id"])


def downgrade() -> None:
    op.drop_table("credit_record")
