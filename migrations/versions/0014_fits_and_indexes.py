"""Whether an operation fits the letter, kept beside it; indexes for the look-ups that read whole tables at a hundred thousand letters.

Revision: 0014, after 0013
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TEXT = sa.Text()


def upgrade() -> None:
    op.create_table(
        "operation_fit",
        sa.Column("hash", TEXT, sa.ForeignKey("persisted_operation.hash"), primary_key=True),
        sa.Column("client_id", TEXT, sa.ForeignKey("client.id"), primary_key=True),
        sa.Column("purpose", TEXT, primary_key=True),
        sa.Column("template", TEXT, primary_key=True),
        sa.Column("department", TEXT, nullable=False),
        sa.Column("region", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("fit", TEXT, nullable=False),
        sa.Column("reasons", ARRAY(TEXT), nullable=False),
        sa.Column("policy_digest", TEXT, nullable=False),
        sa.Column("template_digest", TEXT, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("fit IN ('FITS','FITS_PARTLY','DOES_NOT_FIT')", name="fit"),
    )
    op.create_index("ix_operation_fit_client_id", "operation_fit", ["client_id"])
    op.create_index("ix_member_person_id", "member", ["person_id"])
    op.create_index("ix_matter_case_registration_hash", "matter_case", ["registration_hash"])
    op.create_index("revocation_tokens", "revocation", ["expires_at"], postgresql_where=sa.text("kind = 'TOKEN'"))


def downgrade() -> None:
    op.drop_index("revocation_tokens", "revocation")
    op.drop_index("ix_matter_case_registration_hash", "matter_case")
    op.drop_index("ix_member_person_id", "member")
    op.drop_table("operation_fit")
