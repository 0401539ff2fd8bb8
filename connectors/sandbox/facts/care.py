"""Funerals, and the care of 特困 persons, as civil affairs knows them of a synthetic person."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from connectors.sandbox.dice import Dice
from connectors.sandbox.people import Household, Person, Record
from connectors.sandbox.setting import Setting


def funerals(person: Person, household: Household, setting: Setting) -> tuple[Record, ...]:
    """殡葬: of who died, and of the spouse who arranged it."""
    people = {member.person.index: member.person for member in household.members}
    spouse = people.get(person.spouse) if person.spouse is not None else None
    dead = [one for one in (person, spouse) if one is not None and one.death_on is not None]
    return tuple(_funeral(one, household, setting) for one in dead)


def _funeral(dead: Person, household: Household, setting: Setting) -> Record:
    dice = Dice("funeral", setting.seed, setting.region, dead.index)
    on = dead.death_on or setting.today
    reduced = household.relief in {"DIBAO", "TEKUN"} or dice.chance(100)
    cremated = min(on + timedelta(days=dice.between(1, 4)), setting.today)
    return funeral(dead.id_number, on, cremated=cremated if dice.chance(900) else None, reduced=Decimal(dice.between(8, 15) * 100) if reduced else None)


def funeral(dead: str, on: date, *, cremated: date | None, reduced: Decimal | None) -> Record:
    """One funeral; `reduced` is by how much the basic fee was."""
    return {"deceasedPid": dead, "deathOn": on, "crematedOn": cremated, "feeReduced": reduced is not None, "reducedAmount": reduced}


def care(person: Person, household: Household, setting: Setting) -> tuple[Record, ...]:
    """特困/照料: of the persons of a 特困 household."""
    if household.relief != "TEKUN":
        return ()
    dice = Dice("care", setting.seed, setting.region, person.index)
    unmet = dice.pick((0, 0, 0, 1, 2, 3, 4, 6))
    central = dice.chance(300 + 100 * unmet)
    return (kept(unmet, institution=f"{setting.name}中心敬老院" if central else None, agreement=not central and dice.chance(800)),)


def kept(unmet: int, *, institution: str | None, agreement: bool) -> Record:
    """How one person is kept: in an institution, or at home; `unmet` of the six indicators (TK §21–22)."""
    return {
        "careMode": "CENTRAL" if institution else "SCATTERED", "selfCareLevel": "FULL_LOSS" if unmet >= 4 else "PARTIAL" if unmet else "ABLE",
        "unmetIndicators": unmet, "careAgreement": agreement, "institutionName": institution,
    }
