"""The matter a question belongs to: platforms, people, cases, declared households, letters."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Integer, UniqueConstraint, false
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.tables.declared import Base


class Platform(Base):
    """A platform whose signed registrations the hub accepts (domain A1); its keys are `PlatformKey`."""

    __tablename__ = "platform"
    id: Mapped[str] = mapped_column(primary_key=True)  # cq-jiuzhutong, sc-tianfu, dept-approval/JY …
    name: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)
    sends: Mapped[list[str]] = mapped_column(default=list, server_default="{}")  # kinds of message it may push
    collects: Mapped[list[str]] = mapped_column(default=list, server_default="{}")  # kinds whose contents wait for it
    region: Mapped[str] = mapped_column(default="", server_default="")  # 12 digits; where it collects
    algorithms: Mapped[list[str]] = mapped_column(default=list, server_default="{}")  # of letters it brings; empty: the installation's


class PlatformKey(Base):
    """One public key of a platform. A `kid` means one key for ever: cases and letters remember under which they came."""

    __tablename__ = "platform_key"
    platform: Mapped[str] = mapped_column(ForeignKey("platform.id"), primary_key=True)
    kid: Mapped[str] = mapped_column(primary_key=True)
    jwk: Mapped[dict[str, Any]]
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]  # NULL: until retired
    revoked_at: Mapped[datetime | None]


class Person(Base):
    """自然人: identity sealed under a versioned key; found by blind index only."""

    __tablename__ = "person"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    blind_index: Mapped[bytes] = mapped_column(unique=True)
    sealed: Mapped[bytes]
    key_version: Mapped[int]
    log_key: Mapped[bytes]  # sealed per-subject HMAC key of the log's pseudonyms; another one once erased from the log


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
    registration_hash: Mapped[bytes] = mapped_column(index=True)
    registered_under: Mapped[str | None]  # kid of the platform key; NULL: before the hub kept it
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    monitored_from: Mapped[datetime | None]  # 纳入监测范围
    monitored_to: Mapped[datetime | None]
    refused_at: Mapped[datetime | None]  # decided that the household does not qualify
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
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)
    ordinal: Mapped[int] = mapped_column(Integer)
    relation: Mapped[str]  # GB/T 4761
    role: Mapped[str]  # MEMBER, OBLIGOR, EXCLUDED, AGENT
    capacity: Mapped[str]  # FULL, LIMITED, NONE; BY_AGE of a minor
    guardians: Mapped[list[str]] = mapped_column(default=list)  # person ids as text
    kin_of_staff: Mapped[list[str]] = mapped_column(default=list, server_default="{}")  # officer ids of the staff they are related to (57 §11)
    sealed: Mapped[bytes | None]  # identity as this case's platform declared it; NULL: registered before migration 0004
    key_version: Mapped[int | None]
    household: Mapped[Household] = relationship(back_populates="members", lazy="raise")


class Letter(Base):
    """核对授权书: a signed letter (domain B17), stored as the exact bytes that were signed, sealed."""

    __tablename__ = "letter"
    id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[str]
    case_id: Mapped[str] = mapped_column(ForeignKey("matter_case.id"), index=True)
    sealed_document: Mapped[bytes]
    sealed_signers: Mapped[bytes | None]  # who signed, by which key, with which certificate, as brought; NULL: before the hub kept it
    key_version: Mapped[int]
    document_hash: Mapped[bytes]
    hash_alg: Mapped[str]
    notice_version: Mapped[str]
    purposes: Mapped[list[str]]
    fact_groups: Mapped[list[str]]  # ["ALL_LISTED"] or codes
    receivers: Mapped[list[str]]  # ["ALL_LEVELS"], organisation codes or regions
    signed_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]  # NULL: event expiry (exit from the matter)
    status: Mapped[str]  # ACTIVE, PAUSED, REVOKED, EXPIRED, SUPERSEDED
    revoked_at: Mapped[datetime | None]
    withdrawn: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list, server_default="[]")  # parts of it (PIPL §15)
    registered_under: Mapped[str | None]  # kid of the platform key that brought it last; NULL: before the hub kept it
    validity: Mapped[list[str]] = mapped_column(default=list, server_default="{}")  # MONITORING, CHECK_FAILED, MEMBERS_CHANGED
    lapsed: Mapped[list[str]] = mapped_column(default=list, server_default="{}")  # person ids: it stands no longer for them
    uses: Mapped[dict[str, int]] = mapped_column(JSONB, default=dict, server_default="{}")  # how often it may be used: EVER, HOUR, DAY, MONTH
    template: Mapped[str] = mapped_column(default="", server_default="")  # the form whose words it bears (policies/letter_templates/); "": none's
    state_told_at: Mapped[datetime | None]  # when the platform last said PAUSED or ACTIVE
    case: Mapped[Case] = relationship(back_populates="letters", lazy="raise")
    signers: Mapped[list[Signer]] = relationship(back_populates="letter", lazy="raise")


class Signer(Base):
    """签署人: one verified signature under a letter, and for whom it stands."""

    __tablename__ = "signer"
    letter_id: Mapped[str] = mapped_column(ForeignKey("letter.id"), primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    capacity: Mapped[str] = mapped_column(primary_key=True)  # SELF, LEGAL_REPRESENTATIVE, AGENT
    covers: Mapped[list[str]]  # person ids as text: the signer, the ward
    method: Mapped[str]  # ESIGN, HANDWRITTEN, FINGERPRINT
    assurance: Mapped[str]  # HIGH, SUBSTANTIAL, LOW
    alg: Mapped[str]
    kid: Mapped[str]
    signature: Mapped[bytes]
    signed_at: Mapped[datetime]
    certified: Mapped[bool] = mapped_column(default=False, server_default=false())  # a trusted certificate names the signer
    separately: Mapped[list[str]] = mapped_column(default=list, server_default="{}")  # items consented to apart: fact groups, UNDER_14 (PIPL §29)
    evidence: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")  # what its assurance was computed from
    letter: Mapped[Letter] = relationship(back_populates="signers", lazy="raise")
