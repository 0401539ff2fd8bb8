"""个人: what a person is told of themselves: who asked about them, their letters, their requests for correction. Never a department's fact."""

from __future__ import annotations

from enum import StrEnum

import strawberry

from policies.forms import Form
from schema.access_log import Decision, PageInfo
from schema.explanations import ExplanationFiled, HandlingRules, PersonalExplanation
from schema.facts import FactGroupCode
from schema.labels import asked, told
from schema.personal_letters import PersonalLetter
from schema.remedies import Remedy
from schema.scalars import Instant, IsoDate, RegionCode, Statement


@strawberry.enum(description="更正状态 What became of a request for correction.")
class CorrectionProgress(StrEnum):
    """GDS §26."""

    OPEN = "OPEN"
    CORRECTED = "CORRECTED"
    UPHELD = "UPHELD"


@strawberry.type(description="查询机构 The organisation that asked; for a neighbouring region, as its hub named it.")
class AskingOrganisation:
    """Code and name."""

    code: str = told("机构代码", "Code.")
    name: str | None = told("机构名称", "Name, where the organisation is enrolled here.")


@strawberry.type(description="查询依据 On what basis a question was asked.")
class AccessBasis:
    """A person is told the kind of an emergency, not what the officer wrote: that may speak of others."""

    kind: str = told("依据类别", "letter, statute, emergency, self or audit.")
    article: str | None = told("条款", "The law: the article named, or the one an emergency, own access or audit rests on.")
    letters: list[strawberry.ID] = told("授权书", "Ids of the letters relied on that are this person's, as in `letters`.")


@strawberry.type(description="涉及的事实组 One fact group that was asked for about this person.")
class AccessedGroup:
    """Group and the strongest form told."""

    group: str = told("事实组", "Code of the group.")
    title: str | None = told("名称", "Its name.")
    region: RegionCode | None = told("地区", "The neighbouring region asked, where it was one.")
    form: Form | None = told("形式", "Strongest form in which a value of it was told; null where none was.")


@strawberry.type(description="日志回执 Proof that an entry stands in the log; `hub verify-receipt` checks it without network.")
class LogReceipt:
    """The members of `household-facts-receipt/1`."""

    format: str = told("格式", "household-facts-receipt/1")
    id: strawberry.ID = told("条目标识", "Id of the entry.")
    index: strawberry.ID = told("序号", "Position in the tree.")
    entry: str = told("条目", "The entry's head: the bytes the tree commits to.")
    proof: list[str] = told("证明", "Hashes from the leaf up, base64.")
    checkpoint: str = told("检查点", "The signed root the path leads to.")


@strawberry.type(description="查询记录 One question about this person, or one that was refused in a case of theirs.")
class PersonalAccess:
    """Intent and outcome together."""

    id: strawberry.ID = told("标识", "Id of the question in the log.")
    at: Instant = told("时间", "When it was asked.")
    organisation: AskingOrganisation | None = told("查询机构", "Who asked.")
    role: str | None = told("角色", "In which role.")
    officer: str | None = told("经办人", "Id of the officer, where the region tells it.")
    purpose: str | None = told("用途代码", "Purpose code.")
    purpose_title: str | None = told("用途", "The purpose in words.")
    basis: AccessBasis | None = told("依据", "Why.")
    platform: AskingOrganisation | None = told("证明身份的平台", "Of a look at one's own records: the platform that vouched for who asked.")
    case: str | None = told("受理编号", "Number of the case, as its platform gave it.")
    decision: Decision | None = told("决定", "What was decided; null while the answer is on its way.")
    reason: str | None = told("理由", "Reason code of a refusal.")
    several: bool = told("多人", "Whether the question was about others too.")
    neighbour: bool = told("跨区域", "Whether it came from, or went to, a neighbouring region.")
    groups: list[AccessedGroup] = told("事实组", "What was asked for about this person.")
    receipts: list[LogReceipt] = told("回执", "Receipts of the question's entries, the question first.")


@strawberry.type(description="查询记录与游标 A question with its cursor.")
class PersonalAccessEdge:
    """Edge."""

    cursor: str = told("游标", "Opaque; pass it as `after`.")
    node: PersonalAccess = told("查询记录", "The question.")


@strawberry.type(description="依法不予告知 Questions not shown, by the law that forbids it.")
class WithheldAccesses:
    """PIPL §45(1), §18, §35."""

    article: str = told("条款", "Why they are not shown.")
    count: int = told("条数", "How many of the period asked for.")
    until: Instant = told("至", "When the last of them is to be shown.")
    remedies: list[Remedy] = told("救济途径", "Where to turn against it.")


@strawberry.type(description="已从日志中去除 The person was erased from the access log: what it says of before then can be tied to nobody.")
class ErasedAccesses:
    """PIPL §47."""

    at: Instant = told("时间", "When; questions asked before then are no longer found here.")
    ground: str = told("依据", "The item of PIPL §47.")


@strawberry.type(description="查询记录分页 A page, newest first; there is no total, only what the law hides is counted.")
class PersonalAccessConnection:
    """Connection."""

    edges: list[PersonalAccessEdge] = told("查询记录", "Questions.")
    page_info: PageInfo = told("翻页", "Page.")
    withheld: list[WithheldAccesses] = told("依法不予告知", "What is hidden of the period, counted.")
    erased: list[ErasedAccesses] = told("已从日志中去除", "When the person was erased from the log, the newest first; no period narrows it.")


@strawberry.type(description="更正请求 A request of this person's that wrong data be corrected (PIPL §46).")
class PersonalCorrection:
    """State and clock."""

    id: strawberry.ID = told("标识", "Id of the request.")
    group: str = told("事实组", "Code of the group.")
    provider: str = told("数据提供部门", "Code of the department that has to look.")
    text: str = told("陈述", "What the person stated.")
    state: CorrectionProgress = told("状态", "What became of it.")
    filed_at: Instant = told("提出时间", "When it was filed.")
    due: IsoDate = told("办理期限", "The last day of the ten working days (GDS §26).")
    overdue: bool = told("逾期", "Whether that day is past and nothing came.")
    answered_at: Instant | None = told("答复时间", "When the provider answered.")
    note: str | None = told("答复", "What the provider reported.")
    remedies: list[Remedy] = told("救济途径", "Where to turn, where the provider upheld what it has; empty otherwise.")


@strawberry.enum(description="事件类别 What happened to data, or may have.")
class IncidentKind(StrEnum):
    """PIPL §57."""

    LEAK = "LEAK"
    TAMPERING = "TAMPERING"
    LOSS = "LOSS"


@strawberry.type(description="个人信息安全事件 An incident that touched this person, as people were told of it (PIPL §57).")
class PersonalIncident:
    """The contents of the notice, and which of this person's facts."""

    id: strawberry.ID = told("标识", "Id of the incident.")
    kind: IncidentKind = told("类别", "Leak, tampering or loss.")
    since: Instant = told("起", "From when.")
    until: Instant = told("止", "Until when.")
    groups: list[AccessedGroup] = told("涉及信息", "Which facts about this person, and the strongest form told; null where it was asked and no value told.")
    cause: str = told("原因", "Why it happened.")
    harm: str = told("可能危害", "What it may do.")
    measures: str = told("补救措施", "What was done against it.")
    advice: str = told("个人可采取的措施", "What the person can do.")
    contact: str = told("联系方式", "Where to ask.")
    told_at: Instant = told("告知时间", "When people were told.")


@strawberry.type(description="个人 The person a citizen's token is about (PIPL §44–46).")
class DataSubject:
    """Answered for the token's person alone; there is no argument to name another."""

    id: strawberry.ID = told("标识", "Handle of the person for this token's organisation.")

    @asked("查询记录", "Who asked about this person, refusals included; newest first.")
    def accesses(
        self, first: int | None = 20, after: str | None = strawberry.UNSET, since: Instant | None = strawberry.UNSET,
        until: Instant | None = strawberry.UNSET,
    ) -> PersonalAccessConnection:
        """Answered by the road."""
        raise NotImplementedError(first, after, since, until)

    letters: list[PersonalLetter] = told("授权书", "Letters signed by or for this person, in all their cases here, newest first.")
    corrections: list[PersonalCorrection] = told("更正请求", "Requests filed by this person, newest first.")
    explanations: list[PersonalExplanation] = told("解释说明请求", "Requests filed by this person, newest first.")

    @asked("处理规则", "The rules of a purpose: on what it rests, what may be asked by whom, how long it is kept; null for no purpose (PIPL §48).")
    def rules(self, purpose: str) -> HandlingRules | None:
        """Answered by the road."""
        raise NotImplementedError(purpose)

    incidents: list[PersonalIncident] = told("安全事件", "Incidents that touched this person and that people were told of, newest first.")
    remedies: list[Remedy] = told("救济途径", "Where one may turn whose request is refused; the same stands beside every refusal (PIPL §50).")
    closed_after_death: bool = told("身后不予查阅", "Whether this person arranged that near relatives are not shown their records after their death (PIPL §49).")


@strawberry.type(description="更正请求已受理 A request was filed: its id and the day an answer is due; no fact.")
class CorrectionFiled:
    """Handle and progress."""

    id: strawberry.ID = told("标识", "Id of the request, as in `corrections`.")
    state: CorrectionProgress = told("状态", "OPEN.")
    due: IsoDate = told("办理期限", "The last day of the ten working days (GDS §26).")


@strawberry.type(description="身后安排已记录 What the person arranged for after their death is kept.")
class AfterDeathArranged:
    """The state from now on."""

    closed: bool = told("不予查阅", "Whether near relatives are shown nothing.")


@strawberry.type(description="变更 What may be set going. No type reached from here carries a fact.")
class Mutation:
    """The root."""

    @asked("请求更正", "A person states that what a department holds about them is wrong (PIPL §46); the statement travels in a variable.")
    def request_correction(self, group: FactGroupCode, text: Statement) -> CorrectionFiled:
        """Answered by the road."""
        raise NotImplementedError(group, text)

    @asked("请求解释说明", "A person asks for the rules to be explained by which they were asked about (PIPL §48): one entry, letter or purpose; a statement travels in a variable.")
    def request_explanation(
        self, entry: strawberry.ID | None = strawberry.UNSET, letter: strawberry.ID | None = strawberry.UNSET, purpose: str | None = strawberry.UNSET,
        text: Statement | None = strawberry.UNSET,
    ) -> ExplanationFiled:
        """Answered by the road."""
        raise NotImplementedError(entry, letter, purpose, text)

    @asked("身后安排", "A person arranges in life whether near relatives are shown their records after their death (PIPL §49).")
    def arrange_after_death(self, closed: bool) -> AfterDeathArranged:
        """Answered by the road."""
        raise NotImplementedError(closed)
