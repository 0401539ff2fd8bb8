"""The hub's own records as the graph shows them: case, declared household, coverage, and the lists other parts provide.

A field of these types is one line of the table below. Nothing here carries a fact of a department.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import Enum
from uuid import UUID

from connectors.value import value
from hub.authorizations.matter import Matter, Member
from hub.authorizations.standing import NOBODY, Party, Standing
from hub.named import ReachedMatter
from hub.plan import Plan
from hub.reach import Reach
from policies.calendar import CHINA


@value
class Surroundings:
    """What a getter may look at beside its object."""

    plan: Plan
    reach: Reach

    def handle(self, kind: str, internal: str, standing: Standing) -> str:
        """A handle for this caller in the matter of `standing`."""
        return self.reach.handle(kind, internal, standing.caller)


class Keyed(dict[str, object]):
    """An object whose fields take arguments, read by response key: one field may stand twice with different arguments."""


Getter = Callable[[Surroundings, object], object]


def _matter(get: Callable[[Matter], object]) -> Getter:
    return lambda _around, reached: get(reached.matter) if isinstance(reached, ReachedMatter) else None


def _member(get: Callable[[Member], object]) -> Getter:
    return lambda _around, party: get(party.member) if isinstance(party, Party) else None


def _of_matter(get: Callable[[Surroundings, ReachedMatter], object]) -> Getter:
    return lambda around, reached: get(around, reached) if isinstance(reached, ReachedMatter) else None


def _coverage(_around: Surroundings, party: object) -> object:
    return party.standing.coverage.get(party.member.person.id, NOBODY) if isinstance(party, Party) else None


GETTERS: Mapping[tuple[str, str], Getter] = {
    ("Case", "id"): _matter(lambda matter: matter.case),
    ("Case", "reference"): _matter(lambda matter: matter.reference),
    ("Case", "assistanceType"): _matter(lambda matter: matter.assistance_type),
    ("Case", "stage"): _matter(lambda matter: matter.stage),
    ("Case", "region"): _matter(lambda matter: matter.region),
    ("Case", "openedAt"): _matter(lambda matter: matter.opened_at),
    ("Case", "household"): _of_matter(lambda _around, reached: reached if reached.matter.household else None),
    ("Household", "id"): _of_matter(lambda around, reached: around.handle("hh", reached.matter.household, reached.standing)),
    ("Household", "area"): _matter(lambda matter: matter.area),
    ("Household", "hukouRegion"): _matter(lambda matter: matter.hukou_region),
    ("Household", "residenceRegion"): _matter(lambda matter: matter.residence_region),
    ("Household", "members"): _of_matter(lambda _around, reached: reached.members),
    ("Household", "obligors"): _of_matter(lambda _around, reached: reached.obligors),
    ("Member", "relation"): _member(lambda member: member.relation),
    ("Member", "role"): _member(lambda member: member.role),
    ("Member", "capacity"): _member(lambda member: member.capacity),
    ("Member", "coverage"): _coverage,
    ("Member", "person"): lambda _around, party: party,
    ("CoverageState", "covered"): lambda _around, coverage: getattr(coverage, "covered", None),
    ("CoverageState", "reason"): lambda _around, coverage: getattr(coverage, "code", None) or None,
}
"""Type and field -> how it is read."""


def read(around: Surroundings, type_name: str, field: str, value: object) -> object:
    """A field of a record, as `getter` has it."""
    return getter(type_name, field)(around, value)


def getter(type_name: str, field: str) -> Getter:
    """How a field of a record is read: from the table, else from a mapping's key or an attribute of the same name."""
    known = GETTERS.get((type_name, field))
    if known is not None:
        return known
    attribute = _snake(field)
    return lambda _around, value: value.get(field) if isinstance(value, Mapping) else getattr(value, attribute, None)


def concrete(value: object, possible: tuple[str, ...]) -> str:
    """Which of a union's types a provided value is: by its `__typename` key, or by its class's name; "" if neither."""
    name = value.get("__typename") if isinstance(value, Mapping) else type(value).__name__
    return name if isinstance(name, str) and name in possible else ""


def json_ready(value: object) -> object:
    """A value of the hub's own records as it stands in JSON; times in China's offset."""
    if value.__class__ is str or value.__class__ is bool:
        return value
    if isinstance(value, datetime):
        return value.astimezone(CHINA).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, UUID) else value


def _snake(name: str) -> str:
    return re.sub(r"([A-Z])", lambda match: "_" + match[1].lower(), name)
