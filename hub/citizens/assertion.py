"""A platform's word that a person stands before it: signed, for one client, good once and for two minutes; pure.

The ID number travels in an encrypted part alone (JWE), which repeats issuer and `jti` of the assertion around it: whoever cuts the part
out of another platform's assertion cannot make it their own. What is wrong with one is a `CitizenFlaw`; the text names no person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from joserfc.jwk import KeySet, OKPKey

from hub.citizens.kinship import Kinship
from hub.claims import check_claims
from hub.people.id_number import BadIdNumber, IdNumber, parse
from hub.sealed_bodies import NotSealed, kid_of, unseal
from hub.shapes import Misshapen, fit
from hub.signatures import BadSignature, open_jws

TYP = "household-citizen+jwt"
SUBJECT_TOKEN_TYPE = "urn:household-hub:token-type:citizen"  # noqa: S105 - a name
"""`subject_token_type` of an exchange (RFC 8693 §3)."""
LONGEST = timedelta(minutes=2)


class CitizenFlaw(StrEnum):
    """Why an assertion is refused; docs/citizens.md has a row for each."""

    ASSERTION_UNSIGNED = "ASSERTION_UNSIGNED"
    ASSERTION_MALFORMED = "ASSERTION_MALFORMED"
    ASSERTION_REPLAYED = "ASSERTION_REPLAYED"
    ASSERTION_OF_ANOTHER_CLIENT = "ASSERTION_OF_ANOTHER_CLIENT"
    ASSURANCE_TOO_LOW = "ASSURANCE_TOO_LOW"
    COMPARED_TOO_LONG_AGO = "COMPARED_TOO_LONG_AGO"
    CITIZENS_RULES_MISSING = "CITIZENS_RULES_MISSING"
    PERSON_UNREADABLE = "PERSON_UNREADABLE"
    PERSON_UNKNOWN = "PERSON_UNKNOWN"
    PLATFORM_RATE = "PLATFORM_RATE"
    PLATFORM_WITHOUT_CASE = "PLATFORM_WITHOUT_CASE"
    CHILD_ASKS_ALONE = "CHILD_ASKS_ALONE"
    GUARDIAN_NOT_DECLARED = "GUARDIAN_NOT_DECLARED"
    WARD_ASKS_THEMSELF = "WARD_ASKS_THEMSELF"
    RELATIVE_NOT_ABLE = "RELATIVE_NOT_ABLE"
    DEATH_NOT_KNOWN = "DEATH_NOT_KNOWN"
    DEATH_CONTESTED = "DEATH_CONTESTED"
    ARRANGED_OTHERWISE = "ARRANGED_OTHERWISE"


class CitizenRefused(Exception):
    """Raised with its flaw; `detail` is for the log and holds nothing of a person."""

    def __init__(self, flaw: CitizenFlaw, detail: str) -> None:
        """Outward, what depends on the person is one answer (`hub/citizens/admission.py`)."""
        super().__init__(detail)
        self.flaw = flaw


@dataclass(frozen=True, slots=True)
class CitizenAssertion:
    """A good assertion. `ward` and `deceased` None: for themselves. `kinship` is what proves a near relative of the deceased."""

    platform: str
    kid: str
    jti: str
    expires_at: datetime
    compared_at: datetime
    method: str
    assurance: str
    person: IdNumber = field(repr=False)
    ward: IdNumber | None = field(repr=False)
    deceased: IdNumber | None = field(default=None, repr=False)
    kinship: Kinship | None = None

    def named(self) -> tuple[str, ...]:
        """The ID numbers it names: whom it is about, and who asks for them."""
        return tuple(one.value for one in (self.person, self.ward, self.deceased) if one is not None)


def open_assertion(
    token: str, keys: KeySet, *, platform: str, audience: str, client: str, now: datetime, sealing: Mapping[str, OKPKey],
) -> CitizenAssertion:
    """`keys` are the platform's, `sealing` the hub's own by kid, `client` whoever presents it. Raises `CitizenRefused`."""
    try:
        claims = open_jws(token, keys, typ=(TYP,))
        check_claims(claims, now=now, issuer=platform, audience=(audience,), longest=LONGEST)
    except BadSignature as error:
        raise CitizenRefused(CitizenFlaw.ASSERTION_UNSIGNED, str(error)) from None
    try:
        fit("citizen", claims)
    except Misshapen as error:
        raise CitizenRefused(CitizenFlaw.ASSERTION_MALFORMED, str(error)) from None
    told: dict[str, object] = dict(claims)
    if told["client_id"] != client:
        raise CitizenRefused(CitizenFlaw.ASSERTION_OF_ANOTHER_CLIENT, "made for another client")
    person = _person(told, sealing)
    compared = told["compared"]
    assert isinstance(compared, dict)  # noqa: S101 (the shape was checked)
    ward = _number(person["ward"], now) if told["capacity"] == "GUARDIAN" else None
    deceased = _number(person["deceased"], now) if told["capacity"] == "NEAR_RELATIVE" else None
    return CitizenAssertion(
        platform=platform, kid=str(kid_of(token)), jti=str(told["jti"]), expires_at=_instant(told["exp"]),
        compared_at=_instant(compared["at"]), method=compared["method"], assurance=compared["assurance"],
        person=_number(person["idNumber"], now), ward=ward, deceased=deceased,
        kinship=Kinship.read(person["kinship"]) if deceased is not None else None,
    )


def _person(claims: Mapping[str, object], sealing: Mapping[str, OKPKey]) -> Mapping[str, Any]:
    sealed = str(claims["person"])
    try:
        key = sealing.get(kid_of(sealed))
        if key is None:
            raise CitizenRefused(CitizenFlaw.PERSON_UNREADABLE, "sealed to a key the hub does not hold")
        person = unseal(sealed.encode(), key)
        fit("citizen", person, part="person")
    except (NotSealed, Misshapen) as error:
        raise CitizenRefused(CitizenFlaw.PERSON_UNREADABLE, str(error)) from None
    if (person["iss"], person["jti"]) != (claims["iss"], claims["jti"]):
        raise CitizenRefused(CitizenFlaw.PERSON_UNREADABLE, "the encrypted part belongs to another assertion")
    if ("ward" in person) != (claims["capacity"] == "GUARDIAN"):
        raise CitizenRefused(CitizenFlaw.ASSERTION_MALFORMED, "a guardian names a ward, and nobody else does")
    if ("deceased" in person) != (claims["capacity"] == "NEAR_RELATIVE"):
        raise CitizenRefused(CitizenFlaw.ASSERTION_MALFORMED, "a near relative names who died and the evidence, and nobody else does")
    return person


def _number(text: str, now: datetime) -> IdNumber:
    try:
        return parse(text, today=now.date())
    except BadIdNumber as error:
        raise CitizenRefused(CitizenFlaw.PERSON_UNREADABLE, f"ID number: {error.reason}") from None


def _instant(seconds: object) -> datetime:
    try:
        return datetime.fromtimestamp(int(str(seconds)), UTC)
    except (OverflowError, OSError, ValueError):
        raise CitizenRefused(CitizenFlaw.ASSERTION_MALFORMED, "a time is none") from None
