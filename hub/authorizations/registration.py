"""A platform's signed registration verified: case, declared household (57 §7) and letters come in as one value, or not at all.

Pure: the platform's keys and the time are arguments. Verifying a large household takes some milliseconds, so callers use a thread.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from joserfc.jwk import KeySet

from hub.authorizations.ability import ADULT, BY_AGE, OWN_LIVING, needs_guardian, years_old
from hub.authorizations.declared import DeclaredPerson, Registration
from hub.authorizations.letters import verify_letter
from hub.authorizations.reasons import Flaw, Refused, unproven
from hub.authorizations.sheet import instant
from hub.authorizations.trust_list import TrustList
from hub.claims import check_claims
from hub.people.id_number import BadIdNumber, IdNumber, parse
from hub.shapes import Misshapen, fit
from hub.signatures import LONGEST_REGISTRATION, BadSignature, header_of, open_jws, sha256
from hub.suites import SUITES
from policies.calendar import CHINA

TYP = "household-registration+jws"
FRESH = timedelta(minutes=10)
"""A message older than this is refused: an old registration sent again cannot bring back an old household."""


def verify(
    token: str, keys: KeySet, *, platform: str, audience: str, now: datetime, trust: TrustList | None = None,
    suites: frozenset[str] = frozenset(SUITES), held: Collection[bytes] = (),
) -> Registration:
    """The registration a platform signed; with `trust` its signers' certificates count, and their algorithms must be of `suites`; `held` are
    the hashes of letters the hub holds in this matter. Raises `Refused` naming the flaw; nothing of a refused registration is used.
    """
    claims = open_message(token, keys, typ=TYP, shape="registration", platform=platform, audience=audience, now=now)
    case, household = claims["case"], claims["household"]
    people, warnings = _people(household["people"], now)
    numbers = [letter["number"] for letter in claims["letters"]]
    if len(set(numbers)) != len(numbers):
        raise Refused(Flaw.LETTER_REPEATED, "two letters have the same number")
    of = {"platform": platform, "reference": case["reference"], "matter": case["assistanceType"]}
    letters = tuple(verify_letter(one, people, **of, now=now, trust=trust, suites=suites, held=held) for one in claims["letters"])
    monitoring = case.get("monitoring", {})
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
        closed_at=_perhaps(case, "closedAt"),
        monitored_from=_perhaps(monitoring, "from"),
        monitored_to=_perhaps(monitoring, "endedAt"),
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


def _perhaps(told: Mapping[str, Any], name: str) -> datetime | None:
    return instant(told[name], f"case {name}") if name in told else None


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
        person, said = _person(entry, now.astimezone(CHINA).date())
        if person.ref in people or person.id_number in numbers:
            raise Refused(Flaw.PERSON_REPEATED, f"'{person.ref}' is declared twice, or under two refs")
        people[person.ref] = person
        numbers.add(person.id_number)
        warnings += [f"{person.ref}: {warning}" for warning in said]
    for person in people.values():
        for guardian in person.guardians:
            _guardian(person, people.get(guardian), guardian, now.astimezone(CHINA).date())
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
    capacity = _capacity(entry, born, today)
    died = date.fromisoformat(entry["deathOn"]) if "deathOn" in entry else None
    if died is not None and not number.birth_date <= died <= today:
        raise Refused(Flaw.DEATH_DATE_WRONG, f"'{ref}' is said to have died before birth, or in the future")
    person = DeclaredPerson(
        ref=ref, id_number=number.value, name=entry["name"], sex=entry["sex"], birth_date=born, relation=entry["relation"],
        role=entry["role"], capacity=capacity, guardians=tuple(entry["guardians"]),
        kin_of_staff=tuple(entry.get("kinOfStaff", ())), died_on=died,
    )  # fmt: skip
    return person, number.warnings


def _capacity(entry: Mapping[str, Any], born: date | None, today: date) -> str:
    """As declared; a minor's is their age's, unless from sixteen on they live on their own labour income (Civil Code §18–20)."""
    age = ADULT if born is None else years_old(born, today)
    if age >= ADULT or (age >= OWN_LIVING and entry["capacity"] == "FULL" and entry.get("ownLabourIncome")):
        return str(entry["capacity"])
    if age >= OWN_LIVING and entry["capacity"] == "FULL":
        raise Refused(Flaw.CAPACITY_NOT_OF_AGE, f"'{entry['ref']}' is a minor, and of full capacity only by their own labour income")
    return BY_AGE


def _guardian(ward: DeclaredPerson, guardian: DeclaredPerson | None, ref: str, today: date) -> None:
    if guardian is None:
        raise Refused(Flaw.REF_UNKNOWN, f"guardian '{ref}' of '{ward.ref}' is not declared")
    if guardian.died_on is not None:
        raise Refused(Flaw.GUARDIAN_NOT_ABLE, f"the guardian '{ref}' of '{ward.ref}' has died")
    if guardian.ref == ward.ref or needs_guardian(guardian.birth_date, guardian.capacity, today):
        raise Refused(Flaw.GUARDIAN_NOT_ABLE, f"'{ref}' cannot be the guardian of '{ward.ref}'")
