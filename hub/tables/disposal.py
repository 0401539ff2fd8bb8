"""使用后处置 (GDS §27): who owes disposal of what was told in which case, and what they reported. No fact, nobody's name."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from hub.tables.declared import Base


class DisposalDuty(Base):
    """One organisation's, for one purpose in one case: everything it was told there since it last disposed of it."""

    __tablename__ = "disposal_duty"
    id: Mapped[str] = mapped_column(primary_key=True)  # follows from organisation, case and purpose: answers name it before it is written
    organisation: Mapped[str] = mapped_column(ForeignKey("organisation.code"))
    case_id: Mapped[str] = mapped_column(ForeignKey("matter_case.id"), index=True)
    purpose: Mapped[str]
    groups: Mapped[list[str]]
    letters: Mapped[list[str]]  # that covered what was told; empty where a statute did
    told: Mapped[int]  # answers
    first_told_at: Mapped[datetime]
    last_told_at: Mapped[datetime]
    state: Mapped[str]  # OPEN, DISPOSED, RETAINED
    retained_until: Mapped[date | None]  # a law keeps it until then (PIPL §47)
    settled_at: Mapped[datetime | None]
    __table_args__ = (
        CheckConstraint("state IN ('OPEN','DISPOSED','RETAINED')", name="state"),
        CheckConstraint("(state = 'RETAINED') = (retained_until IS NOT NULL)", name="retained"),
        Index("disposal_duty_open", "organisation", postgresql_where="state <> 'DISPOSED'"),
    )


class DisposalReport(Base):
    """What a receiver said it did, by which officer; the log holds an entry for each."""

    __tablename__ = "disposal_report"
    id: Mapped[str] = mapped_column(primary_key=True)
    duty: Mapped[str] = mapped_column(ForeignKey("disposal_duty.id"), index=True)
    outcome: Mapped[str]  # DISPOSED or RETAINED
    done_on: Mapped[date]
    method: Mapped[str]  # DELETED, DESTROYED, ANONYMISED, RETURNED; "" where it is kept
    ground: Mapped[str]  # the law that keeps it; "" where it is gone
    retained_until: Mapped[date | None]
    client: Mapped[str]
    officer: Mapped[str]
    at: Mapped[datetime]
    outbox_id: Mapped[int] = mapped_column(BigInteger)
    __table_args__ = (CheckConstraint("outcome IN ('DISPOSED','RETAINED')", name="outcome"),)


class LogFollower(Base):
    """Up to which entry of the log somebody who follows it has read."""

    __tablename__ = "log_follower"
    name: Mapped[str] = mapped_column(primary_key=True)
    next: Mapped[int] = mapped_column(BigInteger)
