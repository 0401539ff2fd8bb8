"""Requests that the rules of handling be explained (PIPL §48). Whom one is about stands in the log entry it was filed under, and nowhere here."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from hub.tables.declared import Base


class ExplanationRequest(Base):
    """解释说明请求: `about` is the id of a log entry or a letter, or a purpose's code, by `kind`. `answered_proof` and `answered_operator` say how the
    officer is known who answered.
    """

    __tablename__ = "explanation_request"
    id: Mapped[str] = mapped_column(primary_key=True)
    requester: Mapped[str] = mapped_column(ForeignKey("organisation.code"))
    question: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]  # ENTRY, LETTER, PURPOSE
    about: Mapped[str]
    statement: Mapped[str] = mapped_column(default="")
    state: Mapped[str]  # OPEN, EXPLAINED, REFUSED
    filed_at: Mapped[datetime]
    due: Mapped[date | None]  # None where the region states no term
    answered_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(default="")
    article: Mapped[str] = mapped_column(default="")  # of a refusal
    answered_by: Mapped[str] = mapped_column(default="")
    answered_proof: Mapped[str] = mapped_column(default="")
    answered_operator: Mapped[str] = mapped_column(default="")
    __table_args__ = (
        CheckConstraint("kind IN ('ENTRY','LETTER','PURPOSE')", name="kind"),
        CheckConstraint("(state = 'OPEN') = (answered_at IS NULL) AND (state = 'REFUSED') = (article <> '')", name="answered"),
    )
