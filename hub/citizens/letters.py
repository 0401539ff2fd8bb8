"""本人授权书: the letters signed by or for a person, as they stand in their cases, and what withdrawing one would mean."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime

from hub.authorizations.ability import under_fourteen
from hub.authorizations.consequence_words import LINES
from hub.authorizations.life import WATCHING, letter_state
from hub.authorizations.matter import Letter, Matter, Member, Signature
from hub.authorizations.reasons import Reason
from hub.authorizations.renewals import to_be_signed_anew
from hub.citizens.notices import notice_of
from hub.operations.letter_uses import Use
from policies.calendar import CHINA
from policies.groups import GROUPS
from policies.letters import ALL_LISTED, UNDER_14
from policies.notices import Notices
from policies.purposes import PURPOSES

MatterOf = Callable[[str], Awaitable[Matter | None]]
Counted = Callable[[Iterable[Letter], datetime], Awaitable[Mapping[str, Sequence[Use]]]]
"""Limits of letters, and what is used of each (hub/operations/letter_uses.py)."""

_FORETOLD = ("QUESTIONS", "PROCEDURE", "TOLD")
"""Consequences that follow whatever the matter's state; the rest a platform learns by a revocation sent as a preview."""


async def letters_of(person: str, cases: Iterable[str], matter_of: MatterOf, at: datetime, counted: Counted, register: Notices) -> list[dict[str, object]]:
    """Every letter that covers the person or that they signed, newest first, each with its notice of the `register`. `matter_of` reads the
    database now: who has just withdrawn a letter is shown it withdrawn, whichever worker they ask. Raises Overloaded.
    """
    found = await _found(person, cases, matter_of)
    found.sort(key=lambda one: (one[1].signed_at, one[0].id), reverse=True)
    uses = await counted([letter for letter, _, _ in found], at)
    return [
        _letter(letter, signature, matter, person, at) | {"limits": _limits(uses.get(letter.id, ())), "notice": notice_of(letter, register)}
        for letter, signature, matter in found
    ]


async def letters_named(person: str, cases: Iterable[str], matter_of: MatterOf) -> frozenset[str]:
    """The ids of the same letters."""
    return frozenset(letter.id for letter, _, _ in await _found(person, cases, matter_of))


async def _found(person: str, cases: Iterable[str], matter_of: MatterOf) -> list[tuple[Letter, Signature, Matter]]:
    found: list[tuple[Letter, Signature, Matter]] = []
    for case in cases:
        matter = await matter_of(case)
        if matter is None:
            continue
        for letter in matter.letters:
            signature = _signature(letter, person)
            if signature is not None:
                found.append((letter, signature, matter))
    return found


def _limits(uses: Sequence[Use]) -> list[dict[str, object]]:
    return [{"per": one.per, "times": one.times, "used": one.used, "again": one.again if one.used >= one.times else None} for one in uses]


def _signature(letter: Letter, person: str) -> Signature | None:
    """The signature that stands for the person; one they gave for somebody else, where none does."""
    covering = [one for one in letter.signatures if person in one.covers]
    return next(iter([*covering, *(one for one in letter.signatures if one.person == person)]), None)


def _letter(letter: Letter, signature: Signature, matter: Matter, person: str, at: datetime) -> dict[str, object]:
    state = "EXPIRED" if person in letter.lapsed else _state(letter, matter, at)
    return {
        "id": letter.id, "number": letter.number, "platform": matter.platform, "case": matter.reference,
        "matter": matter.assistance_type, "purposes": sorted(letter.purposes), "factGroups": sorted(letter.fact_groups),
        "receivers": sorted(letter.receivers), "signedAt": signature.signed_at, "capacity": signature.capacity,
        "unticked": _unticked(letter, signature, matter.people().get(person), at), "signAnew": to_be_signed_anew(letter, at),
        "expiresAt": letter.expires_at, "state": state, "revokedAt": letter.revoked_at,
        "withdrawn": [
            {
                "factGroups": sorted(part.fact_groups), "purposes": sorted(part.purposes), "receivers": sorted(part.receivers),
                "at": part.at,
            }
            for part in letter.withdrawn if not part.people or person in part.people
        ],
        "withdrawal": _withdrawal(letter, matter) if state in {"ACTIVE", "PAUSED", "UNDER_REVIEW"} else None,
    }


def _unticked(letter: Letter, signature: Signature, member: Member | None, at: datetime) -> list[str]:
    """What the letter lists and the signature consented to no item for (PIPL §29)."""
    listed = GROUPS.keys() if ALL_LISTED in letter.fact_groups else letter.fact_groups
    child = member is not None and under_fourteen(member.person.birth_date, at.astimezone(CHINA).date())
    return sorted((signature.lacking & listed) | (signature.lacking & {UNDER_14} if child else frozenset()))


def _state(letter: Letter, matter: Matter, at: datetime) -> str:
    """Active where it still stands for anything: of a matter that ended, for watching (life.py)."""
    reason = letter_state(letter, matter, "", at)
    if reason is None or (WATCHING in letter.purposes and letter_state(letter, matter, WATCHING, at) is None):
        return "ACTIVE"
    if letter.status == "PAUSED":
        return "PAUSED"
    return {Reason.AUTH_REVOKED: "REVOKED", Reason.AUTH_UNDER_REVIEW: "UNDER_REVIEW"}.get(reason, "EXPIRED")


def _withdrawal(letter: Letter, matter: Matter) -> dict[str, object]:
    return {
        "platform": matter.platform,
        "stops": [PURPOSES[code].title_zh if code in PURPOSES else code for code in sorted(letter.purposes)],
        "consequences": [{"code": code, **LINES[code]} for code in _FORETOLD],
    }
