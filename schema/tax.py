"""税务: what was earned and taxed, month by month."""

from __future__ import annotations

import strawberry

from policies.forms import Form, Level
from schema.facts import Facts
from schema.forms import Amount, Text
from schema.labels import FactGroup, amount, flag, plain, records, text
from schema.scalars import YearMonth

L2, L3 = Level.L2, Level.L3


@strawberry.type(description="纳税记录 One month's taxed income of one kind.")
class TaxRecord:
    """A tax record."""

    month: YearMonth | None = plain(L2, "所属期", "The month it belongs to.")
    income_kind: str | None = plain(L2, "所得项目", "Kind of income.", codes="WAGE/LABOUR/BUSINESS/PROPERTY/OTHER")
    income: Amount | None = amount(L3, Form.BAND, "收入额", "Income.", unit="yuan/month", item="incomeBand")
    tax_paid: Amount | None = amount(L3, Form.BOOLEAN, "已缴税额", "Tax paid.")
    withholding_agent: Text | None = text(L3, Form.WITHHELD, "扣缴义务人", "Who withheld the tax.")
    business_tax_record: bool | None = flag(L3, Form.BOOLEAN, "经营纳税记录", "Whether tax on a business was recorded.")


@strawberry.type(
    description="纳税记录 What the tax office recorded.",
    directives=[FactGroup(code="tax", title="纳税记录", department="SW", source="綦江 A3#6; SAL§41")],
)
class TaxFacts(Facts):
    """tax."""

    records: list[TaxRecord] | None = records("纳税记录", "Tax records.")
