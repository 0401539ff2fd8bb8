"""How a platform makes what the inbox takes: the reference to build against, beside `hub.authorizations.signing`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from hub.authorizations.signing import PrivateKey, sign_message
from hub.messages.collecting import TYP as COLLECTION
from hub.messages.envelope import TYP as MESSAGE


def push(
    key: PrivateKey, *, kid: str, platform: str, audience: str, message: str, now: datetime, kind: str, reference: str,
    occurred_at: datetime, body: Mapping[str, Any], of: str = "",
) -> str:  # fmt: skip
    """The compact JWS to POST to /messages; `message` is the id under which it may be sent again as often as needed."""
    claims = {"kind": kind, "reference": reference, "occurredAt": occurred_at.isoformat(), "body": dict(body)}
    claims |= {"of": of} if of else {}
    return sign_message(key, MESSAGE, claims, kid=kid, issuer=platform, audience=audience, jti=message, now=now)


def collect(
    key: PrivateKey, *, kid: str, platform: str, audience: str, jti: str, now: datetime, received: Sequence[int] = (),
    most: int | None = None,
) -> str:  # fmt: skip
    """The compact JWS to POST to /messages/collections; `received` are the numbers that arrived with the answer before."""
    claims: dict[str, Any] = {"received": list(received)} | ({} if most is None else {"most": most})
    return sign_message(key, COLLECTION, claims, kid=kid, issuer=platform, audience=audience, jti=jti, now=now)
