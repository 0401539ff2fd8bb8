"""个人信息处理告知书: the privacy notice a letter was signed under, as the person is shown it; never a department's fact."""

from __future__ import annotations

import strawberry

from schema.labels import told
from schema.scalars import IsoDate


@strawberry.type(description="处理目的和方式 For what information is handled, and how (PIPL §17).")
class NoticeUse:
    """One row of a notice."""

    purposes: list[str] = told("用途", "Purpose codes.")
    why: str = told("处理目的", "For what.")
    manner: str = told("处理方式", "How.")


@strawberry.type(description="信息种类和保存期限 A kind of information, and how long it is kept (PIPL §17).")
class NoticeKind:
    """One row of a notice."""

    title: str = told("种类", "The kind.")
    fact_groups: list[str] = told("事实组", "Codes of the groups.")
    kept: str = told("保存期限", "How long.")


@strawberry.type(description="敏感个人信息 Why sensitive information is needed, and what that does to one's rights (PIPL §30).")
class NoticeSensitive:
    """One row of a notice."""

    fact_groups: list[str] = told("事实组", "Codes of the groups; UNDER_14: everything about a child under fourteen.")
    need: str = told("必要性", "Why it is needed.")
    effect: str = told("对个人权益的影响", "What it does to the person's rights.")


@strawberry.type(description="告知内容 What the notice told, in its own words.")
class NoticeContents:
    """PIPL §17, §30."""

    handler: str = told("个人信息处理者", "Who handles.")
    contact: str = told("联系方式", "How to reach them.")
    uses: list[NoticeUse] = told("处理目的和方式", "For what, and how.")
    kinds: list[NoticeKind] = told("信息种类和保存期限", "Which kinds, and how long each is kept.")
    sensitive: list[NoticeSensitive] = told("敏感个人信息", "The need and the effect of what is sensitive.")
    rights: str = told("行使权利的方式和程序", "How to exercise one's rights.")
    other: list[str] = told("其他告知事项", "What else was told.")
    digest: str = told("内容摘要", "SHA-256 of these members' canonical JSON (RFC 8785) without this one: who kept it sees whether the words changed.")


@strawberry.type(description="告知书变更 What a later version changed.")
class NoticeChange:
    """Where the lists name several they meet; an empty one means all."""

    version: str = told("版本", "The later version.")
    signed_from: IsoDate = told("启用日期", "In force from.")
    about: str = told("变更事项", "PURPOSE, MANNER, KINDS, RECEIVER, RETENTION, OTHER or NARROWED.")
    what: str = told("变更内容", "What changed, in words.")
    material: bool = told("需重新同意", "Whether what it concerns needs a new signature (PIPL §14).")
    purposes: list[str] = told("用途", "Purposes concerned.")
    fact_groups: list[str] = told("事实组", "Groups concerned.")
    receivers: list[str] = told("接收方", "Receivers concerned.")


@strawberry.type(description="个人信息处理告知书 The privacy notice a letter's signers were shown.")
class PersonalNotice:
    """From the region's register."""

    version: str = told("版本", "As the letter names it.")
    title: str = told("名称", "Title.")
    signed_from: IsoDate = told("启用日期", "Shown to those who signed from this day on.")
    signed_until: IsoDate | None = told("停用日期", "To this day; null: still.")
    tells: NoticeContents | None = told("告知内容", "What it told; null where nobody entered that: then the letter opens nothing.")
    silent: list[str] = told("未告知", "Purposes and groups the letter lists and the notice did not tell of: nothing of them is told under it.")
    changes: list[NoticeChange] = told("此后变更", "What later versions changed, oldest first.")
