"""What people arranged in life for after their death: that their relatives are not shown their records (PIPL §49, last half-sentence)."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from hub.tables.declared import Base


class Arrangement(Base):
    """One arrangement: said by the person themself (`question`, their log entry), or by a paper an officer saw (`document_hash`)."""

    __tablename__ = "arrangement"
    id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    question: Mapped[str | None]
    document_hash: Mapped[bytes | None]
    recorded_by: Mapped[str]  # the officer who answers for it; the platform that vouched for the person
    recorded_at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]
    __table_args__ = (
        CheckConstraint("(question IS NULL) <> (document_hash IS NULL)", name="source"),
        Index("arrangement_standing", "person_id", postgresql_where="lifted_at IS NULL"),
    )
