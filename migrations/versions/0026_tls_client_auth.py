"""Clients that prove themselves by a certificate: the one name of it they are enrolled with (RFC 8705 §2.1.2).

Revision: 0026, after 0025

Without one a client brings assertions, as every client enrolled before.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("client", sa.Column("tls_client_auth", JSONB(), nullable=True))


def downgrade() -> None:
    op.execute("UPDATE client SET active = false WHERE tls_client_auth IS NOT NULL")  # without keys nobody proves to be it
    op.drop_column("client", "tls_client_auth")
