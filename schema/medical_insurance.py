"""医保: insured status, medical spending and medical aid."""

from __future__ import annotations

import strawberry

from policies.forms import Form, Level
from schema.facts import Facts
from schema.forms import Amount, Quantity
from schema.labels import FactGroup, amount, plain, quantity, records
from schema.scalars import IsoDate, RegionCode

L2, L3 = Level.L2, Level.L3


@strawberry.type(description="医疗保障 One person's medical insurance and what was settled under it.")
class MedicalInsurance:
    """An insured person's account."""

    scheme: str | None = plain(L2, "参保类型", "Employee or resident scheme.", codes="EMPLOYEE/RESIDENT")
    insured_region: RegionCode | None = plain(L2, "参保地", "Where insured.")
    out_of_pocket12m: Amount | None = amount(L3, Form.BAND, "近12月自付医疗费", "Paid out of the own pocket in twelve months (RIG §5).")
    inpatient_count12m: Quantity | None = quantity(L3, Form.BOOLEAN, "近12月住院次数", "Stays in hospital in twelve months.", unit="times")
    catastrophic_paid: Amount | None = amount(L3, Form.BAND, "大病保险支付", "Paid by the insurance for serious illness.")
    medical_aid_paid: Amount | None = amount(L3, Form.BAND, "医疗救助支付", "Paid as medical aid (SAL §24).")
    premium_aid: bool | None = plain(L2, "参保资助", "Whether the premium is paid by aid.")
    settlement_as_of: IsoDate | None = plain(L2, "结算截止日期", "Settlements counted up to.")


@strawberry.type(
    description="医疗保障 What medical insurance says.",
    directives=[FactGroup(code="medicalInsurance", title="医疗保障", department="YB", source="渠县 list")],
)
class MedicalInsuranceFacts(Facts):
    """medicalInsurance."""

    records: list[MedicalInsurance] | None = records("医疗保障", "Insured persons' accounts.")
