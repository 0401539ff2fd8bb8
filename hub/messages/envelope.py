"""A platform's message opened: whose it is, which one, of which kind, about which matter. Pure; keys and time are arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from joserfc.jwk import KeySet

from hub.authorizations.reasons import Flaw, Refused
from hub.authorizations.registration import open_message
from hub.authorizations.sheet import instant
from hub.canonical import NotCanonical, canonical
from hub.messages.kinds import Kind
from hub.signatures import sha256

TYP = "household-message+jws"
SKEW = timedelta(minutes=5)
_OF_THE_MOMENT = frozenset({"iat", "exp", "aud"})
"""Claims that differ when the same message is signed again: they are no part of what it says."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message. `of` is the platform whose reference it bears; `digest` is of what it says, the same however often it is signed."""

    platform: str
    id: str
    kind: Kind
    of: str
    reference: str
    occurred_at: datetime
    body: Mapping[str, Any] = field(repr=False)
    digest: bytes


def open_envelope(token: str, keys: KeySet, *, platform: str, audience: str, now: datetime) -> Envelope:
    """The envelope of a signed message. Raises `Refused`; the body is looked at by the inbox, under the kind's own schema."""
    claims = open_message(token, keys, typ=TYP, shape="message", platform=platform, audience=audience, now=now)
    occurred = instant(claims["occurredAt"], "occurredAt")
    if occurred > now + SKEW:
        raise Refused(Flaw.MESSAGE_MALFORMED, "the message is dated in the future")
    said = {name: value for name, value in claims.items() if name not in _OF_THE_MOMENT}
    try:
        digest = sha256(canonical(said))
    except NotCanonical:
        raise Refused(Flaw.MESSAGE_MALFORMED, "the body holds what no kind of message has") from None
    return Envelope(
        platform=platform, id=claims["jti"], kind=Kind(claims["kind"]), of=claims.get("of", platform), reference=claims["reference"],
        occurred_at=occurred, body=claims["body"], digest=digest,
    )
