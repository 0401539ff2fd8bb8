"""Records that open or close something are changed by the app only as they may change, and never deleted by it.

Revision: 0019, after 0018

An approval cannot be given other people or another end, an impact assessment cannot be lengthened, a kid cannot be given another key, and
what was reported of a disposal stands as it was said: whoever runs statements as `hub_app` cannot either.
"""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

CHANGES = {
    "approval": "state, decided_by, decided_organisation, decided_at, ended_by, ended_at",
    "impact_assessment": "ended_at",
    "access_hold": "lifted_at",
    "platform_key": "valid_to, revoked_at",
    "disposal_report": "",
}
"""Columns of a row that the app may change."""
KEPT = (*CHANGES, "disposal_duty", "follow_up", "second_look")
"""Tables from which it deletes nothing."""


def upgrade() -> None:
    for table in KEPT:
        op.execute(f"REVOKE DELETE ON {table} FROM hub_app")
    for table, columns in CHANGES.items():
        op.execute(f"REVOKE UPDATE ON {table} FROM hub_app")
        if columns:
            op.execute(f"GRANT UPDATE ({columns}) ON {table} TO hub_app")


def downgrade() -> None:
    for table, columns in CHANGES.items():
        if columns:
            op.execute(f"REVOKE UPDATE ({columns}) ON {table} FROM hub_app")
        op.execute(f"GRANT UPDATE ON {table} TO hub_app")
    for table in KEPT:
        op.execute(f"GRANT DELETE ON {table} TO hub_app")
