"""Public security and the registry of marriages: household register, vehicles, marriages of a synthetic person."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from connectors.sandbox.dice import Dice
from connectors.sandbox.people import Household, Person, Record
from connectors.sandbox.setting import Setting


def household_register(person: Person, household: Household, setting: Setting) -> tuple[Record, ...]:
    """户籍: one record of whoever is registered here, or lives here on a permit; nothing of others."""
    dice = Dice("hukou", setting.seed, setting.region, person.index)
    here = person.hukou_region == setting.region
    permit = None
    if not here:
        if person.residence_region != setting.region or dice.chance(300):
            return ()
        permit = setting.today + timedelta(days=dice.between(-60, 700))
    collective = person.life == "STUDENT" and dice.chance(400)
    moved_out = None
    if here and person.residence_region != setting.region and dice.chance(200):
        moved_out = dice.day(setting.today - timedelta(days=900), setting.today)
    record: Record = {
        "hukouNo": f"{setting.region[2:]}{household.index + 100_000:08d}"[:12],
        "hukouRegion": person.hukou_region,
        "householdKind": "COLLECTIVE" if collective else "FAMILY",
        "relationToHead": "81" if collective else person.relation,
        "memberCount": len(household.members),
        "movedInOn": dice.day(person.birth_date, setting.today) if dice.chance(600) else person.birth_date,
        "movedOutOn": moved_out,
        "cancelReason": "DEATH" if person.death_on else "MOVE" if moved_out else None,
        "deathOn": person.death_on,
        "residencePermitValidTo": permit,
    }
    return (record,)


def vehicles(person: Person, setting: Setting) -> tuple[Record, ...]:
    """车辆登记: none for minors and students, seldom for the old; a mobility vehicle for some with a physical disability."""
    dice = Dice("vehicle", setting.seed, setting.region, person.index)
    rates = {"BUSINESS": 800, "CLERK": 550, "WORKER": 300, "FREELANCE": 350, "FARMER": 220, "JOBLESS": 80, "RETIRED": 60}
    rate = rates.get(person.life, 0)
    count = 0 if not dice.chance(rate) else 2 if dice.chance(120) else 1
    records = [_vehicle(dice, person, setting) for _ in range(count)]
    if person.disability is not None and person.disability[0] == 4 and person.life != "MINOR" and dice.chance(300):
        records.append(vehicle(setting, dice, kind="N31", value=Decimal(6500), mobility=True, on=setting.today - timedelta(days=dice.between(200, 2000))))
    return tuple(records)


def _vehicle(dice: Dice, person: Person, setting: Setting) -> Record:
    motorcycle = person.life in {"FARMER", "JOBLESS", "RETIRED"} and dice.chance(700)
    kind = "M21" if motorcycle else dice.pick(("K33", "K33", "K33", "K32", "H31"))
    new = Decimal(dice.between(3, 9) * 1000 if motorcycle else dice.between(40, 260) * 1000)
    on = setting.today - timedelta(days=dice.between(30, 4500))
    value = (new * max(Decimal("0.08"), Decimal(5000 - (setting.today - on).days) / 5000)).quantize(Decimal("0.01"))
    return vehicle(setting, dice, kind=kind, value=value, mobility=False, on=on)


def vehicle(
    setting: Setting, dice: Dice, *, kind: str, value: Decimal, mobility: bool, on: date, in_use: bool = False,
) -> Record:
    """One vehicle's record; `in_use` says it is privately used and on the road, which is otherwise thrown."""
    digits = "".join(dice.pick("0123456789ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(5))
    throw = 50 if in_use else dice.below(100)
    return {
        "plateNo": setting.plate + digits,
        "useNature": "COMMERCIAL" if kind == "H31" or throw < 5 else "NON_COMMERCIAL",
        "vehicleType": kind,
        "registeredOn": on,
        "status": "NORMAL" if throw < 92 else "SCRAPPED" if throw < 96 else "TRANSFERRED",
        "isDisabilityMobility": mobility,
        "valueBand": value,
    }


def marriages(person: Person, household: Household, setting: Setting) -> tuple[Record, ...]:
    """婚姻登记: the spouse of the household, or what single adults lived through; nothing of the young."""
    dice = Dice("marriage", setting.seed, setting.region, person.index)
    age = person.age(setting.today)
    spouse = next((one.person for one in household.members if one.person.index == person.spouse), None)
    if spouse is not None:
        # Thrown from the couple, so that both certificates agree.
        pair = Dice("couple", setting.seed, setting.region, min(person.index, spouse.index))
        youngest = max(person.birth_date, spouse.birth_date)
        start = date(youngest.year + 21, youngest.month, youngest.day)
        on = pair.day(start, min(start + timedelta(days=3000), setting.today))
        status = "30" if spouse.death_on else "20"
        return (_marriage(status, "MARRY", on, spouse.id_number, pair.pick((setting.region,) * 4 + setting.neighbours[:1])),)
    if age < 22 or dice.chance(350):
        return ()
    since = dice.day(date(person.birth_date.year + 22, 1, 1), setting.today)
    if dice.chance(500):
        return (_marriage("40", "DIVORCE", since, None, setting.region),)
    return (_marriage("30" if age > 60 else "10", None, None, None, setting.region),)


def _marriage(status: str, event: str | None, on: date | None, spouse: str | None, region: str) -> Record:
    return {"maritalStatus": status, "eventType": event, "registeredOn": on, "spousePid": spouse, "registryRegion": region}
