"""事项与家庭: the case, the declared household and its people; what may be asked is reached from here."""

from __future__ import annotations

import strawberry

from policies.forms import Form, Level
from schema.civil_affairs import (
    CarePersonStatusFacts,
    CivilAssistanceFacts,
    ConfirmationFacts,
    FuneralFacts,
    MarriageFacts,
)
from schema.disabled_persons import DisabilityFacts
from schema.e_certificates import ECertFacts
from schema.education import EducationFacts
from schema.emergency_management import DisasterFacts
from schema.facts import FactGroupCode, Facts
from schema.finance import BankDepositFacts, CommercialInsuranceFacts, PaymentAccountFacts, SecuritiesFacts
from schema.forms import Coded, Dated, Text
from schema.health import HealthFacts
from schema.housing import HousingFacts
from schema.human_resources import EmploymentFacts, SocialInsuranceFacts
from schema.justice import JusticeFacts
from schema.labels import FactGroup, Key, asked, coded, dated, text, told
from schema.market_regulation import MarketEntityFacts
from schema.mass_organisations import MassOrgAidFacts
from schema.medical_insurance import MedicalInsuranceFacts
from schema.natural_resources import RealEstateFacts
from schema.provident_fund import ProvidentFundFacts
from schema.public_finance import FiscalSubsidyFacts
from schema.public_security import HouseholdRegisterFacts, VehicleFacts
from schema.rural_affairs import RuralHouseholdFacts
from schema.scalars import Instant, RegionCode
from schema.tax import TaxFacts
from schema.transport import VesselFacts
from schema.veterans import VeteranFacts


@strawberry.type(
    description="人员 A natural person; the id is a handle of one organisation in one case, useless elsewhere.",
    directives=[Key(fields="id"), FactGroup(code="identity", title="身份信息", department="MZ", source="C1")],
)
class Person:
    """A person of the declared household, or one looked up under a statute."""

    id: strawberry.ID = told("内部标识", "Handle.")
    name: Text | None = text(Level.L3, Form.MASKED, "姓名", "Name.")
    id_number: Text | None = text(Level.L3, Form.MASKED, "证件号码", "ID number.")
    sex: Coded | None = coded(Level.L2, Form.MASKED, "性别", "Sex.", codes="GB/T 2261.1")
    birth_date: Dated | None = dated(Level.L3, Form.BAND, "出生日期", "Date of birth.")
    household_register: HouseholdRegisterFacts | None = told("户籍", "Household register.")
    vehicle: VehicleFacts | None = told("车辆登记", "Vehicles.")
    tax: TaxFacts | None = told("纳税记录", "Tax.")
    real_estate: RealEstateFacts | None = told("不动产登记", "Real estate.")
    social_insurance: SocialInsuranceFacts | None = told("社会保险缴纳", "Social insurance.")
    employment: EmploymentFacts | None = told("就业", "Employment.")
    disability: DisabilityFacts | None = told("残疾", "Disability.")
    civil_assistance: CivilAssistanceFacts | None = told("民政救助", "Assistance received.")
    marriage: MarriageFacts | None = told("婚姻登记", "Marriage.")
    funeral: FuneralFacts | None = told("殡葬", "Funerals.")
    care_person_status: CarePersonStatusFacts | None = told("特困/照料", "Care of 特困 persons.")
    justice: JusticeFacts | None = told("司法", "Justice.")
    veteran: VeteranFacts | None = told("优抚", "Veterans' entitlements.")
    mass_org_aid: MassOrgAidFacts | None = told("群团帮扶", "Help by mass organisations.")
    e_cert: ECertFacts | None = told("电子证照", "Electronic certificates.")
    medical_insurance: MedicalInsuranceFacts | None = told("医疗保障", "Medical insurance.")
    health: HealthFacts | None = told("健康", "Health.")
    housing: HousingFacts | None = told("住房保障", "Housing support.")
    provident_fund: ProvidentFundFacts | None = told("住房公积金缴纳", "Housing provident fund.")
    vessel: VesselFacts | None = told("船舶与营运车", "Ships and commercial vehicles.")
    market_entity: MarketEntityFacts | None = told("市场主体登记", "Businesses.")
    education: EducationFacts | None = told("教育", "Enrolment and student aid.")
    bank_deposit: BankDepositFacts | None = told("银行存款", "Bank deposits; answered later.")
    securities: SecuritiesFacts | None = told("证券", "Securities; answered later.")
    commercial_insurance: CommercialInsuranceFacts | None = told("商业保险", "Commercial insurance; answered later.")
    payment_account: PaymentAccountFacts | None = told("支付账户", "Payment accounts; answered later.")

    rural_household: RuralHouseholdFacts | None = told("农业农村/防返贫", "Rural household.")
    disaster: DisasterFacts | None = told("受灾", "Disasters.")
    fiscal_subsidy: FiscalSubsidyFacts | None = told("财政补贴(一卡通)", "Fiscal subsidies.")

    @asked("审核确认结果", "Confirmations; `region` asks a neighbouring region under the agreement.")
    def confirmation(self, region: RegionCode | None = strawberry.UNSET) -> ConfirmationFacts | None:
        """Declared with its argument; answered by the hub's own road."""
        raise NotImplementedError(region)

    @asked("事实", "Several groups under one name, for callers that build their question from a list.")
    def facts(self, groups: list[FactGroupCode]) -> list[Facts]:
        """Declared with its argument; answered by the hub's own road."""
        raise NotImplementedError(groups)


@strawberry.type(description="授权覆盖 Whether this person's facts may be asked at all in this case, and if not, why.")
class CoverageState:
    """Coverage by a letter or by law."""

    covered: bool = told("已覆盖", "Whether a valid signature or a statute covers the person.")
    reason: str | None = told("理由", "Reason code where not covered.")


@strawberry.type(description="家庭成员 A place in the declared household.")
class Member:
    """Member or obligor."""

    relation: str = told("与申请人关系", "Relation (GB/T 4761).")
    role: str = told("角色", "MEMBER, OBLIGOR or EXCLUDED.")
    capacity: str = told("民事行为能力", "FULL, LIMITED, NONE, or BY_AGE of a minor: decides who signs.")
    coverage: CoverageState = told("授权覆盖", "Coverage.")
    person: Person = told("人员", "The person.")


@strawberry.type(description="家庭 The declared household (共同生活家庭, 57 §7), not the register book.")
class Household:
    """The household of a case."""

    id: strawberry.ID = told("家庭标识", "Handle.")
    area: str = told("城乡", "URBAN or RURAL: selects the standard.")
    hukou_region: RegionCode = told("户籍所在地", "Where registered.")
    residence_region: RegionCode = told("经常居住地", "Where it lives.")
    members: list[Member] = told("共同生活家庭成员", "Members.")
    obligors: list[Member] = told("法定义务人", "People outside who owe support; each signs an own letter (SAL §41).")


@strawberry.type(description="办理事项 The matter a question belongs to.")
class Case:
    """A case as its platform registered it."""

    id: strawberry.ID = told("标识", "Id of the case.")
    reference: str = told("受理编号", "The platform's own number.")
    assistance_type: str = told("救助类型", "Kind of assistance applied for.")
    stage: str = told("阶段", "Stage of the work.")
    region: RegionCode = told("地区", "Region of the case.")
    opened_at: Instant = told("受理时间", "Opened at.")
    household: Household | None = told("家庭", "The declared household.")
