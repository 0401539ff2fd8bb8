"""住建: public rental housing, rent subsidy, renovation of dangerous houses."""

from __future__ import annotations

import strawberry

from policies.forms import Form, Level
from schema.facts import Facts
from schema.forms import Amount, Quantity
from schema.labels import FactGroup, amount, plain, quantity, records

L2, L3 = Level.L2, Level.L3


@strawberry.type(description="住房保障 What housing support a household has, under the name of who applied.")
class Housing:
    """An applicant's entry."""

    public_rental: bool | None = plain(L2, "承租公租房(实物配租)", "Whether in public rental housing.")
    rent_subsidy: Amount | None = amount(L3, Form.BAND, "租赁补贴", "Rent subsidy.", unit="yuan/month")
    housing_difficulty: bool | None = plain(L2, "住房困难认定", "Whether found in housing difficulty.")
    per_capita_area: Quantity | None = quantity(L3, Form.BAND, "人均住房面积", "Floor area a person.", unit="m²/person")
    danger_level: str | None = plain(L2, "危房等级", "Grade of danger of the house.", codes="C/D/NONE")
    repaired_year: int | None = plain(L2, "危房改造年度", "Year the house was renovated.", unit="year")


@strawberry.type(
    description="住房保障 What the housing authority says.",
    directives=[FactGroup(code="housing", title="住房保障", department="ZJ", source="綦江 A3#1")],
)
class HousingFacts(Facts):
    """housing."""

    records: list[Housing] | None = records("住房保障", "Entries of applicants.")
