"""Results issued to neighbouring regions: an index in the status list each, and whether it was withdrawn. No person, no fact.

Revision: 0003, after 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "issued_result",
        sa.Column("index", sa.BigInteger(), sa.Identity(always=True, start=0, minvalue=0), primary_key=True),
        sa.Column("exchange", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_index("ix_issued_result_exchange", "issued_result", ["exchange"])


def downgrade() -> None:
    op.drop_table("issued_result")
