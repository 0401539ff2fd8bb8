"""The hub's records in PostgreSQL: what is stored, and nothing a department ever told.

Stored are identities (sealed), cases, letters, agreements, clients, the catalogue and the access log. No table holds a fact.
Times are timestamptz; text keys are ULIDs with a prefix; a person's key is a random UUID that leaves the hub only inside a handle.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    Uuid,
    false,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    """Declarative base; every table lives in the schema of the connection's search path."""

    type_annotation_map: ClassVar = {
        datetime: DateTime(timezone=True),
        date: Date(),
        str: Text(),
        bytes: LargeBinary(),
        uuid.UUID: Uuid(),
        list[str]: ARRAY(Text()),
        dict[str, Any]: JSONB(),
    }


# --- who asks -------------------------------------------------------------------------------------------------------


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


class Client(Base):
    """A system of an organisation that may authenticate by private_key_jwt (RFC 7523)."""

    __tablename__ = "client"
    id: Mapped[str] = mapped_column(primary_key=True)
    organisation: Mapped[str] = mapped_column(ForeignKey("organisation.code"))
    name: Mapped[str]
    jwks: Mapped[dict[str, Any]]
    purposes: Mapped[list[str]]
    allow_list_only: Mapped[bool] = mapped_column(default=False)
    look_ups_per_day: Mapped[int] = mapped_column(default=200)
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


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
    kind: Mapped[str]  # LETTER, TOKEN, CLIENT, CASE
    ref: Mapped[str] = mapped_column(index=True)
    at: Mapped[datetime]
    expires_at: Mapped[datetime | None]


# --- the matter -----------------------------------------------------------------------------------------------------


class Platform(Base):
    """A platform whose signed registrations the hub accepts (domain A1), with its keys."""

    __tablename__ = "platform"
    id: Mapped[str] = mapped_column(primary_key=True)  # cq-jiuzhutong, sc-tianfu, dept-approval/JY …
    name: Mapped[str]
    jwks: Mapped[dict[str, Any]]
    active: Mapped[bool] = mapped_column(default=True)


class Person(Base):
    """自然人: identity sealed under a versioned key; found by blind index only."""

    __tablename__ = "person"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    blind_index: Mapped[bytes] = mapped_column(unique=True)
    sealed: Mapped[bytes]
    key_version: Mapped[int]
    log_key: Mapped[bytes | None]  # sealed per-subject HMAC key of the log's pseudonyms; NULL once erased


class Case(Base):
    """办理事项: the matter a question belongs to, as its platform registered it."""

    __tablename__ = "matter_case"
    id: Mapped[str] = mapped_column(primary_key=True)
    platform: Mapped[str] = mapped_column(ForeignKey("platform.id"))
    reference: Mapped[str]  # the platform's own number
    assistance_type: Mapped[str]
    stage: Mapped[str]
    region: Mapped[str]
    organisations: Mapped[list[str]]  # who handles it
    registration_hash: Mapped[bytes]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    household: Mapped[Household] = relationship(back_populates="case", uselist=False, lazy="raise")
    letters: Mapped[list[Letter]] = relationship(back_populates="case", lazy="raise")
    __table_args__ = (UniqueConstraint("platform", "reference"),)


class Household(Base):
    """共同生活家庭 as declared (57 §7), not the hukou book."""

    __tablename__ = "household"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("matter_case.id"), unique=True)
    area: Mapped[str]  # URBAN or RURAL
    hukou_region: Mapped[str]
    residence_region: Mapped[str]
    kin_of_staff: Mapped[bool] = mapped_column(default=False)
    case: Mapped[Case] = relationship(back_populates="household", lazy="raise")
    members: Mapped[list[Member]] = relationship(back_populates="household", lazy="raise")


class Member(Base):
    """家庭成员 or 法定义务人 of a declared household."""

    __tablename__ = "member"
    household_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("household.id"), primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    ordinal: Mapped[int] = mapped_column(Integer)
    relation: Mapped[str]  # GB/T 4761
    role: Mapped[str]  # MEMBER, OBLIGOR, EXCLUDED
    capacity: Mapped[str]  # FULL, LIMITED, NONE
    guardians: Mapped[list[str]] = mapped_column(default=list)  # person ids as text
    household: Mapped[Household] = relationship(back_populates="members", lazy="raise")


class Letter(Base):
    """核对授权书: a signed letter (domain B17), stored as the exact bytes that were signed, sealed."""

    __tablename__ = "letter"
    id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[str]
    case_id: Mapped[str] = mapped_column(ForeignKey("matter_case.id"), index=True)
    sealed_document: Mapped[bytes]
    key_version: Mapped[int]
    document_hash: Mapped[bytes]
    hash_alg: Mapped[str]
    notice_version: Mapped[str]
    purposes: Mapped[list[str]]
    fact_groups: Mapped[list[str]]  # ["ALL_LISTED"] or codes
    receivers: Mapped[list[str]]  # ["ALL_LEVELS"], organisation codes or regions
    signed_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]  # NULL: event expiry (exit from the matter)
    status: Mapped[str]  # ACTIVE, REVOKED, EXPIRED, SUPERSEDED
    revoked_at: Mapped[datetime | None]
    case: Mapped[Case] = relationship(back_populates="letters", lazy="raise")
    signers: Mapped[list[Signer]] = relationship(back_populates="letter", lazy="raise")


class Signer(Base):
    """签署人: one verified signature under a letter, and for whom it stands."""

    __tablename__ = "signer"
    letter_id: Mapped[str] = mapped_column(ForeignKey("letter.id"), primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    capacity: Mapped[str]  # SELF, LEGAL_REPRESENTATIVE, AGENT
    covers: Mapped[list[str]]  # person ids as text: the signer, the ward
    method: Mapped[str]  # ESIGN, HANDWRITTEN, FINGERPRINT
    assurance: Mapped[str]  # HIGH, SUBSTANTIAL, LOW
    alg: Mapped[str]
    kid: Mapped[str]
    signature: Mapped[bytes]
    signed_at: Mapped[datetime]
    letter: Mapped[Letter] = relationship(back_populates="signers", lazy="raise")


class CatalogueEntry(Base):
    """政务数据目录 (GDS §13–15): what a provider shares, with whom, for what."""

    __tablename__ = "catalogue_entry"
    id: Mapped[str] = mapped_column(primary_key=True)
    fact_group: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    provider: Mapped[str]
    attribute: Mapped[str]  # UNCONDITIONAL, CONDITIONAL, NOT_SHARED
    departments: Mapped[list[str]]  # permitted, of a CONDITIONAL entry
    purposes: Mapped[list[str]]
    legal_basis: Mapped[str]
    onward_sharing: Mapped[bool] = mapped_column(default=False)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    __table_args__ = (CheckConstraint("attribute IN ('UNCONDITIONAL','CONDITIONAL','NOT_SHARED')", name="attribute"),)


# --- limits ---------------------------------------------------------------------------------------------------------


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


class LookUpCount(Base):
    """How many people a client looked up by ID number on one day (Asia/Shanghai)."""

    __tablename__ = "look_up_count"
    client_id: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    count: Mapped[int]


# --- between regions ------------------------------------------------------------------------------------------------


class Agreement(Base):
    """协作协议: signed by both regions; names transport, purposes, result kinds, onward receivers."""

    __tablename__ = "agreement"
    code: Mapped[str] = mapped_column(primary_key=True)
    document: Mapped[bytes]  # canonical JSON, as signed
    signatures: Mapped[dict[str, Any]]  # region -> compact JWS over the document's hash
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    active: Mapped[bool] = mapped_column(default=True)


class IssuedResult(Base):
    """A result issued to a neighbour: its place in the status list, and the exchange it was issued in. No person, no fact."""

    __tablename__ = "issued_result"
    index: Mapped[int] = mapped_column(BigInteger, Identity(always=True, start=0, minvalue=0), primary_key=True)
    exchange: Mapped[str] = mapped_column(index=True)
    expires_at: Mapped[datetime]
    withdrawn: Mapped[bool] = mapped_column(default=False, server_default=false())


# --- the access log -------------------------------------------------------------------------------------------------


class LogEntry(Base):
    """One leaf of the access log: the canonical bytes that were hashed, and columns the privacy officer filters by."""

    __tablename__ = "log_entry"
    index: Mapped[int] = mapped_column("idx", BigInteger, primary_key=True, autoincrement=False)
    leaf_hash: Mapped[bytes]
    body: Mapped[bytes]
    id: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]  # INTENT, OUTCOME, REFUSAL, CHANGE, SECURITY_SUMMARY
    question: Mapped[str | None]  # the intent an outcome closes
    at: Mapped[datetime]
    organisation: Mapped[str | None]
    purpose: Mapped[str | None]
    letter: Mapped[str | None]
    case_id: Mapped[str | None]
    decision: Mapped[str | None]  # ALLOW, PARTIAL, DENY
    subjects: Mapped[list[str]] = mapped_column(default=list)  # HMAC pseudonyms, hex
    __table_args__ = (
        Index("log_entry_at", "at", "idx"),
        Index("log_entry_organisation", "organisation", "idx"),
        Index("log_entry_subjects", "subjects", postgresql_using="gin"),
        Index("log_entry_question", "question"),
    )


class LogHead(Base):
    """The one row every writer locks: tree size, frontier of the compact Merkle range, root."""

    __tablename__ = "log_head"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    size: Mapped[int] = mapped_column(BigInteger)
    frontier: Mapped[bytes]
    root: Mapped[bytes]
    __table_args__ = (CheckConstraint("id = 1", name="single"),)


class LogCheckpoint(Base):
    """A signed C2SP checkpoint note."""

    __tablename__ = "log_checkpoint"
    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    note: Mapped[str]
    at: Mapped[datetime]


class Outbox(Base):
    """State changes on their way into the log: written in the change's own transaction, drained by the log writer."""

    __tablename__ = "outbox"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    kind: Mapped[str]
    body: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    logged_index: Mapped[int | None] = mapped_column(BigInteger)
    __table_args__ = (Index("outbox_pending", "id", postgresql_where="logged_index IS NULL"),)


# --- the console ----------------------------------------------------------------------------------------------------


class ConsoleUser(Base):
    """A privacy officer's local log-in."""

    __tablename__ = "console_user"
    name: Mapped[str] = mapped_column(primary_key=True)
    password: Mapped[str]  # Argon2id, PHC string
    organisation: Mapped[str] = mapped_column(ForeignKey("organisation.code"))
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    active: Mapped[bool] = mapped_column(Boolean, default=True)


class ConsoleSession(Base):
    """A log-in in force; the cookie holds a random token, the table its SHA-256."""

    __tablename__ = "console_session"
    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    user: Mapped[str] = mapped_column(ForeignKey("console_user.name"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
