"""The privacy officers' console: who may log in, and log-ins in force."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from hub.tables.declared import Base


class ConsoleUser(Base):
    """A privacy officer's local log-in."""

    __tablename__ = "console_user"
    name: Mapped[str] = mapped_column(primary_key=True)
    password: Mapped[str]  # Argon2id, PHC string
    organisation: Mapped[str] = mapped_column(ForeignKey("organisation.code"))
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    active: Mapped[bool] = mapped_column(Boolean, default=True)


class ConsoleSession(Base):
    """A log-in in force; the cookie holds a random token, the table its SHA-256."""

    __tablename__ = "console_session"
    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    user: Mapped[str] = mapped_column(ForeignKey("console_user.name"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
