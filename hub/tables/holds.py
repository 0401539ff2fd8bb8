"""What the law keeps from the person it is about, for a while: an investigation's entries of the access log (PIPL §18, §35, §45)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from hub.tables.declared import Base


class AccessHold(Base):
    """Entries that meet every condition set are not shown to the people they are about until `until`; they are counted, with the article."""

    __tablename__ = "access_hold"
    id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str | None]
    organisation: Mapped[str | None]
    purpose: Mapped[str | None]
    article: Mapped[str]
    until: Mapped[datetime]
    set_by: Mapped[str]  # the officer who answers for it
    set_at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]
    __table_args__ = (
        CheckConstraint("case_id IS NOT NULL OR organisation IS NOT NULL", name="condition"),
        Index("access_hold_until", "until", postgresql_where="lifted_at IS NULL"),
    )
