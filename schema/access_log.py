"""访问日志: who read whom, why, under which letter; for the privacy officer alone. It names people by pseudonym and holds no fact."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import strawberry

from policies.forms import Form
from schema.labels import told
from schema.scalars import IdNumber, Instant


@strawberry.enum(description="日志类别 What an entry records.")
class EntryKind(StrEnum):
    """Kinds of log entries."""

    INTENT = "INTENT"
    OUTCOME = "OUTCOME"
    REFUSAL = "REFUSAL"
    CHANGE = "CHANGE"
    SECURITY_SUMMARY = "SECURITY_SUMMARY"


@strawberry.enum(description="决定 What was decided.")
class Decision(StrEnum):
    """All, part or nothing was allowed."""

    ALLOW = "ALLOW"
    PARTIAL = "PARTIAL"
    DENY = "DENY"


@strawberry.enum(description="待复查 What rests on no letter and is looked at again (domain C4).")
class Review(StrEnum):
    """On a statute, or in an emergency."""

    STATUTE = "STATUTE"
    EMERGENCY = "EMERGENCY"


@strawberry.type(description="授权书引用 A letter an entry names; what was signed is found under its id.")
class LetterReference:
    """Id."""

    id: strawberry.ID = told("授权书标识", "Id of the letter.")


@strawberry.type(description="授权书依据 By signed letters.")
class LetterBasis:
    """letter."""

    kind: str = told("依据类别", "letter")
    letters: list[LetterReference] = told("授权书", "The letters relied on.")


@strawberry.type(description="法定依据 By an article of law.")
class StatuteBasis:
    """statute."""

    kind: str = told("依据类别", "statute")
    article: str = told("条款", "The article.")


@strawberry.type(description="紧急依据 By an emergency (PIPL §13(4)).")
class EmergencyBasis:
    """emergency."""

    kind: str = told("依据类别", "emergency")
    reason: str = told("事由", "What the officer stated.")


@strawberry.type(description="本人依据 By the person themself (PIPL §45).")
class SelfBasis:
    """self."""

    kind: str = told("依据类别", "self")


@strawberry.type(description="审计依据 By the duty to audit (PIPL §54).")
class AuditBasis:
    """audit."""

    kind: str = told("依据类别", "audit")


@strawberry.type(description="在卷依据 By what was issued in the case before its letters fell (PIPL §15, §47).")
class FileBasis:
    """file."""

    kind: str = told("依据类别", "file")


Basis = Annotated[
    LetterBasis | StatuteBasis | EmergencyBasis | SelfBasis | AuditBasis | FileBasis,
    strawberry.union("Basis", description="依据 On what basis a question was asked."),
]


@strawberry.type(description="披露字段 One field that was told, and in which form.")
class ToldField:
    """Group, field, form."""

    group: str = told("事实组", "Fact group.")
    field: str = told("字段", "Field.")
    form: Form = told("形式", "Strongest form told.")


@strawberry.type(description="日志条目 One leaf of the access log.")
class AccessLogEntry:
    """An entry in the officer's words; the canonical bytes are in the log itself."""

    id: strawberry.ID = told("标识", "Id of the entry.")
    index: strawberry.ID = told("序号", "Position in the tree.")
    kind: EntryKind = told("类别", "What it records.")
    at: Instant = told("时间", "When.")
    question: strawberry.ID | None = told("问询", "The intent an outcome closes.")
    exchange: strawberry.ID | None = told(
        "交换号", "The id that several entries share: of an exchange between neighbours, or, marked, of a question asked in parts.",
    )
    organisation: str | None = told("机构", "Who asked.")
    client: str | None = told("系统", "By which system.")
    officer: str | None = told("经办人", "Which officer asked.")
    officer_proof: str | None = told("经办人身份", "ASSERTED by the system, or PROVEN, by whom and how.")
    role: str | None = told("角色", "In which role.")
    purpose: str | None = told("用途", "For which purpose.")
    basis: Basis | None = told("依据", "On which basis.")
    review: Review | None = told("待复查", "Marked where it rests on no letter.")
    approvals: list[strawberry.ID] = told("审批", "A second person's approvals that were made use of.")
    case: strawberry.ID | None = told("事项", "In which case; null for a question over several.")
    cases: list[strawberry.ID] = told("各事项", "In which cases: several where one question was over several.")
    subjects: list[str] = told("对象", "Whom, as pseudonyms of the log.")
    decision: Decision | None = told("决定", "What was decided.")
    reason: str | None = told("理由", "Reason code of a refusal.")
    departments: list[str] = told(
        "来源部门", "Codes of the departments to be asked, of an intent, or asked, of an outcome; a neighbour's with @ and its region.",
    )
    fields: list[ToldField] = told("字段", "What was told, in which form.")
    policy: str | None = told("规则版本", "Digest of the policy that decided.")
    leaf_hash: str = told("叶哈希", "Hash of the leaf, hex.")


@strawberry.type(description="条目与游标 An entry with its cursor.")
class AccessLogEdge:
    """Edge."""

    cursor: str = told("游标", "Opaque; pass it as `after`.")
    node: AccessLogEntry = told("条目", "The entry.")


@strawberry.type(description="翻页 Where the page ends; there is no total, since a count is a fact too.")
class PageInfo:
    """Page."""

    has_next_page: bool = told("还有", "Whether more follow.")
    end_cursor: str | None = told("末尾游标", "Cursor of the last entry of the page.")


@strawberry.type(description="日志分页 A page of the log, newest first.")
class AccessLogConnection:
    """Connection."""

    edges: list[AccessLogEdge] = told("条目", "Entries.")
    page_info: PageInfo = told("翻页", "Page.")


@strawberry.input(description="日志筛选 Which entries; every condition must hold. One that matches nobody yields nothing.")
class AccessLogFilter:
    """Filter; a subject is named by ID number in a variable, or by its pseudonym in the log."""

    entry: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="条目 Id of one entry; it stands alone, without another condition.",
    )
    organisation: str | None = strawberry.field(default=strawberry.UNSET, description="机构 Organisation code.")
    subject: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="对象 Pseudonym in the log.")
    subject_id_number: IdNumber | None = strawberry.field(default=strawberry.UNSET, description="对象证件号码 ID number.")
    purpose: str | None = strawberry.field(default=strawberry.UNSET, description="用途 Purpose code.")
    letter: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="授权书 Id of a letter.")
    case: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="事项 Id of a case.")
    kind: EntryKind | None = strawberry.field(default=strawberry.UNSET, description="类别 Kind of entry.")
    decision: Decision | None = strawberry.field(default=strawberry.UNSET, description="决定 Decision.")
    review: Review | None = strawberry.field(default=strawberry.UNSET, description="待复查 What rests on no letter.")
    approval: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="审批 Id of an approval: its asking, its decision, and what was read under it.",
    )
    from_: Instant | None = strawberry.field(default=strawberry.UNSET, name="from", description="起 From, inclusive.")
    to: Instant | None = strawberry.field(default=strawberry.UNSET, description="止 To, exclusive.")
