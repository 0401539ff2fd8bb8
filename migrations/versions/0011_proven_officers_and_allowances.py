"""Officers who prove themselves, what a client may be granted, and how much of an allowance is used up.

Revision: 0011, after 0010
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TEXT = sa.Text()
TIME = sa.DateTime(timezone=True)
CLIENT = ("officer_identity", "groups", "max_uses")


def upgrade() -> None:
    op.add_column("client", sa.Column("officer_identity", TEXT, nullable=False, server_default="asserted"))
    op.add_column("client", sa.Column("groups", ARRAY(TEXT), nullable=True))
    op.add_column("client", sa.Column("max_uses", sa.Integer(), nullable=True))
    op.create_check_constraint("officer_identity", "client", "officer_identity IN ('asserted', 'proven')")
    op.create_check_constraint("max_uses", "client", "max_uses > 0")
    op.create_table(
        "officer_issuer",
        sa.Column("name", TEXT, primary_key=True),
        sa.Column("organisation", TEXT, sa.ForeignKey("organisation.code"), nullable=False),
        sa.Column("issuer", TEXT, nullable=False),
        sa.Column("audience", TEXT, nullable=False),
        sa.Column("jwks", JSONB(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
    )
    op.create_index("officer_issuer_organisation", "officer_issuer", ["organisation", "issuer"], unique=True)
    op.create_table(
        "allowance",
        sa.Column("kind", TEXT, primary_key=True),
        sa.Column("ref", TEXT, primary_key=True),
        sa.Column("period", TIME, primary_key=True),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("ends_at", TIME, nullable=False),
        sa.CheckConstraint("kind IN ('TOKEN','FREQUENCY','CASE_DAY','OFFICER_HOUR')", name="kind"),
    )
    op.create_index("ix_allowance_ends_at", "allowance", ["ends_at"])


def downgrade() -> None:
    op.drop_table("allowance")
    op.drop_table("officer_issuer")
    for name in ("officer_identity", "max_uses"):
        op.drop_constraint(name, "client")
    for name in CLIENT:
        op.drop_column("client", name)
