"""Whom a question reaches: the people of the caller's own matter named by an argument, then those of its declared household.

Rules of this file:
- A person outside the matter and a person who does not exist are the same: null, nothing decided, nothing fetched.
- Waves: people named in arguments first, then people reached through the declared household. The household is the matter's
  own, so both waves are complete before anything is asked; nobody found in a source is ever followed.
- 不计入 (EXCLUDED) people are named in no list and reached by no handle.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from typing import Protocol
from uuid import UUID

from connectors.value import value
from hub.arguments import resolve
from hub.authorizations.matter import Matter, Member
from hub.bounded import Bounded
from hub.caller import Caller
from hub.errors import Malformed
from hub.layout import Layout, PersonPlace
from hub.question import OWN_ROOTS, Place
from schema.federation import NAMES_PEOPLE

_PEOPLE = {"members": "MEMBER", "obligors": "OBLIGOR"}


class Handles(Protocol):
    """Handles of people and households, as one organisation sees them in one case (`hub/people/handles.py`)."""

    def encode(self, kind: str, internal: UUID, *, organisation: str, case: str) -> str:
        """The handle of an internal id."""
        ...

    def decode(self, handle: str, *, kind: str, organisation: str, case: str) -> UUID | None:
        """The internal id, None for a handle of another organisation or case, or no handle at all."""
        ...


@value
class Reached:
    """What stands behind the roots of one question. `roots` by response key: a matter, a member, a list of them, or None."""

    roots: Mapping[str, object]
    members: tuple[Member, ...]
    obligors: tuple[Member, ...]
    places: tuple[tuple[PersonPlace, Member], ...]  # every occurrence once per place and member, first wave first


class Reach:
    """Resolves roots against a matter. Decoded and encoded handles are remembered, since each costs a cipher."""

    def __init__(self, handles: Handles, *, kept: int = 4096) -> None:
        """`kept` handles in each direction."""
        self._handles = handles
        self._encoded: Bounded[tuple[str, str, str, str], str] = Bounded(kept)
        self._decoded: Bounded[tuple[str, str, str, str], str] = Bounded(kept)

    def handle(self, kind: str, internal: str, caller: Caller) -> str:
        """The handle of a person ("per") or household ("hh") for this caller."""
        key = (kind, internal, caller.organisation, caller.case)
        known = self._encoded.get(key)
        if known is None:
            made = self._handles.encode(kind, UUID(internal), organisation=caller.organisation, case=caller.case)
            known = self._encoded.put(key, made)
        return known

    def walk(self, layout: Layout, variables: Mapping[str, object], caller: Caller, matter: Matter | None) -> Reached:
        """Everything and everybody the question reaches."""
        members, obligors = _declared(matter)
        roots: dict[str, object] = {}
        found: dict[tuple[PersonPlace, str], Member] = {}
        later: list[Place] = []
        for place in layout.question.places:
            if matter is None or place.name in OWN_ROOTS or place.name == "__typename":
                roots[place.key] = [None] * _length(place, variables) if place.name in NAMES_PEOPLE else None
                continue
            arguments = resolve(place.arguments, variables)
            root = roots[place.key] = self._root(place, arguments, caller, matter, members + obligors)
            if place in layout.at:
                for member in root if isinstance(root, list) else [root]:
                    if isinstance(member, Member):
                        found[layout.at[place], member.person.id] = member
            elif root is not None:
                later.append(place)
        for place in later:
            self._household(place, layout, members, obligors, found)
        places = tuple([(place, member) for (place, _), member in found.items()])
        return Reached(roots=roots, members=members, obligors=obligors, places=places)

    def anybody(self, layout: Layout, matter: Matter | None) -> Reached:
        """Every place with everybody who may stand at it, whatever the question's arguments name."""
        members, obligors = _declared(matter)
        found: dict[tuple[PersonPlace, str], Member] = {}
        for place in layout.question.places:
            if place in layout.at:
                for member in members + obligors:
                    found[layout.at[place], member.person.id] = member
            else:
                self._household(place, layout, members, obligors, found)
        places = tuple([(place, member) for (place, _), member in found.items()])
        return Reached(roots={}, members=members, obligors=obligors, places=places)

    def _household(
        self, place: Place, layout: Layout, members: tuple[Member, ...], obligors: tuple[Member, ...],
        found: dict[tuple[PersonPlace, str], Member],
    ) -> None:
        for selection in place.selections.values():
            for child in selection:
                if child.name not in _PEOPLE:
                    self._household(child, layout, members, obligors, found)
                    continue
                for person in child.selections.get("Member", ()):
                    at = layout.at.get(person)
                    if at is not None:
                        for member in members if child.name == "members" else obligors:
                            found[at, member.person.id] = member

    def _root(
        self, place: Place, arguments: Mapping[str, object], caller: Caller, matter: Matter, people: tuple[Member, ...],
    ) -> object:
        match place.name:
            case "case":
                return matter if _same(str(arguments["id"]), matter.case) else None
            case "household":
                return matter if matter.household and self._decode("hh", arguments["id"], caller) == matter.household else None
            case "person":
                return self._person(arguments["id"], caller, people)
            case "people" | "_entities":
                ids = arguments[NAMES_PEOPLE[place.name]]
                return [self._person(one, caller, people) for one in (ids if isinstance(ids, list) else [ids])]
            case "lookUp":
                return _found(people, lambda one: _same(one.person.id_number, str(arguments["idNumber"])))
        raise Malformed(f"Query.{place.name} cannot be answered here")

    def _person(self, handle: object, caller: Caller, people: tuple[Member, ...]) -> Member | None:
        decoded = self._decode("per", handle, caller)
        return _found(people, lambda one: one.person.id == decoded)

    def _decode(self, kind: str, handle: object, caller: Caller) -> str:
        text = str(handle)
        key = (kind, text, caller.organisation, caller.case)
        known = self._decoded.get(key)
        if known is not None:
            return known
        internal = self._handles.decode(text, kind=kind, organisation=caller.organisation, case=caller.case)
        return "" if internal is None else self._decoded.put(key, str(internal))


def _declared(matter: Matter | None) -> tuple[tuple[Member, ...], tuple[Member, ...]]:
    """Members and obligors of the declared household."""
    people = matter.members if matter else ()
    return tuple([one for one in people if one.role == "MEMBER"]), tuple([one for one in people if one.role == "OBLIGOR"])


def _found(people: tuple[Member, ...], fits: Callable[[Member], bool]) -> Member | None:
    """The member who fits. All are compared, so that the time tells nothing of who."""
    return next(iter([one for one in people if fits(one)]), None)


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))


def _length(place: Place, variables: Mapping[str, object]) -> int:
    ids = resolve(place.arguments, variables)[NAMES_PEOPLE[place.name]]
    return len(ids) if isinstance(ids, list) else 1
