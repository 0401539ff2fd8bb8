"""Rural households, disasters and payments to the card, of a synthetic person: what the countryside and the finance bureau know."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from connectors.sandbox.dice import Dice
from connectors.sandbox.people import Household, Person, Record
from connectors.sandbox.setting import Setting

_FEN = Decimal("0.01")
_TOWNSHIP = 2000
"""Households of the township the waters came to; elsewhere few were hit."""


def rural_households(person: Person, household: Household, setting: Setting) -> tuple[Record, ...]:
    """农业农村: the same of every member of a rural household, but for what each is paid; nothing of towns."""
    together = Dice("rural", setting.seed, setting.region, household.index)
    if household.area != "RURAL" or together.chance(100):
        return ()
    watched = together.pick(("UNSTABLE", "EDGE", "EDGE", "SUDDEN")) if household.relief or together.chance(120) else "NONE"
    land = Decimal(together.between(0, 1800)) / 100
    head = person.relation == "02"
    return (rural_household(
        watched, poor=together.chance(300), land=land, subsidy=(land * 115).quantize(_FEN) if head else Decimal(0),
        dividend=Decimal(together.between(0, 900)) if head else Decimal(0), resolved=None if watched == "NONE" else together.chance(400),
    ),)


def rural_household(watched: str, *, poor: bool, land: Decimal, subsidy: Decimal, dividend: Decimal, resolved: bool | None) -> Record:
    """One record; `land` in mu, money in yuan a year."""
    return {
        "monitorType": watched, "registeredPoorHistory": poor, "landArea": land.quantize(_FEN), "farmSubsidy": subsidy.quantize(_FEN),
        "collectiveDividend": dividend.quantize(_FEN), "riskResolved": resolved,
    }


def disasters(person: Person, household: Household, setting: Setting) -> tuple[Record, ...]:
    """受灾: one flood in some households, most of one township, in every member's name, and a hailstorm besides in a few."""
    del person
    together = Dice("disaster", setting.seed, setting.region, household.index)
    if not together.chance(150 if household.index < _TOWNSHIP else 5):
        return ()
    suffered = [_suffered(together, setting, "0101", setting.today - timedelta(days=together.between(60, 200)))]
    if together.chance(200):
        suffered.append(_suffered(together, setting, "0303", setting.today - timedelta(days=together.between(201, 500))))
    return tuple(suffered)


def _suffered(dice: Dice, setting: Setting, kind: str, on: date) -> Record:
    damage = dice.pick(("NONE", "SLIGHT", "SLIGHT", "SEVERE", "COLLAPSED"))
    loss = {"NONE": 800, "SLIGHT": 4000, "SEVERE": 26000, "COLLAPSED": 90000}[damage] * dice.between(5, 15) // 10
    rebuild = dice.pick(("PLANNED", "BUILDING", "DONE")) if damage in {"SEVERE", "COLLAPSED"} else None
    return disaster(f"{setting.region}{on:%Y%m%d}{kind}", damage, Decimal(loss), Decimal(loss // 5), winter=dice.chance(300), rebuild=rebuild)


def disaster(code: str, damage: str, loss: Decimal, relief: Decimal, *, winter: bool, rebuild: str | None = None) -> Record:
    """One person in one disaster; money in yuan."""
    return {
        "eventCode": code, "houseDamage": damage, "lossBand": loss.quantize(_FEN), "reliefPaid": relief.quantize(_FEN), "winterRelief": winter,
        "rebuildStatus": rebuild,
    }


def subsidies(person: Person, household: Household, setting: Setting) -> tuple[Record, ...]:
    """一卡通: the household's allowance month by month in the head's name, disability subsidies, land, the old; wages of public staff."""
    dice = Dice("subsidy", setting.seed, setting.region, person.index)
    tail, head = f"{dice.below(10000):04d}", person.relation == "02"
    found: list[Record] = []
    if head and household.relief == "DIBAO":
        found += [payment("最低生活保障金", Decimal(dice.between(200, 900)), _paid(setting, back), tail) for back in range(1, 13)]
    if person.disability is not None and person.disability[1] <= 2:
        found += [payment("残疾人两项补贴", Decimal(100), _paid(setting, back), tail) for back in range(1, dice.between(2, 7))]
    if head and household.area == "RURAL" and dice.chance(800):
        found.append(payment("耕地地力保护补贴", Decimal(dice.between(50, 1500)), _paid(setting, 5), tail))
    if person.age(setting.today) >= 80:
        found.append(payment("高龄津贴", Decimal(50), _paid(setting, 1), tail, intercepted=person.death_on is not None or dice.chance(20)))
    if person.life == "CLERK" and dice.chance(250):
        found.append(payment("财政统发工资", Decimal(dice.between(4500, 9500)), _paid(setting, 1), tail, payroll=True))
    return tuple(found)


def _paid(setting: Setting, back: int) -> date:
    year, month = map(int, setting.month(back).split("-"))
    return date(year, month, 20)


def payment(programme: str, amount: Decimal, on: date, tail: str, *, intercepted: bool = False, payroll: bool = False) -> Record:
    """One payment, in yuan."""
    return {
        "program": programme, "amount": amount.quantize(_FEN), "paidOn": on, "accountTail": tail, "intercepted": intercepted, "publicPayroll": payroll,
    }
