"""A platform's signed registration verified: case, declared household (57 §7) and letters come in as one value, or not at all.

Pure: the platform's keys and the time are arguments. Verifying a large household takes some milliseconds, so callers use a thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from joserfc.jwk import KeySet

from hub.authorizations.ability import needs_guardian
from hub.authorizations.declared import DeclaredPerson, Registration
from hub.authorizations.letters import instant, verify_letter
from hub.authorizations.reasons import Flaw, Refused, unproven
from hub.authorizations.trust_list import TrustList
from hub.claims import check_claims
from hub.people.id_number import BadIdNumber, IdNumber, parse
from hub.shapes import Misshapen, fit
from hub.signatures import LONGEST_REGISTRATION, BadSignature, header_of, open_jws, sha256
from hub.suites import SUITES

TYP = "household-registration+jws"
FRESH = timedelta(minutes=10)
"""A message older than this is refused: an old registration sent again cannot bring back an old household."""


def verify(
    token: str, keys: KeySet, *, platform: str, audience: str, now: datetime, trust: TrustList | None = None,
    suites: frozenset[str] = frozenset(SUITES),
) -> Registration:
    """The registration a platform signed; with `trust` its signers' certificates count, and their algorithms must be of `suites`. Raises
    `Refused` naming the flaw; nothing of a refused registration is used.
    """
    claims = open_message(token, keys, typ=TYP, shape="registration", platform=platform, audience=audience, now=now)
    case, household = claims["case"], claims["household"]
    people, warnings = _people(household["people"], now)
    numbers = [letter["number"] for letter in claims["letters"]]
    if len(set(numbers)) != len(numbers):
        raise Refused(Flaw.LETTER_REPEATED, "two letters have the same number")
    letters = tuple(
        verify_letter(letter, people, platform=platform, reference=case["reference"], now=now, trust=trust, suites=suites)
        for letter in claims["letters"]
    )
    closed = case.get("closedAt")
    return Registration(
        platform=platform,
        jti=claims["jti"],
        issued_at=datetime.fromtimestamp(claims["iat"], now.tzinfo),
        hash=sha256(token.encode()),
        reference=case["reference"],
        assistance_type=case["assistanceType"],
        stage=case["stage"],
        region=case["region"],
        organisations=tuple(case["organisations"]),
        opened_at=instant(case["openedAt"], "case openedAt"),
        closed_at=instant(closed, "case closedAt") if closed else None,
        area=household["area"],
        hukou_region=household["hukouRegion"],
        residence_region=household["residenceRegion"],
        kin_of_staff=household.get("kinOfStaff", False),
        people=tuple(people.values()),
        letters=letters,
        warnings=warnings,
        kid=str(header_of(token, longest=LONGEST_REGISTRATION)["kid"]),
    )


def open_message(
    token: str, keys: KeySet, *, typ: str, shape: str, platform: str, audience: str, now: datetime,
    fresh: timedelta = FRESH,
) -> Mapping[str, Any]:
    """Claims of a platform's signed message, fresh and of its published shape. Raises `Refused`."""
    try:
        claims = open_jws(token, keys, typ=(typ,), longest=LONGEST_REGISTRATION)
        check_claims(_limited(claims, fresh), now=now, issuer=platform, audience=(audience,), longest=fresh)
    except BadSignature as error:
        raise unproven(str(error)) from None
    try:
        fit(shape, claims)
    except Misshapen as error:
        raise Refused(Flaw.REGISTRATION_MALFORMED, str(error)) from None
    return claims


def _limited(claims: Mapping[str, Any], fresh: timedelta) -> Mapping[str, Any]:
    """With the expiry a message has that names none: its freshness. One without a readable `iat` is refused by that."""
    issued = claims.get("iat")
    if not isinstance(issued, int) or isinstance(issued, bool):
        return {**claims, "iat": None}
    return {"exp": issued + int(fresh.total_seconds()), **claims}


def _people(declared: list[Mapping[str, Any]], now: datetime) -> tuple[Mapping[str, DeclaredPerson], tuple[str, ...]]:
    people: dict[str, DeclaredPerson] = {}
    warnings: list[str] = []
    numbers: set[str] = set()
    for entry in declared:
        person, said = _person(entry, now.date())
        if person.ref in people or person.id_number in numbers:
            raise Refused(Flaw.PERSON_REPEATED, f"'{person.ref}' is declared twice, or under two refs")
        people[person.ref] = person
        numbers.add(person.id_number)
        warnings += [f"{person.ref}: {warning}" for warning in said]
    for person in people.values():
        for guardian in person.guardians:
            _guardian(person, people.get(guardian), guardian, now.date())
    return people, tuple(warnings)


def _person(entry: Mapping[str, Any], today: date) -> tuple[DeclaredPerson, tuple[str, ...]]:
    ref = entry["ref"]
    try:
        number: IdNumber = parse(entry["idNumber"], today=today)
    except BadIdNumber as error:
        raise Refused(Flaw.ID_NUMBER_INVALID, f"ID number of '{ref}': {error.reason}") from None
    born = date.fromisoformat(entry["birthDate"]) if entry["birthDate"] else None
    if born is not None and born != number.birth_date:
        raise Refused(Flaw.BIRTH_DATE_MISMATCH, f"birth date of '{ref}' is not the one in the ID number")
    person = DeclaredPerson(
        ref=ref, id_number=number.value, name=entry["name"], sex=entry["sex"], birth_date=born, relation=entry["relation"],
        role=entry["role"], capacity=entry["capacity"], guardians=tuple(entry["guardians"]),
        kin_of_staff=tuple(entry.get("kinOfStaff", ())),
    )  # fmt: skip
    return person, number.warnings


def _guardian(ward: DeclaredPerson, guardian: DeclaredPerson | None, ref: str, today: date) -> None:
    if guardian is None:
        raise Refused(Flaw.REF_UNKNOWN, f"guardian '{ref}' of '{ward.ref}' is not declared")
    if guardian.ref == ward.ref or needs_guardian(guardian.birth_date, guardian.capacity, today):
        raise Refused(Flaw.GUARDIAN_NOT_ABLE, f"'{ref}' cannot be the guardian of '{ward.ref}'")
