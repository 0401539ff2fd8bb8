"""敏感聚合: which kinds of ordinary facts about a person an organisation was told lately. Names of fields alone, never what they said."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from hub.tables.declared import Base


class ToldFields(Base):
    """Of one person, by their pseudonym in the log, to one organisation: group.field -> when last, in whole seconds since 1970."""

    __tablename__ = "told_fields"
    subject: Mapped[str] = mapped_column(primary_key=True)
    organisation: Mapped[str] = mapped_column(primary_key=True)
    fields: Mapped[dict[str, int]] = mapped_column(JSONB)
    first_at: Mapped[datetime] = mapped_column(index=True)  # of the oldest of them
