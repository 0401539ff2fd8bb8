"""What an incident is about, as a condition on entries of the access log; pure.

A client's key in other hands, an officer who looked for themself, a platform somebody else spoke for: what any of them was told is touched. Cases
narrow that; alone, they are touched by whoever asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from hub.access_log.basis_line import vouched_by
from hub.access_log.listed import listed
from hub.authorizations.officers import same_officer


@dataclass(frozen=True, slots=True)
class Span:
    """From `since`, included, to `until`, not included. `officers` are (organisation, officer); `platform_cases` the ids of cases the
    platforms registered: what was told there was told on their word.
    """

    since: datetime
    until: datetime
    clients: frozenset[str] = frozenset()
    officers: tuple[tuple[str, str], ...] = ()
    platforms: frozenset[str] = frozenset()
    cases: frozenset[str] = frozenset()
    platform_cases: frozenset[str] = frozenset()

    def touches(self, head: Mapping[str, object], rest: Mapping[str, object]) -> bool:
        """Whether an entry's question belongs to it, whenever it was."""
        cases = cases_of(head)
        if self.cases and not self.cases & cases:
            return False
        if not (self.clients or self.officers or self.platforms):
            return True
        if rest.get("client") in self.clients:
            return True
        # However they spelt themselves: an id that names nobody may be anybody's, and is not left out.
        if any(head.get("organisation") == organisation and same_officer(one, str(rest.get("officer") or "")) for organisation, one in self.officers):
            return True
        return bool(self.platforms) and (bool(self.platform_cases & cases) or vouched_by(rest) in self.platforms)


def cases_of(head: Mapping[str, object]) -> frozenset[str]:
    """The cases an entry is about."""
    return frozenset([*listed(head.get("cases")), str(head.get("case") or "")]) - {""}
