"""A platform's keys each with their validity; under which of them cases and letters came; what is needed to verify letters again.

Revision: 0013, after 0012
"""

import base64
import hashlib
import json

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TEXT = sa.Text()
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    keys = op.create_table(
        "platform_key",
        sa.Column("platform", TEXT, sa.ForeignKey("platform.id"), primary_key=True),
        sa.Column("kid", TEXT, primary_key=True),
        sa.Column("jwk", JSONB(), nullable=False),
        sa.Column("valid_from", TIME, nullable=False),
        sa.Column("valid_to", TIME, nullable=True),
        sa.Column("revoked_at", TIME, nullable=True),
    )
    database = op.get_bind()
    for platform, jwks in database.execute(sa.text("SELECT id, jwks FROM platform")).all():
        for jwk in jwks.get("keys", []):
            row = {"platform": platform, "kid": jwk.get("kid") or thumbprint(jwk), "jwk": jwk}
            # From a day long past: what was signed a day before this migration is as good as it was.
            database.execute(sa.insert(keys).values(**row, valid_from=sa.text("timestamptz '2000-01-01Z'")))
    op.drop_column("platform", "jwks")
    op.add_column("platform", sa.Column("algorithms", ARRAY(TEXT), nullable=False, server_default="{}"))
    op.add_column("matter_case", sa.Column("registered_under", TEXT, nullable=True))
    op.add_column("letter", sa.Column("registered_under", TEXT, nullable=True))
    op.add_column("letter", sa.Column("sealed_signers", sa.LargeBinary(), nullable=True))
    op.add_column("signer", sa.Column("certified", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    for table, column in (("signer", "certified"), ("letter", "sealed_signers"), ("letter", "registered_under"), ("matter_case", "registered_under")):
        op.drop_column(table, column)
    op.drop_column("platform", "algorithms")
    op.add_column("platform", sa.Column("jwks", JSONB(), nullable=False, server_default='{"keys": []}'))
    op.execute(
        "UPDATE platform SET jwks = jsonb_build_object('keys', k.keys) FROM (SELECT platform, jsonb_agg(jwk) AS keys FROM platform_key"
        " WHERE revoked_at IS NULL AND (valid_to IS NULL OR valid_to > now()) GROUP BY platform) AS k WHERE k.platform = platform.id"
    )
    op.alter_column("platform", "jwks", server_default=None)
    op.drop_table("platform_key")


def thumbprint(jwk: dict[str, str]) -> str:
    """RFC 7638, of an EC or OKP key."""
    members = {name: jwk[name] for name in ("crv", "kty", "x", "y") if name in jwk}
    digest = hashlib.sha256(json.dumps(members, sort_keys=True, separators=(",", ":")).encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
