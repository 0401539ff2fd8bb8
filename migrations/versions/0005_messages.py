"""What platforms push: messages, what each platform may send and collect.

Revision: 0005, after 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("platform", sa.Column("sends", ARRAY(sa.Text()), nullable=False, server_default="{}"))
    op.add_column("platform", sa.Column("collects", ARRAY(sa.Text()), nullable=False, server_default="{}"))
    op.add_column("platform", sa.Column("region", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "message",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("platform", sa.Text(), sa.ForeignKey("platform.id"), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("of", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), sa.ForeignKey("matter_case.id"), nullable=True),
        sa.Column("person_id", sa.Uuid(), sa.ForeignKey("person.id"), nullable=True),
        sa.Column("record", JSONB(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("key_version", sa.Integer(), nullable=True),
        sa.Column("receiver", sa.Text(), sa.ForeignKey("platform.id"), nullable=True),
        sa.Column("keep_until", sa.Date(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("collected_at", sa.DateTime(timezone=True), nullable=True),
        sa.UniqueConstraint("platform", "id"),
        sa.CheckConstraint("state IN ('ACCEPTED','REFUSED')", name="state"),
    )
    op.create_index("message_matter", "message", ["of", "reference", "number"])
    op.create_index("message_waiting", "message", ["receiver", "number"], postgresql_where=sa.text("collected_at IS NULL"))


def downgrade() -> None:
    op.drop_table("message")
    op.drop_column("platform", "region")
    op.drop_column("platform", "collects")
    op.drop_column("platform", "sends")
