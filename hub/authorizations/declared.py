"""What a platform declares, once verified: case, household, people and letters as values. No I/O; `repr` shows no identity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class DeclaredPerson:
    """One person of a declared household; `ref` is the platform's name for them within the registration."""

    ref: str
    id_number: str = field(repr=False)  # normalised
    name: str = field(repr=False)
    sex: str = field(repr=False)
    birth_date: date | None = field(repr=False)
    relation: str
    role: str  # MEMBER, OBLIGOR, EXCLUDED, AGENT
    capacity: str  # FULL, LIMITED, NONE; BY_AGE of a minor
    guardians: tuple[str, ...]
    kin_of_staff: tuple[str, ...] = ()  # officer ids of the staff whose near relative this person is (57 §11)
    died_on: date | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class DeclaredSignature:
    """One verified signature under a letter: who, for whom, how, and the bytes that prove it: the signer's own, or for ink and
    fingerprint those of the officer before whom it was made. `evidence` is what else `assurance` was computed from.
    """

    ref: str
    capacity: str
    covers: tuple[str, ...]
    method: str
    assurance: str
    alg: str
    kid: str
    signature: bytes
    signed_at: datetime
    evidence: Mapping[str, Any]
    certified: bool = False
    separately: tuple[str, ...] = ()  # items consented to apart (PIPL §29): fact groups, UNDER_14


@dataclass(frozen=True, slots=True)
class DeclaredLetter:
    """核对授权书: the exact bytes that were signed, and what they say. `fact_groups` are those its holders reach; `validity` what ends
    it, and what it outlives (matter.py); `template` the form whose words it bears, "" where they are no known form's. `signatures` is empty of a letter of the first form, which the hub holds.
    """

    number: str
    document: bytes = field(repr=False)
    hash: bytes
    notice: str
    purposes: tuple[str, ...]
    fact_groups: tuple[str, ...]
    receivers: tuple[str, ...]
    signed_at: datetime
    expires_at: datetime | None
    validity: frozenset[str]
    signatures: tuple[DeclaredSignature, ...]
    uses: Mapping[str, int]  # how often it may be used, where it says so: EVER, HOUR, DAY, MONTH
    brought: bytes = field(repr=False)  # the signers' entries as the platform sent them, canonical: keys, certificates, signatures
    template: str = ""


@dataclass(frozen=True, slots=True)
class Registration:
    """A platform's verified registration. `hash` is the SHA-256 of the JWS as sent; `warnings` name refs, not people."""

    platform: str
    jti: str
    issued_at: datetime
    hash: bytes
    reference: str
    assistance_type: str
    stage: str
    region: str
    organisations: tuple[str, ...]
    opened_at: datetime
    closed_at: datetime | None
    monitored_from: datetime | None
    monitored_to: datetime | None
    area: str
    hukou_region: str
    residence_region: str
    kin_of_staff: bool
    people: tuple[DeclaredPerson, ...]
    letters: tuple[DeclaredLetter, ...]
    warnings: tuple[str, ...]
    kid: str  # of the platform's key
