"""卫健: serious illness, paralysis, death certificates. What a person is ill with is told least of all."""

from __future__ import annotations

import strawberry

from policies.forms import Form, Level
from schema.facts import Facts
from schema.forms import Coded, Dated, Quantity
from schema.labels import FactGroup, coded, dated, flag, quantity, records

L3, L4 = Level.L3, Level.L4


@strawberry.type(description="健康 What the health authority's registers hold of one person.")
class Health:
    """A person's entry."""

    serious_illness: bool | None = flag(L3, Form.BOOLEAN, "重特大疾病", "Whether seriously ill; the list of illnesses is local.")
    illness_category: Coded | None = coded(L4, Form.WITHHELD, "疾病大类", "Chapter of ICD-10.", codes="ICD-10 chapter")
    rare_disease: bool | None = flag(L4, Form.BOOLEAN, "罕见病", "Whether a rare disease.")
    paralysis_months: Quantity | None = quantity(L3, Form.BOOLEAN, "瘫痪月数", "Months paralysed; six let a person apply alone.", unit="months")
    death_certificate_on: Dated | None = dated(L3, Form.BOOLEAN, "死亡医学证明日期", "Date of the medical certificate of death.")
    long_term_medication: bool | None = flag(L4, Form.WITHHELD, "长期服药", "Whether on long-term medication.")


@strawberry.type(
    description="健康 What the health authority says.",
    directives=[FactGroup(code="health", title="健康", department="WJ", source="渠县 list")],
)
class HealthFacts(Facts):
    """health."""

    records: list[Health] | None = records("健康", "Entries of the registers.")
