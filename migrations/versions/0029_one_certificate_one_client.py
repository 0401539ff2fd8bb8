"""A certificate's name stands for one active client (RFC 8705 §2.1.2).

Revision: 0029, after 0028

Where two were enrolled for one name, the hub does not choose which of them it is: the operator disables one first.
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

TWICE = "SELECT string_agg(id, ', ' ORDER BY id) FROM client WHERE active AND tls_client_auth IS NOT NULL GROUP BY tls_client_auth HAVING count(*) > 1"


def upgrade() -> None:
    several = [row[0] for row in op.get_bind().execute(sa.text(TWICE))]
    if several:
        raise ValueError(f"clients of one certificate name each: {'; '.join(several)}. Disable all but one (hub client disable), then migrate")
    op.create_index("client_tls_client_auth", "client", ["tls_client_auth"], unique=True, postgresql_where=sa.text("active"))


def downgrade() -> None:
    op.drop_index("client_tls_client_auth", "client")
