"""公安: household register and vehicles."""

from __future__ import annotations

import strawberry

from policies.forms import Form, Level
from schema.facts import Facts
from schema.forms import Amount, Coded, Dated, Text
from schema.labels import FactGroup, amount, coded, dated, flag, plain, records, text
from schema.scalars import IsoDate, RegionCode

L2, L3 = Level.L2, Level.L3


@strawberry.type(description="户籍登记 An entry of the household register (户口簿), not the declared household.")
class HouseholdRegister:
    """A register entry of one person."""

    hukou_no: Text | None = text(L3, Form.WITHHELD, "户号", "Number of the register book.")
    hukou_region: RegionCode | None = plain(L2, "户籍地", "Where the person is registered.")
    household_kind: str | None = plain(L2, "户别", "Family or collective household.", codes="FAMILY/COLLECTIVE")
    relation_to_head: str | None = plain(L2, "与户主关系", "Relation to the head of the register.", codes="GB/T 4761")
    member_count: int | None = plain(L2, "户内人数", "People in the register book.", unit="persons")
    moved_in_on: IsoDate | None = plain(L2, "迁入日期", "Moved in on.")
    moved_out_on: IsoDate | None = plain(L2, "迁出日期", "Moved out on.")
    cancel_reason: Coded | None = coded(L3, Form.BOOLEAN, "注销原因", "Why the entry was cancelled.", codes="DEATH/MOVE/ABROAD/OTHER")
    death_on: Dated | None = dated(L3, Form.BOOLEAN, "死亡日期", "Day of death.")
    residence_permit_valid_to: IsoDate | None = plain(L2, "居住证有效期至", "Residence permit valid to (SAL §37).")


@strawberry.type(description="机动车 A registered vehicle.")
class Vehicle:
    """A vehicle registered to one person."""

    plate_no: Text | None = text(L3, Form.WITHHELD, "号牌号码", "Plate number.")
    use_nature: str | None = plain(L2, "使用性质", "Commercial or not.", codes="NON_COMMERCIAL/COMMERCIAL")
    vehicle_type: str | None = plain(L2, "车辆类型", "Type of vehicle.", codes="VEHICLE_TYPE")
    registered_on: IsoDate | None = plain(L2, "初次登记日期", "First registered on.")
    status: str | None = plain(L2, "机动车状态", "State of the registration.", codes="NORMAL/SCRAPPED/TRANSFERRED")
    is_disability_mobility: bool | None = flag(L3, Form.BOOLEAN, "残疾人代步车", "A disabled person's vehicle; no asset (CQ §13).")
    value: Amount | None = amount(L3, Form.BAND, "评估价值", "Estimated value.", item="valueBand")


@strawberry.type(
    description="户籍 What the household register says.",
    directives=[FactGroup(code="householdRegister", title="户籍", department="GA", source="綦江 A3#2; SAL§41")],
)
class HouseholdRegisterFacts(Facts):
    """householdRegister."""

    records: list[HouseholdRegister] | None = records("户籍登记", "Entries of the register.")


@strawberry.type(
    description="车辆登记 What the vehicle register says.",
    directives=[FactGroup(code="vehicle", title="车辆登记", department="GA", source="綦江 A3#3; SAL§41")],
)
class VehicleFacts(Facts):
    """vehicle."""

    records: list[Vehicle] | None = records("机动车", "Registered vehicles.")
