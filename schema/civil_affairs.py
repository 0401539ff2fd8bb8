"""民政: assistance received, marriage, and confirmation results that others may recognise."""

from __future__ import annotations

import strawberry

from policies.forms import Form, Level
from schema.facts import Facts
from schema.forms import Amount, Coded, Pseudonym
from schema.labels import FactGroup, amount, coded, plain, pseudonym, records
from schema.scalars import IsoDate, RegionCode, YearMonth

L1, L2, L3 = Level.L1, Level.L2, Level.L3


@strawberry.type(description="民政救助 One benefit of the civil-affairs system.")
class CivilAssistance:
    """A benefit."""

    type: str | None = plain(L2, "救助类型", "Kind of assistance.", codes="AssistanceType")
    category: str | None = plain(L2, "对象类别", "Category of person or household.", codes="ObjectCategory")
    dibao_class: str | None = plain(L2, "低保类别", "Class of the minimum living allowance.", codes="A/B/C")
    area: str | None = plain(L1, "城乡", "Urban or rural.", codes="URBAN/RURAL")
    monthly_amount: Amount | None = amount(L3, Form.BAND, "月救助金额", "Monthly benefit.", unit="yuan/month")
    from_: YearMonth | None = plain(L2, "享受起始月", "Paid from.", name="from")
    to: YearMonth | None = plain(L2, "停发月", "Stopped from.")
    status: str | None = plain(L2, "状态", "State; TAPERING is 渐退.", codes="EFFECTIVE/TAPERING/STOPPED")
    stop_reason: Coded | None = coded(L2, Form.MASKED, "停发原因", "Why it was stopped.", codes="STOP_REASON")
    grant_region: RegionCode | None = plain(L1, "发放地", "Region that pays.")


@strawberry.type(description="婚姻登记 One registration of marriage or divorce.")
class Marriage:
    """A registration."""

    marital_status: str | None = plain(L2, "婚姻状况", "Marital status.", codes="GB/T 2261.2")
    event_type: str | None = plain(L2, "登记类型", "What was registered.", codes="MARRY/DIVORCE/CANCEL")
    registered_on: IsoDate | None = plain(L2, "登记日期", "Registered on.")
    spouse_pid: Pseudonym | None = pseudonym(L3, Form.BOOLEAN, "配偶", "The spouse, a member of the household (57 §7).")
    registry_region: RegionCode | None = plain(L2, "登记机关所在地", "Region of the registry.")


@strawberry.type(description="审核确认结果 A confirmation another organ may recognise (SAL §42).")
class Confirmation:
    """A confirmation result; `proof` is what the issuing region signed."""

    category: str | None = plain(L2, "类别", "What the household or person was confirmed as.", codes="ObjectCategory")
    region: RegionCode | None = plain(L1, "确认地", "Region that confirmed.")
    issuer: str | None = plain(L1, "确认机关", "Organ that confirmed.")
    confirmed_on: IsoDate | None = plain(L2, "确认日期", "Confirmed on.")
    valid_to: IsoDate | None = plain(L2, "有效期至", "Valid to.")
    standard_used: str | None = plain(L1, "适用标准", "The standard that was applied.")
    status: str | None = plain(L2, "状态", "In force or ended.", codes="EFFECTIVE/ENDED")
    proof: str | None = plain(L2, "签名凭证", "A neighbour's signed credential (SD-JWT VC); null for a result of this region.")


@strawberry.type(
    description="民政救助 Assistance the civil-affairs system pays or paid.",
    directives=[FactGroup(code="civilAssistance", title="民政救助", department="MZ", source="A6")],
)
class CivilAssistanceFacts(Facts):
    """civilAssistance."""

    records: list[CivilAssistance] | None = records("救助", "Benefits.")


@strawberry.type(
    description="婚姻登记 What the marriage register says.",
    directives=[FactGroup(code="marriage", title="婚姻登记", department="MZ", source="綦江 A3#4")],
)
class MarriageFacts(Facts):
    """marriage."""

    records: list[Marriage] | None = records("登记", "Registrations.")


@strawberry.type(
    description="审核确认结果 Confirmations of this region or of a neighbour.",
    directives=[FactGroup(code="confirmation", title="审核确认结果", department="MZ", source="SAL§42")],
)
class ConfirmationFacts(Facts):
    """confirmation."""

    records: list[Confirmation] | None = records("确认结果", "Confirmations.")
