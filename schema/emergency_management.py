"""应急管理: what a disaster did to a household and what relief it was given."""

from __future__ import annotations

import strawberry

from policies.forms import Form, Level
from schema.facts import Facts
from schema.forms import Amount, Coded
from schema.labels import FactGroup, amount, coded, plain, records

L1, L2, L3 = Level.L1, Level.L2, Level.L3


@strawberry.type(description="受灾 One disaster a person suffered.")
class Disaster:
    """A person in one disaster."""

    event_code: str | None = plain(L1, "灾害编码", "Code of the disaster.")
    house_damage: Coded | None = coded(L3, Form.FULL, "房屋损毁", "Damage to the house.", codes="COLLAPSED/SEVERE/SLIGHT/NONE")
    loss: Amount | None = amount(L3, Form.BAND, "损失", "Loss.", item="lossBand")
    relief_paid: Amount | None = amount(L3, Form.BAND, "救助金额", "Relief paid.")
    winter_relief: bool | None = plain(L2, "冬春救助", "Whether relief for winter and spring is given.")
    rebuild_status: str | None = plain(L2, "重建状态", "State of rebuilding.", codes="PLANNED/BUILDING/DONE")


@strawberry.type(
    description="受灾 What the emergency-management bureau says.",
    directives=[FactGroup(code="disaster", title="受灾", department="YJ", source="綦江 9")],
)
class DisasterFacts(Facts):
    """disaster."""

    records: list[Disaster] | None = records("受灾", "Disasters.")
