"""协作协议: a cooperation agreement as data, good only when both regions signed exactly these bytes. Pure.

Invariants:
- The document is canonical JSON; its signatures are compact JWS over {code, sha256} by the keys the document names.
- It holds here only if this hub's own signature verifies under this hub's own key: nobody can hand us an agreement we
  never made, whatever keys it names.
- What it does not name is not allowed: purpose, result kind, onward receiver, day.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson
from joserfc import jws
from joserfc.jwk import ECKey, KeySet, OKPKey

from hub.signatures import BadSignature, open_jws

ALGORITHMS = ["Ed25519", "ES256"]


class AgreementRefused(ValueError):
    """The agreement does not hold, or does not allow this; `code` is the reason code of check 8."""

    code = "NO_JURISDICTION"


@dataclass(frozen=True, slots=True)
class Party:
    """One region of an agreement: where its hub is, and the keys it signs and is written to with."""

    region: str
    url: str
    signing: KeySet
    encryption: OKPKey | ECKey
    receivers: frozenset[str]  # department codes that may be told onward


@dataclass(frozen=True, slots=True)
class Agreement:
    """What two regions agreed. `fresh_days` is how old a result may be, in calendar days."""

    code: str
    parties: Mapping[str, Party]
    valid_from: date
    valid_to: date
    purposes: frozenset[str]
    result_kinds: frozenset[str]
    groups: frozenset[str]
    fresh_days: int

    def allow(self, *, purpose: str, kind: str, group: str, asking: str, department: str, on: date) -> None:
        """Pass, or raise AgreementRefused naming the first thing the agreement does not name."""
        if not self.valid_from <= on <= self.valid_to:
            raise AgreementRefused("the agreement is not in force on this day")
        if asking not in self.parties:
            raise AgreementRefused("the asking region is no party")
        if purpose not in self.purposes:
            raise AgreementRefused("the agreement does not name this purpose")
        if kind not in self.result_kinds or group not in self.groups:
            raise AgreementRefused("the agreement does not name this kind of result")
        if department not in self.parties[asking].receivers:
            raise AgreementRefused("the agreement does not name this onward receiver")


def sign(document: bytes, *, code: str, kid: str, key: OKPKey | ECKey) -> str:
    """One region's signature: a compact JWS over the agreement's code and SHA-256."""
    alg = "Ed25519" if isinstance(key, OKPKey) else "ES256"
    payload = orjson.dumps({"code": code, "sha256": hashlib.sha256(document).hexdigest()})
    return jws.serialize_compact({"alg": alg, "kid": kid, "typ": "agreement+jws"}, payload, key, algorithms=ALGORITHMS)


def open_agreement(document: bytes, signatures: Mapping[str, str], *, own_region: str, own_key: OKPKey | ECKey) -> Agreement:
    """Verify and read an agreement. Raises AgreementRefused if a party's signature is missing or does not verify, or if our
    own was not made by our own key.
    """
    agreement = _read(document)
    if own_region not in agreement.parties:
        raise AgreementRefused("this region is no party")
    for region, party in agreement.parties.items():
        keys: KeySet | OKPKey | ECKey = own_key if region == own_region else party.signing
        _verify(document, agreement.code, signatures.get(region, ""), keys)
    return agreement


def _verify(document: bytes, code: str, token: str, key: KeySet | OKPKey | ECKey) -> None:
    try:
        payload = open_jws(token, key, typ=("agreement+jws",))
    except BadSignature as error:
        raise AgreementRefused("a party's signature is missing or does not verify") from error
    if payload != {"code": code, "sha256": hashlib.sha256(document).hexdigest()}:
        raise AgreementRefused("a party signed another document")


def _read(document: bytes) -> Agreement:
    try:
        raw = orjson.loads(document)
        parties = {region: _party(region, value) for region, value in raw["parties"].items()}
        return Agreement(
            code=str(raw["code"]),
            parties=parties,
            valid_from=date.fromisoformat(raw["validFrom"]),
            valid_to=date.fromisoformat(raw["validTo"]),
            purposes=frozenset(raw["purposes"]),
            result_kinds=frozenset(raw["resultKinds"]),
            groups=frozenset(raw["factGroups"]),
            fresh_days=int(raw["freshDays"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise AgreementRefused("the agreement's document cannot be read") from error


def _party(region: str, value: Mapping[str, Any]) -> Party:
    encryption = value["encryption"]
    key = OKPKey.import_key(encryption) if encryption["kty"] == "OKP" else ECKey.import_key(encryption)
    return Party(
        region=region,
        url=str(value["url"]),
        signing=KeySet.import_key_set(value["jwks"]),
        encryption=key,
        receivers=frozenset(value["onwardReceivers"]),
    )
