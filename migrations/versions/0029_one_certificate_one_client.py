"""A certificate's name stands for one active client (RFC 8705 §2.1.2).

Revision: 0029, after 0028

Names enrolled before are brought into the one spelling that is kept: a host name in small letters, a subject as RFC 4514's text is written again. Where
two were enrolled for one name, the hub does not choose which of them it is: the operator disables one first.
"""

import json
from contextlib import suppress

import sqlalchemy as sa
from alembic import op
from cryptography.x509 import Name

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

TWICE = "SELECT string_agg(id, ', ' ORDER BY id) FROM client WHERE active AND tls_client_auth IS NOT NULL GROUP BY tls_client_auth HAVING count(*) > 1"


def spelled(kind: str, name: str) -> str:
    """As enrolment writes it from now on."""
    if kind == "tls_client_auth_subject_dn":
        with suppress(ValueError):  # one that cannot be read matches no certificate either
            return Name.from_rfc4514_string(name).rfc4514_string()
    return name.lower() if kind == "tls_client_auth_san_dns" else name


def upgrade() -> None:
    for client, names in op.get_bind().execute(sa.text("SELECT id, tls_client_auth FROM client WHERE tls_client_auth IS NOT NULL")).all():
        written = json.dumps({kind: spelled(kind, name) for kind, name in names.items()})
        op.get_bind().execute(sa.text("UPDATE client SET tls_client_auth = CAST(:names AS jsonb) WHERE id = :client"), {"names": written, "client": client})
    several = [row[0] for row in op.get_bind().execute(sa.text(TWICE))]
    if several:
        raise ValueError(f"clients of one certificate name each: {'; '.join(several)}. Disable all but one (hub client disable), then migrate")
    op.create_index("client_tls_client_auth", "client", ["tls_client_auth"], unique=True, postgresql_where=sa.text("active"))


def downgrade() -> None:
    op.drop_index("client_tls_client_auth", "client")
