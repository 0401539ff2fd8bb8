"""Tokens over several cases: the list each names by its digest; entries of the log are found by each of their cases.

Revision: 0018, after 0017
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "token_cases",
        sa.Column("digest", sa.LargeBinary(), primary_key=True),
        sa.Column("details", JSONB(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_token_cases_expires_at", "token_cases", ["expires_at"])
    op.create_index("log_entry_cases", "log_entry", [sa.text("string_to_array(case_id, ' ')")], postgresql_using="gin")


def downgrade() -> None:
    op.drop_index("log_entry_cases", table_name="log_entry")
    op.drop_table("token_cases")
