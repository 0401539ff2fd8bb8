"""人力社保: social insurance and employment."""

from __future__ import annotations

import strawberry

from policies.forms import Form, Level
from schema.facts import Facts
from schema.forms import Amount, Quantity, Text
from schema.labels import FactGroup, amount, plain, quantity, records, text
from schema.scalars import IsoDate, RegionCode, YearMonth

L2, L3 = Level.L2, Level.L3


@strawberry.type(description="社会保险 One social-insurance account.")
class SocialInsurance:
    """An insurance account."""

    scheme: str | None = plain(L2, "险种/参保类型", "Employee or resident scheme.", codes="EMPLOYEE/RESIDENT")
    insured_months12: int | None = plain(L2, "近12个月缴费月数", "Months paid of the last twelve.", unit="months")
    last_paid_month: YearMonth | None = plain(L2, "最近缴费月", "Last month paid.")
    contribution_base: Amount | None = amount(L3, Form.BAND, "月缴费基数", "Monthly contribution base.", unit="yuan/month")
    employer_name: Text | None = text(L3, Form.MASKED, "参保单位", "Employer.")
    pension_monthly: Amount | None = amount(L3, Form.BAND, "月养老金", "Monthly pension.", unit="yuan/month")
    pension_from: YearMonth | None = plain(L2, "养老金起发月", "Pension paid from.")
    unemployment_benefit: Amount | None = amount(L3, Form.BAND, "失业保险金", "Unemployment benefit.", unit="yuan/month")
    insured_region: RegionCode | None = plain(L2, "参保地", "Where insured.")


@strawberry.type(description="就业 What the employment service knows.")
class Employment:
    """An employment record."""

    employment_code: str | None = plain(L2, "就业状态", "Employment state.", codes="GB/T 2261.4")
    registered_unemployed_on: IsoDate | None = plain(L2, "失业登记日期", "Registered unemployed on.")
    hard_to_employ_kind: str | None = plain(L2, "就业困难人员类别", "Kind of difficulty in finding work.", codes="HARD_TO_EMPLOY")
    refused_offers: Quantity | None = quantity(L2, Form.BOOLEAN, "拒绝介绍工作次数", "Offers refused; three reduce the own share (57 §34).", unit="times")
    zero_employment_household: bool | None = plain(L2, "零就业家庭", "Whether nobody of the household works.")
    public_post: bool | None = plain(L2, "公益性岗位", "Whether on a public-welfare post.")
    job_subsidy_until: YearMonth | None = plain(L2, "低保就业补贴截止", "Subsidy for work while on dibao, until.")


@strawberry.type(
    description="社会保险缴纳 What social insurance says.",
    directives=[FactGroup(code="socialInsurance", title="社会保险缴纳", department="RS", source="綦江 A3#7; SAL§41")],
)
class SocialInsuranceFacts(Facts):
    """socialInsurance."""

    records: list[SocialInsurance] | None = records("社会保险", "Insurance accounts.")


@strawberry.type(
    description="就业 What the employment service says.",
    directives=[FactGroup(code="employment", title="就业", department="RS", source="綦江 8")],
)
class EmploymentFacts(Facts):
    """employment."""

    records: list[Employment] | None = records("就业", "Employment records.")
