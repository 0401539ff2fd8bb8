"""从日志中去除: when a person's old log key was destroyed, on which ground, and who answers for it (PIPL §47)."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from hub.tables.declared import Base


class LogErasure(Base):
    """One act. What the log says of before `at` can be tied to the person no more; the key that could is gone."""

    __tablename__ = "log_erasure"
    id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    at: Mapped[datetime]
    ground: Mapped[str]
    by: Mapped[str]
    second: Mapped[str]
    __table_args__ = (CheckConstraint("by <> second", name="two_officers"),)
