"""A household of nobody: one person for each class of subject a letter of a template can bring, and departments nobody will ask.

What can be said of a question before anybody asks it is said of them (`hub/fitter.py`), by the checks and the planner of every other.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import NoReturn

from connectors.interface import Ask
from hub.authorizations.conditions import Conditions
from hub.authorizations.matter import Letter, Matter, Member, Person, Signature
from hub.sources import Source
from policies.calendar import CHINA
from policies.letter_templates import LetterTemplate
from schema.register import GROUPS

UNSIGNED = "NONE"
CASE, ORGANISATION, _LETTER = "case_of_nobody", "asker", "auth_of_nobody"


@dataclass(frozen=True, slots=True, order=True)
class Class:
    """What makes subjects alike under a template: their place in the household, their age, how strongly their signer was proven."""

    role: str  # MEMBER, OBLIGOR
    age: str  # ADULT, MINOR, UNDER_14
    assurance: str  # UNSIGNED where the template has them sign nothing


def household(
    template: LetterTemplate, region: str, area: str, now: datetime, conditions: Conditions,
) -> tuple[Matter, Mapping[str, Class]]:
    """A matter with one person for each class of subject a letter of the template meets, and who is of which class. Everybody is signed
    for but obligors where the template leaves them out, and every item its sheet asks for is ticked. `area` is URBAN or RURAL.
    """
    today = now.astimezone(CHINA).date()
    guardian = str(uuid.UUID(int=0))
    members: list[Member] = []
    signatures: list[Signature] = []
    classes: dict[str, Class] = {}
    for role, age, years in (("MEMBER", "ADULT", 40), ("MEMBER", "MINOR", 16), ("MEMBER", "UNDER_14", 8), ("OBLIGOR", "ADULT", 45)):
        signs = role == "MEMBER" or template.obligors
        for assurance in template.assurances if signs else (UNSIGNED,):
            person, ward = str(uuid.UUID(int=len(members) + 1)), age != "ADULT"
            classes[person] = Class(role, age, assurance)
            born = date(today.year - years, 1, 1)
            members.append(Member(
                Person(person, "", "", "", born, ""), "", role, "LIMITED" if ward else "FULL", (guardian,) if ward else (),
            ))  # fmt: skip
            if signs:
                capacity = "LEGAL_REPRESENTATIVE" if ward else "SELF"
                lacking = conditions.lacking(capacity, template.separately, template.code)
                signatures.append(Signature(guardian if ward else person, capacity, frozenset({person}), assurance, now, lacking=lacking))
    letter = Letter(
        id=_LETTER, number="", hash=template.digest, purposes=template.purposes, fact_groups=template.fact_groups,
        receivers=template.receivers, signed_at=now, expires_at=None, status="ACTIVE", revoked_at=None, signatures=tuple(signatures),
        silent=conditions.silent_on(today),
    )  # fmt: skip
    matter = Matter(
        case=CASE, reference="", platform="", assistance_type="", stage="", region=region.ljust(12, "0"),
        organisations=frozenset({ORGANISATION}), opened_at=now, closed_at=None, household=str(uuid.UUID(int=2**64)), area=area,
        hukou_region="", residence_region="", kin_of_staff=False, members=tuple(members), letters=(letter,), version=0,
    )  # fmt: skip
    return matter, classes


class _Nobody:
    """The department of a plan that is never fetched."""

    department = ""
    groups: frozenset[str] = frozenset()

    async def fetch(self, ask: Ask) -> NoReturn:
        """Nothing is asked to find out whether it may be."""
        raise AssertionError(f"{ask.group} is asked for a plan that was made to be read")

    async def close(self) -> None:
        """Nothing is open."""


class AllConnected:
    """Every group has a source: whether a letter opens it does not depend on who is reachable today."""

    divided = False

    def source(self, group: str, region: str, home: str = "") -> Source | None:
        """See `hub.sources.Sources`."""
        return Source(group, GROUPS[group].department, region or home, "", 1.0, gathers=False, connector=_Nobody())


class NoHandles:
    """Nobody of a household made up here has a handle."""

    def encode(self, *_: object, **__: object) -> str:
        """See `hub.named.Handles`."""
        raise AssertionError("a plan that is read names nobody to anybody")

    def decode(self, *_: object, **__: object) -> uuid.UUID | None:
        """See `hub.named.Handles`."""
        return None

    def known_as(self, *_: object, **__: object) -> tuple[str, ...]:
        """See `hub.named.Handles`."""
        return ()
