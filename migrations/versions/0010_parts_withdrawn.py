"""Parts of a letter that were withdrawn, and checks frozen since one of their people withdrew.

Revision: 0010, after 0009
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("letter", sa.Column("withdrawn", JSONB(), nullable=False, server_default="[]"))
    op.add_column("means_check", sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("means_check", "frozen_at")
    op.drop_column("letter", "withdrawn")
