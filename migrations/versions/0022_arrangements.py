"""What people arranged in life for after their death.

Revision: 0022, after 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

TEXT = sa.Text()
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "arrangement",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("person_id", sa.Uuid(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("question", TEXT, nullable=True),
        sa.Column("document_hash", sa.LargeBinary(), nullable=True),
        sa.Column("recorded_by", TEXT, nullable=False),
        sa.Column("recorded_at", TIME, nullable=False),
        sa.Column("lifted_at", TIME, nullable=True),
        sa.CheckConstraint("(question IS NULL) <> (document_hash IS NULL)", name="source"),
    )
    op.create_index("arrangement_standing", "arrangement", ["person_id"], postgresql_where=sa.text("lifted_at IS NULL"))
    # What somebody arranged can be taken back, and neither changed nor lost.
    op.execute("REVOKE DELETE, UPDATE ON arrangement FROM hub_app")
    op.execute("GRANT UPDATE (lifted_at) ON arrangement TO hub_app")


def downgrade() -> None:
    op.drop_table("arrangement")
