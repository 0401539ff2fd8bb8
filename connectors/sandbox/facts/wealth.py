"""Deposits, securities, insurance policies and payment accounts of a synthetic person, as four institutions hold them."""

from __future__ import annotations

from decimal import Decimal

from connectors.sandbox.dice import Dice
from connectors.sandbox.people import Person, Record
from connectors.sandbox.setting import Setting

_BANKS = ("中国农业银行", "中国邮政储蓄银行", "重庆农村商业银行", "四川农商联合银行", "中国建设银行")
_PAYMENT = ("财付通支付科技有限公司", "支付宝（中国）网络技术有限公司")
_KINDS = ("LIFE", "HEALTH", "ACCIDENT", "OTHER")
_SAVINGS = {"WORKER": 60_000, "CLERK": 180_000, "FARMER": 30_000, "FREELANCE": 40_000, "BUSINESS": 240_000, "RETIRED": 90_000, "JOBLESS": 9_000}
"""What people who live so have on account at most, yuan."""


def bank_deposits(person: Person, setting: Setting) -> tuple[Record, ...]:
    """银行存款: one record a bank; most adults have one, minors none."""
    dice = Dice("bank", setting.seed, setting.region, person.index)
    most = _SAVINGS.get(person.life, 3_000)
    if person.life == "MINOR" or dice.chance(80):
        return ()
    first = dice.between(0, len(_BANKS) - 1)
    return tuple(
        deposit(
            setting, _BANKS[(first + number) % len(_BANKS)], balance=Decimal(dice.between(0, most * 100)).scaleb(-2), accounts=dice.between(1, 3),
            loan=Decimal(dice.between(5_000, 200_000)) if dice.chance(150) else Decimal(0), moved=dice.chance(60),
        )
        for number in range(dice.pick((1, 1, 1, 2)))
    )


def deposit(setting: Setting, bank: str, *, balance: Decimal, accounts: int = 1, loan: Decimal = Decimal(0), moved: bool = False) -> Record:
    """What one bank holds on the day of the query."""
    return {
        "institution": bank, "accountCount": accounts, "totalBalanceBand": balance, "asOf": setting.today, "largeMovement12m": moved, "loanBand": loan,
    }


def securities(person: Person, setting: Setting) -> tuple[Record, ...]:
    """证券: few have any."""
    dice = Dice("securities", setting.seed, setting.region, person.index)
    if person.life == "MINOR" or not dice.chance(260 if person.life in {"CLERK", "BUSINESS"} else 50):
        return ()
    return (shares(setting, Decimal(dice.between(0, 150_000)), Decimal(dice.between(0, 60_000))),)


def shares(setting: Setting, market: Decimal, fund: Decimal) -> Record:
    """One securities account."""
    return {"accountExists": True, "marketValueBand": market, "fundValueBand": fund, "asOf": setting.today}


def insurance_policies(person: Person, setting: Setting) -> tuple[Record, ...]:
    """商业保险: one record a kind; some have life or accident insurance, children too."""
    dice = Dice("policies", setting.seed, setting.region, person.index)
    if not dice.chance(300):
        return ()
    kind = dice.pick(_KINDS)
    saving = kind == "LIFE"
    return (policy(
        kind, policies=dice.between(1, 2), premium=Decimal(dice.between(100, 6_000)), cash=Decimal(dice.between(0, 40)) * 1000 if saving else Decimal(0),
        linked=saving and dice.chance(300),
    ),)


def policy(kind: str, *, premium: Decimal, policies: int = 1, cash: Decimal = Decimal(0), linked: bool = False) -> Record:
    """Policies of one kind. Cash value in whole hundreds: the insurers write it in 万元 with two decimals."""
    return {"policyCount": policies, "cashValueBand": cash, "annualPremium": premium, "insuredType": kind, "investmentLinked": linked}


def payment_accounts(person: Person, setting: Setting) -> tuple[Record, ...]:
    """支付账户: one record an institution."""
    dice = Dice("payment", setting.seed, setting.region, person.index)
    if person.life == "MINOR" or dice.chance(350):
        return ()
    wealth = Decimal(dice.between(0, 3_000_000)).scaleb(-2) if dice.chance(300) else Decimal(0)
    return (wallet(setting, dice.pick(_PAYMENT), Decimal(dice.between(0, 400_000)).scaleb(-2), wealth),)


def wallet(setting: Setting, institution: str, balance: Decimal, wealth: Decimal = Decimal(0)) -> Record:
    """One account at one institution."""
    return {"institution": institution, "balanceBand": balance, "wealthProductBand": wealth, "asOf": setting.today}
