"""Incidents: how it is known who opened and closed one, which offices and regions were told, how many people the last report found.

Revision: 0030, after 0029

Of incidents opened before, the officer was what the operator stated.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

TEXT = sa.Text()
CHANGES = "closed_second, parties_told, people, counted_at"


def upgrade() -> None:
    op.add_column("incident", sa.Column("opened_proof", TEXT, nullable=False, server_default="STATED"))
    op.add_column("incident", sa.Column("opened_operator", TEXT, nullable=False, server_default=""))
    op.add_column("incident", sa.Column("closed_second", TEXT, nullable=True))
    op.add_column("incident", sa.Column("parties_told", JSONB(), nullable=False, server_default=sa.text("'{}'::jsonb")))
    op.add_column("incident", sa.Column("people", sa.Integer(), nullable=True))
    op.add_column("incident", sa.Column("counted_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(f"GRANT UPDATE ({CHANGES}) ON incident TO hub_app")


def downgrade() -> None:
    for name in ("counted_at", "people", "parties_told", "closed_second", "opened_operator", "opened_proof"):
        op.drop_column("incident", name)
