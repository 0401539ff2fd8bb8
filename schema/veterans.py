"""退役军人: who is entitled to pensions and preferential treatment."""

from __future__ import annotations

import strawberry

from policies.forms import Form, Level
from schema.facts import Facts
from schema.forms import Amount, Coded
from schema.labels import FactGroup, amount, coded, plain, records
from schema.scalars import YearMonth

L2, L3 = Level.L2, Level.L3


@strawberry.type(description="优抚 One entitlement of a veteran or of a soldier's family.")
class Veteran:
    """An entitlement."""

    is_beneficiary: bool | None = plain(L2, "优抚对象", "Whether entitled.")
    beneficiary_kind: Coded | None = coded(L3, Form.WITHHELD, "优抚类别", "Kind of entitlement.", codes="BENEFICIARY_KIND")
    subsidy_monthly: Amount | None = amount(L3, Form.BAND, "抚恤补助", "Paid a month; no income (57 §13).", unit="yuan/month")
    subsidy_from: YearMonth | None = plain(L2, "起始月", "Paid from.")


@strawberry.type(
    description="优抚 What the veterans' bureau says.",
    directives=[FactGroup(code="veteran", title="优抚", department="TY", source="綦江 annex")],
)
class VeteranFacts(Facts):
    """veteran."""

    records: list[Veteran] | None = records("优抚", "Entitlements.")
