"""How often a letter may be used, where it says so.

Revision: 0021, after 0020

Letters stored before say nothing of it: as often as the token, the client and the purpose let them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


KINDS = ("TOKEN", "FREQUENCY", "CASE_DAY", "OFFICER_HOUR")


def upgrade() -> None:
    op.add_column("letter", sa.Column("uses", JSONB(), nullable=False, server_default="{}"))
    _counted(*KINDS, "LETTER")


def downgrade() -> None:
    op.execute("DELETE FROM allowance WHERE kind = 'LETTER'")
    _counted(*KINDS)
    op.drop_column("letter", "uses")


def _counted(*kinds: str) -> None:
    op.drop_constraint("kind", "allowance", type_="check")
    op.create_check_constraint("kind", "allowance", sa.column("kind").in_(kinds))
