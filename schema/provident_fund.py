"""公积金: the housing provident fund."""

from __future__ import annotations

import strawberry

from policies.forms import Form, Level
from schema.facts import Facts
from schema.forms import Amount, Coded
from schema.labels import FactGroup, amount, coded, plain, records
from schema.scalars import YearMonth

L2, L3 = Level.L2, Level.L3


@strawberry.type(description="住房公积金 One account of the housing provident fund.")
class ProvidentFund:
    """An account."""

    status: str | None = plain(L2, "账户状态", "State of the account.", codes="NORMAL/SEALED/CLOSED")
    monthly_deposit: Amount | None = amount(L3, Form.BAND, "月缴存额", "Deposited a month, own and employer's part.", unit="yuan/month")
    balance: Amount | None = amount(L3, Form.BAND, "账户余额", "Balance of the account.", item="balanceBand")
    last_deposit_month: YearMonth | None = plain(L2, "最近缴存月", "Last month deposited.")
    withdraw_reason: Coded | None = coded(L3, Form.BOOLEAN, "提取原因", "What the last withdrawal was for.", codes="HOUSE/RENT/OTHER/NONE")


@strawberry.type(
    description="住房公积金缴纳 What the provident fund says.",
    directives=[FactGroup(code="providentFund", title="住房公积金缴纳", department="GJJ", source="綦江 A3#10; SAL§41")],
)
class ProvidentFundFacts(Facts):
    """providentFund."""

    records: list[ProvidentFund] | None = records("住房公积金", "Accounts.")
