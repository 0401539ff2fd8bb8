"""What fell while a question was under way: of whom nothing may be told any more, and of whom which fact groups.

Rules of this file:
- Who fell as a whole is told of in no group; where one group fell (a part of a letter was withdrawn, PIPL §15), the person's others are told,
  as they would be if the question were asked anew, and the code is the one it would get then.
- Who the person is (name, ID number) no letter lists: it falls with the person, or with how strongly they signed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from hub.authorizations.recheck import Fell
from hub.authorizations.standing import Party, Standing
from hub.layout import IDENTITY
from hub.outcome import Outcome
from hub.sources import Source
from hub.telling import Columns

Recheck = Callable[[Standing, Sequence[str]], Mapping[Fell, str]]
"""Which of these people's coverage in a standing's one matter has fallen since the question was let in, with the reason code: memory
only, no waiting. By person where nothing of them stands, by (person, fact group) where that group alone fell.
"""

Gone = Mapping[Party | tuple[Party, str], str]
"""The same by party, of all matters of a question."""


class _Ask(Protocol):
    @property
    def source(self) -> Source: ...
    @property
    def columns(self) -> Columns: ...


def by_party(fallen: Mapping[Fell, str], parties: Iterable[Party]) -> Gone:
    """What fell of one matter's people, by their parties."""
    here = {party.member.person.id: party for party in parties}
    gone: dict[Party | tuple[Party, str], str] = {}
    for one, code in fallen.items():
        person, group = one if isinstance(one, tuple) else (one, "")
        if person in here:
            gone[(here[person], group) if group else here[person]] = code
    return gone


def why(gone: Gone, party: Party, group: str) -> str | None:
    """Why a fact group of a party may be told no more; None where it may. Of the group itself before that of the person, as a plan decides."""
    return gone.get((party, group)) or gone.get(party)


def still_told(asks: Iterable[_Ask], outcomes: Mapping[Party, Mapping[str, Outcome]], gone: Gone) -> list[tuple[Party, str, str]]:
    """What of the fallen is there to be told: party, source, reason code."""
    if not gone:
        return []
    groups = {ask.columns.source: ask.source.group for ask in asks}  # of any other source there is only who the person is
    return [
        (party, source, code) for party, told in outcomes.items() for source, one in told.items()
        if not (one.reason and one.status == "NOT_AUTHORIZED") and (code := why(gone, party, groups.get(source, IDENTITY)))
    ]  # fmt: skip
