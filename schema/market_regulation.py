"""市场监管: businesses a person owns, leads or has a share in."""

from __future__ import annotations

import strawberry

from policies.forms import Form, Level
from schema.facts import Facts
from schema.forms import Coded, Quantity
from schema.labels import FactGroup, coded, plain, quantity, records
from schema.scalars import DecimalText, IsoDate

L1, L2, L3 = Level.L1, Level.L2, Level.L3


@strawberry.type(description="市场主体 A registered business and what the person is in it.")
class MarketEntity:
    """One business of one person."""

    uscc: str | None = plain(L1, "统一社会信用代码", "Unified social credit code (GB 32100).")
    entity_name: str | None = plain(L1, "市场主体名称", "Name of the business.")
    role: Coded | None = coded(L3, Form.BOOLEAN, "身份", "Legal representative, shareholder or owner.", codes="LEGAL_REP/SHAREHOLDER/OWNER")
    registered_capital: DecimalText | None = plain(L2, "注册资本", "Registered capital.", unit="10k yuan")
    share_ratio: Quantity | None = quantity(L3, Form.BAND, "出资比例", "Share of the capital.", unit="0-1")
    status: str | None = plain(L1, "登记状态", "State of the registration.", codes="OPEN/CANCELLED/REVOKED")
    established_on: IsoDate | None = plain(L1, "成立日期", "Established on.")


@strawberry.type(
    description="市场主体登记 What the register of businesses says.",
    directives=[FactGroup(code="marketEntity", title="市场主体登记", department="SCJG", source="綦江 A3#9; SAL§41")],
)
class MarketEntityFacts(Facts):
    """marketEntity."""

    records: list[MarketEntity] | None = records("市场主体", "Businesses.")
