"""A confirmation result as SD-JWT VC: issued by the confirming region, verified offline, disclosed by selection. Pure.

The credential looks like this, parts joined by "~":

    <issuer-signed JWT, typ dc+sd-jwt> ~ <disclosure> ~ <disclosure> ~

A disclosure is base64url of [salt, name, value]; the JWT holds only their SHA-256. Whoever passes the credential on drops
the disclosures the next reader may not have. Who it is about is itself a disclosure: `subject_binding` is
HMAC-SHA-256(salt, ID number), so that without its salt nobody can try ID numbers against it. With it anybody can: of a masked
number eight digits are hidden, a birth date, found in a second. So the binding travels between hubs, and goes no further.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from joserfc import jws
from joserfc.jwk import ECKey, KeySet, OKPKey

from hub.regions.agreement import ALGORITHMS
from hub.signatures import BadSignature, base64url, open_jws

TYPE = "urn:household-facts:confirmation-result:1"
BINDING = "subject_binding"
LONGEST_CREDENTIAL = 32_768  # characters of what the issuer signed, disclosures apart


class CredentialRefused(ValueError):
    """The credential does not verify; the message says which step failed and holds nothing of it."""


@dataclass(frozen=True, slots=True)
class Credential:
    """A verified credential: who issued it, what it discloses, where its status stands."""

    issuer: str
    issued_at: int
    expires_at: int
    claims: Mapping[str, Any]
    status_index: int
    status_uri: str


def issue(
    claims: Mapping[str, Any], *, id_number: str, issuer: str, kid: str, key: OKPKey | ECKey, issued_at: datetime,
    expires_at: datetime, status: tuple[int, str], random: Callable[[int], bytes],
) -> str:
    """A credential that discloses every claim given; withhold some later with `reduced`."""
    salts = {name: base64url(random(16)) for name in (*claims, BINDING)}
    binding = base64url(hmac.digest(salts[BINDING].encode(), id_number.encode(), "sha256"))
    disclosures = [_disclosure(salts[name], name, value) for name, value in (*claims.items(), (BINDING, binding))]
    payload = {
        "iss": issuer,
        "vct": TYPE,
        "iat": int(issued_at.timestamp()),
        "exp": int(expires_at.timestamp()),
        "status": {"status_list": {"idx": status[0], "uri": status[1]}},
        "_sd_alg": "sha-256",
        "_sd": sorted(_digest(disclosure) for disclosure in disclosures),
    }
    alg = "Ed25519" if isinstance(key, OKPKey) else "ES256"
    header = {"alg": alg, "kid": kid, "typ": "dc+sd-jwt"}
    return "~".join([jws.serialize_compact(header, orjson.dumps(payload), key, algorithms=ALGORITHMS), *disclosures, ""])


def reduced(credential: str, names: Collection[str]) -> str:
    """The same credential with only the named claims disclosed: for a caller, so without the binding, unless it is named."""
    token, *disclosures = credential.removesuffix("~").split("~")
    kept = [disclosure for disclosure in disclosures if _opened(disclosure)[1] in names]
    return "~".join([token, *kept, ""])


def verify(credential: str, *, keys: KeySet, issuer: str, id_number: str | None, now: datetime) -> Credential:
    """Check signature, type, issuer, time, that each disclosure is one the issuer signed, and whom it is about. `id_number` None:
    all but the last, which whoever holds a proof without binding has from the hub's receipt.
    """
    token, *disclosures = credential.removesuffix("~").split("~")
    payload = _signed(token, keys)
    if payload.get("vct") != TYPE or payload.get("iss") != issuer or payload.get("_sd_alg") != "sha-256":
        raise CredentialRefused("the credential is not of this type and issuer")
    if not payload["iat"] - 60 <= now.timestamp() < payload["exp"]:
        raise CredentialRefused("the credential is not valid at this time")
    signed = set(payload["_sd"])
    claims: dict[str, Any] = {}
    for disclosure in disclosures:
        salt, name, value = _opened(disclosure)
        if _digest(disclosure) not in signed or name in claims:
            raise CredentialRefused("a disclosure is not one the issuer signed")
        if name == BINDING and id_number is not None:
            expected = base64url(hmac.digest(salt.encode(), id_number.encode(), "sha256"))
            if not hmac.compare_digest(expected, value):
                raise CredentialRefused("the credential is about another person")
        claims[name] = value
    # Without the binding a credential about somebody else would pass for this subject's.
    if claims.pop(BINDING, None) is None and id_number is not None:
        raise CredentialRefused("the credential does not say whom it is about")
    reference = payload["status"]["status_list"]
    return Credential(issuer, payload["iat"], payload["exp"], claims, int(reference["idx"]), str(reference["uri"]))


def _signed(token: str, keys: KeySet) -> Mapping[str, Any]:
    try:
        payload = open_jws(token, keys, typ=("dc+sd-jwt",), longest=LONGEST_CREDENTIAL)
    except BadSignature as error:
        raise CredentialRefused("the issuer's signature does not verify") from error
    times = (payload.get("iat"), payload.get("exp"))
    if not all(isinstance(one, int) and not isinstance(one, bool) for one in times) or not isinstance(payload.get("_sd"), list):
        raise CredentialRefused("not a credential of this form")
    return payload


def _disclosure(salt: str, name: str, value: object) -> str:
    return base64url(orjson.dumps([salt, name, value]))


def _opened(disclosure: str) -> tuple[str, str, Any]:
    try:
        salt, name, value = orjson.loads(urlsafe_b64decode(disclosure + "=" * (-len(disclosure) % 4)))
    except (ValueError, TypeError) as error:
        raise CredentialRefused("a disclosure cannot be read") from error
    return str(salt), str(name), value


def _digest(disclosure: str) -> str:
    return base64url(hashlib.sha256(disclosure.encode()).digest())
