"""The catalogue as GDS §13 lists it; share requests, correction requests, disputes.

Revision: 0007, after 0006
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TEXT, DAY, MOMENT = sa.Text(), sa.Date(), sa.DateTime(timezone=True)


def upgrade() -> None:
    for name in ("items", "modes"):
        op.add_column("catalogue_entry", sa.Column(name, ARRAY(TEXT), nullable=False, server_default="{}"))
    for name in ("data_format", "frequency", "conditions", "grade"):
        op.add_column("catalogue_entry", sa.Column(name, TEXT, nullable=False, server_default=""))
    op.add_column("catalogue_entry", sa.Column("by_request", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("catalogue_entry", sa.Column("version", sa.Integer(), nullable=False, server_default=sa.text("1")))
    _requests()
    _corrections_and_disputes()


def _requests() -> None:
    op.create_table(
        "share_request",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("entry", TEXT, sa.ForeignKey("catalogue_entry.id"), nullable=False),
        sa.Column("requester", TEXT, sa.ForeignKey("organisation.code"), nullable=False),
        *(sa.Column(name, TEXT, nullable=False) for name in ("approved_by", "basis", "scene", "scope", "mode")),
        sa.Column("used_until", DAY, nullable=False),
        sa.Column("onward", sa.Boolean(), nullable=False),
        sa.Column("attribute", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("filed_at", MOMENT, nullable=False),
        sa.Column("answer_due", DAY, nullable=True),
        sa.Column("supply_due", DAY, nullable=True),
        sa.Column("noticed", sa.Boolean(), nullable=False),
        sa.Column("extended_days", sa.Integer(), nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
    )
    op.create_index("ix_share_request_entry", "share_request", ["entry"])


def _corrections_and_disputes() -> None:
    op.create_table(
        "correction_request",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("entry", TEXT, sa.ForeignKey("catalogue_entry.id"), nullable=False),
        sa.Column("requester", TEXT, sa.ForeignKey("organisation.code"), nullable=False),
        *(sa.Column(name, TEXT, nullable=False) for name in ("question", "reason", "state")),
        sa.Column("filed_at", MOMENT, nullable=False),
        sa.Column("due", DAY, nullable=False),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("note", TEXT, nullable=False),
    )
    op.create_table(
        "sharing_dispute",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("about", TEXT, nullable=False),
        sa.Column("requester", TEXT, sa.ForeignKey("organisation.code"), nullable=False),
        *(sa.Column(name, TEXT, nullable=False) for name in ("provider_region", "issue", "level", "authority", "state")),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("outcome", TEXT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
    )


def downgrade() -> None:
    for table in ("sharing_dispute", "correction_request", "share_request"):
        op.drop_table(table)
    for column in ("version", "by_request", "grade", "conditions", "frequency", "data_format", "modes", "items"):
        op.drop_column("catalogue_entry", column)
