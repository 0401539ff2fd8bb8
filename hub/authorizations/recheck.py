"""Revocation looked at again at every late delivery: what a department answers after a letter fell is not told (promise 7).

Rules of this file:
- The checks run once more on the matter as it is now, and a code is the one the same question would get if it were asked now.
- Where a letter was narrowed, or one of several ended, the fact groups it alone opened fall, each with its code; the person's others stand.
- A group consented to less strongly than when it was planned falls too: what was decided for the stronger signature is not told on the weaker.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from cachetools import TTLCache

from hub.authorizations.check_table import stand
from hub.authorizations.matter import Matter
from hub.authorizations.matters import LONGEST_QUESTION, Matters
from hub.authorizations.presentation import Presenter
from hub.authorizations.presented import NotStanding, Requester
from hub.authorizations.reasons import Reason
from hub.authorizations.standing import NOBODY, Coverage, Standing
from hub.authorizations.watch import RevocationWatch
from hub.authorizations.withdrawal import LISTED
from hub.caller import Caller
from hub.errors import Overloaded
from policies.groups import IDENTITY
from policies.letters import LEVELS
from policies.reasons import Reason as Told

CLIENTS = 1000
_STRENGTH = ("NONE", *LEVELS)
Fell = str | tuple[str, str]
"""A person of whom nothing stands, or a person and the fact group that fell alone."""


class Recheck:
    """Asks memory alone; the watch keeps that fresh. One event loop's thread only."""

    def __init__(self, watch: RevocationWatch, matters: Matters, presenter: Presenter, clock: Callable[[], datetime]) -> None:
        """Subscribes to the watch."""
        self._watch = watch
        self._matters = matters
        self._presenter = presenter
        self._clock = clock
        self._clients: TTLCache[str, None] = TTLCache(CLIENTS, LONGEST_QUESTION, timer=time.monotonic)
        self._noted = False
        watch.subscribe(self._note)

    def __call__(self, standing: Standing, people: Sequence[str]) -> Mapping[Fell, str]:
        """Whose coverage has fallen since the standing was made, with the reason code."""
        everybody = self._everybody(standing.caller)
        if everybody is not None:
            return dict.fromkeys(people, everybody.value)
        if standing.matter is None:
            return {}
        latest = self._matters.latest(standing.matter)
        if latest is standing.matter:
            return {}
        if latest is None:
            return dict.fromkeys(people, Reason.REVOCATION_UNKNOWN.value)
        return self._compared(standing, latest, people)

    async def settled(self) -> None:
        """Where memory is older than the stop time, what was revoked is asked of the database now; where that fails, nobody's stands."""
        with suppress(Overloaded):
            await self._watch.settled()

    def _everybody(self, caller: Caller) -> Reason | None:
        if not self._watch.following:
            return Reason.REVOCATION_UNKNOWN  # deciding fails closed
        if caller.token and self._watch.revoked(caller.token):
            return Reason.TOKEN_INVALID
        # A clocked memory costs microseconds a look, a dozen times a question; while nobody was ever revoked there is nothing in it.
        return Reason.REQUESTER_MISMATCH if self._noted and caller.client in self._clients else None

    def _compared(self, standing: Standing, latest: Matter, people: Sequence[str]) -> Mapping[Fell, str]:
        """The checks run once more, on the matter as it is now."""
        caller = standing.caller
        requester = Requester(
            client=caller.client, organisation=caller.organisation, department=caller.department, region=caller.region,
            role=caller.role, purposes=frozenset({caller.purpose}), active=True,
        )  # fmt: skip
        try:
            presented = self._presenter.present(caller, requester, latest, self._clock())
            now = stand(presented, standing.catalogue).coverage
        except NotStanding as refusal:
            return dict.fromkeys(people, refusal.code)
        latest_of = {person: now.get(person, NOBODY) for person in people}
        gone: dict[Fell, str] = {}
        for person, one in latest_of.items():
            before = standing.coverage.get(person, NOBODY)
            if not before.covered:  # of whom nothing was to be told, nothing falls
                continue
            if not one.covered:
                gone[person] = one.code
                continue
            if _less_approved(one, before):
                gone[person] = Told.NEEDS_APPROVAL.value
            gone |= {(person, group): code for group, code in narrowed(one, before)}
        return gone

    def _note(self, kind: str, ref: str) -> None:
        if kind == "CLIENT":
            self._noted = True
            self._clients[ref] = None


def _less_approved(now: Coverage, before: Coverage) -> bool:
    """Whether an approval the question was planned with has ended, or the officer is found to be a relative."""
    was, left = before.approved, now.approved
    if left is not None and left.own_kin:
        return was is None or not was.own_kin
    return was is not None and (left is None or not (was.kin <= left.kin and was.purpose <= left.purpose and was.aggregated <= left.aggregated))


def narrowed(now: Coverage, before: Coverage) -> Iterator[tuple[str, str]]:
    """The fact groups that were opened and are no more, or only by weaker signatures, each with its code."""
    opened, still = _opened(before), _opened(now)
    for group in opened - still - {IDENTITY}:  # who the person is, no letter lists
        yield group, dict(now.closed).get(group, Reason.FACT_NOT_AUTHORIZED.value)
    for group in (opened & still) | {IDENTITY}:
        if _STRENGTH.index(now.assured(group)) < _STRENGTH.index(before.assured(group)):
            yield group, Told.ASSURANCE_TOO_LOW.value


def _opened(coverage: Coverage) -> frozenset[str]:
    return LISTED if coverage.groups is None else coverage.groups
