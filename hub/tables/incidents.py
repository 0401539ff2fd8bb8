"""个人信息安全事件: a leak, tampering or loss, what it touched, who was told (PIPL §57)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, false, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from hub.tables.declared import Base


class Incident(Base):
    """One incident: which entries of the access log it is about, and the contents of the notice the law lists."""

    __tablename__ = "incident"
    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]  # LEAK, TAMPERING, LOSS
    clients: Mapped[list[str]]
    officers: Mapped[list[str]]  # "organisation officer"
    platforms: Mapped[list[str]]
    cases: Mapped[list[str]]
    since: Mapped[datetime]
    until: Mapped[datetime]
    public_interest: Mapped[bool] = mapped_column(default=False, server_default=false())  # at risk (NDS §10)
    cause: Mapped[str]
    harm: Mapped[str]  # that it may do
    measures: Mapped[str]  # taken by the office
    advice: Mapped[str]  # what people can do themselves
    contact: Mapped[str]
    stopped: Mapped[list[str]]  # clients and keys the opening stopped
    opened_by: Mapped[str]
    opened_proof: Mapped[str] = mapped_column(default="STATED", server_default="STATED")  # how that is known: hub.actor
    opened_operator: Mapped[str] = mapped_column(default="", server_default="")  # the system's account at whose shell it was opened
    opened_at: Mapped[datetime]
    authority_told_at: Mapped[datetime | None]
    people_told_at: Mapped[datetime | None]
    people_not_told: Mapped[str | None]  # why not: measures avoid the harm (PIPL §57, second paragraph)
    closed_by: Mapped[str | None]
    closed_second: Mapped[str | None]  # another privacy officer, where people are not told
    closed_at: Mapped[datetime | None]
    parties_told: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict, server_default=text("'{}'::jsonb"))  # office or region, and when
    people: Mapped[int | None]  # how many the last report found touched
    counted_at: Mapped[datetime | None]
    __table_args__ = (
        CheckConstraint("cardinality(clients) + cardinality(officers) + cardinality(platforms) + cardinality(cases) > 0", name="scope"),
        CheckConstraint("since < until", name="span"),
    )


class IncidentPerson(Base):
    """Somebody an incident touched, as the log names them, kept once they are told: what `me` shows of it."""

    __tablename__ = "incident_person"
    incident: Mapped[str] = mapped_column(ForeignKey("incident.id"), primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)  # pseudonym of the log
    groups: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)  # {group, form}
    __table_args__ = (Index("incident_person_subject", "subject"),)
