"""Between regions: agreements, and results issued to neighbours."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Identity, false
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


class IssuedResult(Base):
    """A result issued to a neighbour: its place in the status list, and the exchange it was issued in. No person, no fact."""

    __tablename__ = "issued_result"
    index: Mapped[int] = mapped_column(BigInteger, Identity(always=True, start=0, minvalue=0), primary_key=True)
    exchange: Mapped[str] = mapped_column(index=True)
    expires_at: Mapped[datetime]
    withdrawn: Mapped[bool] = mapped_column(default=False, server_default=false())
