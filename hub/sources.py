"""Whom a fact group is asked of: the region's own departments, a hub below it, or a neighbouring region under an agreement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from connectors.interface import Connector
from connectors.registry import Departments
from hub.authorizations.receivers import within


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """One department, hub or neighbour for one group. `deadline` in seconds; `gathers`: its manifest lets asks leave together;
    `fresh_days` after which its data are later than it promises, None where it promises nothing; `mandated`: it decides by itself,
    and is told on what a question stands; `counted`: it bills or journals each query, so nothing is asked of it twice; `one_matter`: a
    call to it names one matter, so people of several are asked apart; `at_once`: how many people its calls side by side hold, 0
    where nobody counts.
    """

    group: str
    department: str
    region: str
    system: str
    deadline: float
    gathers: bool
    connector: Connector
    fresh_days: int | None = None
    mandated: bool = False
    counted: bool = False
    one_matter: bool = False
    at_once: int = 0

    def patience(self, people: int) -> float:
        """Seconds for an ask about so many people: the deadline once for each turn of the calls it takes side by side."""
        return self.deadline * (-(-people // self.at_once) if 0 < self.at_once < people else 1)


class Sources(Protocol):
    """What the planner and the fetcher know of departments."""

    @property
    def divided(self) -> bool:
        """Whether whom a group is asked of depends on the region of the matter."""
        ...

    def source(self, group: str, region: str, home: str = "") -> Source | None:
        """The source of a group; `region` is "" for the hub's own, `home` the matter's, where hubs below divide it. None where
        nobody is connected.
        """
        ...


class KnownSources:
    """Sources as a table: the region's departments by group, neighbours by the six digits of their region, as they are at the
    moment of the question.
    """

    def __init__(self, own: Iterable[Source], neighbours: Mapping[str, Source] | None = None, below: Iterable[Source] = ()) -> None:
        """`neighbours` by the six digits of their region, each for the one group it names; the mapping may change. `below` are hubs,
        of whom the smallest region counts.
        """
        self._below = tuple(sorted(below, key=lambda source: source.region.rstrip("0"), reverse=True))
        self._own = {source.group: source for source in own}
        self._neighbours = neighbours if neighbours is not None else {}

    @classmethod
    def of(
        cls, departments: Departments, neighbours: Mapping[str, Source] | None = None, below: Iterable[Source] = (),
    ) -> KnownSources:
        """The departments of the manifests, neighbours, and hubs below."""
        return cls((
            Source(
                group=group, department=departments.department(group), region=departments.region(group), system=departments.system(group),
                deadline=departments.deadline(group), gathers=departments.gatherable(group), connector=departments[group],
                fresh_days=departments.fresh_days(group), counted=departments.counted(group),
                at_once=departments.at_once(group),
            ) for group in departments
        ), neighbours, below)

    @property
    def divided(self) -> bool:
        """See `Sources`."""
        return bool(self._below)

    def source(self, group: str, region: str, home: str = "") -> Source | None:
        """See `Sources`."""
        if region:
            neighbour = self._neighbours.get(region[:6])
            return neighbour if neighbour is not None and neighbour.group == group else None
        return self._own.get(group) or next((one for one in self._below if one.group == group and within(home, one.region)), None)
