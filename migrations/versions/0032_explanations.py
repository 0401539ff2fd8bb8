"""Requests that the rules of handling be explained, and their answers.

Revision: 0032, after 0031
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

TEXT = sa.Text()
TIME = sa.DateTime(timezone=True)
ANSWER = ("answer", "article", "answered_by", "answered_proof", "answered_operator")


def upgrade() -> None:
    op.create_table(
        "explanation_request",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("requester", TEXT, sa.ForeignKey("organisation.code"), nullable=False),
        sa.Column("question", TEXT, nullable=False, unique=True),
        *(sa.Column(name, TEXT, nullable=False) for name in ("kind", "about", "statement", "state", *ANSWER)),
        sa.Column("filed_at", TIME, nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("answered_at", TIME, nullable=True),
        sa.CheckConstraint("kind IN ('ENTRY','LETTER','PURPOSE')", name="kind"),
        sa.CheckConstraint("(state = 'OPEN') = (answered_at IS NULL) AND (state = 'REFUSED') = (article <> '')", name="answered"),
    )
    # What somebody asked stands as they asked it; an answer is given once.
    op.execute("REVOKE DELETE, UPDATE ON explanation_request FROM hub_app")
    op.execute(f"GRANT UPDATE (state, answered_at, {', '.join(ANSWER)}) ON explanation_request TO hub_app")


def downgrade() -> None:
    op.drop_table("explanation_request")
