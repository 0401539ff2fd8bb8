"""规划和自然资源: real estate."""

from __future__ import annotations

import strawberry

from policies.forms import Form, Level
from schema.facts import Facts
from schema.forms import Dated, Quantity, Text
from schema.labels import FactGroup, dated, flag, plain, quantity, records, text
from schema.scalars import RegionCode

L2, L3 = Level.L2, Level.L3


@strawberry.type(description="不动产 One registered right to a property.")
class RealEstate:
    """A registered right."""

    cert_no_tail: Text | None = text(L3, Form.WITHHELD, "证号后4位", "Last four characters of the certificate.")
    region: RegionCode | None = plain(L2, "坐落地区", "County it stands in.")
    use: str | None = plain(L2, "用途", "What it is used for.", codes="RESIDENTIAL/COMMERCIAL/OTHER")
    area_sqm: Quantity | None = quantity(L3, Form.BAND, "建筑面积", "Floor area.", unit="m²")
    ownership_share: Quantity | None = quantity(L3, Form.BAND, "权利份额", "Share of the right.", unit="0-1")
    property_count: Quantity | None = quantity(L3, Form.FULL, "不动产套数", "How many properties the person has.", unit="units")
    registered_on: Dated | None = dated(L3, Form.BOOLEAN, "登记日期", "Registered on.")
    mortgaged: bool | None = flag(L3, Form.BOOLEAN, "抵押", "Whether it is mortgaged.")
    rural_homestead: bool | None = plain(L2, "农村宅基地", "Whether it is a rural homestead.")


@strawberry.type(
    description="不动产登记 What the real-estate register says.",
    directives=[FactGroup(code="realEstate", title="不动产登记", department="GZ", source="綦江 A3#8; SAL§41")],
)
class RealEstateFacts(Facts):
    """realEstate."""

    records: list[RealEstate] | None = records("不动产", "Registered rights.")
