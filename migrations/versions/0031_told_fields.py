"""Which ordinary facts about a person an organisation was told lately, and approvals of being told more.

Revision: 0031, after 0030
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

TEXT = sa.Text()
TIME = sa.DateTime(timezone=True)
KINDS = ("KIN_OF_STAFF", "COMPLAINT_CHECK", "SPOT_CHECK")


def upgrade() -> None:
    op.create_table(
        "told_fields",
        sa.Column("subject", TEXT, primary_key=True),
        sa.Column("organisation", TEXT, primary_key=True),
        sa.Column("fields", JSONB(), nullable=False),
        sa.Column("first_at", TIME, nullable=False),
        sa.CheckConstraint("jsonb_typeof(fields) = 'object'", name="fields"),
    )
    op.create_index("ix_told_fields_first_at", "told_fields", ["first_at"])
    # Whom a row is about, and who was told, is not rewritten.
    op.execute("REVOKE UPDATE ON told_fields FROM hub_app")
    op.execute("GRANT UPDATE (fields, first_at) ON told_fields TO hub_app")
    _approved(*KINDS, "AGGREGATION")


def downgrade() -> None:
    op.execute("DELETE FROM approval WHERE kind = 'AGGREGATION'")
    _approved(*KINDS)
    op.drop_table("told_fields")


def _approved(*kinds: str) -> None:
    op.drop_constraint("kind", "approval", type_="check")
    op.create_check_constraint("kind", "approval", sa.column("kind").in_(kinds))
