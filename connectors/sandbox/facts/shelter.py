"""Housing support and the housing provident fund of a synthetic person, in agreement with wage, real estate and state of assistance."""

from __future__ import annotations

from decimal import Decimal

from connectors.sandbox.dice import Dice
from connectors.sandbox.facts.livelihood import wage
from connectors.sandbox.facts.possessions import real_estate
from connectors.sandbox.people import Household, Person, Record
from connectors.sandbox.setting import Setting

_CENT = Decimal("0.01")


def housings(person: Person, household: Household, setting: Setting) -> tuple[Record, ...]:
    """住房保障: of heads who applied or were looked up by the authority; the floor area is that of the home they own."""
    if person.index != household.head.index:
        return ()
    dice = Dice("housing", setting.seed, setting.region, household.index)
    homes = [record for record in real_estate(person, household, setting) if record["use"] == "RESIDENTIAL" and record["region"] == setting.region]
    poor = bool(household.relief)
    if not poor and homes and dice.chance(850):
        return ()
    area = homes[0]["areaSqm"] if homes else None
    each = (area / len(household.members)).quantize(_CENT) if isinstance(area, Decimal) else None
    rental = not homes and household.area == "URBAN" and dice.chance(400 if poor else 120)
    subsidy = Decimal(dice.between(8, 40) * 10) if not homes and not rental and household.area == "URBAN" and poor and dice.chance(600) else None
    grade, year = "NONE", None
    if household.area == "RURAL":
        grade = dice.pick(("NONE",) * 7 + ("C", "C", "D")) if poor else "NONE"
        year = dice.between(2014, setting.today.year - 1) if grade == "NONE" and dice.chance(250) else None
    difficult = rental or subsidy is not None or grade == "D" or (each is not None and each < 13)
    return (housing(rental=rental, subsidy=subsidy, difficult=difficult, each=each, grade=grade, year=year),)


def housing(
    *, rental: bool = False, subsidy: Decimal | None = None, difficult: bool = False, each: Decimal | None = None, grade: str = "NONE",
    year: int | None = None,
) -> Record:
    """One applicant's entry."""
    return {
        "publicRental": rental, "rentSubsidy": subsidy, "housingDifficulty": difficult, "perCapitaArea": each, "dangerLevel": grade,
        "repairedYear": year,
    }


def provident_funds(person: Person, household: Household, setting: Setting) -> tuple[Record, ...]:
    """住房公积金: most clerks and many workers, twelve per cent of the wage from each side; some jobless have a sealed account."""
    dice = Dice("fund", setting.seed, setting.region, person.index)
    rate = {"CLERK": 950, "WORKER": 450, "JOBLESS": 150, "RETIRED": 40}.get(person.life, 0)
    if not dice.chance(rate):
        return ()
    if person.life == "RETIRED":
        return (fund("CLOSED", reason="OTHER"),)
    if person.life == "JOBLESS":
        return (fund("SEALED", balance=Decimal(dice.between(60_000, 2_400_000)) / 100, last=setting.month(dice.between(4, 40)), reason=dice.pick(("NONE", "RENT"))),)
    deposit = (wage(person, setting) * Decimal("0.24")).quantize(_CENT)
    mortgaged = any(record["mortgaged"] for record in real_estate(person, household, setting))
    reason = "HOUSE" if mortgaged else dice.pick(("NONE", "NONE", "NONE", "RENT"))
    kept = dice.between(3, 12) if reason != "NONE" else dice.between(6, 90)
    return (fund("NORMAL", deposit=deposit, balance=deposit * kept, last=setting.month(1), reason=reason),)


def fund(
    status: str, *, deposit: Decimal | None = None, balance: Decimal | None = None, last: str | None = None, reason: str = "NONE",
) -> Record:
    """One account; a closed one holds nothing."""
    return {
        "status": status, "monthlyDeposit": deposit, "balanceBand": Decimal(0) if status == "CLOSED" else balance, "lastDepositMonth": last,
        "withdrawReason": reason,
    }
