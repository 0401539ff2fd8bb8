"""The synthetic people and households as values: who lives with whom, who answers for whom, where they are registered."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

Value = str | int | bool | Decimal | date | None
"""A fact in the standard's codes and units, before a department writes it its own way; months are "YYYY-MM"."""

Record = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Person:
    """自然人 of the synthetic population; `index` is their number in it, -1 and below for hand-shaped families.
    `life` says how they live (see `lives`); `relation` is GB/T 4761 to the head of their household.
    """

    index: int
    id_number: str = field(repr=False)
    name: str = field(repr=False)
    sex: str  # GB/T 2261.1
    birth_date: date = field(repr=False)
    household: int
    relation: str
    life: str
    hukou_region: str
    residence_region: str
    disability: tuple[int, int] | None = field(default=None, repr=False)  # category and grade, GB/T 26341
    death_on: date | None = field(default=None, repr=False)
    spouse: int | None = None
    kin_of_staff: bool = False

    def age(self, on: date) -> int:
        """Full years on a day."""
        return on.year - self.birth_date.year - ((on.month, on.day) < (self.birth_date.month, self.birth_date.day))

    def capacity(self, on: date) -> str:
        """民事行为能力 FULL, LIMITED or NONE (Civil Code §17–22): under 8 none, under 18 or severely mentally disabled limited."""
        age = self.age(on)
        if age < 8 or (self.disability is not None and self.disability[0] in {5, 6} and self.disability[1] == 1):
            return "NONE"
        if age < 18 or (self.disability is not None and self.disability[0] in {5, 6} and self.disability[1] == 2):
            return "LIMITED"
        return "FULL"


@dataclass(frozen=True, slots=True)
class Member:
    """家庭成员 or 法定义务人: a person in a household's declaration. `guardians` are indices of people who sign for them."""

    person: Person
    relation: str
    role: str  # MEMBER, OBLIGOR
    capacity: str
    guardians: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Household:
    """共同生活家庭 as a platform would register it. `relief` is the household's state of assistance: "", DIBAO, EDGE, RIGID, TEKUN."""

    index: int
    members: tuple[Member, ...]
    obligors: tuple[Member, ...]
    area: str  # URBAN, RURAL
    hukou_region: str
    residence_region: str
    relief: str
    kin_of_staff: bool

    @property
    def head(self) -> Person:
        """The head, who applies."""
        return self.members[0].person

    def everyone(self) -> tuple[Member, ...]:
        """Members, then obligors."""
        return self.members + self.obligors
