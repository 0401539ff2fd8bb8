"""What the ten checks leave standing (domain C4): a caller, its matter, and who and what is covered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from hub.authorizations.matter import Matter, Member
from hub.caller import Caller
from policies.groups import IDENTITY


@dataclass(frozen=True, slots=True)
class Approved:
    """What a second person approved of one officer's access to one person, and whether that person is the officer's own relative."""

    kin: frozenset[str]  # fact groups approved although the person is kin of staff
    purpose: frozenset[str]  # fact groups approved under a purpose that needs it: COMPLAINT_CHECK, SPOT_CHECK
    own_kin: bool  # the asking officer is the relative: no approval helps
    approvals: tuple[str, ...]  # ids, for the log
    aggregated: frozenset[str] = frozenset()  # fact groups approved although what was told of the person adds up (敏感聚合)


@dataclass(frozen=True, slots=True)
class Coverage:
    """Check 6 for one person: covered or the reason code why not; which letters say so; how strongly they were signed."""

    covered: bool
    code: str  # "" or SUBJECT_NOT_COVERED, AUTH_REVOKED, AUTH_EXPIRED …
    assurance: str  # HIGH, SUBSTANTIAL, LOW, NONE: the strongest of its letters
    letters: tuple[str, ...]
    groups: frozenset[str] | None  # fact groups its letters cover; None: all
    approved: Approved | None = None  # None: nothing was approved, and the officer is no relative
    graded: tuple[tuple[str, frozenset[str] | None], ...] = ()
    """Where its letters were signed unlike: what those of each strength open (None: all), strongest first."""
    closed: tuple[tuple[str, str], ...] = ()
    """Fact groups a letter lists for this person and none carries, each with why: CONSENT_NOT_ITEMISED, NOTICE_SILENT, NOTICE_SUPERSEDED."""

    def assured(self, group: str) -> str:
        """How strongly a fact group was consented to: as the strongest letter that opens it. Who the person is, as the strongest of all."""
        if group == IDENTITY:
            return self.assurance
        return next((strength for strength, groups in self.graded if groups is None or group in groups), self.assurance)


NOBODY = Coverage(covered=False, code="SUBJECT_NOT_COVERED", assurance="NONE", letters=(), groups=frozenset())
"""Check 6 for a person nobody spoke about: not covered."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The result of checks 1–9. `catalogue` maps a fact group to "" (shared) or CATALOG_DENIED (check 9); a group it does
    not name is denied.
    """

    caller: Caller
    matter: Matter | None  # None for an audit basis, which has no case, and for a token over several matters
    coverage: Mapping[str, Coverage]  # by person id
    catalogue: Mapping[str, str]
    refused: tuple[tuple[Caller, str], ...] = ()  # of a token over several matters: in which nothing stands any more, with the code
    several: tuple[Standing, ...] = ()
    """Of a token over several matters: the standing in each of them alone. The whole has no matter and covers nobody, so that
    what was made for one matter (a means check, a credit record) finds nothing in it rather than the first.
    """

    @property
    def each(self) -> tuple[Standing, ...]:
        """The standing in each matter: of a token over one, this."""
        return self.several or (self,)

    def with_each(self, each: Sequence[Standing]) -> Standing:
        """The same with these in place of the standing in each matter, in their order."""
        return replace(self, several=tuple(each)) if self.several else each[0]


def together(standings: Sequence[Standing], refused: Sequence[tuple[Caller, str]] = ()) -> Standing:
    """The standing of a token over several matters from those in each of them: one asker, one purpose, one kind of basis. `refused`
    are the matters in which a check refused, with its code.
    """
    first = standings[0].caller
    letters = dict.fromkeys(letter for one in standings for letter in one.caller.basis.letters)
    caller = replace(first, case="", cases=tuple([one.caller.case for one in standings]), basis=replace(first.basis, letters=tuple(letters)))
    return Standing(caller=caller, matter=None, coverage={}, catalogue=standings[0].catalogue, refused=tuple(refused), several=tuple(standings))


@dataclass(slots=True, eq=False)
class Party:
    """当事人: one person as they stand in one matter of the token, the subject of every fact. Equal to itself alone: the same person
    in another matter of the token is another party, with that matter's coverage, handle and approval.
    """

    member: Member
    standing: Standing
