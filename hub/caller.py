"""Who asks, for whom, on what basis: what an access token says once it was verified."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from policies.verdict import BasisKind, Relation

ASSERTED = "ASSERTED"
"""How an officer is known whom the client only names."""


@dataclass(frozen=True, slots=True)
class Basis:
    """The tagged basis of a token. `letters` are (id, SHA-256 hex) pairs; `article` a law's ("SAL §42"); `reason` free text
    of an emergency; `person` the handle of whom `self` is about, `actor` of the guardian or, with the `article` PIPL §49, the near relative
    of the dead who asks, `platform` who vouches for them (`hub/citizens`). Only what its kind needs is set.
    """

    kind: BasisKind
    letters: tuple[tuple[str, str], ...] = ()
    article: str = ""
    reason: str = ""
    person: str = ""
    actor: str = ""
    platform: str = ""


@dataclass(frozen=True, slots=True)
class Caller:
    """系统与经办人: the asking organisation's system, the officer its signed assertion named, one purpose, one case."""

    organisation: str
    department: str
    region: str
    relation: Relation
    role: str
    client: str
    officer: str
    purpose: str
    basis: Basis
    case: str  # "" for AUDIT tokens, which have no case, and for tokens over several
    token: str  # the access token's jti
    expires_at: datetime
    groups: frozenset[str] | None = None  # fact groups the token names; None: all its purpose allows
    allow_list_only: bool = False
    look_ups_per_day: int = 0
    max_uses: int | None = None  # questions its token may ask
    frequency: Mapping[str, int] = field(default_factory=dict)  # questions an HOUR, DAY, MONTH about its case
    officer_proof: str = ""  # ASSERTED, or by whom and how the officer was proven; "" where nobody was to be
    cases: tuple[str, ...] = ()  # of a token over several cases, in the token's order
    exchange: str = ""  # the id a question between two hubs carries in both logs


def asks_for_themself(basis: Basis) -> bool:
    """Whether a token is a citizen's: of basis `self` on a platform's word, which no request for a token can name (`hub/citizens`)."""
    return basis.kind is BasisKind.SELF and bool(basis.platform)
