"""农业农村: what the countryside's register says of a household at risk of falling back into poverty, its land and what the land brings."""

from __future__ import annotations

import strawberry

from policies.forms import Form, Level
from schema.facts import Facts
from schema.forms import Amount, Coded, Quantity
from schema.labels import FactGroup, amount, coded, flag, plain, quantity, records

L2, L3 = Level.L2, Level.L3


@strawberry.type(description="农业农村/防返贫 What is known of a rural household.")
class RuralHousehold:
    """A rural household's record, in each member's name."""

    monitor_type: Coded | None = coded(
        L3, Form.FULL, "防返贫监测类型", "Why it is watched: unstable, on the edge, or struck suddenly.", codes="UNSTABLE/EDGE/SUDDEN/NONE",
    )
    registered_poor_history: bool | None = flag(L3, Form.BOOLEAN, "曾建档立卡", "Whether it was once registered as poor.")
    land_area: Quantity | None = quantity(L2, Form.BAND, "承包地面积", "Contracted land.", unit="mu")
    farm_subsidy: Amount | None = amount(L3, Form.BAND, "涉农补贴", "Farm subsidies.", unit="yuan/year")
    collective_dividend: Amount | None = amount(L3, Form.BAND, "集体分红", "Dividends of the collective: income from property.", unit="yuan/year")
    risk_resolved: bool | None = plain(L2, "风险消除", "Whether the risk is resolved.")


@strawberry.type(
    description="农业农村/防返贫 What the rural-affairs authority says.",
    directives=[FactGroup(code="ruralHousehold", title="农业农村/防返贫", department="NY", source="渠县; 潼南")],
)
class RuralHouseholdFacts(Facts):
    """ruralHousehold."""

    records: list[RuralHousehold] | None = records("农户", "Records.")
