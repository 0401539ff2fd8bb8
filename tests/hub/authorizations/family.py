"""A declared family, the platform that registers it, and the knobs tests turn to make either wrong."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from joserfc.jwk import ECKey, OKPKey

from hub.authorizations.conditions import Conditions
from hub.authorizations.drafting import Officer, Signatory, letter_document, letter_entry
from hub.authorizations.signing import sign_pause, sign_registration, sign_revocation
from hub.people.id_number import check_digit
from policies.letter_templates import NATIONAL, TEMPLATES
from policies.letters import UNDER_14

HUB = "https://hub.500152.test"
PLATFORM = "cq-jiuzhutong"
REFERENCE = "TN-2026-0001"
KID = "platform-1"
TOWN = "500152103000"
PURPOSES = ("DIBAO_REVIEW", "PERIODIC_RECHECK")
ORGANISATIONS = ("mz-hd-500152", "jy-500152", "yb-500152", "xz-500152")

PLATFORM_KEY = OKPKey.generate_key("Ed25519")
REFS = ("head", "wife", "mother", "son", "girl", "brother", "cousin")
KEYS: dict[str, ECKey | OKPKey] = {
    ref: OKPKey.generate_key("Ed25519") if index % 2 else ECKey.generate_key("P-256") for index, ref in enumerate(REFS)
}


def number(born: date, sequence: int, county: str = "509901") -> str:
    """An ID number of a county that was never assigned."""
    first = f"{county}{born:%Y%m%d}{sequence:03d}"
    return first + check_digit(first)


def person(
    ref: str, name: str, born: date, sex: str, relation: str, *, role: str = "MEMBER", capacity: str = "FULL",
    guardians: Sequence[str] = (),
) -> dict[str, Any]:  # fmt: skip
    """One person of a registration."""
    sequence = 2 * (REFS.index(ref) + 1) + (sex == "1") if ref in REFS else 801
    return {
        "ref": ref, "idNumber": number(born, sequence), "name": name, "sex": sex, "birthDate": born.isoformat(),
        "relation": relation, "role": role, "capacity": capacity, "guardians": list(guardians),
    }  # fmt: skip


def family() -> list[dict[str, Any]]:
    """Five at home, among them a girl of twelve; a brother outside who owes maintenance; a cousin who does not count."""
    return [
        person("head", "测试甲", date(1980, 5, 1), "1", "02"),
        person("wife", "测试乙", date(1982, 6, 2), "2", "12"),
        person("mother", "测试丙", date(1950, 7, 3), "2", "51"),
        person("son", "测试丁", date(2004, 8, 4), "1", "20"),
        person("girl", "测试戊", date(2014, 9, 5), "2", "30", capacity="LIMITED", guardians=["head", "wife"]),
        person("brother", "测试己", date(1976, 3, 6), "1", "73", role="OBLIGOR"),
        person("cousin", "测试庚", date(1990, 3, 7), "1", "79", role="EXCLUDED"),
    ]


def signs(ref: str, **more: Any) -> Signatory:
    """A row of the table of signers, with that person's own key."""
    return Signatory(ref, more.pop("key", None) or KEYS[ref], separately=more.pop("separately", TICKED), **more)


CONDITIONS = Conditions.of("500152")
TICKED = tuple(item for item in TEMPLATES[NATIONAL].separately if item != UNDER_14)
"""Every item of the nationwide form's sheet an adult is asked for."""

COUNTER = tuple(Officer(TOWN, f"officer-{n}", OKPKey.generate_key("Ed25519")) for n in (1, 2))
"""Two officers of the township's window, before whom people sign on paper."""


def inked(ref: str, *officers: Officer, **more: Any) -> Signatory:
    """A row signed by hand before officers, by default two."""
    return Signatory(
        ref, method=more.pop("method", "HANDWRITTEN"), officers=officers or COUNTER, separately=more.pop("separately", TICKED), **more,
    )


def adults(*without: str) -> list[Signatory]:
    """The grown-up members, and the head for the girl."""
    rows = [signs(ref) for ref in ("wife", "mother", "son") if ref not in without]
    return [*rows, signs("head")] if "head" not in without else rows


def for_the_girl() -> Signatory:
    """Her father signs for her."""
    return signs("head", capacity="LEGAL_REPRESENTATIVE", covers=("girl",), separately=(*TICKED, UNDER_14))


def letter(
    number: str, signatories: Sequence[Signatory], *, now: datetime, people: Sequence[dict[str, Any]] | None = None,
    signed: Sequence[Signatory] | None = None, document: dict[str, Any] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """A letter as a registration carries it. `signed`: who signs, where that differs from who is listed; `document`: overrides."""
    told: dict[str, Any] = {
        "number": number, "platform": PLATFORM, "reference": REFERENCE, "matter": "DIBAO", "purposes": PURPOSES,
        "people": people or family(), "signatories": signatories, "signed_at": now,
    } | (document or {})  # fmt: skip
    return letter_entry(number, letter_document(**told), signatories if signed is None else signed)


def letters(now: datetime, *, without: Sequence[str] = (), series: int = 1, **more: Any) -> list[dict[str, Any]]:
    """The family's letters: adults, the girl's by her father, the obligor's own; a number names one document, so anew in another `series`."""
    made = [letter(f"H-{series}", adults(*without), now=now, **more)]
    if "girl" not in without:
        made.append(letter(f"G-{series}", [for_the_girl()], now=now, **more))
    if "brother" not in without:
        made.append(letter(f"O-{series}", [signs("brother")], now=now, **more))
    return made


def registration(
    now: datetime, *, jti: str, letters: Sequence[dict[str, Any]], people: Sequence[dict[str, Any]] | None = None,
    case: dict[str, Any] | None = None, key: OKPKey = PLATFORM_KEY, audience: str = HUB, household: dict[str, Any] | None = None,
    platform: str = PLATFORM,
) -> str:  # fmt: skip
    """A signed registration; `case` and `household` override members."""
    return sign_registration(
        key, kid=KID, platform=platform, audience=audience, jti=jti, now=now, letters=letters,
        case={
            "reference": REFERENCE, "assistanceType": "DIBAO", "stage": "SURVEY", "region": TOWN,
            "organisations": list(ORGANISATIONS), "openedAt": now.isoformat(),
        } | (case or {}),
        household={
            "area": "RURAL", "hukouRegion": TOWN, "residenceRegion": TOWN, "kinOfStaff": False,
            "people": list(people or family()),
        } | (household or {}),
    )  # fmt: skip


def revocation(now: datetime, *, jti: str, letter: str = "", reference: str = REFERENCE, key: OKPKey = PLATFORM_KEY, **part: Any) -> str:
    """A signed revocation; `part` as `sign_revocation` takes it."""
    return sign_revocation(
        key, kid=KID, platform=PLATFORM, audience=HUB, jti=jti, now=now, reference=reference, letter=letter, **part,
    )  # fmt: skip


def pause(now: datetime, *, jti: str, state: str = "PAUSED", letter: str = "", reference: str = REFERENCE) -> str:
    """A signed pause, or its end."""
    return sign_pause(
        PLATFORM_KEY, kid=KID, platform=PLATFORM, audience=HUB, jti=jti, now=now, reference=reference, letter=letter, state=state
    )


def platform_jwks() -> dict[str, Any]:
    """What the hub enrols."""
    return {"keys": [{**PLATFORM_KEY.as_dict(private=False), "kid": KID}]}
