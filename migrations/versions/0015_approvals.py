"""Approvals by a second person, duties after an emergency and second looks at it, impact assessments.

Revision: 0015, after 0014
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TEXT = sa.Text()
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("member", sa.Column("kin_of_staff", ARRAY(TEXT), nullable=False, server_default="{}"))
    op.create_table(
        "approval",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("case_id", TEXT, sa.ForeignKey("matter_case.id"), nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("purpose", TEXT, nullable=False),
        sa.Column("fact_groups", ARRAY(TEXT), nullable=False),
        sa.Column("people", ARRAY(TEXT), nullable=False),
        sa.Column("sample", TEXT, nullable=False),
        sa.Column("organisation", TEXT, sa.ForeignKey("organisation.code"), nullable=False),
        sa.Column("officer", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("decided_by", TEXT, nullable=False),
        sa.Column("decided_organisation", TEXT, nullable=False),
        sa.Column("decided_at", TIME, nullable=True),
        sa.Column("valid_until", TIME, nullable=False),
        sa.Column("ended_by", TEXT, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.CheckConstraint("kind IN ('KIN_OF_STAFF','COMPLAINT_CHECK','SPOT_CHECK')", name="kind"),
        sa.CheckConstraint("state IN ('ASKED','APPROVED','REFUSED','WITHDRAWN')", name="state"),
        # No row of the table, however it came there, is one officer's word alone.
        sa.CheckConstraint("state <> 'APPROVED' OR (decided_by <> '' AND decided_by <> officer)", name="second"),
    )
    op.create_index("ix_approval_case_id", "approval", ["case_id"])
    op.create_table(
        "follow_up",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("case_id", TEXT, sa.ForeignKey("matter_case.id"), nullable=False),
        sa.Column("organisation", TEXT, sa.ForeignKey("organisation.code"), nullable=False),
        sa.Column("officer", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("escalated_at", TIME, nullable=True),
        sa.Column("letter", TEXT, nullable=False),
        sa.Column("closed_by", TEXT, nullable=False),
        sa.Column("closed_reason", TEXT, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.CheckConstraint("state IN ('OPEN','MET','CLOSED')", name="state"),
    )
    op.create_index("ix_follow_up_case_id", "follow_up", ["case_id"])
    is_open = sa.text("state = 'OPEN'")
    op.create_index("follow_up_open", "follow_up", ["case_id", "organisation"], unique=True, postgresql_where=is_open)
    op.create_index("follow_up_due", "follow_up", ["due"], postgresql_where=is_open)
    op.create_table(
        "second_look",
        sa.Column("entry", TEXT, primary_key=True),
        sa.Column("officer", TEXT, nullable=False),
        sa.Column("mark", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.CheckConstraint("mark IN ('SEEN','OBJECTED')", name="mark"),
    )
    op.create_table(
        "impact_assessment",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("purpose", TEXT, nullable=False),
        sa.Column("report_hash", sa.LargeBinary(), nullable=False),
        sa.Column("assessed_by", TEXT, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("recorded_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("keep_until", sa.Date(), nullable=False),
        sa.CheckConstraint("valid_until >= valid_from", name="term"),
        sa.CheckConstraint("octet_length(report_hash) = 32", name="report"),
    )
    op.create_index("ix_impact_assessment_purpose", "impact_assessment", ["purpose"])


def downgrade() -> None:
    for table in ("impact_assessment", "second_look", "follow_up", "approval"):
        op.drop_table(table)
    op.drop_column("member", "kin_of_staff")
