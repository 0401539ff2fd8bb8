"""Revocation looked at again at every late delivery: what a department answers after a letter fell is not told (promise 7)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from cachetools import TTLCache

from hub.authorizations.check_table import stand
from hub.authorizations.matter import Matter
from hub.authorizations.matters import LONGEST_QUESTION, Matters
from hub.authorizations.presentation import Presenter
from hub.authorizations.presented import NotStanding, Requester
from hub.authorizations.reasons import Reason
from hub.authorizations.standing import Coverage, Standing
from hub.authorizations.watch import RevocationWatch
from hub.caller import Caller
from hub.errors import Overloaded
from policies.reasons import Reason as Told

CLIENTS = 1000


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

    def __call__(self, standing: Standing, people: Sequence[str]) -> Mapping[str, str]:
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

    def _compared(self, standing: Standing, latest: Matter, people: Sequence[str]) -> Mapping[str, str]:
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
        unknown = Coverage(False, Reason.SUBJECT_NOT_COVERED.value, "NONE", (), frozenset())
        latest_of = {person: now.get(person, unknown) for person in people}
        gone = {person: one.code for person, one in latest_of.items() if not one.covered}
        narrowed = (
            person for person, one in latest_of.items() if person not in gone and _narrower(one, standing.coverage.get(person, unknown))
        )
        ended = (person for person, one in latest_of.items() if person not in gone and _less_approved(one, standing.coverage.get(person, unknown)))
        return gone | dict.fromkeys(ended, Told.NEEDS_APPROVAL.value) | dict.fromkeys(narrowed, Reason.FACT_NOT_AUTHORIZED.value)

    def _note(self, kind: str, ref: str) -> None:
        if kind == "CLIENT":
            self._noted = True
            self._clients[ref] = None


def _less_approved(now: Coverage, before: Coverage) -> bool:
    """Whether an approval the question was planned with has ended, or the officer is found to be a relative."""
    was, left = before.approved, now.approved
    if left is not None and left.own_kin:
        return was is None or not was.own_kin
    return was is not None and (left is None or not (was.kin <= left.kin and was.purpose <= left.purpose and was.gathered <= left.gathered))


def _narrower(now: Coverage, before: Coverage) -> bool:
    """Whether less stands than was planned with: of two letters the one revoked may be the one that opened the group under way."""
    if now.groups is None:
        return False
    return before.groups is None or not before.groups <= now.groups
