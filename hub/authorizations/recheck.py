"""Revocation looked at again at every late delivery: what a department answers after a letter fell is not told (promise 7)."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from cachetools import TTLCache

from hub.authorizations.matters import Matters
from hub.authorizations.reasons import Reason
from hub.authorizations.standing import Standing
from hub.authorizations.watch import RevocationWatch

LONGEST_QUESTION = 600.0
"""Seconds a question may be under way; what fell earlier was seen when it was let in."""
REMEMBERED = 10_000


class Recheck:
    """Asks memory alone; the watch keeps that fresh. One event loop's thread only."""

    def __init__(self, watch: RevocationWatch, matters: Matters) -> None:
        """Subscribes to the watch."""
        self._watch = watch
        self._matters = matters
        self._fallen: TTLCache[tuple[str, str], None] = TTLCache(REMEMBERED, LONGEST_QUESTION, timer=time.monotonic)
        watch.subscribe(self._note)

    def __call__(self, standing: Standing, people: Sequence[str]) -> Mapping[str, str]:
        """Whose coverage has fallen since the standing was made, with the reason code."""
        everybody = self._everybody(standing)
        if everybody is not None:
            return dict.fromkeys(people, everybody.value)
        return {person: Reason.AUTH_REVOKED.value for person in people if self._withdrawn(standing, person)}

    def _everybody(self, standing: Standing) -> Reason | None:
        if not self._watch.following:
            return Reason.REVOCATION_UNKNOWN  # deciding fails closed
        if standing.caller.token and self._watch.revoked(standing.caller.token):
            return Reason.TOKEN_INVALID
        if ("CLIENT", standing.caller.client) in self._fallen:
            return Reason.REQUESTER_MISMATCH
        if standing.matter is not None and self._matters.changed(standing.matter):
            return Reason.NO_JURISDICTION
        return None

    def _withdrawn(self, standing: Standing, person: str) -> bool:
        # One of several letters is enough: what still stands under the others is the next question's business.
        covered = standing.coverage.get(person)
        return covered is not None and any(("LETTER", letter) in self._fallen for letter in covered.letters)

    def _note(self, kind: str, ref: str) -> None:
        if kind in ("LETTER", "CLIENT"):
            self._fallen[kind, ref] = None
