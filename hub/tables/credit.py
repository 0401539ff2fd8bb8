"""失信记录: decisions on their way to the social-credit platform, with the notice and the time to object."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hub.tables.declared import Base


class CreditRecord(Base):
    """One decision that somebody was dishonest: who decided, when they were told, until when they may object, what became of it."""

    __tablename__ = "credit_record"
    id: Mapped[str] = mapped_column(primary_key=True)  # the reference the platform knows it by
    case_id: Mapped[str] = mapped_column(ForeignKey("matter_case.id"), index=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    organisation: Mapped[str] = mapped_column(ForeignKey("organisation.code"))
    decision: Mapped[str]  # number of the decision
    decided_on: Mapped[date]
    decided_by: Mapped[str]  # the officer
    reason: Mapped[str]  # a code
    noticed_on: Mapped[date]
    objection_until: Mapped[date]
    state: Mapped[str]  # NOTICED, OBJECTED, FILED
    filed_at: Mapped[datetime | None]
    filed_by: Mapped[str | None]  # the officer
    receipt: Mapped[str | None]  # the platform's number
    __table_args__ = (
        UniqueConstraint("organisation", "decision"), CheckConstraint("state IN ('NOTICED','OBJECTED','FILED')", name="state"),
    )
