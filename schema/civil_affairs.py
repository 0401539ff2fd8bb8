"""民政: assistance received, care of 特困 persons, marriage, funerals, and confirmation results that others may recognise."""

from __future__ import annotations

import strawberry

from policies.forms import Form, Level
from schema.facts import Facts
from schema.forms import Amount, Coded, Dated, Pseudonym, Quantity, Text
from schema.labels import FactGroup, amount, coded, dated, plain, pseudonym, quantity, records, text
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


@strawberry.type(description="殡葬 One funeral, found by the deceased or by who arranged it.")
class Funeral:
    """A funeral."""

    deceased_pid: Pseudonym | None = pseudonym(L3, Form.BOOLEAN, "逝者", "The deceased.")
    death_on: Dated | None = dated(L3, Form.BOOLEAN, "死亡日期", "Day of death.")
    cremated_on: Dated | None = dated(L3, Form.BOOLEAN, "火化日期", "Day of cremation.")
    fee_reduced: bool | None = plain(L2, "基本殡葬费减免", "Whether the basic fee was reduced (綦江 10).")
    reduced_amount: Amount | None = amount(L3, Form.BAND, "减免金额", "By how much.")


@strawberry.type(description="特困/照料 How a 特困 person is kept and cared for.")
class CarePerson:
    """One person's care; the six indicators are eating, dressing, getting up, toilet, moving indoors and washing (TK §21)."""

    care_mode: str | None = plain(L2, "供养形式", "In an institution or at home.", codes="CENTRAL/SCATTERED")
    self_care_level: Coded | None = coded(L3, Form.BOOLEAN, "生活自理能力", "Self-care by six indicators.", codes="ABLE/PARTIAL/FULL_LOSS")
    unmet_indicators: Quantity | None = quantity(L3, Form.WITHHELD, "不能达到指标数", "Indicators not met; four and more are full loss.", unit="0-6")
    care_agreement: bool | None = plain(L2, "委托照料协议", "Whether an agreement on care is signed (綦江 2).")
    institution_name: Text | None = text(L3, Form.WITHHELD, "供养机构", "The institution.")


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
    description="殡葬 What the funeral service knows.",
    directives=[FactGroup(code="funeral", title="殡葬", department="MZ", source="綦江 A3#5")],
)
class FuneralFacts(Facts):
    """funeral."""

    records: list[Funeral] | None = records("殡葬", "Funerals.")


@strawberry.type(
    description="特困/照料 How 特困 persons are cared for.",
    directives=[FactGroup(code="carePersonStatus", title="特困/照料", department="MZ", source="TK§21")],
)
class CarePersonStatusFacts(Facts):
    """carePersonStatus."""

    records: list[CarePerson] | None = records("供养", "Care.")


@strawberry.type(
    description="审核确认结果 Confirmations of this region or of a neighbour.",
    directives=[FactGroup(code="confirmation", title="审核确认结果", department="MZ", source="SAL§42")],
)
class ConfirmationFacts(Facts):
    """confirmation."""

    records: list[Confirmation] | None = records("确认结果", "Confirmations.")
