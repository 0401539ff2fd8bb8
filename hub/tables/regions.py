"""Between regions: agreements, and results issued to neighbours."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Identity, false
from sqlalchemy.orm import Mapped, mapped_column

from hub.tables.declared import Base


class Agreement(Base):
    """协作协议: signed by both regions; names transport, purposes, result kinds, onward receivers."""

    __tablename__ = "agreement"
    code: Mapped[str] = mapped_column(primary_key=True)
    document: Mapped[bytes]  # canonical JSON, as signed
    signatures: Mapped[dict[str, Any]]  # region -> compact JWS over the document's hash
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    active: Mapped[bool] = mapped_column(default=True)


class WitnessedLog(Base):
    """A neighbour's access log as it was last seen: the tree it must continue, and what did not. Hashes, nobody's name."""

    __tablename__ = "witnessed_log"
    region: Mapped[str] = mapped_column(primary_key=True)
    origin: Mapped[str]
    vkeys: Mapped[list[str]]  # its known verifier keys; none before the first look
    size: Mapped[int] = mapped_column(BigInteger)
    root: Mapped[bytes]
    note: Mapped[str]  # its checkpoint, cosigned
    state: Mapped[str]  # CONSISTENT, MISSED, SHRUNK, FORK, UNSEEN
    reason: Mapped[str]  # why it was missed
    evidence: Mapped[str]  # the signed checkpoint that does not continue what was seen
    seen_at: Mapped[datetime | None]
    looked_at: Mapped[datetime]
    __table_args__ = (CheckConstraint("state IN ('CONSISTENT','MISSED','SHRUNK','FORK','UNSEEN')", name="state"),)


class IssuedResult(Base):
    """A result issued to a neighbour: its place in the status list, and the exchange it was issued in. No person, no fact."""

    __tablename__ = "issued_result"
    index: Mapped[int] = mapped_column(BigInteger, Identity(always=True, start=0, minvalue=0), primary_key=True)
    exchange: Mapped[str] = mapped_column(index=True)
    expires_at: Mapped[datetime]
    withdrawn: Mapped[bool] = mapped_column(default=False, server_default=false())
