"""Leaks, tampering and losses: what they touched, who was told.

Revision: 0027, after 0026
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

TEXT = sa.Text()
TIME = sa.DateTime(timezone=True)
LISTS = ("clients", "officers", "platforms", "cases", "stopped")
CHANGES = "measures, advice, authority_told_at, people_told_at, people_not_told, closed_by, closed_at"


def upgrade() -> None:
    op.create_table(
        "incident",
        sa.Column("id", TEXT, primary_key=True),
        *(sa.Column(name, TEXT, nullable=False) for name in ("kind", "cause", "harm", "measures", "advice", "contact", "opened_by")),
        *(sa.Column(name, ARRAY(TEXT), nullable=False) for name in LISTS),
        *(sa.Column(name, TIME, nullable=False) for name in ("since", "until", "opened_at")),
        sa.Column("public_interest", sa.Boolean(), nullable=False, server_default=sa.false()),
        *(sa.Column(name, TIME, nullable=True) for name in ("authority_told_at", "people_told_at", "closed_at")),
        *(sa.Column(name, TEXT, nullable=True) for name in ("people_not_told", "closed_by")),
        sa.CheckConstraint("cardinality(clients) + cardinality(officers) + cardinality(platforms) + cardinality(cases) > 0", name="scope"),
        sa.CheckConstraint("since < until", name="span"),
    )
    op.create_table(
        "incident_person",
        sa.Column("incident", TEXT, sa.ForeignKey("incident.id"), primary_key=True),
        sa.Column("subject", TEXT, primary_key=True),
        sa.Column("groups", JSONB(), nullable=False),
    )
    op.create_index("incident_person_subject", "incident_person", ["subject"])
    # What happened, and who was told, is not rewritten.
    op.execute("REVOKE DELETE, UPDATE ON incident, incident_person FROM hub_app")
    op.execute(f"GRANT UPDATE ({CHANGES}) ON incident TO hub_app")


def downgrade() -> None:
    op.drop_table("incident_person")
    op.drop_table("incident")
