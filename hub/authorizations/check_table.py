"""The checks of domain C4 in their order, each with its reason code: who passes them stands before the plan.

     1 token         signature, algorithm, key, audience           hub/oauth/tokens.py         TOKEN_INVALID
     2 time          lifetime, single use, revoked                 hub/identity.py             TOKEN_EXPIRED TOKEN_REPLAYED
     3 letter        found, hash, active, unexpired                checks.py                   AUTH_…
     4 requester     the token's organisation and system, active   checks.py                   REQUESTER_MISMATCH
     5 purpose       of the token, system, department and letters  checks.py, emergency.py     PURPOSE_MISMATCH ASSESSMENT_MISSING …
     6 subjects      covered by a signature, each                  checks.py, coverage.py      SUBJECT_NOT_COVERED
     7 facts         token, letter and purpose                     checks.py, hub/decision.py  FACT_NOT_AUTHORIZED
     8 jurisdiction  the case live, the region competent           checks.py                   NO_JURISDICTION
     9 catalogue     attribute, departments, purposes              catalogue.py                CATALOG_DENIED
    10 log           durable before a department is asked          hub/access_log/             LOG_UNAVAILABLE

How often a letter may be used is the end of 3: it is counted, in hub/operations/letter_uses.py (LETTER_USES_SPENT).
6, 7 and 9 hold for a person or a fact group: their answers go into the standing, and refuse only where nothing is left.
Issuing a token runs 3, 4, 5, 7 and 8 too, by these functions; a standing is never older than its matter, client or catalogue.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from hub.authorizations import checks
from hub.authorizations.approved import with_approvals
from hub.authorizations.matter import Matter
from hub.authorizations.presented import NotStanding, Presented
from hub.authorizations.standing import Coverage, Standing, together
from policies.verdict import BasisKind


@dataclass(frozen=True, slots=True)
class Check:
    """One row of the table: which bases pass it."""

    number: int
    name: str
    bases: frozenset[BasisKind]
    run: Callable[[Presented], object] | None  # None: made elsewhere


_ALL = frozenset(BasisKind)
_CASES = _ALL - {BasisKind.AUDIT}
_FACTS = _CASES - {BasisKind.FILE}
CHECKS: tuple[Check, ...] = (
    Check(1, "token", _ALL, None),
    Check(2, "time", _ALL, None),
    Check(3, "letter", frozenset({BasisKind.LETTER}), checks.letter),
    Check(4, "requester", _ALL, checks.requester),
    Check(5, "purpose", _ALL, checks.purpose),
    Check(6, "subjects", frozenset({BasisKind.LETTER, BasisKind.SELF}), checks.somebody),
    Check(7, "facts", _FACTS, checks.facts),
    Check(8, "jurisdiction", _CASES, checks.jurisdiction),
    Check(9, "catalogue", _FACTS, None),
    Check(10, "log", _ALL, None),
)


def allowed(presented: Presented) -> None:
    """Checks 3 to 8 that the basis passes, in order. Raises `NotStanding`."""
    kind = presented.caller.basis.kind
    try:
        for check in CHECKS:
            if check.run is not None and kind in check.bases:
                check.run(presented)
    except NotStanding as refusal:
        refusal.caller = presented.caller
        raise


def stand(presented: Presented, catalogue: Mapping[str, str]) -> Standing:
    """The standing of who passes. `catalogue` is check 9 by fact group. Raises `NotStanding`."""
    allowed(presented)
    return Standing(
        caller=presented.caller,
        matter=None if presented.caller.basis.kind is BasisKind.AUDIT else presented.matter,
        coverage=MappingProxyType(dict(_approved(presented, checks.subjects(presented)))),
        catalogue=catalogue,
    )


def _approved(presented: Presented, coverage: Mapping[str, Coverage]) -> Mapping[str, Coverage]:
    matter = presented.matter
    return coverage if matter is None else with_approvals(coverage, matter, presented.caller, presented.at)


def stand_in_each(presented: Sequence[Presented], catalogue: Mapping[str, str]) -> Standing:
    """The standing of a token over several matters: each passes the checks by itself, and one that does not is left out. Raises
    `NotStanding` where none is left.
    """
    standings: list[Standing] = []
    refused: list[NotStanding] = []
    for one in presented:
        try:
            standings.append(stand(one, catalogue))
        except NotStanding as refusal:
            refused.append(refusal)
    if not standings:
        raise refused[0]
    return together(standings, [(one.caller, one.code) for one in refused if one.caller is not None])


def handled(matter: Matter | None, organisation: str) -> Matter | None:
    """The matter if its platform says that this organisation handles it; a stranger's matter looks like none."""
    return matter if matter is not None and organisation in matter.organisations else None
