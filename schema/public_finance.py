"""财政: what was paid to a person's card out of public money."""

from __future__ import annotations

import strawberry

from policies.forms import Form, Level
from schema.facts import Facts
from schema.forms import Amount, Text
from schema.labels import FactGroup, flag, plain, records, text
from schema.labels import amount as amount_of
from schema.scalars import IsoDate

L2, L3 = Level.L2, Level.L3


@strawberry.type(description="财政补贴(一卡通) One payment to a person's card.")
class FiscalSubsidy:
    """A payment; an intercepted one was held back for a doubt and is checked on site (渠县 R19)."""

    program: str | None = plain(L2, "补贴项目", "Programme that pays.")
    amount: Amount | None = amount_of(L3, Form.BAND, "金额", "Amount.")
    paid_on: IsoDate | None = plain(L2, "发放日期", "Paid on.")
    account_tail: Text | None = text(L3, Form.WITHHELD, "账号后4位", "Last four digits of the account.")
    intercepted: bool | None = plain(L2, "拦截", "Whether it was intercepted.")
    public_payroll: bool | None = flag(L3, Form.BOOLEAN, "财政供养", "Whether the person is on the public payroll.")


@strawberry.type(
    description="财政补贴(一卡通) What the finance bureau's card platform says.",
    directives=[FactGroup(code="fiscalSubsidy", title="财政补贴(一卡通)", department="CZ", source="渠县 8, 22")],
)
class FiscalSubsidyFacts(Facts):
    """fiscalSubsidy."""

    records: list[FiscalSubsidy] | None = records("补贴", "Payments.")
