"""Questions under way at departments that answer later, and their sealed answers until they are told.

Revision: 0009, after 0008
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TEXT = sa.Text()
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "deferred_job",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("department", TEXT, nullable=False),
        sa.Column("fact_group", TEXT, nullable=False),
        sa.Column("case_id", TEXT, sa.ForeignKey("matter_case.id"), nullable=False),
        sa.Column("person_id", sa.Uuid(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("organisation", TEXT, nullable=False),
        sa.Column("purpose", TEXT, nullable=False),
        sa.Column("question", sa.LargeBinary(), nullable=False),
        sa.Column("columns", JSONB(), nullable=False),
        sa.Column("intent", TEXT, nullable=False),
        sa.Column("letters", ARRAY(TEXT), nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("expected_at", TIME, nullable=True),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("next_at", TIME, nullable=False),
        sa.Column("ends_at", TIME, nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("key_version", sa.Integer(), nullable=True),
        sa.Column("claimed_by", TEXT, nullable=True),
        sa.Column("claimed_at", TIME, nullable=True),
        sa.CheckConstraint("state IN ('ASKED','OPEN','KEPT','CLOSED')", name="state"),
        sa.CheckConstraint("(state = 'KEPT') = (sealed IS NOT NULL)", name="sealed"),
    )
    question = ["case_id", "person_id", "fact_group", "organisation", "purpose", "question"]
    op.create_index("deferred_job_question", "deferred_job", question, unique=True)
    op.create_index("deferred_job_next", "deferred_job", ["next_at"], postgresql_where=sa.text("state IN ('ASKED', 'OPEN')"))
    op.create_index("deferred_job_intent", "deferred_job", ["intent"])


def downgrade() -> None:
    op.drop_table("deferred_job")
