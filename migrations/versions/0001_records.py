"""The records: who asks, the matter, limits, agreements, the console.

Revision: 0001, the first
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TEXT = sa.Text()
TEXTS = ARRAY(sa.Text())
BYTES = sa.LargeBinary()
JSON = JSONB()
UUID = sa.Uuid()
TIME = sa.DateTime(timezone=True)
DATE = sa.Date()
FLAG = sa.Boolean()
NUMBER = sa.Integer()
LONG = sa.BigInteger()


def upgrade() -> None:
    who_asks()
    the_matter()
    limits()
    between_regions()
    the_console()


def downgrade() -> None:
    for table in (
        "signer",
        "member",
        "letter",
        "household",
        "console_session",
        "client_operation",
        "matter_case",
        "console_user",
        "client",
        "used_assertion",
        "revocation",
        "platform",
        "person",
        "persisted_operation",
        "organisation",
        "look_up_count",
        "catalogue_entry",
        "agreement",
    ):
        op.drop_table(table)


def who_asks() -> None:
    op.create_table(
        "organisation",
        sa.Column("code", TEXT, primary_key=True),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("aliases", TEXTS, nullable=False),
        sa.Column("department", TEXT, nullable=False),
        sa.Column("region", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("active", FLAG, nullable=False),
    )
    op.create_table(
        "revocation",
        sa.Column("seq", LONG, sa.Identity(always=True), primary_key=True),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("ref", TEXT, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=True),
    )
    op.create_index("ix_revocation_ref", "revocation", ["ref"])
    op.create_table(
        "used_assertion",
        sa.Column("issuer", TEXT, primary_key=True),
        sa.Column("jti", TEXT, primary_key=True),
        sa.Column("expires_at", TIME, nullable=False),
    )
    op.create_index("ix_used_assertion_expires_at", "used_assertion", ["expires_at"])
    op.create_table(
        "client",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("organisation", TEXT, sa.ForeignKey("organisation.code"), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("jwks", JSON, nullable=False),
        sa.Column("purposes", TEXTS, nullable=False),
        sa.Column("allow_list_only", FLAG, nullable=False),
        sa.Column("look_ups_per_day", NUMBER, nullable=False),
        sa.Column("active", FLAG, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
    )


def the_matter() -> None:
    op.create_table(
        "catalogue_entry",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("fact_group", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("provider", TEXT, nullable=False),
        sa.Column("attribute", TEXT, nullable=False),
        sa.Column("departments", TEXTS, nullable=False),
        sa.Column("purposes", TEXTS, nullable=False),
        sa.Column("legal_basis", TEXT, nullable=False),
        sa.Column("onward_sharing", FLAG, nullable=False),
        sa.Column("valid_from", DATE, nullable=False),
        sa.Column("valid_to", DATE, nullable=True),
        sa.CheckConstraint("attribute IN ('UNCONDITIONAL','CONDITIONAL','NOT_SHARED')", name="attribute"),
    )
    op.create_index("ix_catalogue_entry_fact_group", "catalogue_entry", ["fact_group"])
    op.create_table(
        "person",
        sa.Column("id", UUID, primary_key=True),
        sa.Column("blind_index", BYTES, nullable=False, unique=True),
        sa.Column("sealed", BYTES, nullable=False),
        sa.Column("key_version", NUMBER, nullable=False),
        sa.Column("log_key", BYTES, nullable=True),
    )
    op.create_table(
        "platform",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("jwks", JSON, nullable=False),
        sa.Column("active", FLAG, nullable=False),
    )
    op.create_table(
        "matter_case",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("platform", TEXT, sa.ForeignKey("platform.id"), nullable=False),
        sa.Column("reference", TEXT, nullable=False),
        sa.Column("assistance_type", TEXT, nullable=False),
        sa.Column("stage", TEXT, nullable=False),
        sa.Column("region", TEXT, nullable=False),
        sa.Column("organisations", TEXTS, nullable=False),
        sa.Column("registration_hash", BYTES, nullable=False),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("closed_at", TIME, nullable=True),
        sa.UniqueConstraint("platform", "reference"),
    )
    op.create_table(
        "household",
        sa.Column("id", UUID, primary_key=True),
        sa.Column("case_id", TEXT, sa.ForeignKey("matter_case.id"), nullable=False, unique=True),
        sa.Column("area", TEXT, nullable=False),
        sa.Column("hukou_region", TEXT, nullable=False),
        sa.Column("residence_region", TEXT, nullable=False),
        sa.Column("kin_of_staff", FLAG, nullable=False),
    )
    op.create_table(
        "letter",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("number", TEXT, nullable=False),
        sa.Column("case_id", TEXT, sa.ForeignKey("matter_case.id"), nullable=False),
        sa.Column("sealed_document", BYTES, nullable=False),
        sa.Column("key_version", NUMBER, nullable=False),
        sa.Column("document_hash", BYTES, nullable=False),
        sa.Column("hash_alg", TEXT, nullable=False),
        sa.Column("notice_version", TEXT, nullable=False),
        sa.Column("purposes", TEXTS, nullable=False),
        sa.Column("fact_groups", TEXTS, nullable=False),
        sa.Column("receivers", TEXTS, nullable=False),
        sa.Column("signed_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=True),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("revoked_at", TIME, nullable=True),
    )
    op.create_index("ix_letter_case_id", "letter", ["case_id"])
    op.create_table(
        "member",
        sa.Column("household_id", UUID, sa.ForeignKey("household.id"), primary_key=True),
        sa.Column("person_id", UUID, sa.ForeignKey("person.id"), primary_key=True),
        sa.Column("ordinal", NUMBER, nullable=False),
        sa.Column("relation", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("capacity", TEXT, nullable=False),
        sa.Column("guardians", TEXTS, nullable=False),
    )
    op.create_table(
        "signer",
        sa.Column("letter_id", TEXT, sa.ForeignKey("letter.id"), primary_key=True),
        sa.Column("person_id", UUID, sa.ForeignKey("person.id"), primary_key=True),
        sa.Column("capacity", TEXT, nullable=False),
        sa.Column("covers", TEXTS, nullable=False),
        sa.Column("method", TEXT, nullable=False),
        sa.Column("assurance", TEXT, nullable=False),
        sa.Column("alg", TEXT, nullable=False),
        sa.Column("kid", TEXT, nullable=False),
        sa.Column("signature", BYTES, nullable=False),
        sa.Column("signed_at", TIME, nullable=False),
    )


def limits() -> None:
    op.create_table(
        "look_up_count",
        sa.Column("client_id", TEXT, primary_key=True),
        sa.Column("day", DATE, primary_key=True),
        sa.Column("count", NUMBER, nullable=False),
    )
    op.create_table(
        "persisted_operation",
        sa.Column("hash", TEXT, primary_key=True),
        sa.Column("document", TEXT, nullable=False),
        sa.Column("registered_by", TEXT, nullable=False),
        sa.Column("registered_at", TIME, nullable=False),
    )
    op.create_table(
        "client_operation",
        sa.Column("client_id", TEXT, sa.ForeignKey("client.id"), primary_key=True),
        sa.Column("hash", TEXT, sa.ForeignKey("persisted_operation.hash"), primary_key=True),
    )


def between_regions() -> None:
    op.create_table(
        "agreement",
        sa.Column("code", TEXT, primary_key=True),
        sa.Column("document", BYTES, nullable=False),
        sa.Column("signatures", JSON, nullable=False),
        sa.Column("valid_from", DATE, nullable=False),
        sa.Column("valid_to", DATE, nullable=False),
        sa.Column("active", FLAG, nullable=False),
    )


def the_console() -> None:
    op.create_table(
        "console_user",
        sa.Column("name", TEXT, primary_key=True),
        sa.Column("password", TEXT, nullable=False),
        sa.Column("organisation", TEXT, sa.ForeignKey("organisation.code"), nullable=False),
        sa.Column("failures", NUMBER, nullable=False),
        sa.Column("locked_until", TIME, nullable=True),
        sa.Column("active", FLAG, nullable=False),
    )
    op.create_table(
        "console_session",
        sa.Column("token_hash", BYTES, primary_key=True),
        sa.Column("user", TEXT, sa.ForeignKey("console_user.name"), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
    )
