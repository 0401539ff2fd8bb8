"""An answer walked place by place: the plain reading of a plan, which compiled answers must equal.

Rules of this file:
- GraphQL's own semantics (specification §6.4): a value of the wrong type is null with an error at its path; null where the type
  is non-null makes the nearest nullable place above null.
- A leaf without a cell in the decision is null, whatever stands in a row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, NoReturn

from connectors.interface import Below
from hub.authorizations.standing import Party
from hub.decision import GroupDecision, Line, refused
from hub.fetch import Fetched
from hub.layout import IDENTITY, PersonPlace
from hub.leaf_types import LeafType
from hub.outcome import BROKEN, Outcome
from hub.plan import Plan
from hub.question import Place
from hub.records import Keyed, Surroundings, concrete, json_ready, read
from hub.telling import Telling
from hub.unlisted import unlisted
from policies.forms import Form, Kind
from schema.register import FieldSpec

Path = tuple[str | int, ...]


class Bubble(Exception):
    """A place could not be completed; the nearest nullable place above becomes null."""


class _Person(NamedTuple):
    party: Party
    telling: Telling
    outcomes: Mapping[str, Outcome]


class _Facts(NamedTuple):
    decision: GroupDecision
    slots: tuple[int, ...]
    outcome: Outcome


class _Row(NamedTuple):
    facts: _Facts
    row: tuple[object, ...]

    def cell(self, place: Place) -> object:
        position = self.facts.decision.cells.get(place)
        return None if position is None else self.row[self.facts.slots[position]]


class _Value(NamedTuple):
    row: _Row
    spec: FieldSpec


Shortcut = Callable[[Telling, Party, Mapping[str, Outcome]], Mapping[str, object] | None]
"""A whole person at once, where a program is at hand; None where it is not, or met something it does not expect."""


@dataclass(slots=True)
class Interpretation:
    """One answer being read. `errors` are GraphQL errors in the order met."""

    around: Surroundings
    fetched: Fetched
    types: Mapping[str, LeafType]
    shortcut: Shortcut | None = None
    errors: list[Mapping[str, object]] = field(default_factory=list)

    def data(self) -> dict[str, object] | None:
        """The whole answer; None if null bubbled to the top."""
        plan = self.around.plan
        try:
            return {place.key: self._root(place, plan) for place in plan.layout.question.places}
        except Bubble:
            return None

    def _root(self, place: Place, plan: Plan) -> object:
        if place.name == "__typename":
            return place.parent
        value = self.fetched.roots[place.key] if place.key in self.fetched.roots else plan.reached.roots.get(place.key)
        return self._complete(place, 0, value, (place.key,))

    def _complete(self, place: Place, depth: int, value: object, path: Path) -> object:
        wrapping = place.wrapping
        if depth < len(wrapping) and wrapping[depth] == "!":
            whole = self._within(place, depth + 1, value, path)
            if whole is None:
                self._wrong("the place may not be null and nothing stands there", "NULL_IN_NON_NULL", path)
            return whole
        try:
            return self._within(place, depth, value, path)
        except Bubble:
            return None

    def _within(self, place: Place, depth: int, value: object, path: Path) -> object:
        if value is None:
            return None
        if depth < len(place.wrapping):  # "[": anything else was taken off by the caller
            if not isinstance(value, list | tuple):
                self._wrong("a source told something that is no list", "SOURCE_ERROR", path)
            return [self._complete(place, depth + 1, item, (*path, index)) for index, item in enumerate(value)]
        leaf = self.types.get(place.type)
        return self._object(place, value, path) if leaf is None else self._leaf(leaf, json_ready(value), path)

    def _leaf(self, leaf: LeafType, value: object, path: Path) -> object:
        if not leaf.holds(value):
            self._wrong(f"a source told something that is no {leaf.name}", "SOURCE_ERROR", path)
        return value

    def _wrong(self, message: str, code: str, path: Path) -> NoReturn:
        self.errors.append({"message": message, "path": list(path), "extensions": {"code": code}})
        raise Bubble

    def _object(self, place: Place, value: object, path: Path) -> Mapping[str, object]:
        at = self.around.plan.layout.at.get(place)
        if at is not None and isinstance(value, Party):
            return self._whole_person(at, place, value, path)
        if isinstance(value, _Facts):
            type_name = value.decision.at.spec.facts_type
        elif len(place.selections) == 1:
            type_name = next(iter(place.selections))
        else:
            type_name = concrete(value, tuple(place.selections))
            if not type_name:
                self._wrong(f"a source told something that is no {place.type}", "SOURCE_ERROR", path)
        return self._fields(type_name, place.selections.get(type_name, ()), value, path)

    def _whole_person(self, at: PersonPlace, place: Place, party: Party, path: Path) -> Mapping[str, object]:
        telling = self.around.plan.tellings[at, party]
        outcomes = self.fetched.outcomes.get(party, {})
        known = self.shortcut(telling, party, outcomes) if self.shortcut is not None else None
        if known is not None:
            return known
        return self._fields("Person", place.selections["Person"], _Person(party, telling, outcomes), path)

    def _fields(self, type_name: str, places: tuple[Place, ...], value: object, path: Path) -> dict[str, object]:
        return {
            place.key: type_name if place.name == "__typename"
            else self._complete(place, 0, self._value(type_name, place, value), (*path, place.key))
            for place in places
        }

    def facts(self, decision: GroupDecision, slots: tuple[int, ...], outcome: Outcome) -> Mapping[str, object]:
        """One group as told at its place, for programs that hold it as a constant."""
        return self._object(decision.at.place, _Facts(decision, slots, outcome), decision.at.place.path)

    def constant(self, place: Place, decision: GroupDecision) -> object:
        """A field of a group that no answer of a source changes: group, source, disclosure."""
        return self._complete(place, 0, self._of_facts(place, _Facts(decision, (), BROKEN)), place.path)

    def _value(self, type_name: str, place: Place, value: object) -> object:
        if isinstance(value, _Value):
            return value.spec.unit if place.name == "unit" else value.row.cell(place)
        if isinstance(value, _Row):
            spec = value.facts.decision.at.spec.fields[place.name]
            return value.cell(place) if spec.kind in (Kind.PLAIN, Kind.FLAG) else _Value(value, spec)
        if isinstance(value, _Person):
            return self._of_person(place, value)
        if isinstance(value, _Facts):
            return self._of_facts(place, value)
        return value.get(place.key) if isinstance(value, Keyed) else read(self.around, type_name, place.name, value)

    def _of_person(self, place: Place, person: _Person) -> object:
        if place.name == "id":
            return self.around.handle("per", person.party.member.person.id, person.party.standing)
        decision = person.telling.decision
        groups = [
            _Facts(decision.groups[index], person.telling.slots[index], person.outcomes.get(decision.groups[index].at.source, BROKEN))
            for index in decision.place.of[place]
        ]
        if place.name == "facts":
            return groups
        if groups[0].decision.at.spec.code != IDENTITY:
            return groups[0]
        if groups[0].outcome.reason:  # coverage fell meanwhile: what the vault holds of them is told no more than a department's facts
            return None
        rows = groups[0].outcome.rows or ((),)
        return _Value(_Row(groups[0], rows[0]), groups[0].decision.at.spec.fields[place.name])

    def _of_facts(self, place: Place, facts: _Facts) -> object:
        decision, outcome = facts.decision, facts.outcome
        match place.name:
            case "group":
                return decision.at.spec.code
            case "status":
                return decision.status or outcome.status
            case "asOf":
                return outcome.as_of if decision.asks else None
            case "freshness":
                return (outcome.freshness if outcome.below is None else outcome.below.freshness) if decision.asks else None
            case "backAt":
                return (outcome.back_at if outcome.below is None else outcome.below.back_at) if decision.asks else None
            case "expectedAt":
                return outcome.expected if decision.asks else None
            case "source":
                return source_of(self.around.plan.scope.region, decision) if outcome.below is None else outcome.below.source
            case "disclosure":
                lines = refused(decision.at, "", outcome.reason).disclosure if outcome.reason else decision.disclosure
                return {"fields": [shown(line) for line in weakest(lines, outcome.below)]}
            case "unlisted":
                return unlisted(decision, facts.slots)(outcome.rows)
            case _:
                rows = outcome.rows if place in decision.rows else None
                return None if rows is None else [_Row(facts, row) for row in rows]


def source_of(region: str, decision: GroupDecision) -> Mapping[str, object]:
    """Who answers for a group; where nobody is connected, the department that would, in the hub's own `region`."""
    source = decision.source
    if source is None:
        return {"department": decision.at.spec.department, "region": decision.at.region or region, "system": None}
    return {"department": source.department, "region": source.region, "system": source.system}


def weakest(lines: tuple[Line, ...], below: Below | None) -> tuple[Line, ...]:
    """A disclosure with what a hub below told weaker still; of two words about one field the weaker counts."""
    if below is None:
        return lines
    theirs = {field: Line(field, Form(form), reason, "") for field, form, reason in below.disclosure}
    ours = [line for line in lines if line.field not in theirs or line.form.rank < theirs[line.field].form.rank]
    kept = {line.field for line in ours}
    return (*ours, *(line for field, line in theirs.items() if field not in kept))


def shown(line: Line) -> Mapping[str, object]:
    """A line of a disclosure as the graph shows it."""
    return {"field": line.field, "form": line.form.value, "reason": line.reason, "rule": line.rule or None}
