"""Duties to dispose of what was told (GDS §27), what was reported of them, and what providers ask.

Revision: 0012, after 0011
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TEXT, DAY, MOMENT = sa.Text(), sa.Date(), sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("catalogue_entry", sa.Column("disposal", TEXT, nullable=False, server_default=""))
    op.add_column("catalogue_entry", sa.Column("keep_days", sa.Integer(), nullable=True))
    op.create_table(
        "disposal_duty",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("organisation", TEXT, sa.ForeignKey("organisation.code"), nullable=False),
        sa.Column("case_id", TEXT, sa.ForeignKey("matter_case.id"), nullable=False),
        sa.Column("purpose", TEXT, nullable=False),
        sa.Column("groups", ARRAY(TEXT), nullable=False),
        sa.Column("letters", ARRAY(TEXT), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("first_told_at", MOMENT, nullable=False),
        sa.Column("last_told_at", MOMENT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("retained_until", DAY, nullable=True),
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.CheckConstraint("state IN ('OPEN','DISPOSED','RETAINED')", name="state"),
        sa.CheckConstraint("(state = 'RETAINED') = (retained_until IS NOT NULL)", name="retained"),
    )
    op.create_index("ix_disposal_duty_case_id", "disposal_duty", ["case_id"])
    op.create_index("disposal_duty_open", "disposal_duty", ["organisation"], postgresql_where=sa.text("state <> 'DISPOSED'"))
    op.create_table(
        "disposal_report",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("duty", TEXT, sa.ForeignKey("disposal_duty.id"), nullable=False),
        sa.Column("outcome", TEXT, nullable=False),
        sa.Column("done_on", DAY, nullable=False),
        *(sa.Column(name, TEXT, nullable=False) for name in ("method", "ground")),
        sa.Column("retained_until", DAY, nullable=True),
        *(sa.Column(name, TEXT, nullable=False) for name in ("client", "officer")),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("outbox_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("outcome IN ('DISPOSED','RETAINED')", name="outcome"),
    )
    op.create_index("ix_disposal_report_duty", "disposal_report", ["duty"])
    op.create_table("log_follower", sa.Column("name", TEXT, primary_key=True), sa.Column("next", sa.BigInteger(), nullable=False))


def downgrade() -> None:
    for table in ("log_follower", "disposal_report", "disposal_duty"):
        op.drop_table(table)
    op.drop_column("catalogue_entry", "keep_days")
    op.drop_column("catalogue_entry", "disposal")
