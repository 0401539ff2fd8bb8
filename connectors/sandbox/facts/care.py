"""Funerals, and the care of 特困 persons and of the severely disabled, as civil affairs knows them of a synthetic person."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from connectors.sandbox.dice import Dice
from connectors.sandbox.id_numbers import id_number
from connectors.sandbox.people import Household, Person, Record
from connectors.sandbox.setting import Setting


def funerals(person: Person, household: Household, setting: Setting) -> tuple[Record, ...]:
    """殡葬: of who died, and what a person arranged: a spouse's funeral, or that of a parent who lived elsewhere."""
    people = {member.person.index: member.person for member in household.members}
    spouse = people.get(person.spouse) if person.spouse is not None else None
    records = [_funeral(one.id_number, one.death_on, household, setting) for one in (person, spouse) if one is not None and one.death_on is not None]
    dice = Dice("parent", setting.seed, setting.region, person.index)
    if person.death_on is None and person.age(setting.today) > 35 and dice.chance(60):
        born = date(person.birth_date.year - dice.between(20, 35), dice.between(1, 12), dice.between(1, 28))
        parent = id_number(province=setting.province, county=0, born=born, sequence=dice.between(1, 90))
        records.append(_funeral(parent, setting.today - timedelta(days=dice.between(30, 1500)), household, setting))
    return tuple(records)


def _funeral(dead: str, on: date, household: Household, setting: Setting) -> Record:
    dice = Dice("funeral", setting.seed, dead)
    reduced = household.relief in {"DIBAO", "TEKUN"} or dice.chance(100)
    cremated = min(on + timedelta(days=dice.between(1, 4)), setting.today)
    return funeral(dead, on, cremated=cremated if dice.chance(900) else None, reduced=Decimal(dice.between(8, 15) * 100) if reduced else None)


def funeral(dead: str, on: date, *, cremated: date | None, reduced: Decimal | None) -> Record:
    """One funeral; `reduced` is by how much the basic fee was."""
    return {"deceasedPid": dead, "deathOn": on, "crematedOn": cremated, "feeReduced": reduced is not None, "reducedAmount": reduced}


def care(person: Person, household: Household, setting: Setting) -> tuple[Record, ...]:
    """特困/照料: of 特困 persons, and of the severely disabled whose self-care was assessed."""
    kept_by_state = household.relief == "TEKUN"
    if not kept_by_state and (person.disability is None or person.disability[1] > 2):
        return ()
    dice = Dice("care", setting.seed, setting.region, person.index)
    unmet = dice.pick((0, 0, 0, 1, 2, 3, 4, 6))
    central = kept_by_state and dice.chance(300 + 100 * unmet)
    return (kept(unmet, mode="CENTRAL" if central else "SCATTERED" if kept_by_state else None,
                 institution=f"{setting.name}中心敬老院" if central else None, agreement=not central and dice.chance(800)),)


def kept(unmet: int, *, mode: str | None, institution: str | None = None, agreement: bool = False) -> Record:
    """How one person is cared for: in an institution, at home, or assessed only; `unmet` of the six indicators (TK §21–22)."""
    return {
        "careMode": mode, "selfCareLevel": "FULL_LOSS" if unmet >= 4 else "PARTIAL" if unmet else "ABLE",
        "unmetIndicators": unmet, "careAgreement": agreement, "institutionName": institution,
    }
