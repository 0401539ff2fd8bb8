"""事实组: what every group of facts says beside its records: status, freshness, source, and what was not told and why."""

from __future__ import annotations

from enum import StrEnum

import strawberry

from policies.forms import Form
from policies.freshness import Freshness
from schema.labels import told
from schema.scalars import Instant, RegionCode


@strawberry.enum(description="事实组代码 The groups of facts a department or civil affairs holds about a person.")
class FactGroupCode(StrEnum):
    """Values are the codes of the catalogue, equal to the field of Person that carries the group."""

    householdRegister = "householdRegister"  # noqa: N815 (the catalogue's own code)
    vehicle = "vehicle"
    tax = "tax"
    realEstate = "realEstate"  # noqa: N815
    socialInsurance = "socialInsurance"  # noqa: N815
    employment = "employment"
    disability = "disability"
    civilAssistance = "civilAssistance"  # noqa: N815
    marriage = "marriage"
    funeral = "funeral"
    carePersonStatus = "carePersonStatus"  # noqa: N815
    justice = "justice"
    veteran = "veteran"
    massOrgAid = "massOrgAid"  # noqa: N815
    eCert = "eCert"  # noqa: N815
    medicalInsurance = "medicalInsurance"  # noqa: N815
    health = "health"
    housing = "housing"
    providentFund = "providentFund"  # noqa: N815
    vessel = "vessel"
    marketEntity = "marketEntity"  # noqa: N815
    education = "education"
    ruralHousehold = "ruralHousehold"  # noqa: N815
    disaster = "disaster"
    fiscalSubsidy = "fiscalSubsidy"  # noqa: N815
    bankDeposit = "bankDeposit"  # noqa: N815
    securities = "securities"
    commercialInsurance = "commercialInsurance"  # noqa: N815
    paymentAccount = "paymentAccount"  # noqa: N815
    confirmation = "confirmation"


@strawberry.enum(description="状态 What became of the question to one department about one person.")
class FactStatus(StrEnum):
    """No record is never "has none"; the first two are facts and need a verdict themselves."""

    MATCHED = "MATCHED"
    NO_RECORD = "NO_RECORD"
    PENDING = "PENDING"
    NOT_AUTHORIZED = "NOT_AUTHORIZED"
    NOT_COVERED = "NOT_COVERED"
    CATALOG_DENIED = "CATALOG_DENIED"
    SOURCE_TIMEOUT = "SOURCE_TIMEOUT"
    SOURCE_ERROR = "SOURCE_ERROR"
    SOURCE_MAINTENANCE = "SOURCE_MAINTENANCE"
    SOURCE_STALE = "SOURCE_STALE"


strawberry.enum(Freshness, description=(
    "新鲜度 CURRENT: as fresh as its source promises. BEHIND: older than the source promises. "
    "TOO_OLD: older than the region allows for this group."
))


@strawberry.type(description="来源 Which department's system, in which region, told the facts.")
class Source:
    """Provenance."""

    department: str = told("部门", "Department code.")
    region: RegionCode = told("地区", "Region of the source.")
    system: str | None = told("系统", "The system that was asked.")


@strawberry.type(description="字段披露 In which form one asked field is told, and why not more.")
class FieldDisclosure:
    """One line of a disclosure."""

    field: str = told("字段", "Name of the field in the record.")
    form: Form = told("形式", "The strongest form that may be told.")
    reason: str = told("理由", "Reason code.")
    rule: str | None = told("规则", "The policy that decided, for callers who may see it.")


@strawberry.type(description="披露 What was told of the asked fields; depends on the rules alone, never on a value.")
class Disclosure:
    """The companion of the records: clients never guess why a leaf is null."""

    fields: list[FieldDisclosure] = told("字段", "One line an asked field.")


@strawberry.interface(description="事实 One department's facts about one person, with status, freshness and disclosure.")
class Facts:
    """Every group implements it."""

    group: FactGroupCode = told("事实组", "The group.")
    status: FactStatus = told("状态", "What became of the question.")
    as_of: Instant | None = told("数据时间", "When the source's data were current.")
    freshness: Freshness | None = told("新鲜度", "How old the facts are against both limits; null where no data time is told.")
    back_at: Instant | None = told("恢复时间", "When a source in maintenance can be asked again.")
    expected_at: Instant | None = told("预计答复时间", "When a PENDING answer is expected, where the source said so; null otherwise.")
    source: Source = told("来源", "Who told it.")
    disclosure: Disclosure = told("披露", "What was told, in which form, why.")
    unlisted: list[str] = told("代码表外字段", "Fields in whose told records the source used a code outside its list; the code stands there as it was sent.")
