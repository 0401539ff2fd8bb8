"""Disability certificates, assistance received and confirmations of a synthetic person."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from connectors.sandbox.dice import Dice
from connectors.sandbox.people import Household, Person, Record
from connectors.sandbox.setting import Setting

_CATEGORY = {"DIBAO": "DIBAO_HOUSEHOLD", "EDGE": "DIBAO_EDGE", "RIGID": "RIGID_EXPENSE", "TEKUN": "TEKUN_PERSON"}


def certificates(person: Person, setting: Setting) -> tuple[Record, ...]:
    """残疾: of whoever has a certificate. The federation's file knows no one else."""
    if person.disability is None:
        return ()
    dice = Dice("certificate", setting.seed, setting.region, person.index)
    valid = not dice.chance(80)
    to = setting.today + timedelta(days=dice.between(30, 3600)) if valid else setting.today - timedelta(days=dice.between(10, 900))
    return (certificate(person, to=to, rehab=dice.pick((True, False, False, None)), valid=valid),)


def certificate(person: Person, *, to: date | None, rehab: bool | None, valid: bool = True) -> Record:
    """A certificate's record; its number is ID number + category + grade."""
    category, grade = person.disability or (4, 4)
    number = f"{person.id_number}{category}{grade}"
    return {
        "hasCertificate": valid, "category": str(category), "grade": grade, "severe": grade <= 2 or (grade == 3 and category in {5, 6}),
        "certNoTail": number[-4:], "validTo": to, "rehabSubsidy": rehab,
    }


def assistances(person: Person, household: Household, setting: Setting) -> tuple[Record, ...]:
    """民政救助: the household's benefit in every member's name, two disability subsidies, some ended in the past."""
    dice = Dice("assistance", setting.seed, setting.region, person.index)
    together = Dice("relief", setting.seed, setting.region, household.index)
    records = []
    start = setting.month(together.between(4, 50))
    standard = setting.standard(household.area)
    if household.relief == "DIBAO":
        amount = (standard * together.between(40, 90) / 100).quantize(Decimal("0.01"))
        tapering = together.chance(150)
        records.append(assistance("DIBAO", _CATEGORY["DIBAO"], household.area, amount, start, setting.region, level=together.pick("ABC"),
                                  status="TAPERING" if tapering else "EFFECTIVE", until=setting.month(-3) if tapering else None))
    elif household.relief == "TEKUN":
        records.append(assistance("TEKUN", _CATEGORY["TEKUN"], household.area, (standard * Decimal("1.3")).quantize(Decimal("0.01")), start, setting.region))
    elif household.relief in {"EDGE", "RIGID"} and person.relation == "02":
        records.append(assistance("TEMPORARY", _CATEGORY[household.relief], household.area, Decimal(dice.between(5, 30) * 100), start, setting.region,
                                  status="STOPPED", until=start, stop="S9"))
    elif together.chance(30):
        records.append(assistance("DIBAO", _CATEGORY["DIBAO"], household.area, standard, setting.month(80), setting.region, level="C",
                                  status="STOPPED", until=setting.month(together.between(60, 70)), stop=together.pick(("S2", "S3", "S4"))))
    if person.disability is not None and person.disability[1] <= 2 and dice.chance(700):
        records.append(assistance("DISABILITY_CARE", "DISABLED_NEEDY", household.area, Decimal(100), setting.month(dice.between(5, 60)), setting.region))
    return tuple(records)


def assistance(
    kind: str, category: str, area: str, amount: Decimal, since: str, region: str, *, level: str | None = None,
    status: str = "EFFECTIVE", until: str | None = None, stop: str | None = None,
) -> Record:
    """One benefit line."""
    return {
        "type": kind, "category": category, "dibaoClass": level, "area": area, "monthlyAmount": amount.quantize(Decimal("0.01")),
        "from": since, "to": until, "status": status, "stopReason": stop, "grantRegion": region,
    }


def confirmations(household: Household, setting: Setting) -> tuple[Record, ...]:
    """审核确认结果 (SAL §42): the same for every member of a confirmed household."""
    if not household.relief:
        return ()
    together = Dice("confirmation", setting.seed, setting.region, household.index)
    on = setting.today - timedelta(days=together.between(20, 500))
    to = on + timedelta(days=365)
    return (confirmation(_CATEGORY[household.relief], setting, household.area, on=on, to=to, effective=to >= setting.today),)


def confirmation(category: str, setting: Setting, area: str, *, on: date, to: date | None, effective: bool = True) -> Record:
    """One confirmation by the region's civil-affairs bureau."""
    return {
        "category": category, "region": setting.region, "issuer": f"{setting.name}民政局", "confirmedOn": on, "validTo": to,
        "standardUsed": f"{setting.region}-{area}-{on.year}", "status": "EFFECTIVE" if effective else "ENDED",
    }
