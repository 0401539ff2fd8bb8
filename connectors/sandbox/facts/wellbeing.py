"""Health and medical insurance of a synthetic person: two departments that should agree about one illness.

What somebody is ill with is thrown once; the hospital's register and the insurer's bills are both made of it, the certificate of death
agrees with the household register, and who is insured where agrees with social insurance.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from connectors.sandbox.dice import Dice
from connectors.sandbox.facts.livelihood import social_insurances
from connectors.sandbox.people import Household, Person, Record
from connectors.sandbox.setting import Setting

_SERIOUS = ("II", "II", "IX", "IX", "XIV", "VI", "III")
_CHRONIC = ("IX", "IX", "IV", "X", "XIII")
_AIDED = {"DIBAO", "TEKUN", "EDGE"}


@dataclass(frozen=True, slots=True)
class Illness:
    """What a person has: a chapter of ICD-10, how grave, months paralysed (0 for not at all)."""

    chapter: str
    serious: bool
    rare: bool
    paralysed: int


def illness(person: Person, setting: Setting) -> Illness | None:
    """What a person is ill with, lastingly; None for the healthy. A severe physical disability comes with paralysis, a mental one with
    chapter V; the old are oftener ill.
    """
    dice = Dice("illness", setting.seed, setting.region, person.index)
    age = person.age(setting.today)
    if person.disability == (4, 1):
        return Illness("VI", serious=dice.chance(400), rare=dice.chance(60), paralysed=dice.between(3, 60))
    if person.disability is not None and person.disability[0] == 6:
        return Illness("V", serious=person.disability[1] == 1, rare=False, paralysed=0)
    if dice.chance(80 if age >= 60 else 25 if age >= 18 else 8):
        chapter = dice.pick(_SERIOUS)
        return Illness(chapter, serious=True, rare=dice.chance(30), paralysed=dice.between(1, 30) if chapter == "IX" and dice.chance(400) else 0)
    if dice.chance(450 if age >= 60 else 60 if age >= 40 else 10):
        return Illness(dice.pick(_CHRONIC), serious=False, rare=False, paralysed=0)
    return None


def healths(person: Person, setting: Setting) -> tuple[Record, ...]:
    """健康: of who is lastingly ill or died; of the healthy the authority holds nothing."""
    ill = illness(person, setting)
    if ill is None and person.death_on is None:
        return ()
    if ill is None:
        return (health(died=person.death_on),)
    return (health(ill, died=person.death_on, medication=not ill.serious or Dice("pills", setting.seed, setting.region, person.index).chance(800)),)


def health(ill: Illness | None = None, *, died: date | None = None, medication: bool | None = None) -> Record:
    """One entry; without an illness only the certificate of death is known."""
    return {
        "seriousIllness": ill.serious if ill else None, "illnessCategory": ill.chapter if ill else None, "rareDisease": ill.rare if ill else None,
        "paralysisMonths": ill.paralysed if ill else None, "deathCertificateOn": died, "longTermMedication": medication,
    }


def medical_insurances(person: Person, household: Household, setting: Setting) -> tuple[Record, ...]:
    """医疗保障: nearly everybody's; the scheme and place social insurance says, the bills the illness makes."""
    dice = Dice("medical", setting.seed, setting.region, person.index)
    if dice.chance(30) or person.death_on is not None:
        return ()
    insured = social_insurances(person, setting)
    scheme = str(insured[0]["scheme"]) if insured else "RESIDENT"
    region = str(insured[0]["insuredRegion"]) if insured else person.hukou_region
    aided = household.relief in _AIDED and scheme == "RESIDENT"
    settled = setting.today - timedelta(days=dice.between(2, 20))
    ill = illness(person, setting)
    if region != setting.region:  # insured next door: this bureau knows that, and no bill
        return (medical(scheme, region, premium_aid=False, settled=None),)
    if ill is None:
        return (medical(scheme, region, own=Decimal(dice.below(120_000)) / 100, stays=int(dice.chance(60)), premium_aid=aided, settled=settled),)
    if not ill.serious:
        return (medical(scheme, region, own=Decimal(dice.between(80_000, 480_000)) / 100, stays=int(dice.chance(250)), premium_aid=aided, settled=settled),)
    own = Decimal(dice.between(900_000, 8_000_000)) / 100
    helped = (own * dice.between(10, 30) / 100).quantize(Decimal("0.01")) if household.relief else Decimal(0)
    return (medical(scheme, region, own=own, stays=dice.between(1, 6), catastrophic=(own / 2).quantize(Decimal("0.01")) if own > 15_000 else Decimal(0),
                    aid=helped, premium_aid=aided, settled=settled),)


def medical(
    scheme: str, region: str, *, own: Decimal | None = None, stays: int | None = None, catastrophic: Decimal | None = None,
    aid: Decimal | None = None, premium_aid: bool, settled: date | None,
) -> Record:
    """One person's account; a bill nobody sent here is null, not nought."""
    known = own is not None
    return {
        "scheme": scheme, "insuredRegion": region, "outOfPocket12m": own, "inpatientCount12m": stays,
        "catastrophicPaid": catastrophic if catastrophic is not None or not known else Decimal(0),
        "medicalAidPaid": aid if aid is not None or not known else Decimal(0), "premiumAid": premium_aid, "settlementAsOf": settled,
    }
