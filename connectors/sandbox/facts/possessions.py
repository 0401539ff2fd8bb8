"""Real estate of a synthetic person: shared between husband and wife, sometimes a second flat in another region."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from connectors.sandbox.dice import Dice
from connectors.sandbox.people import Household, Person, Record
from connectors.sandbox.setting import Setting


def real_estate(person: Person, household: Household, setting: Setting) -> tuple[Record, ...]:
    """不动产登记: rights in force of one person; a rural household's home is a homestead in the head's name."""
    dice = Dice("estate", setting.seed, setting.region, person.index)
    owner = person.relation in {"02", "12"} and person.life != "STUDENT"
    if not owner or dice.chance(250):
        return ()
    couple = Dice("home", setting.seed, setting.region, household.index)
    rural = household.area == "RURAL"
    if rural and person.relation != "02":
        return ()
    share = Decimal("0.5") if person.spouse is not None and not rural else Decimal(1)
    area = Decimal(couple.between(4500, 16000)) / 100
    on = couple.day(date(1998, 1, 1), setting.today - timedelta(days=30))
    home = property_right(couple, setting.region, use="RESIDENTIAL", area=area, share=share, on=on, mortgaged=not rural and couple.chance(300), homestead=rural)
    records = [home]
    if dice.chance(60):
        where = dice.pick(setting.neighbours)
        records.append(property_right(dice, where, use="RESIDENTIAL", area=Decimal(dice.between(5000, 12000)) / 100, share=Decimal(1),
                                      on=dice.day(date(2015, 1, 1), setting.today), mortgaged=dice.chance(500)))
    if person.life == "BUSINESS" and dice.chance(300):
        records.append(property_right(dice, setting.region, use="COMMERCIAL", area=Decimal(dice.between(2000, 9000)) / 100, share=Decimal(1),
                                      on=dice.day(date(2010, 1, 1), setting.today)))
    return counted(records)


def property_right(
    dice: Dice, region: str, *, use: str, area: Decimal, share: Decimal, on: date, mortgaged: bool = False, homestead: bool = False,
) -> Record:
    """One right; `propertyCount` is filled by `counted`."""
    return {
        "certNoTail": f"{dice.below(10000):04d}", "region": region, "use": use, "areaSqm": area.quantize(Decimal("0.01")),
        "ownershipShare": share, "propertyCount": 1, "registeredOn": on, "mortgaged": mortgaged, "ruralHomestead": homestead,
    }


def counted(records: list[Record]) -> tuple[Record, ...]:
    """The records, each knowing how many there are."""
    return tuple({**record, "propertyCount": len(records)} for record in records)
