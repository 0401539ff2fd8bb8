"""The access log: entries, head, checkpoints, and state changes on their way in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.tables.declared import Base


class LogEntry(Base):
    """One leaf of the access log: the canonical bytes that were hashed, and columns the privacy officer filters by."""

    __tablename__ = "log_entry"
    index: Mapped[int] = mapped_column("idx", BigInteger, primary_key=True, autoincrement=False)
    leaf_hash: Mapped[bytes]
    body: Mapped[bytes]
    id: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]  # INTENT, OUTCOME, REFUSAL, CHANGE, SECURITY_SUMMARY
    question: Mapped[str | None]  # the intent an outcome closes
    at: Mapped[datetime]
    organisation: Mapped[str | None]
    purpose: Mapped[str | None]
    letter: Mapped[str | None]
    case_id: Mapped[str | None]  # of a question over several all of them, a space between
    decision: Mapped[str | None]  # ALLOW, PARTIAL, DENY
    subjects: Mapped[list[str]] = mapped_column(default=list)  # HMAC pseudonyms, hex
    __table_args__ = (
        Index("log_entry_at", "at", "idx"),
        Index("log_entry_organisation", "organisation", "idx"),
        Index("log_entry_subjects", "subjects", postgresql_using="gin"),
        Index("log_entry_question", "question"),
        Index("log_entry_refused", "case_id", "idx", postgresql_where="kind = 'REFUSAL'"),
        Index("log_entry_cases", text("string_to_array(case_id, ' ')"), postgresql_using="gin"),
    )


class LogHead(Base):
    """The one row every writer locks: tree size, frontier of the compact Merkle range, root."""

    __tablename__ = "log_head"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    size: Mapped[int] = mapped_column(BigInteger)
    frontier: Mapped[bytes]
    root: Mapped[bytes]
    __table_args__ = (CheckConstraint("id = 1", name="single"),)


class LogCheckpoint(Base):
    """A signed C2SP checkpoint note."""

    __tablename__ = "log_checkpoint"
    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    note: Mapped[str]
    at: Mapped[datetime]


class Outbox(Base):
    """State changes on their way into the log: written in the change's own transaction, drained by the log writer."""

    __tablename__ = "outbox"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    kind: Mapped[str]
    body: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    logged_index: Mapped[int | None] = mapped_column(BigInteger)
    __table_args__ = (Index("outbox_pending", "id", postgresql_where="logged_index IS NULL"),)
