"""解释说明: the rules by which a person was asked about, explained to them: at once as data, or by an officer who is asked (PIPL §48)."""

from __future__ import annotations

from enum import StrEnum

import strawberry

from schema.labels import told
from schema.remedies import Remedy
from schema.scalars import Instant, IsoDate


@strawberry.enum(description="解释说明状态 What became of a request for an explanation.")
class ExplanationProgress(StrEnum):
    """PIPL §48, §50."""

    OPEN = "OPEN"
    EXPLAINED = "EXPLAINED"
    REFUSED = "REFUSED"


@strawberry.enum(description="解释说明事项 What is to be explained: one question about the person, one of their letters, a purpose.")
class ExplanationKind(StrEnum):
    """What `about` names."""

    ENTRY = "ENTRY"
    LETTER = "LETTER"
    PURPOSE = "PURPOSE"


@strawberry.type(description="解释说明请求 A request of this person's that the rules of handling be explained (PIPL §48).")
class PersonalExplanation:
    """State, clock and answer."""

    id: strawberry.ID = told("标识", "Id of the request.")
    kind: ExplanationKind = told("事项", "What is to be explained.")
    about: strawberry.ID = told("所指", "Id of the question in the log or of the letter, or the purpose's code.")
    text: str | None = told("陈述", "What the person stated, if anything.")
    state: ExplanationProgress = told("状态", "What became of it.")
    filed_at: Instant = told("提出时间", "When it was filed.")
    due: IsoDate | None = told("办理期限", "The last day of the region's term; null where it states none: the law says without delay.")
    overdue: bool = told("逾期", "Whether that day is past and nothing came.")
    answered_at: Instant | None = told("答复时间", "When it was answered.")
    answer: str | None = told("答复", "The explanation, or the reason for refusing it.")
    article: str | None = told("拒绝依据", "Of a refusal: the article that lets it (PIPL §50).")
    officer: str | None = told("答复人", "Who answered, where the region tells officers.")
    remedies: list[Remedy] = told("救济途径", "Where to turn, where it was refused; empty otherwise.")


@strawberry.type(description="解释说明请求已受理 A request was filed: its id and the day an answer is due; no fact.")
class ExplanationFiled:
    """Handle and progress."""

    id: strawberry.ID = told("标识", "Id of the request, as in `explanations`.")
    state: ExplanationProgress = told("状态", "OPEN.")
    due: IsoDate | None = told("办理期限", "The last day of the region's term; null where it states none.")


@strawberry.enum(description="起算事件 From what the days are counted within which a receiver disposes of what it was told.")
class KeepingEvent(StrEnum):
    """The end of the case, or having been told."""

    CASE_CLOSED = "CASE_CLOSED"
    TOLD = "TOLD"


@strawberry.type(description="保存期限 How long a receiver keeps what it was told under a purpose (PIPL §19; GDS §27).")
class KeepingTerm:
    """Calendar days."""

    event: KeepingEvent = told("起算事件", "From what they are counted.")
    days: int = told("天数", "Within how many days after it.")
    longest_days: int = told("最长天数", "And within how many after the telling, whatever happens.")
    source: str = told("来源", "Where the region has them from.")


@strawberry.type(description="可查询事实组 One fact group that may be asked for under a purpose.")
class RuledGroup:
    """Group, and whether without a letter."""

    group: str = told("事实组", "Code of the group.")
    title: str = told("名称", "Its name.")
    department: str = told("数据提供部门", "Code of the department that holds it.")
    without_letter: bool = told("无需授权书", "Whether it may be asked for by statute, without a letter.")


@strawberry.type(description="处理规则 The rules of a purpose, from the tables the hub decides by (PIPL §48); in which form something was told stands with each question.")
class HandlingRules:
    """As they are today."""

    purpose: str = told("用途代码", "Purpose code.")
    title: str = told("用途", "The purpose in words.")
    law: str = told("法律依据", "The articles it rests on.")
    bases: list[str] = told("依据类别", "On what a question under it may rest: letter, statute, emergency, self or audit.")
    groups: list[RuledGroup] = told("事实组", "What may be asked for, and no more.")
    departments: list[str] = told("可查询部门", "Codes of the departments that may ask.")
    consent_until: str = told("授权终止", "When consent for it ends, unless the letter says sooner.")
    keeping: KeepingTerm | None = told("保存期限", "How long a receiver keeps it; null where the region states none.")
    record_years: int = told("使用记录保存年限", "How many years a receiver keeps its record of the use (GDS §29).")
