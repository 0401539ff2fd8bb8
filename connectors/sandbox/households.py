"""Composes households: blocks of twenty people in seven households, so that any person can be made without making the others.

Rules of this file:
- Everything is thrown from (seed, region, block); nothing depends on what was asked before.
- In a block an elder household has a grown child in another one: the obligor outside the household (SAL §41).
- ID numbers are unique: sequence and county come from the index, and people alike in both are born on different days of a month. So an
  ID number leads back to its index, and nobody keeps a register of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from connectors.sandbox.dice import Dice
from connectors.sandbox.id_numbers import id_number
from connectors.sandbox.names import full_name, surname
from connectors.sandbox.people import Household, Member, Person
from connectors.sandbox.setting import Setting

PEOPLE_A_BLOCK = 20
HOUSEHOLDS_A_BLOCK = 7

_COUNTIES, _PAIRS, _DAYS = 99, 499, 28  # county codes, pairs of sequences, days every month has
_ALIKE = _COUNTIES * _PAIRS
MOST_PEOPLE = _ALIKE * _DAYS // PEOPLE_A_BLOCK * PEOPLE_A_BLOCK
"""People of one region whose ID numbers are all different."""

_NUMBER = re.compile(r"[0-9]{17}[0-9X]")

# Sizes of a block's households: an elder household first, then the family of its grown child.
_SIZES = ((1, 3, 1, 2, 3, 4, 6), (2, 4, 1, 2, 3, 3, 5), (1, 4, 1, 2, 2, 4, 6), (2, 3, 2, 2, 3, 3, 5))
_SHAPES: dict[int, tuple[tuple[str, ...], ...]] = {
    1: (("head",), ("young",), ("elder",)),
    2: (("head", "child"), ("head", "wife"), ("elder", "elder wife")),
    3: (("head", "wife", "child"), ("head", "child", "mother")),
    4: (("head", "wife", "child", "child"), ("head", "wife", "child", "mother")),
    5: (("head", "wife", "child", "grown", "mother"), ("head", "wife", "child", "father", "mother")),
    6: (("head", "wife", "child", "grown", "father", "mother"),),
}


@dataclass(frozen=True, slots=True)
class _Seat:
    """One place in a household: the role's ages, sex and relation are thrown from it."""

    index: int
    part: str
    family: str
    head_age: int
    head_sex: str


def block(setting: Setting, number: int) -> tuple[Household, ...]:
    """The seven households of one block."""
    dice = Dice("block", setting.seed, setting.region, number)
    sizes = dice.pick(_SIZES)
    clan = surname(dice)
    households: list[Household] = []
    first = number * PEOPLE_A_BLOCK
    for order, size in enumerate(sizes):
        if order == 0:
            parts: tuple[str, ...] = ("elder",) if size == 1 else ("elder", "elder wife")
        elif order == 1:
            parts = _SHAPES[size][0]
        else:
            parts = dice.pick(_SHAPES[size])
        family = clan if order < 2 else surname(dice)
        index = number * HOUSEHOLDS_A_BLOCK + order
        households.append(_household(setting, index, first, parts, family))
        first += size
    households[0] = _with_obligor(setting, households[0], households[1])
    return tuple(households)


def _household(setting: Setting, index: int, first: int, parts: tuple[str, ...], family: str) -> Household:
    dice = Dice("household", setting.seed, setting.region, index)
    head_age = dice.between(61, 88) if parts[0] == "elder" else dice.between(22, 27) if parts[0] == "young" else dice.between(30, 55)
    head_sex = "1" if "wife" in parts or "elder wife" in parts or dice.chance(500) else "2"
    area = "URBAN" if dice.chance(550) else "RURAL"
    elsewhere = dice.pick(setting.neighbours) if dice.chance(80) else setting.region
    hukou, residence = (elsewhere, setting.region) if dice.chance(700) else (setting.region, elsewhere)
    relief = _relief(dice, parts)
    kin = dice.chance(15)
    married = dict(_couples(parts, first))
    people = []
    for offset, part in enumerate(parts):
        seat = _Seat(index=first + offset, part=part, family=family, head_age=head_age, head_sex=head_sex)
        people.append(_person(setting, seat, household=index, hukou=hukou, residence=residence, area=area,
                              spouse=married.get(offset), kin=kin and offset == 0))
    return Household(
        index=index, members=members(tuple(people), setting.today), obligors=(), area=area, hukou_region=hukou,
        residence_region=residence, relief=relief, kin_of_staff=kin,
    )


def _couples(parts: tuple[str, ...], first: int) -> list[tuple[int, int]]:
    pairs = []
    for left, right in (("head", "wife"), ("elder", "elder wife"), ("father", "mother")):
        if left in parts and right in parts:
            a, b = parts.index(left), parts.index(right)
            pairs += [(a, first + b), (b, first + a)]
    return pairs


def _relief(dice: Dice, parts: tuple[str, ...]) -> str:
    throw = dice.below(1000)
    if parts == ("elder",):
        return "TEKUN" if throw < 100 else "DIBAO" if throw < 200 else ""
    return "DIBAO" if throw < 60 else "EDGE" if throw < 100 else "RIGID" if throw < 120 else ""


def _person(setting: Setting, seat: _Seat, *, household: int, hukou: str, residence: str, area: str,
            spouse: int | None, kin: bool) -> Person:
    dice = Dice("person", setting.seed, setting.region, seat.index)
    sex, age, relation = _part(dice, seat)
    born = _birthday(setting, dice, seat.index, age)
    # A mother and a wife keep their own surname, a child has the family's.
    own = seat.part in {"wife", "mother", "elder wife"}
    name = full_name(dice, sex=sex, family=surname(dice) if own else seat.family)
    county, pair = seat.index % _COUNTIES + 1, seat.index // _COUNTIES % _PAIRS
    disability = (dice.pick((1, 2, 3, 4, 4, 4, 5, 6, 7)), dice.between(1, 4)) if dice.chance(70) else None
    died = dice.day(date(setting.today.year - 2, 1, 1), setting.today) if age > 50 and dice.chance(25) else None
    return Person(
        index=seat.index, name=name, sex=sex, birth_date=born, household=household, relation=relation,
        id_number=id_number(province=setting.province, county=county, born=born, sequence=2 * pair + (1 if sex == "1" else 2)),
        life=_life(dice, age, area, disability), hukou_region=hukou, residence_region=residence, disability=disability,
        death_on=died, spouse=spouse, kin_of_staff=kin,
    )


def _part(dice: Dice, seat: _Seat) -> tuple[str, int, str]:
    """Sex, age and relation to the head of one part."""
    if seat.part in {"head", "elder", "young"}:
        return seat.head_sex, seat.head_age, "02"
    if seat.part in {"wife", "elder wife"}:
        return "2", max(seat.head_age - dice.between(0, 6), 22), "12"
    if seat.part in {"child", "grown"}:
        oldest = max(seat.head_age - 22, 0)
        age = dice.between(min(18, oldest), oldest) if seat.part == "grown" else dice.below(min(17, oldest) + 1)
        sex = "1" if dice.chance(510) else "2"
        return sex, age, "20" if sex == "1" else "30"
    older = seat.head_age + dice.between(21, 32)
    return ("1", older, "51") if seat.part == "father" else ("2", older - dice.between(0, 3), "52")


def _birthday(setting: Setting, dice: Dice, index: int, age: int) -> date:
    month = dice.between(1, 12)
    day = 1 + (_first_day(setting, index % _ALIKE) + index // _ALIKE) % _DAYS
    before = (month, day) <= (setting.today.month, setting.today.day)
    return date(setting.today.year - age - (0 if before else 1), month, day)


def _first_day(setting: Setting, alike: int) -> int:
    return Dice("day", setting.seed, setting.region, alike).below(_DAYS)


def index_of(setting: Setting, id_number: str) -> int | None:
    """The one index whose person may have this ID number; None where it can be nobody's. Whether they do is for the caller to see."""
    if not _NUMBER.fullmatch(id_number):
        return None
    county, day, sequence = int(id_number[4:6]), int(id_number[12:14]), int(id_number[14:17])
    pair = (sequence - 1) // 2
    if county == 0 or not 0 <= pair < _PAIRS:
        return None
    alike = county - 1 + _COUNTIES * pair
    return alike + (day - 1 - _first_day(setting, alike)) % _DAYS * _ALIKE


def _life(dice: Dice, age: int, area: str, disability: tuple[int, int] | None) -> str:
    if age < 18:
        return "MINOR"
    if age < 23 and dice.chance(650):
        return "STUDENT"
    if age >= 60:
        return "RETIRED"
    if disability is not None and disability[1] <= 2:
        return "JOBLESS"
    urban = ("WORKER",) * 5 + ("CLERK",) * 2 + ("FREELANCE", "BUSINESS", "JOBLESS")
    rural = ("FARMER",) * 5 + ("WORKER",) * 3 + ("FREELANCE", "JOBLESS")
    return dice.pick(urban if area == "URBAN" else rural)


def members(people: tuple[Person, ...], today: date) -> tuple[Member, ...]:
    """People as a declared household, head first; guardians of those who cannot sign are the adults of the generation above."""
    able = [person for person in people if person.capacity(today) == "FULL" and person.death_on is None]
    declared = []
    for person in people:
        capacity = person.capacity(today)
        guardians = () if capacity == "FULL" else tuple(one.index for one in able if one.relation in {"02", "10", "11", "12"})
        declared.append(Member(person=person, relation=person.relation, role="MEMBER", capacity=capacity, guardians=guardians[:2]))
    return tuple(declared)


def _with_obligor(setting: Setting, elder: Household, family: Household) -> Household:
    child = family.head
    if elder.head.birth_date.year + 18 > child.birth_date.year:
        return elder
    relation = "20" if child.sex == "1" else "30"
    obligor = Member(person=child, relation=relation, role="OBLIGOR", capacity=child.capacity(setting.today))
    return Household(
        index=elder.index, members=elder.members, obligors=(obligor,), area=elder.area, hukou_region=elder.hukou_region,
        residence_region=elder.residence_region, relief=elder.relief, kin_of_staff=elder.kin_of_staff,
    )
