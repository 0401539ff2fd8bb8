"""For whom each platform vouched lately, as a hash: so many different people within so long, over all workers.

Revision: 0020, after 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "vouched_person",
        sa.Column("platform", sa.Text(), primary_key=True),
        sa.Column("person", sa.LargeBinary(), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("vouched_person_at", "vouched_person", ["platform", "at"])


def downgrade() -> None:
    op.drop_table("vouched_person")
