"""Which systems named the two officers of an approval, and how each was known.

Revision: 0023, after 0022

Of an approval asked before, nobody knows: it is decided by officers who prove themselves alone, or asked anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

COLUMNS = ("client", "officer_proof", "decided_client", "decided_proof")


def upgrade() -> None:
    for column in COLUMNS:
        op.add_column("approval", sa.Column(column, sa.Text(), nullable=False, server_default=""))
        op.alter_column("approval", column, server_default=None)
    op.execute("GRANT UPDATE (decided_client, decided_proof) ON approval TO hub_app")


def downgrade() -> None:
    for column in COLUMNS:
        op.drop_column("approval", column)
