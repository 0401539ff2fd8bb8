"""The national letter: what ends it, whom it no longer stands for, what its signatures' assurance rests on.

Revision: 0017, after 0016

Letters stored before say nothing of monitoring, failed checks or changed members: they end with the matter, and their signatures keep the
assurance they were stored with.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TEXTS = ARRAY(sa.Text())
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    for name in ("monitored_from", "monitored_to", "refused_at"):
        op.add_column("matter_case", sa.Column(name, TIME, nullable=True))
    for name in ("validity", "lapsed"):
        op.add_column("letter", sa.Column(name, TEXTS, nullable=False, server_default="{}"))
    op.add_column("letter", sa.Column("state_told_at", TIME, nullable=True))
    op.add_column("signer", sa.Column("evidence", JSONB(), nullable=False, server_default="{}"))
    # One sheet holds a parent's own signature and theirs for a child.
    op.drop_constraint("signer_pkey", "signer", type_="primary")
    op.create_primary_key("signer_pkey", "signer", ["letter_id", "person_id", "capacity"])


def downgrade() -> None:
    op.drop_constraint("signer_pkey", "signer", type_="primary")
    op.create_primary_key("signer_pkey", "signer", ["letter_id", "person_id"])
    op.drop_column("signer", "evidence")
    for name in ("state_told_at", "lapsed", "validity"):
        op.drop_column("letter", name)
    for name in ("refused_at", "monitored_to", "monitored_from"):
        op.drop_column("matter_case", name)
