"""Whom a question reaches: the people of the token's own matters named by an argument, then those of their declared households.

Rules of this file:
- A person outside the token's matters and a person who does not exist are the same: null, nothing decided, nothing fetched.
- Waves: people named in arguments first, then people reached through a declared household. The household is the matter's
  own, so both waves are complete before anything is asked; nobody found in a source is ever followed.
- Who is reached is a party: a person in one matter. The same person in two matters of a token is two parties.
- 不计入 (EXCLUDED) people and agents are named in no list and reached by no handle.
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.value import value
from hub.arguments import resolve
from hub.authorizations.standing import Party, Standing
from hub.caller import Caller
from hub.layout import Layout, PersonPlace
from hub.named import Handles, Named, ReachedMatter, Register
from hub.question import OWN_ROOTS, Place
from schema.federation import NAMES_MANY

_PEOPLE = {"members", "obligors"}

_Found = dict[tuple[PersonPlace, Party], None]


@value
class Reached:
    """What stands behind the roots of one question. `roots` by response key: a matter, a party, a list of them, or None."""

    roots: Mapping[str, object]
    places: tuple[tuple[PersonPlace, Party], ...]  # every occurrence once per place and party, first wave first


class Reach:
    """Resolves roots against the matters of a token."""

    def __init__(self, handles: Handles, *, kept: int = 4096) -> None:
        """`kept` handles in each direction."""
        self._register = Register(handles, kept=kept)

    def handle(self, kind: str, internal: str, caller: Caller) -> str:
        """The handle of a person ("per") or household ("hh") for a caller in one case."""
        return self._register.handle(kind, internal, caller)

    def walk(self, layout: Layout, variables: Mapping[str, object], standing: Standing) -> Reached:
        """Everything and everybody the question reaches. Raises Malformed."""
        named = Named(self._register, standing)
        roots: dict[str, object] = {}
        found: _Found = {}
        later: list[tuple[Place, object]] = []
        for place in layout.question.places:
            if not named.matters or place.name in OWN_ROOTS or place.name == "__typename":
                roots[place.key] = [None] * _length(place, variables) if place.name in NAMES_MANY else None
                continue
            root = roots[place.key] = named.root(place, resolve(place.arguments, variables))
            at = layout.at.get(place)
            if at is None:
                later.append((place, root))
                continue
            for party in root if isinstance(root, list) else [root]:
                if isinstance(party, Party):
                    found[at, party] = None
        for place, root in later:
            for matter in root if isinstance(root, list) else [root]:
                if isinstance(matter, ReachedMatter):
                    _household(place, layout, matter, found)
        return Reached(roots=roots, places=tuple(found))

    def anybody(self, layout: Layout, standing: Standing) -> Reached:
        """Every place with everybody who may stand at it, whatever the question's arguments name."""
        found: _Found = {}
        for matter in Named(self._register, standing).matters:
            for place in layout.question.places:
                if place in layout.at:
                    found.update(dict.fromkeys([(layout.at[place], party) for party in matter.members + matter.obligors]))
                else:
                    _household(place, layout, matter, found)
        return Reached(roots={}, places=tuple(found))


def _household(place: Place, layout: Layout, matter: ReachedMatter, found: _Found) -> None:
    for selection in place.selections.values():
        for child in selection:
            if child.name not in _PEOPLE:
                _household(child, layout, matter, found)
                continue
            for person in child.selections.get("Member", ()):
                at = layout.at.get(person)
                if at is not None:
                    for party in matter.members if child.name == "members" else matter.obligors:
                        found[at, party] = None


def _length(place: Place, variables: Mapping[str, object]) -> int:
    ids = resolve(place.arguments, variables)[NAMES_MANY[place.name]]
    return len(ids) if isinstance(ids, list) else 1
