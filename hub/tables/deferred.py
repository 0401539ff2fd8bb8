"""Questions under way at departments that answer later, and their answers until they are told."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from hub.tables.declared import Base


class DeferredJob(Base):
    """One question about one person: ASKED (not taken yet), OPEN, KEPT (answered) or CLOSED (out of time).

    The answer is sealed to the job and its case and holds the asked forms alone; row and answer go when it was told, when its
    authorisation fell, or at `ends_at`.
    """

    __tablename__ = "deferred_job"
    id: Mapped[str] = mapped_column(primary_key=True)  # the number the department knows the question by
    department: Mapped[str]
    fact_group: Mapped[str]
    case_id: Mapped[str] = mapped_column(ForeignKey("matter_case.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    organisation: Mapped[str]
    purpose: Mapped[str]
    question: Mapped[bytes]  # digest of the columns: the same question is found by it
    columns: Mapped[list[list[str | None]]] = mapped_column(JSONB)  # field, leaf, form, threshold in yuan
    intent: Mapped[str]  # log entry it was submitted under; what was asked together is told together
    letters: Mapped[list[str]]  # that covered the person for this group; empty where a statute did
    state: Mapped[str]
    asked_at: Mapped[datetime]
    expected_at: Mapped[datetime | None]  # when the department said it would answer
    due_at: Mapped[datetime]
    next_at: Mapped[datetime]  # when it is submitted again or polled; moved on by whoever takes it
    ends_at: Mapped[datetime | None]  # of KEPT and CLOSED
    sealed: Mapped[bytes | None]
    key_version: Mapped[int | None]
    claimed_by: Mapped[str | None]  # intent of the question that is being answered with it
    claimed_at: Mapped[datetime | None]
    __table_args__ = (
        CheckConstraint("state IN ('ASKED','OPEN','KEPT','CLOSED')", name="state"),
        CheckConstraint("(state = 'KEPT') = (sealed IS NOT NULL)", name="sealed"),
        Index(
            "deferred_job_question", "case_id", "person_id", "fact_group", "organisation", "purpose", "question", unique=True,
        ),
        Index("deferred_job_next", "next_at", postgresql_where="state IN ('ASKED', 'OPEN')"),
        Index("deferred_job_intent", "intent"),
    )
