"""A case's platform declares its people for that case alone: identities sealed with the members of each household.

Revision: 0004, after 0003

Members registered before stay empty and are read from the person's row until their case is registered again: nothing can be
sealed here, because the keys lie outside the database.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("member", sa.Column("sealed", sa.LargeBinary(), nullable=True))
    op.add_column("member", sa.Column("key_version", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("member", "key_version")
    op.drop_column("member", "sealed")
