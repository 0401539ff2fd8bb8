"""Sharing between departments: the catalogue, requests for what it lists, corrections and disputes (政务数据共享条例, GDS). No fact."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Integer, false, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.tables.declared import Base


class CatalogueEntry(Base):
    """政务数据目录 (GDS §13–15): what a provider shares, with whom, for what."""

    __tablename__ = "catalogue_entry"
    id: Mapped[str] = mapped_column(primary_key=True)
    fact_group: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    provider: Mapped[str]
    attribute: Mapped[str]  # UNCONDITIONAL, CONDITIONAL, NOT_SHARED
    departments: Mapped[list[str]]  # permitted, of a CONDITIONAL entry
    purposes: Mapped[list[str]]
    legal_basis: Mapped[str]
    onward_sharing: Mapped[bool] = mapped_column(default=False)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    items: Mapped[list[str]] = mapped_column(server_default="{}")  # 数据项, in the provider's words
    data_format: Mapped[str] = mapped_column(server_default="")
    frequency: Mapped[str] = mapped_column(server_default="")
    modes: Mapped[list[str]] = mapped_column(server_default="{}")  # API, BATCH, FILE
    conditions: Mapped[str] = mapped_column(server_default="")
    grade: Mapped[str] = mapped_column(server_default="")  # 数据分类分级
    by_request: Mapped[bool] = mapped_column(default=False, server_default=false())  # opens only to whom it was supplied
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    disposal: Mapped[str] = mapped_column(default="", server_default="")  # how its data are disposed of after use (GDS §27)
    keep_days: Mapped[int | None] = mapped_column(Integer)  # for how long after the telling they may be kept
    __table_args__ = (CheckConstraint("attribute IN ('UNCONDITIONAL','CONDITIONAL','NOT_SHARED')", name="attribute"),)


class ShareRequest(Base):
    """共享申请 (GDS §20–22): a department asks for an entry; steps and clocks are `policies.sharing`."""

    __tablename__ = "share_request"
    id: Mapped[str] = mapped_column(primary_key=True)
    entry: Mapped[str] = mapped_column(ForeignKey("catalogue_entry.id"), index=True)
    requester: Mapped[str] = mapped_column(ForeignKey("organisation.code"))
    approved_by: Mapped[str]  # head of the requester's data-sharing body (GDS §20)
    basis: Mapped[str]
    scene: Mapped[str]
    scope: Mapped[str]
    mode: Mapped[str]
    used_until: Mapped[date]
    onward: Mapped[bool] = mapped_column(default=False)  # to be handed to a third party (GDS §25)
    attribute: Mapped[str]  # the entry's when it was filed: it sets the clock
    state: Mapped[str]
    filed_at: Mapped[datetime]
    answer_due: Mapped[date | None]
    supply_due: Mapped[date | None]
    noticed: Mapped[bool] = mapped_column(default=False)
    extended_days: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(default="")  # of the last step that needs one
    changed_at: Mapped[datetime]


class CorrectionRequest(Base):
    """校核申请 (GDS §26): data of an entry are wrong. `question` is the log entry they were told in; whom they are about stands there."""

    __tablename__ = "correction_request"
    id: Mapped[str] = mapped_column(primary_key=True)
    entry: Mapped[str] = mapped_column(ForeignKey("catalogue_entry.id"))
    requester: Mapped[str] = mapped_column(ForeignKey("organisation.code"))
    question: Mapped[str]
    reason: Mapped[str]
    state: Mapped[str]  # OPEN, CORRECTED, UPHELD
    filed_at: Mapped[datetime]
    due: Mapped[date]
    answered_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(default="")


class SharingDispute(Base):
    """共享争议 (GDS §28): over a request or a correction; `authority` coordinates once consulting came to nothing."""

    __tablename__ = "sharing_dispute"
    id: Mapped[str] = mapped_column(primary_key=True)
    about: Mapped[str]  # id of a share request or a correction request
    requester: Mapped[str] = mapped_column(ForeignKey("organisation.code"))
    provider_region: Mapped[str]
    issue: Mapped[str]
    level: Mapped[str]  # COUNTY, CITY, PROVINCE, NATIONAL
    authority: Mapped[str]  # region of the coordinating authority, six digits
    state: Mapped[str]  # CONSULTING, ESCALATED, SETTLED
    opened_at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(default="")
    changed_at: Mapped[datetime]
