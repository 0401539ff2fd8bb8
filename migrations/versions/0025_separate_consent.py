"""Consent to what is sensitive, item by item (PIPL §29), and the form whose words a letter bears.

Revision: 0025, after 0024

Letters stored before bear no items and are known to be of no form: what needs an item is closed until they are brought again with one.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("signer", sa.Column("separately", ARRAY(sa.Text()), nullable=False, server_default="{}"))
    op.add_column("letter", sa.Column("template", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("letter", "template")
    op.drop_column("signer", "separately")
