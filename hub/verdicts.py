"""Verdicts as the road reads them: remembered per situation, cold ones computed in a thread, one at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Protocol

from hub.bounded import Bounded
from policies.verdict import CallerClass, Resource, SubjectClass, Verdict


class Deciding(Protocol):
    """The one call of `policies.engine.Policy` this file makes."""

    def table(
        self, purpose: str, caller: CallerClass, subject: SubjectClass, resources: frozenset[Resource],
    ) -> Mapping[Resource, Verdict]:
        """A verdict for each resource; cold some milliseconds."""
        ...


class Verdicts:
    """Tables of one policy. An error of the policy reaches the caller: where nothing was decided, nothing is asked."""

    def __init__(self, policy: Deciding, *, kept: int = 1024) -> None:
        """`kept` situations are remembered."""
        self._policy = policy
        self._known: Bounded[tuple[str, CallerClass, SubjectClass], dict[Resource, Verdict]] = Bounded(kept)
        # Many askers of one new kind arrive together; the first decides for all.
        self._cold = asyncio.Lock()

    async def table(
        self, purpose: str, caller: CallerClass, subject: SubjectClass, resources: frozenset[Resource],
    ) -> Mapping[Resource, Verdict]:
        """At least the verdicts of `resources`."""
        key = (purpose, caller, subject)
        known = self._known.get(key)
        if known is not None and resources <= known.keys():
            return known
        async with self._cold:
            held = dict(self._known.get(key) or {})
            missing = frozenset(resources - held.keys())
            if missing:
                held.update(await asyncio.to_thread(self._policy.table, purpose, caller, subject, missing))
            return self._known.put(key, held)
