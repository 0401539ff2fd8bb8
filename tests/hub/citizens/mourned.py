"""A family one of whom died: asked about in life, declared dead by their platform; and what a near relative brings."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from connectors.sandbox.people import Household, Person
from hub.citizens.arrangements import record
from tests.hub.living import TAXES, Living, Matter


def document(kind: str, number: str) -> dict[str, str]:
    return {"type": kind, "number": number, "sha256": hashlib.sha256(number.encode()).hexdigest()}


def of(dead: Person, **changed: Any) -> dict[str, Any]:
    """What a platform states beside who stands before it: whose near relative they are, and by what."""
    kinship = {
        "relation": "CHILD", "interest": "INHERITANCE", "relationDocument": document("HOUSEHOLD_REGISTER", "渝潼-0042"),
        "deathDocument": document("DEATH_CERTIFICATE", "SW-2026-118"),
    }
    return {"deceased": dead.id_number, "kinship": kinship | changed}


@dataclass
class Mourned:
    """One family's case, the adult of it who died, what was asked in life."""

    family: Household
    dead: Person
    matter: Matter
    question: str

    @classmethod
    async def register(cls, living: Living, nth: int, *, arranged: bool = False) -> Mourned:
        """The `nth` of the families whose head nobody needs as guardian, so that they may be told dead."""
        several = (living.platform.population.household(index) for index in itertools.count(100))
        family = next(itertools.islice((one for one in several if not any(member.guardians for member in one.members) and len(one.members) > 1), nth, None))
        dead = family.head
        matter = await living.register(family)
        question = (await living.ask(matter, TAXES)).body["extensions"]["question"]
        yesterday = (living.clock() - timedelta(days=1)).date().isoformat()
        # The matter is registered again: the same reference, and one person fewer to sign.
        again = {"reference": matter.reference, "died": {dead.index: yesterday}, "unsigned": [dead.index], "edition": 2}
        matter = await living.register(family, **again)
        if arranged:
            index_of = list(living.hub.vault.blind_indexes(dead.id_number))
            person = await living.hub.records.fetchval("SELECT id FROM person WHERE blind_index = ANY($1::bytea[])", index_of)
            await record(living.hub.engine, person, document=b"\0" * 32, by="MZ-0007", at=living.clock(), random=living.hub.random)
        return cls(family, dead, matter, question)

    def of(self, **changed: Any) -> dict[str, Any]:
        return of(self.dead, **changed)
