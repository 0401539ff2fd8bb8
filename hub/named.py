"""What the arguments of a question name in the matters of its token: a case, a household, a person.

Rules of this file:
- Of a token over one matter a handle is opened; of one over several it is looked up among all that stand for its people, since
  to try it in two hundred cases would cost two hundred ciphers for every handle, and more for a stranger's than for one's own.
- A handle says in which matter it names the person: nothing finds the same person's other matter by it.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from connectors.value import value
from hub.authorizations.matter import Matter
from hub.authorizations.standing import Party, Standing
from hub.bounded import Bounded
from hub.caller import Caller
from hub.errors import Malformed
from hub.question import Place
from schema.federation import NAMES_PEOPLE

BOOKS, HANDLES = 64, 40_000
"""Tokens over several matters whose handles are kept, and handles kept of all of them together."""

_Internal = tuple[str, str, str]
"""Kind, case, internal id."""


class Handles(Protocol):
    """Handles of people and households, as one organisation sees them in one case (`hub/people/handles.py`)."""

    def encode(self, kind: str, internal: UUID, *, organisation: str, case: str) -> str:
        """The handle of an internal id."""
        ...

    def decode(self, handle: str, *, kind: str, organisation: str, case: str) -> UUID | None:
        """The internal id, None for a handle of another organisation or case, or no handle at all."""
        ...

    def known_as(self, kind: str, internal: UUID, *, organisation: str, case: str) -> tuple[str, ...]:
        """Every handle that stands for an internal id."""
        ...


@value
class ReachedMatter:
    """A matter of the token, and who of it a question may reach."""

    standing: Standing
    matter: Matter
    members: tuple[Party, ...]
    obligors: tuple[Party, ...]

    @classmethod
    def of(cls, standing: Standing) -> ReachedMatter | None:
        """The matter of a standing in one; None where it has none."""
        matter = standing.matter
        if matter is None:
            return None
        return cls(
            standing, matter,
            tuple([Party(one, standing) for one in matter.members if one.role == "MEMBER"]),
            tuple([Party(one, standing) for one in matter.members if one.role == "OBLIGOR"]),
        )


class Register:
    """Handles of one worker, in both directions; remembered, since each costs a cipher."""

    def __init__(self, handles: Handles, *, kept: int) -> None:
        """`kept` handles in each direction."""
        self._handles = handles
        self._encoded: Bounded[tuple[str, str, str, str], str] = Bounded(kept)
        self._decoded: Bounded[tuple[str, str, str, str], str] = Bounded(kept)
        self._books: Bounded[str, tuple[tuple[Standing, ...], Mapping[str, _Internal]]] = Bounded(BOOKS, most=HANDLES)

    def handle(self, kind: str, internal: str, caller: Caller) -> str:
        """The handle of a person ("per") or household ("hh") for this caller."""
        key = (kind, internal, caller.organisation, caller.case)
        known = self._encoded.get(key)
        if known is None:
            made = self._handles.encode(kind, UUID(internal), organisation=caller.organisation, case=caller.case)
            known = self._encoded.put(key, made)
        return known

    def opened(self, kind: str, handle: object, caller: Caller) -> str:
        """The internal id a handle stands for in the caller's one case; "" for any other."""
        text = str(handle)
        key = (kind, text, caller.organisation, caller.case)
        known = self._decoded.get(key)
        if known is not None:
            return known
        internal = self._handles.decode(text, kind=kind, organisation=caller.organisation, case=caller.case)
        return "" if internal is None else self._decoded.put(key, str(internal))

    def book(self, standing: Standing, matters: Sequence[ReachedMatter]) -> Mapping[str, _Internal]:
        """Every handle of everybody a token over several matters may name, and of their households."""
        held = self._books.get(standing.caller.token)
        if held is not None and held[0] is standing.several:
            return held[1]
        book: dict[str, _Internal] = {}
        for one in matters:
            caller = one.standing.caller
            names = [("per", party.member.person.id) for party in (*one.members, *one.obligors)]
            for kind, internal in [*names, *([("hh", one.matter.household)] if one.matter.household else [])]:
                known = self._handles.known_as(kind, UUID(internal), organisation=caller.organisation, case=caller.case)
                book.update(dict.fromkeys(known, (kind, one.matter.case, internal)))
        self._books.put(standing.caller.token, (standing.several, book), 1 + len(book))
        return book


class Named:
    """The matters of one question's token, and what its arguments name in them."""

    def __init__(self, register: Register, standing: Standing) -> None:
        """Of one question."""
        self.matters = [matter for one in standing.each if (matter := ReachedMatter.of(one)) is not None]
        self._standing = standing
        self._register = register
        self._cases = {one.matter.case: one for one in self.matters}
        self._parties: dict[tuple[str, str], Party] | None = None

    def root(self, place: Place, arguments: Mapping[str, object]) -> object:
        """What stands behind a root. Raises Malformed."""
        match place.name:
            case "case":
                return self._cases.get(str(arguments["id"]))
            case "cases":
                return [self._cases.get(str(one)) for one in _listed(arguments["ids"])]
            case "household":
                return self._household(arguments["id"])
            case "person":
                return self._person(arguments["id"])
            case "people" | "_entities":
                return [self._person(one) for one in _listed(arguments[NAMES_PEOPLE[place.name]])]
            case "lookUp":
                return self._looked_up(str(arguments["idNumber"]))
        raise Malformed(f"Query.{place.name} cannot be answered here")

    def _household(self, handle: object) -> ReachedMatter | None:
        if self._standing.several:
            kind, case, _ = self._noted(handle)
            return self._cases[case] if kind == "hh" else None
        (one,) = self.matters
        return one if one.matter.household and self._register.opened("hh", handle, self._standing.caller) == one.matter.household else None

    def _person(self, handle: object) -> Party | None:
        if self._standing.several:
            kind, case, internal = self._noted(handle)
            return self._by_id()[case, internal] if kind == "per" else None
        opened = self._register.opened("per", handle, self._standing.caller)
        return self._found(lambda one: one.member.person.id == opened)

    def _looked_up(self, id_number: str) -> Party | None:
        if self._standing.several:
            # Somebody may stand in two of the matters, covered in one: which is meant a number does not say.
            raise Malformed("nobody is looked up by ID number under a token over several cases", code="SEVERAL_CASES")
        return self._found(lambda one: _same(one.member.person.id_number, id_number))

    def _found(self, fits: Callable[[Party], bool]) -> Party | None:
        """The party who fits. All are compared, so that the time tells nothing of who."""
        (one,) = self.matters
        return next(iter([party for party in one.members + one.obligors if fits(party)]), None)

    def _noted(self, handle: object) -> _Internal:
        return self._register.book(self._standing, self.matters).get(str(handle), ("", "", ""))

    def _by_id(self) -> Mapping[tuple[str, str], Party]:
        if self._parties is None:
            self._parties = {(one.matter.case, party.member.person.id): party for one in self.matters for party in one.members + one.obligors}
        return self._parties


def _listed(given: object) -> list[object]:
    return given if isinstance(given, list) else [given]


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))
