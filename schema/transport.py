"""交通: ships, fishing boats and vehicles in commercial use."""

from __future__ import annotations

import strawberry

from policies.forms import Form, Level
from schema.facts import Facts
from schema.forms import Amount, Text
from schema.labels import FactGroup, amount, plain, records, text
from schema.scalars import DecimalText, IsoDate

L2, L3 = Level.L2, Level.L3


@strawberry.type(description="船舶与营运车 A registered ship, or a vehicle licensed to carry for hire.")
class Vessel:
    """A ship or commercial vehicle of one person."""

    registry_no: Text | None = text(L3, Form.WITHHELD, "船舶登记号", "Number of the register.")
    kind: str | None = plain(L2, "种类", "Ship, fishing boat or commercial vehicle.", codes="SHIP/FISHING/COMMERCIAL_VEHICLE")
    tonnage: DecimalText | None = plain(L2, "总吨", "Gross tonnage.", unit="t")
    registered_on: IsoDate | None = plain(L2, "登记日期", "Registered on.")
    value: Amount | None = amount(L3, Form.BAND, "价值", "Estimated value.", item="valueBand")


@strawberry.type(
    description="船舶与营运车 What the transport authority says.",
    directives=[FactGroup(code="vessel", title="船舶与营运车", department="JT", source="綦江 A3#3; SAL§41")],
)
class VesselFacts(Facts):
    """vessel."""

    records: list[Vessel] | None = records("船舶与营运车", "Ships and commercial vehicles.")
