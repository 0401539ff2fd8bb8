"""核对: checks the hub asked a means-check system for, and their sealed reports (the exception of promise 6)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from hub.tables.declared import Base


class MeansCheck(Base):
    """One check run (domain B12). Its report is sealed, opened for the check body that asked for it, and dropped after its retention."""

    __tablename__ = "means_check"
    id: Mapped[str] = mapped_column(primary_key=True)  # the reference the system knows it by
    case_id: Mapped[str] = mapped_column(ForeignKey("matter_case.id"), index=True)
    system: Mapped[str]  # cq-means-check, sc-means-check
    ticket: Mapped[str | None]  # the system's number; NULL until it took the check
    requested_by: Mapped[str] = mapped_column(ForeignKey("organisation.code"))
    officer: Mapped[str]
    purpose: Mapped[str]
    income_from: Mapped[str]  # YYYY-MM
    income_to: Mapped[str]
    people: Mapped[list[str]]  # ids of those submitted, in order
    whole: Mapped[bool]  # everybody of the household and every obligor was covered
    status: Mapped[str]  # REQUESTED, QUEUED, COMPLETE, PARTIAL, FAILED
    requested_at: Mapped[datetime]
    sealed: Mapped[bytes | None]
    key_version: Mapped[int | None]
    keep_until: Mapped[date | None]
    frozen_at: Mapped[datetime | None]  # one of its people withdrew: read in its case's file alone, never told anew (PIPL §47)
    __table_args__ = (CheckConstraint("status IN ('REQUESTED','QUEUED','COMPLETE','PARTIAL','FAILED')", name="status"),)
