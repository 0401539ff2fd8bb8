"""What stands in for a letter or beside it: approvals by a second person, duties after an emergency, impact assessments."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from hub.tables.declared import Base


class Approval(Base):
    """A second person's approval: one officer's access in one case, asked with a reason and decided by another officer."""

    __tablename__ = "approval"
    id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("matter_case.id"), index=True)
    kind: Mapped[str]  # KIN_OF_STAFF, COMPLAINT_CHECK, SPOT_CHECK, AGGREGATION
    purpose: Mapped[str]
    fact_groups: Mapped[list[str]]
    people: Mapped[list[str]]  # person ids as text
    sample: Mapped[str]  # the list a spot check was drawn into; "" for the other kinds
    organisation: Mapped[str] = mapped_column(ForeignKey("organisation.code"))
    officer: Mapped[str]  # who asked, as their system's assertion named them
    reason: Mapped[str]
    asked_at: Mapped[datetime]
    state: Mapped[str]  # ASKED, APPROVED, REFUSED, WITHDRAWN
    decided_by: Mapped[str]  # "" until decided
    decided_organisation: Mapped[str]
    client: Mapped[str]  # the system that named who asked, and how they were known: ASSERTED, or by whose log-in; "" of what was asked before these were kept
    officer_proof: Mapped[str]
    decided_client: Mapped[str]
    decided_proof: Mapped[str]
    decided_at: Mapped[datetime | None]
    valid_until: Mapped[datetime]
    ended_by: Mapped[str]  # who withdrew it, "" unless withdrawn
    ended_at: Mapped[datetime | None]


class FollowUp(Base):
    """补办手续: what an organisation owes after it asked in an emergency (SAL §50), until a letter covers it or an officer closes it."""

    __tablename__ = "follow_up"
    id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("matter_case.id"), index=True)
    organisation: Mapped[str] = mapped_column(ForeignKey("organisation.code"))
    officer: Mapped[str]
    reason: Mapped[str]  # the emergency as the officer wrote it; no ID number
    opened_at: Mapped[datetime]
    due: Mapped[date]  # the last day in time
    state: Mapped[str]  # OPEN, MET, CLOSED
    escalated_at: Mapped[datetime | None]
    letter: Mapped[str]  # the covering letter that met it, else ""
    closed_by: Mapped[str]
    closed_reason: Mapped[str]
    ended_at: Mapped[datetime | None]
    __table_args__ = (
        Index("follow_up_open", "case_id", "organisation", unique=True, postgresql_where="state = 'OPEN'"),
        Index("follow_up_due", "due", postgresql_where="state = 'OPEN'"),
    )


class SecondLook(Base):
    """事后复核: what the privacy officer said of one question asked in an emergency, or of one approval."""

    __tablename__ = "second_look"
    entry: Mapped[str] = mapped_column(primary_key=True)  # id of the log entry looked at, or of the approval
    officer: Mapped[str]
    mark: Mapped[str]  # SEEN, OBJECTED
    reason: Mapped[str]
    at: Mapped[datetime]


class ImpactAssessment(Base):
    """个人信息保护影响评估 (PIPL §55–56) of one purpose; the report itself lies with who made it."""

    __tablename__ = "impact_assessment"
    id: Mapped[str] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(index=True)
    report_hash: Mapped[bytes]  # SHA-256 of the report
    assessed_by: Mapped[str]
    valid_from: Mapped[date]
    valid_until: Mapped[date]  # the last day it holds
    recorded_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    keep_until: Mapped[date]  # at least three years after its end (PIPL §56)
