"""群团: help by the trade union, women's and youth federations, Red Cross and charity federation."""

from __future__ import annotations

import strawberry

from policies.forms import Form, Level
from schema.facts import Facts
from schema.forms import Amount, Coded
from schema.labels import FactGroup, amount, coded, plain, records
from schema.scalars import IsoDate

L1, L2, L3 = Level.L1, Level.L2, Level.L3


@strawberry.type(description="群团帮扶 One help given by a mass organisation.")
class MassOrgAid:
    """One help; `org` says whose."""

    org: str | None = plain(L1, "帮扶组织", "Which organisation helped.", codes="UNION/WOMEN/YOUTH/REDCROSS/CHARITY")
    program: str | None = plain(L2, "帮扶项目", "The programme.")
    hardship_level: Coded | None = coded(L3, Form.BAND, "困难等级", "Hardship as the organisation graded it.", codes="HARDSHIP_LEVEL")
    amount: Amount | None = amount(L3, Form.BAND, "帮扶金额", "How much was given.")
    helped_on: IsoDate | None = plain(L2, "帮扶日期", "When.")


@strawberry.type(
    description="群团帮扶 What the mass organisations gave.",
    directives=[FactGroup(code="massOrgAid", title="群团帮扶", department="GH", source="渠县; 潼南")],
)
class MassOrgAidFacts(Facts):
    """massOrgAid."""

    records: list[MassOrgAid] | None = records("帮扶", "Help given.")
