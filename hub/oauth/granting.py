"""What a token grants (RFC 9396 §7): of what was asked, that which the letters, the purpose, the catalogue and the client allow at this moment.

The token names the groups one by one, so that a letter, a purpose or a catalogue entry that is widened later widens no token; each question
runs the checks again, so that one that is narrowed narrows it. Who of the case is covered is not told here: that is the answer's to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hub.authorizations.checks import listed
from hub.authorizations.presented import NotStanding, Presented
from hub.authorizations.reasons import Reason
from hub.caller import asks_for_themself
from hub.oauth.clients import RegisteredClient
from hub.oauth.details import Details
from policies.fair_use import Ceilings
from policies.groups import IDENTITY
from policies.purposes import PURPOSES
from policies.verdict import BasisKind

_Groups = frozenset[str]


def granted(
    asked: Details, presented: Presented, client: RegisteredClient, catalogue: Mapping[str, str], ceilings: Mapping[str, Ceilings],
) -> Details:
    """The details a token gets. `presented` passed the checks; `catalogue` is check 9 by fact group. Raises `NotStanding` where of the
    groups asked none is left.
    """
    asked = _limited(asked, client, ceilings)
    told = PURPOSES[asked.purpose].told_groups()
    if not told or asks_for_themself(asked.basis) or asked.basis.kind is BasisKind.FILE:
        return asked  # a purpose, or a token, that is told no facts has no groups to grant
    wanted = told if asked.groups is None else asked.groups & told
    letters = listed(presented)
    left = wanted if letters is None else wanted & (letters | {IDENTITY})
    shared = frozenset(group for group in left if not catalogue.get(group, Reason.CATALOG_DENIED.value))
    allowed = shared if client.groups is None else shared & (client.groups | {IDENTITY})
    facts = wanted - {IDENTITY}
    if facts and not allowed & facts:
        raise _nothing(left, shared, facts)
    return replace(asked, groups=allowed, given={**asked.given, "groups": sorted(allowed)})


def _limited(asked: Details, client: RegisteredClient, ceilings: Mapping[str, Ceilings]) -> Details:
    """How often the token may be used: the fewest of what was asked, what the client and what the purpose allow."""
    own = ceilings.get(asked.purpose)
    limits = [one for one in (asked.max_uses, client.max_uses, own.uses_a_token if own is not None else None) if one is not None]
    if not limits:
        return asked
    return replace(asked, max_uses=min(limits), given={**asked.given, "maxUses": min(limits)})


def _nothing(left: _Groups, shared: _Groups, facts: _Groups) -> NotStanding:
    """Which of the four left nothing, in the order of the checks; the client's own limit is part of check 7."""
    if left & facts and not shared & facts:
        return NotStanding(Reason.CATALOG_DENIED, "the catalogue shares none of these fact groups with this office for this purpose")
    return NotStanding(Reason.FACT_NOT_AUTHORIZED, "no fact group is left of token, letter, purpose and client")
