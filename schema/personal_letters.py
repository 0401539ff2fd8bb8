"""本人授权书: the letters signed by or for a person, as the person is shown them; never a department's fact."""

from __future__ import annotations

from enum import StrEnum

import strawberry

from schema.labels import told
from schema.personal_notices import PersonalNotice
from schema.scalars import Instant


@strawberry.enum(description="授权书状态 Whether a letter is in force.")
class LetterState(StrEnum):
    """As it is at the moment of asking."""

    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    UNDER_REVIEW = "UNDER_REVIEW"
    REVOKED = "REVOKED"
    EXPIRED = "EXPIRED"


@strawberry.enum(description="签署身份 In what capacity a letter was signed for this person.")
class SignerCapacity(StrEnum):
    """Domain B17."""

    SELF = "SELF"
    LEGAL_REPRESENTATIVE = "LEGAL_REPRESENTATIVE"
    AGENT = "AGENT"


@strawberry.enum(description="计次期间 In what time uses of a letter are counted; days and months are China's.")
class LetterPeriod(StrEnum):
    """As the letter states it (`validity.maxUses`, `validity.frequency`)."""

    EVER = "EVER"
    HOUR = "HOUR"
    DAY = "DAY"
    MONTH = "MONTH"


@strawberry.type(description="后果 One thing that follows from a withdrawal.")
class Consequence:
    """As a platform's own message is told it."""

    code: str = told("代码", "Code.")
    ground: str = told("依据", "The clause it rests on.")
    zh: str = told("中文", "For the citizen.")
    en: str = told("英文", "In English.")


@strawberry.type(description="已撤回部分 A part of a letter that was withdrawn: where every list meets, an empty one meaning all.")
class WithdrawnPart:
    """Groups, purposes, receivers."""

    fact_groups: list[str] = told("事实组", "Codes of the groups.")
    purposes: list[str] = told("用途", "Purpose codes.")
    receivers: list[str] = told("接收方", "Organisations or regions.")
    at: Instant = told("时间", "When.")


@strawberry.type(description="撤回方式 How a letter is withdrawn, and what that stops.")
class Withdrawal:
    """PIPL §15, §16; 57 §29."""

    platform: str = told("受理平台", "The platform that takes the withdrawal, as it took the letter.")
    stops: list[str] = told("停止的用途", "Purposes that end, in words.")
    consequences: list[Consequence] = told("后果", "What follows in any case; a revocation sent as a preview foretells the rest.")


@strawberry.type(description="使用次数 How often a letter may be used in a time, and how often it was.")
class LetterLimit:
    """A use is a question under which the letter stood for anybody."""

    per: LetterPeriod = told("期间", "In what time.")
    times: int = told("限次", "How often it may be used in it.")
    used: int = told("已用", "How often it was, in the time that runs.")
    again: Instant | None = told("恢复时间", "Where it is used up: when the next time begins; null where none does.")


@strawberry.type(description="本人授权书 A letter signed by or for this person.")
class PersonalLetter:
    """From the letter as registered."""

    id: strawberry.ID = told("标识", "Id at this hub.")
    number: str = told("授权书编号", "Number.")
    platform: str = told("平台", "The platform it was registered by.")
    case: str = told("受理编号", "Number of the case.")
    matter: str = told("事项类型", "Kind of assistance.")
    purposes: list[str] = told("用途", "Purpose codes.")
    fact_groups: list[str] = told("事实组", "Codes of the groups, or ALL_LISTED.")
    receivers: list[str] = told("接收方", "Organisations or regions, or ALL_LEVELS.")
    signed_at: Instant = told("签署时间", "When it was signed for this person.")
    capacity: SignerCapacity = told("签署身份", "By themselves, by a legal representative, or by an agent.")
    expires_at: Instant | None = told("有效期至", "Until when; null where it ends with the matter.")
    unticked: list[str] = told("未单独同意", "Sensitive groups it lists that were not consented to one by one (PIPL §29): nothing of them is told under it.")
    sign_anew: bool = told("需重新签署", "Whether a later privacy notice took something from it, or its own never told of it (PIPL §14, §17).")
    notice: PersonalNotice | None = told("告知书", "The privacy notice it was signed under; null where no register knows it: then it opens nothing.")
    limits: list[LetterLimit] = told("使用次数", "How often the letter says that it may be used; empty where it says nothing.")
    state: LetterState = told("状态", "Whether it is in force.")
    revoked_at: Instant | None = told("撤回时间", "When it was withdrawn.")
    withdrawn: list[WithdrawnPart] = told("已撤回部分", "Parts withdrawn for this person.")
    withdrawal: Withdrawal | None = told("撤回", "How to withdraw it; null where it is no longer in force.")
