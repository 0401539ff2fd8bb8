"""What platforms pushed: each message once, its record in clear, its contents sealed until their receiver has them."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hub.tables.declared import Base


class Message(Base):
    """One message of a platform (domain A7). `record` holds what is a record of the case; `sealed` everything else of its body."""

    __tablename__ = "message"
    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    platform: Mapped[str] = mapped_column(ForeignKey("platform.id"))
    id: Mapped[str]  # the sender's own
    digest: Mapped[bytes]
    kind: Mapped[str]
    of: Mapped[str]  # whose reference it bears
    reference: Mapped[str]
    state: Mapped[str]  # ACCEPTED, REFUSED
    reason: Mapped[str]  # why refused, else empty
    case_id: Mapped[str | None] = mapped_column(ForeignKey("matter_case.id"))
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    record: Mapped[dict[str, Any]]
    sealed: Mapped[bytes | None]
    key_version: Mapped[int | None]
    receiver: Mapped[str | None] = mapped_column(ForeignKey("platform.id"))
    keep_until: Mapped[date | None]  # the sealed contents, at most
    occurred_at: Mapped[datetime]
    received_at: Mapped[datetime]
    collected_at: Mapped[datetime | None]
    __table_args__ = (
        UniqueConstraint("platform", "id"),
        Index("message_matter", "of", "reference", "number"),
        Index("message_waiting", "receiver", "number", postgresql_where="collected_at IS NULL"),
        CheckConstraint("state IN ('ACCEPTED','REFUSED')", name="state"),
    )
