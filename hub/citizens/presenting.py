"""How a platform makes what `assertion.py` reads, and how its client exchanges it: the reference to build against."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from joserfc.jwk import OKPKey

from hub.authorizations.signing import PrivateKey
from hub.citizens.assertion import LONGEST, SUBJECT_TOKEN_TYPE, TYP
from hub.oauth.grants import TOKEN_EXCHANGE
from hub.oauth.presenting import authenticated, signed
from hub.sealed_bodies import seal


def build_citizen_assertion(
    key: PrivateKey, *, kid: str, platform: str, audience: str, client: str, jti: str, now: datetime, id_number: str, sealing: OKPKey,
    sealing_kid: str, ward: str = "", assurance: str = "SUBSTANTIAL", method: str = "CTID", compared_at: datetime | None = None,
    capacity: str = "", deceased: str = "", kinship: Mapping[str, Any] | None = None,
) -> str:  # fmt: skip
    """A platform's assertion that the person of `id_number` stands before it; `sealing` is the hub's key of use `enc`. `kinship` is the
    evidence of a near relative of the `deceased`, as citizen.schema.json has it.
    """
    person: dict[str, Any] = {"iss": platform, "jti": jti, "idNumber": id_number} | ({"ward": ward} if ward else {})
    person |= {"deceased": deceased, "kinship": kinship} if deceased else {}
    claims: dict[str, Any] = {
        "iss": platform, "aud": audience, "jti": jti, "iat": int(now.timestamp()), "exp": int((now + LONGEST).timestamp()),
        "client_id": client, "capacity": capacity or ("GUARDIAN" if ward else "NEAR_RELATIVE" if deceased else "SELF"),
        "compared": {"at": int((compared_at or now).timestamp()), "method": method, "assurance": assurance},
        "person": seal(person, recipient=sealing, kid=sealing_kid).decode(),
    }  # fmt: skip
    return signed(key, {"typ": TYP, "kid": kid}, claims)


def exchange_request(client_assertion: str, citizen_assertion: str) -> dict[str, str]:
    """The form to POST to /oauth/token (RFC 8693 §2.1)."""
    return authenticated(
        client_assertion, grant_type=TOKEN_EXCHANGE, subject_token=citizen_assertion, subject_token_type=SUBJECT_TOKEN_TYPE,
    )
