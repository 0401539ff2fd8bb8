"""What a question asks of people: its person places, fact groups and value leaves, resolved once per question shape.

Rules of this file:
- A layout knows no caller and no person. Everything here follows from the question, its argument values below the roots,
  and the register; so it is shared by all who ask the same.
- A place is never widened by another: each person place holds the leaves that stand below it, and no others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hub.arguments import freeze, named, resolve
from hub.errors import Malformed
from hub.question import Place, Question
from policies.forms import Form, Kind, leaf_form
from schema.federation import PERSON_TYPES
from schema.register import FieldSpec, GroupSpec

IDENTITY = "identity"
"""The group of what the platform registered of a person; told from the hub's vault, asked of no department."""

PRESENCE = "records"
"""The pseudo-field whose verdict decides whether rows, or at least the status, may be told."""

_OF_STATUS = frozenset({"status", "asOf", "freshness", "backAt", "expectedAt"})
"""Fields of a group that only its source can fill, and that need no record told."""


@dataclass(frozen=True, slots=True, eq=False)
class AskedLeaf:
    """One value leaf of the question. `form` None is metadata (a unit); `threshold` is the name given to `atLeast`; `within` is
    the record list it stands in, for identity the person place.
    """

    place: Place
    within: Place
    spec: FieldSpec
    leaf: str
    form: Form | None
    threshold: str


@dataclass(frozen=True, slots=True, eq=False)
class GroupPlace:
    """One fact group at one person place. `source` names whom to ask: the group, and "@region" where it is a neighbour's."""

    place: Place
    spec: GroupSpec
    region: str
    source: str
    selections: tuple[Place, ...]
    leaves: tuple[AskedLeaf, ...]
    lists: tuple[Place, ...]  # the record lists asked
    status: bool   # status, or what goes with it, is asked


@dataclass(frozen=True, slots=True, eq=False)
class PersonPlace:
    """One place of the question where people stand. `groups[0]` is the identity group when a field of it is asked."""

    index: int
    place: Place
    groups: tuple[GroupPlace, ...]
    of: Mapping[Place, tuple[int, ...]]  # a field of Person -> its groups, as positions in `groups`

    @property
    def leaves(self) -> int:
        """How many value leaves stand here: what a decision about the place weighs in memory."""
        return sum([len(group.leaves) for group in self.groups])


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """A question with its arguments below the roots applied."""

    question: Question
    people: tuple[PersonPlace, ...]
    at: Mapping[Place, PersonPlace]
    groups: tuple[str, ...]
    thresholds: tuple[str, ...]
    pseudonyms: bool
    leaves: int


def shape_variables(question: Question) -> tuple[str, ...]:
    """The variables a layout depends on: those in arguments below the roots, sorted."""
    names = {name for root in question.places for place in _below(root) for name in named(place.arguments)}
    return tuple(sorted(names))


def shape(names: tuple[str, ...], variables: Mapping[str, object]) -> tuple[object, ...]:
    """The values of a layout's variables as a key; a variable that was not sent differs from one sent as null."""
    return tuple((name in variables, freeze(variables.get(name))) for name in names)


def lay_out(question: Question, variables: Mapping[str, object], groups: Mapping[str, GroupSpec], region: str) -> Layout:
    """The layout of a question; `region` is the hub's own. Raises `Malformed` for a person reached in an unknown way."""
    drawing = _Drawing(groups, region, variables)
    for root in question.places:
        drawing.walk(root)
    people = tuple(drawing.people)
    leaves = [leaf for person in people for group in person.groups for leaf in group.leaves]
    return Layout(
        question=question, people=people, at={person.place: person for person in people},
        groups=tuple(sorted({group.spec.code for person in people for group in person.groups})),
        thresholds=tuple(sorted({leaf.threshold for leaf in leaves if leaf.threshold})),
        pseudonyms=any(leaf.spec.kind is Kind.PSEUDONYM and leaf.leaf == "pid" for leaf in leaves),
        leaves=sum(1 for root in question.places for _ in _below(root)),
    )


def _below(place: Place) -> Iterator[Place]:
    for selection in place.selections.values():
        for child in selection:
            yield child
            yield from _below(child)


class _Drawing:
    """One walk over the question."""

    def __init__(self, groups: Mapping[str, GroupSpec], region: str, variables: Mapping[str, object]) -> None:
        self._specs = groups
        self._region = region[:6]
        self._variables = variables
        self.people: list[PersonPlace] = []

    def walk(self, place: Place) -> None:
        if place.type in PERSON_TYPES:
            self.people.append(self._person(place))
            return
        for selection in place.selections.values():
            for child in selection:
                self.walk(child)

    def _person(self, place: Place) -> PersonPlace:
        fields = place.selections.get("Person", ())
        identity = tuple(field for field in fields if field.name in self._specs[IDENTITY].fields)
        groups = [self._group(place, IDENTITY, "", identity)] if identity else []
        of: dict[Place, tuple[int, ...]] = dict.fromkeys(identity, (0,))
        for field in fields:
            asked = [] if field in of else list(self._groups(field))
            if asked:
                of[field] = tuple(range(len(groups), len(groups) + len(asked)))
                groups.extend(asked)
            elif field.name == "facts":
                of[field] = ()
            elif field not in of and field.name not in ("__typename", "id"):
                raise Malformed(f"Person.{field.name} cannot be answered here")
        return PersonPlace(len(self.people), place, tuple(groups), of)

    def _groups(self, field: Place) -> Iterator[GroupPlace]:
        given = resolve(field.arguments, self._variables)
        if field.name == "facts":
            codes = given.get("groups")
            for code in codes if isinstance(codes, list | tuple) else ():
                yield self._group(field, str(code), "", field.selections.get(self._specs[str(code)].facts_type, ()))
        elif field.name in self._specs and field.name != IDENTITY:
            region = str(given.get("region") or "")
            yield self._group(
                field, field.name, "" if region[:6] == self._region else region,
                field.selections.get(self._specs[field.name].facts_type, ()),
            )

    def _group(self, place: Place, code: str, region: str, selections: tuple[Place, ...]) -> GroupPlace:
        spec = self._specs[code]
        lists = tuple(field for field in selections if field.name == PRESENCE) if code != IDENTITY else ()
        fields = [(one, field) for one in lists for field in one.selections.get(spec.record_type, ())]
        if code == IDENTITY:
            fields = [(place, field) for field in selections]
        return GroupPlace(
            place=place, spec=spec, region=region, source=f"{code}@{region}" if region else code, selections=selections,
            leaves=tuple(leaf for within, field in fields for leaf in self._leaves(spec, within, field)),
            lists=lists, status=any(field.name in _OF_STATUS for field in selections),
        )

    def _leaves(self, group: GroupSpec, within: Place, field: Place) -> Iterator[AskedLeaf]:
        if field.name == "__typename":
            return
        spec = group.fields[field.name]
        if spec.kind in (Kind.PLAIN, Kind.FLAG):
            yield AskedLeaf(field, within, spec, "", leaf_form(spec.kind, ""), "")
            return
        for leaf in field.selections.get(field.type, ()):
            if leaf.name != "__typename":
                threshold = resolve(leaf.arguments, self._variables).get("threshold")
                yield AskedLeaf(leaf, within, spec, leaf.name, leaf_form(spec.kind, leaf.name), str(threshold or ""))
