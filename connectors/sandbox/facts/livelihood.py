"""Tax, social insurance and employment of a synthetic person: three departments that should agree about one livelihood."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from connectors.sandbox.dice import Dice
from connectors.sandbox.people import Person, Record
from connectors.sandbox.setting import Setting

_EMPLOYERS = ("潼南绿源食品有限公司", "渝西电子科技有限公司", "川东建筑工程有限公司", "嘉陵物业服务有限公司", "巴渠农业专业合作社", "涪江运输有限公司")
_INCOMES = {"WORKER": (2600, 6800), "CLERK": (4500, 9500), "FREELANCE": (900, 5200), "BUSINESS": (2000, 18000)}
_CODES = {
    "WORKER": "24", "CLERK": "17", "FARMER": "27", "STUDENT": "31", "FREELANCE": "51", "BUSINESS": "54", "JOBLESS": "70", "RETIRED": "80",
}


def wage(person: Person, setting: Setting) -> Decimal:
    """What the person earns a month, yuan; 0 for who earns nothing taxed."""
    span = _INCOMES.get(person.life)
    if span is None:
        return Decimal(0)
    return Decimal(Dice("wage", setting.seed, setting.region, person.index).between(*span))


def employer(person: Person, setting: Setting) -> str:
    """Who pays a worker's wage; the same name at the tax bureau and at social insurance."""
    return Dice("employer", setting.seed, setting.region, person.index).pick(_EMPLOYERS)


def taxes(person: Person, setting: Setting) -> tuple[Record, ...]:
    """纳税记录: twelve months for wages, some for labour and business, newest first; nothing of others, some interest for the old."""
    dice = Dice("tax", setting.seed, setting.region, person.index)
    income = wage(person, setting)
    if person.life in {"WORKER", "CLERK"}:
        return tuple(tax(setting, back, "WAGE", income + dice.between(-200, 200), employer(person, setting)) for back in range(1, 13))
    if person.life == "FREELANCE":
        months = sorted({dice.between(1, 12) for _ in range(dice.between(2, 6))})
        return tuple(tax(setting, back, "LABOUR", income + dice.between(-300, 600), employer(person, setting)) for back in months)
    if person.life == "BUSINESS":
        return tuple(tax(setting, back, "BUSINESS", income * 3 + dice.between(-1500, 1500), None) for back in (1, 4, 7, 10))
    if person.life == "RETIRED" and dice.chance(60):
        return (tax(setting, dice.between(1, 12), "PROPERTY", Decimal(dice.between(200, 3000)), None),)
    return ()


def tax(setting: Setting, back: int, kind: str, income: Decimal, agent: str | None) -> Record:
    """One month's record, `back` months ago."""
    paid = max((income - 5000) * Decimal("0.03"), Decimal(0)).quantize(Decimal("0.01"))
    return {
        "month": setting.month(back), "incomeKind": kind, "incomeBand": income.quantize(Decimal("0.01")), "taxPaid": paid,
        "withholdingAgent": agent, "businessTaxRecord": kind == "BUSINESS",
    }


def social_insurances(person: Person, setting: Setting) -> tuple[Record, ...]:
    """社会保险: employees', residents', a pension for the retired, unemployment benefit for some jobless; nothing of minors."""
    dice = Dice("insurance", setting.seed, setting.region, person.index)
    if person.life == "MINOR" or dice.chance(60):
        return ()
    where = dice.pick((setting.region,) * 9 + setting.neighbours[:1])
    if person.life in {"WORKER", "CLERK"}:
        months = 12 if dice.chance(800) else dice.between(1, 11)
        return (insurance("EMPLOYEE", where, months=months, last=setting.month(1 if months == 12 else dice.between(1, 5)),
                          base=wage(person, setting), employer=employer(person, setting)),)
    if person.life == "RETIRED":
        formal = dice.chance(350)
        pension = Decimal(dice.between(1800, 4200) if formal else dice.between(125, 260))
        start = f"{max(person.birth_date.year + 60, 2010):04d}-{person.birth_date.month:02d}"
        return (insurance("EMPLOYEE" if formal else "RESIDENT", where, pension=pension, pension_from=min(start, setting.month(0))),)
    if person.life == "JOBLESS" and dice.chance(150):
        return (insurance("EMPLOYEE", where, months=dice.between(1, 10), last=setting.month(dice.between(2, 8)), benefit=Decimal(1470)),)
    return (insurance("RESIDENT", where, months=dice.pick((0, 12, 12)), last=setting.month(dice.between(1, 11)), base=Decimal(dice.pick((100, 200, 400)))),)


def insurance(
    scheme: str, region: str, *, months: int = 0, last: str | None = None, base: Decimal | None = None,
    employer: str | None = None, pension: Decimal | None = None, pension_from: str | None = None, benefit: Decimal | None = None,
) -> Record:
    """One scheme's record."""
    return {
        "scheme": scheme, "insuredMonths12": months, "lastPaidMonth": last, "contributionBase": base, "employerName": employer,
        "pensionMonthly": pension, "pensionFrom": pension_from, "unemploymentBenefit": benefit, "insuredRegion": region,
    }


def employments(person: Person, setting: Setting) -> tuple[Record, ...]:
    """就业: one record of an adult; nothing of minors and of a few whom nobody registered."""
    dice = Dice("employment", setting.seed, setting.region, person.index)
    code = _CODES.get(person.life)
    if code is None or dice.chance(40):
        return ()
    jobless = person.life == "JOBLESS"
    hard = None
    if jobless:
        hard = "02" if person.disability else "01" if person.age(setting.today) > 45 else dice.pick((None, "05"))
    return (employment(
        code, unemployed=setting.today - timedelta(days=dice.between(40, 900)) if jobless and dice.chance(700) else None, hard=hard,
        refused=dice.pick((0, 0, 0, 1, 2, 3)) if jobless else 0, zero=jobless and dice.chance(120), post=jobless and dice.chance(60),
        subsidy=setting.month(-dice.between(1, 10)) if jobless and dice.chance(80) else None,
    ),)


def employment(
    code: str, *, unemployed: date | None = None, hard: str | None = None, refused: int = 0, zero: bool = False, post: bool = False,
    subsidy: str | None = None,
) -> Record:
    """One employment record; `code` is GB/T 2261.4."""
    return {
        "employmentCode": code, "registeredUnemployedOn": unemployed, "hardToEmployKind": hard, "refusedOffers": refused,
        "zeroEmploymentHousehold": zero, "publicPost": post, "jobSubsidyUntil": subsidy,
    }
