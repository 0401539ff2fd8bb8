"""Who asks, and within which limits: organisations, clients, what was used or revoked, persisted operations."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from hub.tables.declared import Base


class Organisation(Base):
    """机构: an organ that may ask, with its stable code and alias history (domain 0.1 #30)."""

    __tablename__ = "organisation"
    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    aliases: Mapped[list[str]] = mapped_column(default=list)
    department: Mapped[str]  # code of domain A2: MZ-HD, TOWN, JY …
    region: Mapped[str]  # 12 digits
    role: Mapped[str]  # CHECK_OPERATOR, TOWNSHIP_OFFICER, DEPT_SYSTEM, PRIVACY_OFFICER, REGION_LIAISON …
    active: Mapped[bool] = mapped_column(default=True)


ONE_NAME = "client_tls_client_auth"
"""The index by which a certificate's name stands for one active client (RFC 8705 §2.1.2)."""


class Client(Base):
    """A system of an organisation that may authenticate by private_key_jwt (RFC 7523) or tls_client_auth (RFC 8705 §2.1)."""

    __tablename__ = "client"
    __table_args__ = (Index(ONE_NAME, "tls_client_auth", unique=True, postgresql_where=text("active")),)
    id: Mapped[str] = mapped_column(primary_key=True)
    organisation: Mapped[str] = mapped_column(ForeignKey("organisation.code"))
    name: Mapped[str]
    jwks: Mapped[dict[str, Any]]
    purposes: Mapped[list[str]]
    allow_list_only: Mapped[bool] = mapped_column(default=False)
    look_ups_per_day: Mapped[int] = mapped_column(default=200)
    officer_identity: Mapped[str] = mapped_column(default="asserted", server_default="asserted")  # asserted, proven
    groups: Mapped[list[str] | None]  # fact groups it may be granted; none: all of its purposes
    max_uses: Mapped[int | None]  # questions a token of its may ask
    tls_client_auth: Mapped[dict[str, str] | None] = mapped_column(JSONB(none_as_null=True))  # the one name of its certificate; NULL: it brings assertions
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


class OfficerIssuer(Base):
    """Who vouches for an organisation's officers (RFC 8693): the log-in system whose tokens the hub exchanges for its own."""

    __tablename__ = "officer_issuer"
    __table_args__ = (Index("officer_issuer_organisation", "organisation", "issuer", unique=True),)
    name: Mapped[str] = mapped_column(primary_key=True)
    organisation: Mapped[str] = mapped_column(ForeignKey("organisation.code"))
    issuer: Mapped[str]  # the tokens' `iss`
    audience: Mapped[str]  # what their `aud` must name
    jwks: Mapped[dict[str, Any]]
    active: Mapped[bool] = mapped_column(default=True)


class UsedAssertion(Base):
    """A jti that was presented once: assertions and DPoP proofs are single-use (RFC 7523 §3, RFC 9449 §11.1)."""

    __tablename__ = "used_assertion"
    issuer: Mapped[str] = mapped_column(primary_key=True)
    jti: Mapped[str] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Revocation(Base):
    """What is no longer good, in the order it was said; workers follow `seq`."""

    __tablename__ = "revocation"
    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    kind: Mapped[str]  # LETTER, TOKEN, CLIENT, CASE, AGREEMENT
    ref: Mapped[str] = mapped_column(index=True)
    at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    __table_args__ = (Index("revocation_tokens", "expires_at", postgresql_where="kind = 'TOKEN'"),)


class PersistedOperation(Base):
    """A document registered once and run by its SHA-256."""

    __tablename__ = "persisted_operation"
    hash: Mapped[str] = mapped_column(primary_key=True)
    document: Mapped[str]
    registered_by: Mapped[str]
    registered_at: Mapped[datetime]


class ClientOperation(Base):
    """Which persisted operations a client in allow-list mode may run."""

    __tablename__ = "client_operation"
    client_id: Mapped[str] = mapped_column(ForeignKey("client.id"), primary_key=True)
    hash: Mapped[str] = mapped_column(ForeignKey("persisted_operation.hash"), primary_key=True)


class OperationFit(Base):
    """Whether a persisted operation fits a letter's template, for one client and purpose, under the policy it was decided by."""

    __tablename__ = "operation_fit"
    hash: Mapped[str] = mapped_column(ForeignKey("persisted_operation.hash"), primary_key=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("client.id"), primary_key=True, index=True)
    purpose: Mapped[str] = mapped_column(primary_key=True)
    template: Mapped[str] = mapped_column(primary_key=True)
    department: Mapped[str]
    region: Mapped[str]
    role: Mapped[str]
    fit: Mapped[str]  # FITS, FITS_PARTLY, DOES_NOT_FIT
    reasons: Mapped[list[str]]
    policy_digest: Mapped[str]
    template_digest: Mapped[str]
    at: Mapped[datetime]


class TokenCases(Base):
    """What a token over several cases grants: the list would not fit into a header, so the token names it by its digest."""

    __tablename__ = "token_cases"
    digest: Mapped[bytes] = mapped_column(primary_key=True)  # SHA-256 of the canonical list, with the token's id in it
    details: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Allowance(Base):
    """How much of an allowance is used up: a token's uses, a letter's, or what a purpose lets be asked of a case in a day or by an officer in an hour."""

    __tablename__ = "allowance"
    kind: Mapped[str] = mapped_column(primary_key=True)  # TOKEN, FREQUENCY, LETTER, CASE_DAY, OFFICER_HOUR
    ref: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[datetime] = mapped_column(primary_key=True)  # when it began
    used: Mapped[int]
    refused: Mapped[int] = mapped_column(default=0)
    ends_at: Mapped[datetime] = mapped_column(index=True)


class VouchedPerson(Base):
    """Somebody a platform vouched for lately (本人查询), as a hash of their blind index and the platform, known to the hub or not."""

    __tablename__ = "vouched_person"
    platform: Mapped[str] = mapped_column(primary_key=True)
    person: Mapped[bytes] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    __table_args__ = (Index("vouched_person_at", "platform", "at"),)


class LookUpCount(Base):
    """How many people a client looked up by ID number on one day (Asia/Shanghai)."""

    __tablename__ = "look_up_count"
    client_id: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    count: Mapped[int]
