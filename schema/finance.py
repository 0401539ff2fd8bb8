"""金融: what banks, securities firms, insurers and payment institutions hold for a person (SAL §41); they answer in hours or days."""

from __future__ import annotations

import strawberry

from policies.forms import Form, Level
from schema.facts import Facts
from schema.forms import Amount, Quantity, Text
from schema.labels import FactGroup, amount, flag, plain, quantity, records, text
from schema.scalars import IsoDate

L2, L3, L4 = Level.L2, Level.L3, Level.L4
ITEM_11, ITEM_12, ITEM_13 = "綦江 A3#11; SAL§41", "綦江 A3#12; SAL§41", "綦江 A3#13; SAL§41"


@strawberry.type(description="银行存款 What one bank holds for the person on the day of the query.")
class BankDeposit:
    """Deposits and loans at one bank."""

    institution: Text | None = text(L3, Form.WITHHELD, "开户机构", "The bank.")
    account_count: Quantity | None = quantity(L3, Form.BOOLEAN, "账户数", "Accounts.", unit="accounts")
    total_balance: Amount | None = amount(L3, Form.BAND, "存款合计", "Deposits in all.", item="totalBalanceBand")
    as_of: IsoDate | None = plain(L2, "余额日期", "The day of the balance.")
    large_movement12m: bool | None = flag(L4, Form.WITHHELD, "近12月大额变动", "A large movement in the last twelve months; a clue, no asset.")
    loan: Amount | None = amount(L3, Form.BAND, "贷款余额", "Loans outstanding.", item="loanBand")


@strawberry.type(
    description="银行存款 What the banks told.",
    directives=[FactGroup(code="bankDeposit", title="银行存款", department="JR", source=ITEM_11)],
)
class BankDepositFacts(Facts):
    """bankDeposit."""

    records: list[BankDeposit] | None = records("银行存款", "One a bank.")


@strawberry.type(description="证券 A securities account and what it is worth.")
class Securities:
    """Securities and funds."""

    account_exists: bool | None = flag(L3, Form.BOOLEAN, "证券账户", "Whether there is an account.")
    market_value: Amount | None = amount(L3, Form.BAND, "证券市值", "Market value of securities.", item="marketValueBand")
    fund_value: Amount | None = amount(L3, Form.BAND, "基金市值", "Market value of funds.", item="fundValueBand")
    as_of: IsoDate | None = plain(L2, "市值日期", "The day of the valuation.")


@strawberry.type(
    description="证券 What the securities depository told.",
    directives=[FactGroup(code="securities", title="证券", department="JR", source=ITEM_13)],
)
class SecuritiesFacts(Facts):
    """securities."""

    records: list[Securities] | None = records("证券", "Accounts.")


@strawberry.type(description="商业保险 Policies of one kind; their cash value counts as an asset (57 §14).")
class CommercialInsurance:
    """Insurance policies of one kind."""

    policy_count: Quantity | None = quantity(L3, Form.BOOLEAN, "保单数", "Policies.", unit="policies")
    cash_value: Amount | None = amount(L3, Form.BAND, "现金价值", "Cash value.", item="cashValueBand")
    annual_premium: Amount | None = amount(L3, Form.BAND, "年缴保费", "Premium a year.", unit="yuan/year")
    insured_type: str | None = plain(L2, "险类", "Kind of insurance.", codes="LIFE/HEALTH/ACCIDENT/OTHER")
    investment_linked: bool | None = flag(L3, Form.BOOLEAN, "投资型", "Whether it is an investment.")


@strawberry.type(
    description="商业保险 What the insurers told.",
    directives=[FactGroup(code="commercialInsurance", title="商业保险", department="JR", source=ITEM_12)],
)
class CommercialInsuranceFacts(Facts):
    """commercialInsurance."""

    records: list[CommercialInsurance] | None = records("商业保险", "One a kind of insurance.")


@strawberry.type(description="支付账户 An account at a non-bank payment institution.")
class PaymentAccount:
    """A payment account."""

    institution: Text | None = text(L3, Form.WITHHELD, "支付机构", "The institution.")
    balance: Amount | None = amount(L3, Form.BAND, "余额", "Balance.", item="balanceBand")
    wealth_product: Amount | None = amount(L3, Form.BAND, "互联网金融资产", "Internet wealth products.", item="wealthProductBand")
    as_of: IsoDate | None = plain(L2, "日期", "The day of the balance.")


@strawberry.type(
    description="支付账户 What the payment institutions told.",
    directives=[FactGroup(code="paymentAccount", title="支付账户", department="JR", source="SAL§41 非银行支付机构; 57§17")],
)
class PaymentAccountFacts(Facts):
    """paymentAccount."""

    records: list[PaymentAccount] | None = records("支付账户", "One an institution.")
